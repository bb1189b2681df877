// SPDX-License-Identifier: BSD-2-Clause
/*
 * The client against an agent that a thread plays. Its socket keeps the bounds of each write, so
 * that a line cut in two arrives cut in two.
 */
#include "cli/client.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/server.h"
#include "cli/json_in.h"
#include "tests/harness.h"

struct agent {
	int fd;
	const char *const *pieces; /* ends with NULL */
	size_t filler;		   /* bytes of a line sent before the pieces */
	pthread_t thread;
};

static void send_filler(const struct agent *agent)
{
	char chunk[4096];

	memset(chunk, 'x', sizeof(chunk));
	for (size_t left = agent->filler; left;) {
		size_t len = left < sizeof(chunk) ? left : sizeof(chunk);
		ssize_t sent = send(agent->fd, chunk, len, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		left -= (size_t)sent;
	}
}

static void *play(void *data)
{
	const struct agent *agent = data;

	send_filler(agent);
	for (const char *const *piece = agent->pieces; *piece; piece++) {
		if (send(agent->fd, *piece, strlen(*piece), MSG_NOSIGNAL) < 0)
			break;
	}
	shutdown(agent->fd, SHUT_WR);
	return NULL;
}

static struct client *start(struct agent *agent, const char *const *pieces)
{
	struct client *client = NULL;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	agent->fd = ends[1];
	agent->pieces = pieces;
	assert_int_equal(client_new(&client, ends[0], "unix:test"), 0);
	assert_int_equal(pthread_create(&agent->thread, NULL, play, agent), 0);
	return client;
}

static void stop(struct agent *agent, struct client **client)
{
	client_free(client);
	assert_int_equal(pthread_join(agent->thread, NULL), 0);
	close(agent->fd);
}

static void assert_line(const struct reply *reply, const char *expect)
{
	assert_int_equal(reply->len, strlen(expect));
	assert_memory_equal(reply->line, expect, reply->len);
}

static void lines_come_whole_however_they_are_cut(void **state)
{
	static const char *const pieces[] = { "{\"flow\":{\"a\"",
					      ":1}}\n{\"flow\":{}}",
					      "\n",
					      "{\"flow\":2}\n{\"flow\":3}\n{\"e",
					      "nd\":{\"flows\":\"4\"}}\n",
					      NULL };
	static const char *const lines[] = { "{\"flow\":{\"a\":1}}", "{\"flow\":{}}",
					     "{\"flow\":2}", "{\"flow\":3}" };
	struct agent agent = {};
	struct client *client = start(&agent, pieces);
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(client_next(client, &reply), 1);
		assert_line(&reply, lines[i]);
		assert_false(reply.is_end);
	}
	assert_int_equal(client_next(client, &reply), 0);
	assert_true(reply.is_end);
	assert_line(&reply, "{\"end\":{\"flows\":\"4\"}}");
	stop(&agent, &client);
}

static void lines_already_here_are_known(void **state)
{
	static const char *const pieces[] = { "{\"a\":1}\n{\"a\":2}\n{\"a\"", ":3}\n", NULL };
	struct agent agent = {};
	struct client *client = start(&agent, pieces);
	struct reply reply;

	(void)state;
	assert_false(client_has_line(client));
	assert_int_equal(client_next(client, &reply), 1);
	assert_true(client_has_line(client));
	assert_int_equal(client_next(client, &reply), 1);
	assert_line(&reply, "{\"a\":2}");
	assert_false(client_has_line(client));
	assert_int_equal(client_next(client, &reply), 1);
	assert_line(&reply, "{\"a\":3}");
	stop(&agent, &client);
}

/* Plays the pieces and expects the first answer to be an error. */
static void assert_fails(struct agent *agent, const char *const *pieces, int error,
			 const char *message)
{
	struct client *client = start(agent, pieces);
	struct captured captured;
	struct reply reply;
	int r;

	capture_begin(&captured);
	r = client_next(client, &reply);
	capture_end(&captured);
	stop(agent, &client);
	assert_row_int(message, r, error);
	assert_row_str("message", captured.text, message);
}

static void a_line_up_to_the_bound_passes_and_a_longer_one_does_not(void **state)
{
	static const char *const pieces[] = { "\n", NULL };
	struct agent agent = { .filler = CLIENT_LINE_MAX - 1 };
	struct client *client = start(&agent, pieces);
	struct reply reply;

	(void)state;
	assert_int_equal(client_next(client, &reply), 1);
	assert_int_equal(reply.len, CLIENT_LINE_MAX - 1);
	stop(&agent, &client);
	agent.filler = CLIENT_LINE_MAX;
	assert_fails(&agent, pieces, -EMSGSIZE,
		     "weir: the agent at unix:test sent a line of more than 1048576 bytes\n");
	/* One that never ends is not waited for. */
	agent.filler = 64 * CLIENT_LINE_MAX;
	assert_fails(&agent, pieces, -EMSGSIZE,
		     "weir: the agent at unix:test sent a line of more than 1048576 bytes\n");
}

static void an_agent_that_goes_away_is_told(void **state)
{
	static const char *const nothing[] = { NULL };
	static const char *const half[] = { "{\"flow\":{}", NULL };
	static const char gone[] =
		"weir: the agent at unix:test went away before its answer was complete\n";
	struct agent agent = {};

	(void)state;
	assert_fails(&agent, nothing, -ECONNRESET, gone);
	assert_fails(&agent, half, -ECONNRESET, gone);
}

static void an_agent_that_has_stopped_in_order_is_told(void **state)
{
	static const char *const stopped[] = {
		"{\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"the agent has stopped\"}}\n",
		NULL
	};
	struct agent agent = {};

	(void)state;
	assert_fails(&agent, stopped, -ECONNRESET, "weir: the agent at unix:test has stopped\n");
}

static void why_the_agent_has_hung_up_is_read(void **state)
{
	static const char words[] = "{\"error\":{\"code\":\"RESOURCE_EXHAUSTED\","
				    "\"message\":\"too many clients\"}}\n";
	auto_client struct client *client = NULL;
	struct captured captured;
	struct reply reply;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(client_new(&client, ends[0], "unix:test"), 0);
	assert_int_equal(send(ends[1], words, sizeof(words) - 1, MSG_NOSIGNAL), sizeof(words) - 1);
	close(ends[1]);
	capture_begin(&captured);
	assert_int_equal(client_request(client, "ServerStatus", "{}"), 0);
	assert_int_equal(client_next(client, &reply), -EREMOTEIO);
	assert_string_equal(
		capture_end(&captured),
		"weir: the agent refused ServerStatus: too many clients (RESOURCE_EXHAUSTED)\n");
}

static void errors_of_the_agent_are_told_safely(void **state)
{
	static const struct {
		const char *const pieces[2];
		int error;
		const char *message;
	} cases[] = {
		{ { "{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"message\":\"no \\u001b[31m\"}}\n" },
		  -EREMOTEIO,
		  "weir: the agent refused the request: no ^[[31m (INVALID_ARGUMENT)\n" },
		{ { "{ \"error\" : {\"message\":\"m\"}}\n" },
		  -EREMOTEIO,
		  "weir: the agent refused the request: m\n" },
		{ { "{\"error\":{}}\n" },
		  -EREMOTEIO,
		  "weir: the agent refused the request: no reason given\n" },
		{ { "{\"error\":5}\n" },
		  -EREMOTEIO,
		  "weir: the agent refused the request: no reason given\n" },
		{ { "{\"error\":{]\n" },
		  -EBADMSG,
		  "weir: the agent at unix:test sent an error that cannot be read\n" },
	};
	struct agent agent = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_fails(&agent, cases[i].pieces, cases[i].error, cases[i].message);
}

static void a_reader_that_is_gone_ends_the_wait(void **state)
{
	struct client *client = NULL;
	struct reply reply;
	int ends[2], reader[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pipe2(reader, O_CLOEXEC), 0);
	assert_int_equal(client_new(&client, ends[0], "unix:test"), 0);
	client_watch_reader(client, reader[1]);
	close(reader[0]);
	assert_int_equal(client_next(client, &reply), -EPIPE);
	client_free(&client);
	close(reader[1]);
	close(ends[1]);
}

static void the_request_is_one_line(void **state)
{
	static const char expect[] = "{\"method\":\"GetFlows\",\"params\":{\"number\":\"20\"}}\n";
	struct client *client = NULL;
	char line[256];
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(client_new(&client, ends[0], "unix:test"), 0);
	assert_int_equal(client_request(client, "GetFlows", "{\"number\":\"20\"}"), 0);
	assert_int_equal(read(ends[1], line, sizeof(line)), sizeof(expect) - 1);
	assert_memory_equal(line, expect, sizeof(expect) - 1);
	client_free(&client);
	close(ends[1]);
}

static void an_agent_that_does_not_listen_is_told(void **state)
{
	auto_client struct client *client = NULL;
	auto_close int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct captured captured;
	char reason[OPTION_REASON_SIZE];
	struct server server;
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "unix-abstract:weir-test-client-%d", getpid());
	assert_int_equal(server_parse(&server, name, reason), 0);
	capture_begin(&captured);
	assert_int_equal(client_open(&client, &server), -ECONNREFUSED);
	capture_end(&captured);
	assert_non_null(strstr(captured.text, name));
	assert_non_null(strstr(captured.text, "is weir-agent running?"));
	/* The same address, once somebody listens. */
	assert_int_equal(
		bind(listener, (const struct sockaddr *)&server.address, server.address_len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(client_open(&client, &server), 0);
	assert_non_null(client);
}

static void why_nobody_can_be_reached_is_told(void **state)
{
	static const struct {
		const char *address, *why;
		int r;
	} cases[] = {
		{ "unix:///nonexistent/weir.sock", "is weir-agent running?", -ENOENT },
		{ "unix:///dev/null", "that is no socket", -ECONNREFUSED },
		{ "unix:///", "that is no socket", -ECONNREFUSED },
		{ "unix-abstract:nobody is there", "is weir-agent running?", -ECONNREFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_client struct client *client = NULL;
		char reason[OPTION_REASON_SIZE], told[128];
		struct captured captured;
		struct server server;

		assert_int_equal(server_parse(&server, cases[i].address, reason), 0);
		capture_begin(&captured);
		assert_row_int(cases[i].address, client_open(&client, &server), cases[i].r);
		capture_end(&captured);
		snprintf(told, sizeof(told), "weir: cannot reach the agent at %s: %s\n",
			 cases[i].address, cases[i].why);
		assert_row_str(cases[i].address, captured.text, told);
	}
}

struct calls {
	size_t lines;
	bool has_ended;
	int result;
};

static int count_line(void *context, const struct reply *reply, struct json_object *json)
{
	struct calls *calls = context;

	assert_non_null(json);
	calls->lines++;
	calls->has_ended = reply->is_end;
	return calls->result;
}

static void *serve_once(void *data)
{
	static const char answer[] = "{\"a\":1}\n{\"end\":{}}\n";
	int listener = *(int *)data;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char request[256];

	if (fd < 0)
		return NULL;
	if (read(fd, request, sizeof(request)) > 0)
		(void)send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static int call(struct calls *calls)
{
	auto_close int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char reason[OPTION_REASON_SIZE];
	struct server server;
	pthread_t thread;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "unix-abstract:weir-test-call-%d", getpid());
	assert_int_equal(server_parse(&server, name, reason), 0);
	assert_int_equal(
		bind(listener, (const struct sockaddr *)&server.address, server.address_len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve_once, &listener), 0);
	r = client_call(&server, "M", "{}", count_line, calls);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return r;
}

static void a_call_hands_over_every_line_and_the_end(void **state)
{
	struct calls calls = {};

	(void)state;
	assert_int_equal(call(&calls), 0);
	assert_int_equal(calls.lines, 2);
	assert_true(calls.has_ended);
}

static void a_call_ends_when_its_receiver_says_so(void **state)
{
	struct calls calls = { .result = -EPIPE };

	(void)state;
	assert_int_equal(call(&calls), -EPIPE);
	assert_int_equal(calls.lines, 1);
}

int main(void)
{
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(
		TEST(lines_come_whole_however_they_are_cut), TEST(lines_already_here_are_known),
		TEST(a_line_up_to_the_bound_passes_and_a_longer_one_does_not),
		TEST(an_agent_that_goes_away_is_told),
		TEST(an_agent_that_has_stopped_in_order_is_told),
		TEST(errors_of_the_agent_are_told_safely), TEST(why_the_agent_has_hung_up_is_read),
		TEST(a_reader_that_is_gone_ends_the_wait), TEST(the_request_is_one_line),
		TEST(an_agent_that_does_not_listen_is_told),
		TEST(why_nobody_can_be_reached_is_told),
		TEST(a_call_hands_over_every_line_and_the_end),
		TEST(a_call_ends_when_its_receiver_says_so));
}

// SPDX-License-Identifier: BSD-2-Clause
/* A blocking client: lines are cut from one large read buffer. */
#include "client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/server.h"
#include "agent/base/timefmt.h"

#include "json_in.h"

#define READ_SIZE     ((size_t)256 << 10)
#define NS_PER_US     1000ULL
#define NS_PER_MS     1000000ULL
#define NS_PER_SECOND 1000000000ULL

struct client {
	int fd;
	int reader_fd; /* -1: none */
	const char *address;
	const char *method;   /* of the request that is being answered */
	uint64_t deadline_ns; /* CLOCK_MONOTONIC, for the answer; 0: none */
	struct buf in;
	size_t taken;	/* bytes of `in` handed out with the last line */
	size_t scanned; /* bytes after those that hold no newline */
};

int client_new(struct client **ret, int fd, const char *address)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return log_err(-ENOMEM, "cannot speak to the agent");
	}
	client->fd = fd;
	client->reader_fd = -1;
	client->address = address;
	*ret = client;
	return 0;
}

void client_free(struct client **client)
{
	if (!*client)
		return;
	close((*client)->fd);
	buf_done(&(*client)->in);
	free(TAKE_PTR(*client));
}

void client_watch_reader(struct client *client, int fd)
{
	client->reader_fd = fd;
}

/* There is a file, and no agent will ever answer at it. */
static bool is_no_socket(const struct server *server)
{
	const char *path = server_path(server);
	struct stat status;

	return path && stat(path, &status) == 0 && !S_ISSOCK(status.st_mode);
}

static int explain_connect(int error, const struct server *server)
{
	const char *address = server->text;

	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		log_err(0, "cannot reach the agent at %s: %s", address,
			is_no_socket(server) ? "that is no socket" : "is weir-agent running?");
		break;
	case EAGAIN:
		log_err(0,
			"cannot reach the agent at %s: it does not take the connection (--timeout)",
			address);
		break;
	case EACCES:
	case EPERM:
		log_err(0,
			"cannot reach the agent at %s: permission denied: be root or in group weir",
			address);
		break;
	default:
		log_err(-error, "cannot reach the agent at %s", address);
	}
	return -error;
}

/* connect() to a Unix socket waits as long for its place in the queue as send() would. */
static int limit_connect(int fd, uint64_t ns)
{
	const struct timeval limit = {
		.tv_sec = (time_t)(ns / NS_PER_SECOND),
		.tv_usec = (suseconds_t)(ns % NS_PER_SECOND / NS_PER_US) + (ns && ns < NS_PER_US),
	};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return log_err(-errno, "cannot limit the time to connect");
	return 0;
}

int client_open(struct client **ret, const struct server *server)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return log_err(-errno, "cannot create a socket");
	log_debug("connecting to %s", server->text);
	r = limit_connect(fd, server->connect_ns);
	if (r < 0)
		return r;
	if (connect(fd, (const struct sockaddr *)&server->address, server->address_len) < 0)
		return explain_connect(errno, server);
	r = limit_connect(fd, 0);
	return r < 0 ? r : client_new(ret, TAKE_FD(fd), server->text);
}

static int explain_gone(const struct client *client)
{
	log_err(0, "the agent at %s went away before its answer was complete", client->address);
	return -ECONNRESET;
}

/* An agent that has hung up may have said why: that is read before it is complained of. */
static int send_all(struct client *client, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(client->fd, bytes, len, MSG_NOSIGNAL);

		if (sent >= 0) {
			bytes += sent;
			len -= (size_t)sent;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return 0;
		} else if (errno != EINTR) {
			return log_err(-errno, "cannot send to the agent at %s", client->address);
		}
	}
	return 0;
}

int client_request(struct client *client, const char *method, const char *params)
{
	auto_buf struct buf line = {};

	buf_printf(&line, "{\"method\":\"%s\",\"params\":%s}\n", method, params);
	if (line.failed)
		return log_err(-ENOMEM, "cannot make the request");
	client->method = method;
	log_debug("request: %s %s", method, params);
	return send_all(client, buf_bytes(&line), buf_len(&line));
}

static const char *unscanned(const struct client *client, size_t *ret_len)
{
	size_t done = client->taken + client->scanned;

	*ret_len = buf_len(&client->in) - done;
	return *ret_len ? buf_bytes(&client->in) + done : NULL;
}

/* The newline that ends the next line, or NULL. */
static const char *find_newline(struct client *client)
{
	size_t len;
	const char *bytes = unscanned(client, &len);
	const char *newline = bytes ? memchr(bytes, '\n', len) : NULL;

	if (!newline)
		client->scanned += len;
	return newline;
}

bool client_has_line(struct client *client)
{
	return find_newline(client);
}

/* For poll(): rounded up, -1 if there is no end. */
static int ms_left(const struct client *client)
{
	uint64_t now_ns = time_monotonic_ns(), ms;

	if (!client->deadline_ns)
		return -1;
	if (now_ns >= client->deadline_ns)
		return 0;
	ms = (client->deadline_ns - now_ns - 1) / NS_PER_MS + 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static int wait_for_agent(struct client *client)
{
	struct pollfd fds[] = {
		{ .fd = client->fd, .events = POLLIN },
		{ .fd = client->reader_fd },
	};

	int ready;

	if (client->reader_fd < 0 && !client->deadline_ns)
		return 0;
	do {
		ready = poll(fds, ARRAY_SIZE(fds), ms_left(client));
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return log_err(-errno, "cannot wait for the agent");
	if (!ready) {
		log_err(0, "the agent at %s does not answer in time (--request-timeout)",
			client->address);
		return -ETIMEDOUT;
	}
	return fds[1].revents & (POLLERR | POLLHUP) ? -EPIPE : 0;
}

static int read_more(struct client *client)
{
	struct buf *in = &client->in;
	ssize_t len;
	int r = wait_for_agent(client);

	if (r < 0)
		return r;
	if (!buf_reserve(in, READ_SIZE))
		return log_err(-ENOMEM, "cannot read the agent's answer");
	do {
		len = read(client->fd, in->data + in->end, in->size - in->end);
	} while (len < 0 && errno == EINTR);
	if (len < 0 && errno != ECONNRESET)
		return log_err(-errno, "cannot read from the agent at %s", client->address);
	if (len <= 0)
		return explain_gone(client);
	in->end += (size_t)len;
	return 0;
}

static int read_line(struct client *client, struct reply *ret)
{
	const char *newline;

	buf_consume(&client->in, client->taken);
	client->taken = 0;
	while (!(newline = find_newline(client))) {
		int r;

		if (client->scanned >= CLIENT_LINE_MAX)
			break;
		r = read_more(client);
		if (r < 0)
			return r;
	}
	ret->line = buf_bytes(&client->in);
	ret->len = newline ? (size_t)(newline - ret->line) : client->scanned;
	if (ret->len >= CLIENT_LINE_MAX) {
		log_err(0, "the agent at %s sent a line of more than %zu bytes", client->address,
			CLIENT_LINE_MAX);
		return -EMSGSIZE;
	}
	client->taken = ret->len + 1;
	client->scanned = 0;
	return 0;
}

static int explain_error(const struct client *client, const struct reply *reply)
{
	auto_json struct json_object *json = NULL;
	auto_buf struct buf text = {};
	struct text message, code;

	if (json_in_parse(reply->line, reply->len, &json) < 0) {
		log_err(0, "the agent at %s sent an error that cannot be read", client->address);
		return -EBADMSG;
	}
	message = json_in_text(json, "error.message");
	code = json_in_text(json, "error.code");
	if (text_is(code, "UNAVAILABLE")) {
		log_err(0, "the agent at %s has stopped", client->address);
		return -ECONNRESET;
	}
	text_append(&text, message.len ? message : text_from_str("no reason given"));
	if (code.len) {
		buf_append_str(&text, " (");
		text_append(&text, code);
		buf_append_char(&text, ')');
	}
	log_err(0, "the agent refused %s: %.*s", client->method ? client->method : "the request",
		(int)buf_len(&text), text.failed ? "" : buf_bytes(&text));
	return -EREMOTEIO;
}

int client_next(struct client *client, struct reply *ret)
{
	int r = read_line(client, ret);
	struct text kind;

	if (r < 0)
		return r;
	kind = json_in_first_key(ret->line, ret->len);
	ret->is_end = text_is(kind, "end");
	if (ret->is_end)
		return 0;
	if (text_is(kind, "error"))
		return explain_error(client, ret);
	return 1;
}

static int call_line(const struct client *client, const struct reply *reply, client_line_fn fn,
		     void *context)
{
	auto_json struct json_object *json = NULL;
	int r = json_in_parse(reply->line, reply->len, &json);

	if (r < 0)
		return log_err(r, "the agent at %s sent a line that cannot be read",
			       client->address);
	return fn(context, reply, json);
}

int client_call(const struct server *server, const char *method, const char *params,
		client_line_fn fn, void *context)
{
	auto_client struct client *client = NULL;
	struct reply reply = {};
	int r = client_open(&client, server);

	if (r < 0 || !client)
		return r;
	if (server->answer_ns)
		client->deadline_ns = time_monotonic_ns() + server->answer_ns;
	r = client_request(client, method, params);
	while (r >= 0 && !reply.is_end) {
		r = client_next(client, &reply);
		if (r >= 0)
			r = call_line(client, &reply, fn, context);
	}
	return r;
}

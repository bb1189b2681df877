// SPDX-License-Identifier: BSD-2-Clause
/* How long the command waits for an agent that is there and does nothing. */
#include <sys/socket.h>

#include "agent/base/server.h"
#include "agent/base/timefmt.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

#define NS_PER_MS   1000000ULL
#define CLIENTS_MAX 16

/* Listens, and never accepts. */
struct deaf {
	char address[64];
	struct server server;
	int fd, clients[CLIENTS_MAX];
	size_t count;
};

static void deaf_start(struct deaf *deaf)
{
	char reason[OPTION_REASON_SIZE];

	snprintf(deaf->address, sizeof(deaf->address), "unix-abstract:weir-deaf-%d", getpid());
	assert_int_equal(server_parse(&deaf->server, deaf->address, reason), 0);
	deaf->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(deaf->fd, (const struct sockaddr *)&deaf->server.address,
			      deaf->server.address_len),
			 0);
	assert_int_equal(listen(deaf->fd, 1), 0);
	setenv("WEIR_SERVER", deaf->address, 1);
}

/* Takes all places of those who wait to be accepted. */
static void deaf_fill(struct deaf *deaf)
{
	int r = 0;

	while (!r) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		assert_true(fd >= 0 && deaf->count < CLIENTS_MAX);
		r = connect(fd, (const struct sockaddr *)&deaf->server.address,
			    deaf->server.address_len);
		deaf->clients[deaf->count++] = fd;
	}
	assert_int_equal(errno, EAGAIN);
}

static void deaf_stop(struct deaf *deaf)
{
	unsetenv("WEIR_SERVER");
	while (deaf->count)
		close(deaf->clients[--deaf->count]);
	close(deaf->fd);
}

static const char no_answer[] = "weir: the agent at";
static const char no_answer_why[] = " does not answer in time (--request-timeout)\n";
static const char no_place[] = "weir: cannot reach the agent at";
static const char no_place_why[] = ": it does not take the connection (--timeout)\n";

/* Runs it; before the address and behind it is what it says. */
static void gives_up(const struct deaf *deaf, const char *line, const char *before,
		     const char *behind, uint64_t least_ms)
{
	uint64_t begin_ns = time_monotonic_ns(), took_ns;
	struct run run = {};
	char expected[256];

	run_line(&run, line);
	took_ns = time_monotonic_ns() - begin_ns;
	snprintf(expected, sizeof(expected), "%s %s%s", before, deaf->address, behind);
	assert_row_int(line, run.result, CLI_FAILED);
	assert_row_str(line, run.err, expected);
	assert_row_str(line, run.out, "");
	assert_row(line, took_ns >= least_ms * NS_PER_MS);
}

static void an_answer_is_waited_for_so_long(void **state)
{
	struct deaf deaf = {};

	(void)state;
	deaf_start(&deaf);
	gives_up(&deaf, "weir status --request-timeout 30ms", no_answer, no_answer_why, 30);
	gives_up(&deaf, "weir list nodes --request-timeout=1ns", no_answer, no_answer_why, 0);
	deaf_stop(&deaf);
}

static void verify_is_waited_for_as_long_as_it_takes_besides(void **state)
{
	struct deaf deaf = {};

	(void)state;
	deaf_start(&deaf);
	gives_up(&deaf, "weir status --verify --for 40ms --request-timeout 20ms", no_answer,
		 no_answer_why, 60);
	deaf_stop(&deaf);
}

static void a_connection_is_waited_for_so_long(void **state)
{
	struct deaf deaf = {};

	(void)state;
	deaf_start(&deaf);
	deaf_fill(&deaf);
	/* a kernel's tick less */
	gives_up(&deaf, "weir status --timeout 30ms", no_place, no_place_why, 20);
	gives_up(&deaf, "weir observe -f --timeout 1ns", no_place, no_place_why, 0);
	deaf_stop(&deaf);
}

static void without_a_limit_it_waits(void **state)
{
	struct run run = { .answer = "{\"num_flows\":\"1\"}\n" END };

	(void)state;
	run_line(&run, "weir status -o json --timeout 0 --request-timeout 0");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.out, "{\"num_flows\":\"1\"}\n");
}

int main(void)
{
	return RUN_TESTS(TEST(an_answer_is_waited_for_so_long),
			 TEST(verify_is_waited_for_as_long_as_it_takes_besides),
			 TEST(a_connection_is_waited_for_so_long), TEST(without_a_limit_it_waits));
}

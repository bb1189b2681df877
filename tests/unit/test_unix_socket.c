// SPDX-License-Identifier: BSD-2-Clause
/* The agent's socket and its lock: one agent a path, however fast they come and go. */
#include "socket/unix_socket.h"

#include <sched.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/server.h"
#include "tests/harness.h"

#define AGENTS 4
#define TURNS  1000 /* of each */

static char directory[] = "/tmp/weir-test-XXXXXX";
static char path[64], text[80], held[64];
static struct server server;

static int setup(void **state)
{
	char reason[OPTION_REASON_SIZE];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/run/weir.sock", directory);
	snprintf(held, sizeof(held), "%s/held", directory);
	snprintf(text, sizeof(text), "unix://%s", path);
	return server_parse(&server, text, reason);
}

/* Nothing is left but a directory whose maker has gone while another agent was in it. */
static int teardown(void **state)
{
	char run[64];

	(void)state;
	snprintf(run, sizeof(run), "%s/run", directory);
	(void)rmdir(run);
	return rmdir(directory);
}

/* Did it go well? An agent that has the socket alone can make a file that is not there. */
static bool serve_alone(void)
{
	int fd = open(held, O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	close(fd);
	return !access(path, F_OK) && !unlink(held);
}

/* Until it has had its turns. How often something went wrong. */
static int come_and_go(void)
{
	int turns = 0, wrong = 0;

	while (turns < TURNS) {
		struct unix_socket own = UNIX_SOCKET_NONE;
		int r = unix_socket_open(&own, &server);

		if (!r) {
			turns++;
			wrong += !serve_alone();
		} else if (r != -EADDRINUSE) {
			wrong++;
		}
		unix_socket_close(&own);
		if (r)
			sched_yield();
	}
	return wrong;
}

static void of_many_that_come_and_go_one_serves_at_a_time(void **state)
{
	pid_t agents[AGENTS];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++) {
		agents[i] = fork();
		assert_true(agents[i] >= 0);
		if (!agents[i]) {
			int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

			dup2(null, STDERR_FILENO); /* who is refused says so */
			_exit(come_and_go() ? 1 : 0);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++) {
		int status = -1;

		assert_int_equal(waitpid(agents[i], &status, 0), agents[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(of_many_that_come_and_go_one_serves_at_a_time) };

	return cmocka_run_group_tests_name("test_unix_socket", tests, setup, teardown);
}

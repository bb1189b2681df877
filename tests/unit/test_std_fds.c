// SPDX-License-Identifier: BSD-2-Clause
/* Programs that are started without standard input, output or error. */
#include "base/std_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

/* In a process of its own: bit fd of closed is one that is not there. 0 is success. */
static int run_without(unsigned int closed)
{
	char byte = 0;

	for (int fd = 0; fd < 3; fd++) {
		if (closed & 1U << fd)
			close(fd);
	}
	std_fds_take();
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			return 1;
	}
	if (closed & 1 && (read(0, &byte, 1) >= 0 || errno != EBADF))
		return 2;
	for (int fd = 1; fd < 3; fd++) {
		if (closed & 1U << fd && (write(fd, &byte, 1) >= 0 || errno != EBADF))
			return 3;
	}
	return dup(0) > 2 ? 0 : 4;
}

static void what_is_closed_stays_unusable_and_nothing_else_gets_its_place(void **state)
{
	(void)state;
	for (unsigned int closed = 0; closed < 8; closed++) {
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		if (!child)
			_exit(run_without(closed));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

static void what_is_open_is_left_alone(void **state)
{
	int flags[3];

	(void)state;
	for (int fd = 0; fd < 3; fd++)
		flags[fd] = fcntl(fd, F_GETFL);
	std_fds_take();
	for (int fd = 0; fd < 3; fd++)
		assert_int_equal(fcntl(fd, F_GETFL), flags[fd]);
}

int main(void)
{
	return RUN_TESTS(TEST(what_is_closed_stays_unusable_and_nothing_else_gets_its_place),
			 TEST(what_is_open_is_left_alone));
}

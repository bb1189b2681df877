// SPDX-License-Identifier: BSD-2-Clause
/* A new descriptor is the lowest that is free, so the places are taken from the lowest on. */
#include "std_fds.h"

#include <fcntl.h>
#include <unistd.h>

void std_fds_take(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

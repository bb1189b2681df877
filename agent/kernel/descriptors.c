// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

/* Clients, and what is opened for a moment. Of a low limit a quarter. */
#define KEPT 192

void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		(void)log_warn(-errno, "cannot raise the limit of file descriptors");
}

/* The lowest that is free is the next one: so many at least are in use. */
bool descriptors_are_scarce(void)
{
	struct rlimit limit;
	rlim_t kept;
	int fd;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return false;
	kept = limit.rlim_cur / 4 < KEPT ? limit.rlim_cur / 4 : KEPT;
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return true;
	close(fd);
	return (rlim_t)fd >= limit.rlim_cur - kept;
}

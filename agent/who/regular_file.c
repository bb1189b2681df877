// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opened first, and then looked at: what is looked at is what is read.
 */
#include "regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int regular_file_open(const char *path, uint64_t max_bytes)
{
	/* A pipe with nobody at its other end would hold a blocking open up. */
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if ((uint64_t)st.st_size > max_bytes)
		return -EFBIG;
	return TAKE_FD(fd);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * open, read until there is no more, close.
 */
#include "who/proc_file.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"

ssize_t proc_file_read(int dir, const char *path, char *text, size_t size)
{
	auto_close int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0)
		return -errno;
	while (got > 0 && len < size - 1) {
		got = read(fd, text + len, size - 1 - len);
		if (got < 0)
			return -errno; /* ESRCH: the process has ended */
		len += (size_t)got;
	}
	text[len] = '\0';
	return (ssize_t)len;
}

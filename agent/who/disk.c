// SPDX-License-Identifier: BSD-2-Clause
/* Nothing here waits: what is no regular file is not read. */
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define READ_BYTES 4096U

bool disk_path(char ret[static PATH_MAX], const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(ret, PATH_MAX, format, args);
	va_end(args);
	if (len > 0 && len < PATH_MAX)
		return true;
	ret[0] = '\0';
	return false;
}

int disk_read(const char *path, size_t max, struct buf *buf)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	for (;;) {
		ssize_t n;

		if (buf_len(buf) > max)
			return -EFBIG;
		if (!buf_reserve(buf, READ_BYTES))
			return -ENOMEM;
		n = read(fd, buf->data + buf->end, READ_BYTES);
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		buf->end += (size_t)n;
	}
}

void disk_each(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	DIR *at = dir[0] ? opendir(dir) : NULL;
	struct dirent *entry;

	if (!at)
		return;
	while ((entry = readdir(at))) {
		if (entry->d_name[0] != '.' && !fn(ctx, entry->d_name))
			break;
	}
	closedir(at);
}

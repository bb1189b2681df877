// SPDX-License-Identifier: BSD-2-Clause
/* The descriptor is others', too, and so left blocking: only as much is written as there is room for. */
#include "export/export_stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/timefmt.h"

#define WRITE_MS  1000U
#define NS_PER_MS 1000000ULL

/* 1: a pipe takes PIPE_BUF bytes now, 0: it does not. */
static int wait_for_room(int fd, uint64_t end_ns)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	uint64_t now_ns = time_monotonic_ns();
	int r;

	if (now_ns >= end_ns)
		return 0;
	r = poll(&poll_fd, 1, (int)((end_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS));
	if (r < 0 && errno == EINTR)
		return wait_for_room(fd, end_ns);
	return r < 0 ? -errno : r;
}

static int write_some(int fd, struct buf *lines)
{
	size_t len = buf_len(lines) < PIPE_BUF ? buf_len(lines) : PIPE_BUF;
	ssize_t written = write(fd, buf_bytes(lines), len);

	if (written < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	buf_consume(lines, (size_t)written);
	return (int)written;
}

int export_stream_write(int fd, struct buf *lines)
{
	uint64_t end_ns = time_monotonic_ns() + WRITE_MS * NS_PER_MS;
	bool has_written = false;

	while (buf_len(lines)) {
		int r = wait_for_room(fd, end_ns);

		if (!r)
			return has_written ? 0 : -EAGAIN;
		if (r > 0)
			r = write_some(fd, lines);
		if (r < 0)
			return r;
		has_written |= r > 0;
	}
	return 0;
}

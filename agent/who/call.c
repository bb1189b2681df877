// SPDX-License-Identifier: BSD-2-Clause
/* Non-blocking sockets and poll(), with one deadline for all of a call. */
#include "call.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/timefmt.h"

#define NS_PER_MS 1000000ULL

void call_begin(struct call *call)
{
	call->until_ns = time_monotonic_ns() + (call->limit_ns ? call->limit_ns : CALL_LIMIT_NS);
}

static int call_wait(const struct call *call, int fd, short events)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = events },
		{ .fd = call->cancel_fd, .events = POLLIN },
	};

	for (;;) {
		uint64_t now = time_monotonic_ns();
		int n;

		if (now >= call->until_ns)
			return -ETIMEDOUT;
		n = poll(fds, ARRAY_SIZE(fds), (int)((call->until_ns - now) / NS_PER_MS) + 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && fds[1].revents)
			return -ECANCELED;
		if (n > 0)
			return 0;
	}
}

int call_connect(const struct call *call, const char *path, int *ret_fd)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* Where nobody accepts and the queue is full, poll() does not tell when there is room. */
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		struct call nap = { .cancel_fd = call->cancel_fd };
		int r;

		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (time_monotonic_ns() >= call->until_ns)
			return -ETIMEDOUT;
		nap.until_ns = time_monotonic_ns() + 50 * NS_PER_MS;
		r = call_wait(&nap, -1, 0);
		if (r != -ETIMEDOUT)
			return r;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int call_send(const struct call *call, int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r;

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		r = call_wait(call, fd, POLLOUT);
		if (r)
			return r;
	}
	return 0;
}

ssize_t call_recv(const struct call *call, int fd, void *bytes, size_t size)
{
	for (;;) {
		int r = call_wait(call, fd, POLLIN);
		ssize_t n;

		if (r)
			return r;
		n = recv(fd, bytes, size, MSG_DONTWAIT);
		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

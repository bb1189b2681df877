// SPDX-License-Identifier: BSD-2-Clause
#include "socket/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void acceptor_init(struct acceptor *acceptor, int fd)
{
	*acceptor = (struct acceptor){ .fd = fd, .spare = -1 };
	acceptor_refill(acceptor);
}

void acceptor_done(struct acceptor *acceptor)
{
	if (acceptor->spare >= 0)
		close(acceptor->spare);
	*acceptor = (struct acceptor)ACCEPTOR_NONE;
}

void acceptor_refill(struct acceptor *acceptor)
{
	if (acceptor->spare < 0)
		acceptor->spare = fcntl(acceptor->fd, F_DUPFD_CLOEXEC, 0);
}

static int take(const struct acceptor *acceptor)
{
	int fd = accept4(acceptor->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int acceptor_accept(struct acceptor *acceptor, bool *ret_is_spare)
{
	int fd = take(acceptor);

	*ret_is_spare = (fd == -EMFILE || fd == -ENFILE) && acceptor->spare >= 0;
	if (!*ret_is_spare)
		return fd;
	close(acceptor->spare);
	acceptor->spare = -1;
	return take(acceptor);
}

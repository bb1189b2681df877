/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's Unix socket in its place: one agent a path, which the group weir may use.
 */
#pragma once

struct server;

struct unix_socket {
	int fd;
	char *path; /* unlinked at the end; NULL: abstract */
	char *lock_path;
	int lock_fd;
	char *directory; /* that we have made: removed at the end if it is empty */
};

#define UNIX_SOCKET_NONE                \
	{                               \
		.fd = -1, .lock_fd = -1 \
	}

/*
 * Listens there. < 0 after a message, -EADDRINUSE if an agent serves that path; *own was
 * UNIX_SOCKET_NONE, and is to be closed in any case.
 */
int unix_socket_open(struct unix_socket *own, const struct server *server);
void unix_socket_close(struct unix_socket *own);

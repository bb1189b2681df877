// SPDX-License-Identifier: BSD-2-Clause
/*
 * A path is ours while we hold the lock beside it.
 */
#include "socket/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/server.h"
#include "kernel/group.h"

#define LOCK_TRIES 100 /* each of which somebody else has to end in between */

/* The directory of a socket that is ours to make: /run/weir. */
static void make_directory(struct unix_socket *own, const char *path)
{
	auto_free char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (!slash || slash == directory)
		return;
	*slash = '\0';
	if (!mkdir(directory, 0755)) {
		free(own->directory);
		own->directory = TAKE_PTR(directory);
	}
}

/* Is what was opened there still what is there? */
static bool is_at(int fd, const char *path)
{
	struct stat held, there;

	return !fstat(fd, &held) && !stat(path, &there) && held.st_dev == there.st_dev &&
	       held.st_ino == there.st_ino;
}

/*
 * Who ends takes his lock and his directory away before he lets go of the lock. What we have opened may be no
 * file any more by then, and others would lock another one. -ENOENT: that was so.
 */
static int try_lock(struct unix_socket *own, const char *path, const char *lock_path)
{
	auto_close int fd = -1;

	make_directory(own, path);
	fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	if (!is_at(fd, lock_path))
		return -ENOENT;
	own->lock_fd = TAKE_FD(fd);
	return 0;
}

/*
 * One agent a socket: a lock beside it, held as long as we live, tells a socket in use from one
 * that an agent which was killed has left.
 */
static int take_lock(struct unix_socket *own, const char *path)
{
	auto_free char *lock_path = NULL;
	int r = -ENOENT;

	if (asprintf(&lock_path, "%s.lock", path) < 0) {
		lock_path = NULL;
		return -ENOMEM;
	}
	for (int i = 0; r == -ENOENT && i < LOCK_TRIES; i++)
		r = try_lock(own, path, lock_path);
	if (r == -EADDRINUSE)
		return log_err(r, "another weir-agent serves %s", path);
	if (r)
		return log_err(r, "cannot make %s", lock_path);
	own->lock_path = TAKE_PTR(lock_path); /* ours to unlink */
	return 0;
}

static void share_with_group(const char *path)
{
	gid_t gid;
	int r = group_find(GROUP_FILE, "weir", &gid);

	if (chmod(path, 0660))
		(void)log_warn(-errno, "cannot set the mode of %s", path);
	if (!r && chown(path, (uid_t)-1, gid))
		r = -errno;
	if (r && r != -ENOENT)
		(void)log_warn(r, "cannot give %s to group weir", path);
}

/* Makes way for a socket at the path, which is then ours alone. */
static int make_way(struct unix_socket *own, const char *path)
{
	struct stat st;
	int r = take_lock(own, path);

	if (r)
		return r;
	if (!lstat(path, &st) && !S_ISSOCK(st.st_mode))
		return log_err(-EEXIST, "%s is there and no socket", path);
	(void)unlink(path);
	return 0;
}

static int bind_to(struct unix_socket *own, const struct server *server)
{
	const char *path = server_path(server);
	int r = path ? make_way(own, path) : 0;

	if (r)
		return r;
	own->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (own->fd < 0)
		return log_err(-errno, "cannot make a socket");
	if (bind(own->fd, (const struct sockaddr *)&server->address, server->address_len))
		return log_err(-errno, "cannot bind to %s", server->text);
	if (!path)
		return 0;
	own->path = strdup(path);
	share_with_group(path);
	return own->path ? 0 : -ENOMEM;
}

int unix_socket_open(struct unix_socket *own, const struct server *server)
{
	int r = bind_to(own, server);

	if (!r && listen(own->fd, 64))
		r = log_err(-errno, "cannot listen at %s", server->text);
	return r;
}

void unix_socket_close(struct unix_socket *own)
{
	if (own->fd >= 0)
		close(own->fd);
	if (own->path)
		(void)unlink(own->path);
	if (own->lock_path)
		(void)unlink(own->lock_path);
	if (own->lock_fd >= 0)
		close(own->lock_fd);
	if (own->directory)
		(void)rmdir(own->directory);
	free(own->directory);
	free(own->path);
	free(own->lock_path);
	*own = (struct unix_socket)UNIX_SOCKET_NONE;
}

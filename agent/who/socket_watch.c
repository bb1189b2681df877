// SPDX-License-Identifier: BSD-2-Clause
/*
 * Directories are watched for entries that come and go, from the root down to where each path ends
 * today. Where a link is on the way, so is the path that it leads to. After a change all are watched
 * anew, which costs nothing for those that are.
 */
#include "socket_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"

#include "loop.h"

#define SETTLE_MS   100
#define LINKS_MAX   8 /* one behind the other */
#define TARGETS_MAX 64

struct socket_watch {
	int fd;
	struct watch *watch, *timer;
	const char *const *paths;
	size_t count;
	char *targets[TARGETS_MAX]; /* of links; paths too */
	size_t target_count;
	void (*changed)(void *ctx);
	void *ctx;
};

/* If it is a link: the path by way of its target. rest: what comes behind it. */
static bool by_link(char target[static PATH_MAX], const char *link, const char *rest)
{
	char text[PATH_MAX];
	ssize_t len = readlink(link, text, sizeof(text) - 1);
	int dir_len = 0;

	if (len <= 0)
		return false;
	text[len] = '\0';
	if (*text != '/')
		dir_len = (int)(strrchr(link, '/') + 1 - link);
	return snprintf(target, PATH_MAX, "%.*s%s%s", dir_len, link, text, rest) < PATH_MAX;
}

/*
 * The directories of a path that are there, but not "/": what appears in it is no socket's way.
 * Returns whether the path goes on by a link, and where.
 */
static bool watch_path(const struct socket_watch *self, const char *path,
		       char target[static PATH_MAX])
{
	const char *end = path;
	char at[PATH_MAX];

	if (strlen(path) >= sizeof(at))
		return false;
	while (*end) {
		end = strchrnul(end + 1, '/');
		memcpy(at, path, (size_t)(end - path));
		at[end - path] = '\0';
		if (by_link(target, at, end))
			return true;
		if (!*end || inotify_add_watch(self->fd, at,
					       IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
						       IN_ONLYDIR) < 0)
			return false;
	}
	return false;
}

static void forget_targets(struct socket_watch *self)
{
	while (self->target_count)
		free(self->targets[--self->target_count]);
}

static void watch_all(struct socket_watch *self)
{
	char target[PATH_MAX];

	forget_targets(self);
	for (size_t i = 0; i < self->count; i++) {
		const char *path = self->paths[i];

		for (int links = 0; watch_path(self, path, target); links++) {
			path = links < LINKS_MAX && self->target_count < TARGETS_MAX
				       ? strdup(target)
				       : NULL;
			if (!path)
				break;
			self->targets[self->target_count++] = (char *)path;
		}
	}
}

static bool has_part(const char *path, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = path; (at = strstr(at, name)); at++) {
		if (at > path && at[-1] == '/' && (at[len] == '/' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* Is the name one of ours at all? /run is a busy place. */
static bool is_on_a_way(const struct socket_watch *self, const char *name)
{
	bool is = false;

	for (size_t i = 0; i < self->count && !is; i++)
		is = has_part(self->paths[i], name);
	for (size_t i = 0; i < self->target_count && !is; i++)
		is = has_part(self->targets[i], name);
	return is;
}

static int on_inotify(void *ctx, uint32_t events)
{
	struct socket_watch *self = ctx;
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(self->fd, buffer, sizeof(buffer));
	bool is_ours = false;

	(void)events;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		is_ours |= event->mask & IN_Q_OVERFLOW ||
			   (event->len && is_on_a_way(self, event->name));
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	if (is_ours) {
		watch_set_events(self->watch, 0);
		watch_set_timer(self->timer, SETTLE_MS, 0);
	}
	return 0;
}

static int on_settled(void *ctx)
{
	struct socket_watch *self = ctx;

	watch_set_events(self->watch, EPOLLIN);
	watch_all(self);
	self->changed(self->ctx);
	return 0;
}

int socket_watch_new(struct socket_watch **ret, struct loop *loop, const char *const *paths,
		     size_t count, void (*changed)(void *ctx), void *ctx)
{
	struct socket_watch *self = calloc(1, sizeof(*self));
	int r = 0;

	if (!self)
		return -ENOMEM;
	*self = (struct socket_watch){
		.paths = paths, .count = count, .changed = changed, .ctx = ctx
	};
	self->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (self->fd < 0)
		r = -errno;
	if (!r)
		r = loop_add_fd(loop, self->fd, EPOLLIN, on_inotify, self, &self->watch);
	if (!r)
		r = loop_add_timer(loop, 0, 0, on_settled, self, &self->timer);
	if (r) {
		socket_watch_free(&self);
		return r;
	}
	watch_all(self);
	*ret = self;
	return 0;
}

void socket_watch_free(struct socket_watch **at)
{
	struct socket_watch *self = TAKE_PTR(*at);

	if (!self)
		return;
	watch_free(&self->watch);
	watch_free(&self->timer);
	if (self->fd >= 0)
		close(self->fd);
	forget_targets(self);
	free(self);
}

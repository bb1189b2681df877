// SPDX-License-Identifier: BSD-2-Clause
/*
 * A directory is told of, then watched, then looked into for what was made in it meanwhile. The
 * first two are done at once, because it may be gone soon; the last waits in a queue, which a timer
 * works off in slices.
 */
#include "who/cgroup_watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "loop.h"
#include "who/cgroup_mount.h"

#define BUCKETS	   1024
#define SLICE	   32	/* entries of directories looked at at a time */
#define SLICE_MS   1	/* and when the next ones are */
#define READ_BYTES 2048 /* of events at a time: at most 60 */

struct watched {
	struct watched *next;	   /* of its bucket by wd */
	struct watched *next_path; /* by path */
	struct watched *next_open; /* in the queue */
	int wd;
	bool is_queued;
	char path[];
};

struct cgroup_watch {
	const struct cgroup_mount *mount;
	const struct cgroup_watch_ops *ops;
	void *ctx;
	struct watch *events;
	struct watch *timer;
	struct watched *open; /* to be looked into: a stack, since order doesn't matter */
	DIR *items;	      /* the one that is being looked into */
	char items_path[PATH_MAX];
	struct cgroup_watch_stats stats;
	int fd;
	bool is_refusal_told;
	struct watched *by_wd[BUCKETS];
	struct watched *by_path[BUCKETS];
};

static struct watched **find(struct cgroup_watch *watch, int wd)
{
	struct watched **at = &watch->by_wd[(unsigned int)wd % BUCKETS];

	while (*at && (*at)->wd != wd)
		at = &(*at)->next;
	return at;
}

static struct watched **find_path(struct cgroup_watch *watch, const char *path)
{
	uint32_t hash = 0x811c9dc5;
	struct watched **at;

	for (const char *c = path; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x01000193;
	at = &watch->by_path[hash % BUCKETS];
	while (*at && strcmp((*at)->path, path) != 0)
		at = &(*at)->next_path;
	return at;
}

static void queue(struct cgroup_watch *watch, struct watched *dir)
{
	if (dir->is_queued)
		return;
	if (!watch->open && !watch->items)
		(void)watch_set_timer(watch->timer, SLICE_MS, 0);
	dir->is_queued = true;
	dir->next_open = watch->open;
	watch->open = dir;
}

/*
 * Deleted directories of this file system say nothing themselves, and a watch would keep them in
 * memory: the one above them tells.
 */
static void forget(struct cgroup_watch *watch, struct watched **at)
{
	struct watched *dir = *at, **open = &watch->open;

	(void)inotify_rm_watch(watch->fd, dir->wd);
	*find(watch, dir->wd) = dir->next;
	*at = dir->next_path;
	while (dir->is_queued && *open != dir)
		open = &(*open)->next_open;
	if (dir->is_queued)
		*open = dir->next_open;
	free(dir);
	watch->stats.watched--;
}

static void refuse(struct cgroup_watch *watch, int error)
{
	watch->stats.refused++;
	if (!watch->is_refusal_told)
		(void)log_warn(error, "some cgroups can't be watched, so those in them that live "
				      "for a moment may stay without a name");
	watch->is_refusal_told = true;
}

/* False: it is watched already. */
static bool watch_dir(struct cgroup_watch *watch, const char *path)
{
	char whole[PATH_MAX];
	struct watched **stale, *dir;
	int wd;

	if (watch->stats.watched == CGROUP_WATCH_MAX ||
	    snprintf(whole, sizeof(whole), "%s%s", watch->mount->path, path) >=
		    (int)sizeof(whole)) {
		refuse(watch, -ENOSPC);
		return true;
	}
	wd = inotify_add_watch(watch->fd, whole, IN_CREATE | IN_DELETE | IN_ONLYDIR);
	if (wd < 0) {
		if (errno != ENOENT)
			refuse(watch, -errno);
		return true;
	}
	if (*find(watch, wd))
		return false;
	stale = find_path(watch, path); /* of one whose end was not heard of */
	if (*stale)
		forget(watch, stale);
	dir = calloc(1, sizeof(*dir) + strlen(path) + 1);
	if (!dir) {
		(void)inotify_rm_watch(watch->fd, wd);
		refuse(watch, -ENOMEM);
		return true;
	}
	dir->wd = wd;
	memcpy(dir->path, path, strlen(path) + 1);
	*find(watch, wd) = dir;
	*find_path(watch, path) = dir;
	watch->stats.watched++;
	queue(watch, dir);
	return true;
}

static void note_dir(struct cgroup_watch *watch, const char *path)
{
	uint64_t id;

	if (cgroup_mount_get_id(watch->mount, path, &id)) {
		watch->stats.gone++;
		return;
	}
	watch->ops->made(watch->ctx, id, path);
	watch->stats.told += watch_dir(watch, path);
}

static bool child_path(char path[static PATH_MAX], const char *dir, const char *name)
{
	const char *above = strcmp(dir, "/") ? dir : "";

	return snprintf(path, PATH_MAX, "%s/%s", above, name) < PATH_MAX;
}

/* The next directory of the queue, which may have gone by now. */
static void open_next(struct cgroup_watch *watch)
{
	struct watched *dir = watch->open;
	auto_close int fd = cgroup_mount_open_dir(watch->mount, dir->path);

	watch->open = dir->next_open;
	dir->is_queued = false;
	(void)snprintf(watch->items_path, sizeof(watch->items_path), "%s", dir->path);
	if (fd == -ENOENT)
		forget(watch, find_path(watch, dir->path));
	if (fd >= 0)
		watch->items = fdopendir(fd);
	if (watch->items)
		(void)TAKE_FD(fd);
}

static void take_item(struct cgroup_watch *watch)
{
	const struct dirent *item = readdir(watch->items);
	char path[PATH_MAX];

	if (!item) {
		closedir(TAKE_PTR(watch->items));
		return;
	}
	if (item->d_type == DT_DIR && strcmp(item->d_name, ".") != 0 &&
	    strcmp(item->d_name, "..") != 0 && child_path(path, watch->items_path, item->d_name))
		note_dir(watch, path);
}

static int on_timer(void *ctx)
{
	struct cgroup_watch *watch = ctx;

	for (int i = 0; i < SLICE && (watch->items || watch->open); i++) {
		if (watch->items)
			take_item(watch);
		else
			open_next(watch);
	}
	if (watch->items || watch->open)
		(void)watch_set_timer(watch->timer, SLICE_MS, 0);
	return 0;
}

/* Events were lost: all that is known is looked into again. */
static void queue_all(struct cgroup_watch *watch)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct watched *dir = watch->by_wd[i]; dir; dir = dir->next)
			queue(watch, dir);
	}
}

static void on_event(struct cgroup_watch *watch, const struct inotify_event *event)
{
	struct watched *dir = *find(watch, event->wd), **child;
	char path[PATH_MAX];

	if (event->mask & IN_Q_OVERFLOW) {
		queue_all(watch);
		return;
	}
	if (!dir || !(event->mask & IN_ISDIR) || !event->len ||
	    !child_path(path, dir->path, event->name))
		return;
	if (event->mask & IN_CREATE)
		note_dir(watch, path);
	if (!(event->mask & IN_DELETE))
		return;
	child = find_path(watch, path);
	if (*child)
		forget(watch, child);
	watch->ops->removed(watch->ctx, path);
}

static int on_readable(void *ctx, uint32_t events)
{
	char buffer[READ_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct cgroup_watch *watch = ctx;
	ssize_t len = read(watch->fd, buffer, sizeof(buffer));
	const char *at = buffer;

	(void)events;
	while (len > 0 && at < buffer + len) {
		const struct inotify_event *event = (const void *)at;

		on_event(watch, event);
		at += sizeof(*event) + event->len;
	}
	return 0;
}

void cgroup_watch_get_stats(const struct cgroup_watch *watch, struct cgroup_watch_stats *ret)
{
	*ret = watch->stats;
}

int cgroup_watch_new(struct cgroup_watch **ret, struct loop *loop, const struct cgroup_mount *mount,
		     const struct cgroup_watch_ops *ops, void *ctx)
{
	struct cgroup_watch *watch = calloc(1, sizeof(*watch));
	int r = 0;

	if (!watch)
		return -ENOMEM;
	watch->mount = mount;
	watch->ops = ops;
	watch->ctx = ctx;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		r = -errno;
	if (!r)
		r = loop_add_fd(loop, watch->fd, EPOLLIN, on_readable, watch, &watch->events);
	if (!r)
		r = loop_add_timer(loop, 0, 0, on_timer, watch, &watch->timer);
	if (r) {
		cgroup_watch_free(&watch);
		return r;
	}
	note_dir(watch, "/");
	*ret = watch;
	return 0;
}

void cgroup_watch_free(struct cgroup_watch **at)
{
	struct cgroup_watch *watch = TAKE_PTR(*at);

	if (!watch)
		return;
	watch_free(&watch->events);
	watch_free(&watch->timer);
	if (watch->items)
		closedir(watch->items);
	if (watch->fd >= 0)
		close(watch->fd);
	for (size_t i = 0; i < BUCKETS; i++) {
		while (watch->by_wd[i]) {
			struct watched *next = watch->by_wd[i]->next;

			free(watch->by_wd[i]);
			watch->by_wd[i] = next;
		}
	}
	free(watch);
}

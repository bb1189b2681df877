/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells of each cgroup that is made or removed, where no tracepoint does: an inotify watch on every
 * directory of the v2 tree, bounded. A cgroup is told as soon as the loop comes around, which is
 * enough for one of some milliseconds, if not for each: what has gone by then is counted. The tree
 * that is there at the beginning is walked in slices, and its names are told as well.
 */
#pragma once

#include <stdint.h>

struct cgroup_watch;
struct cgroup_mount;
struct loop;

#define CGROUP_WATCH_MAX 4096

/* path: from the root of the tree. */
struct cgroup_watch_ops {
	void (*made)(void *ctx, uint64_t id, const char *path);
	void (*removed)(void *ctx, const char *path);
};

/* All of them must live longer. -errno. */
int cgroup_watch_new(struct cgroup_watch **ret, struct loop *loop, const struct cgroup_mount *mount,
		     const struct cgroup_watch_ops *ops, void *ctx);
void cgroup_watch_free(struct cgroup_watch **at);

struct cgroup_watch_stats {
	uint64_t watched; /* directories, now */
	uint64_t told;	  /* cgroups, the first ones included */
	uint64_t gone;	  /* had been removed when the agent came to look */
	uint64_t refused; /* directories for which there was no watch; nothing in them is told */
};
/* For tests: nothing else shows when the first walk is over, or who had gone before. */
void cgroup_watch_get_stats(const struct cgroup_watch *watch, struct cgroup_watch_stats *ret);

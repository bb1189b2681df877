/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells cgroups.h of each cgroup that is made, where no tracepoint does: an inotify watch on every
 * directory of the v2 tree, bounded. A cgroup is told as soon as the loop comes around, which is
 * enough for one of some milliseconds, if not for each: what has gone by then is counted. The tree
 * that is there at the beginning is walked in slices, and its names are told as well.
 */
#pragma once

#include <stdint.h>

struct cgroup_watch;
struct cgroups;
struct loop;

#define CGROUP_WATCH_MAX 4096

/* loop and cgroups must live longer. -ENOENT: v2 isn't mounted. -errno. */
int cgroup_watch_new(struct cgroup_watch **ret, struct loop *loop, struct cgroups *cgroups);
void cgroup_watch_free(struct cgroup_watch **at);

struct cgroup_watch_stats {
	uint64_t watched; /* directories, now */
	uint64_t told;	  /* cgroups, the first ones included */
	uint64_t gone;	  /* had been removed when the agent came to look */
	uint64_t refused; /* directories for which there was no watch; nothing in them is told */
};
void cgroup_watch_get_stats(const struct cgroup_watch *watch, struct cgroup_watch_stats *ret);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cgroups of this machine by id: their path and what it says (cgroup_name.h). A name is looked
 * up when it is first asked for, or told at the cgroup's creation, so that one that lives for
 * milliseconds has a name too. Names stay after the cgroup has gone, until there are too many: an
 * id is never given to another cgroup, and v2 renames none. An id without a name is remembered too.
 *
 * Where cgroup v2 isn't mounted, or runtimes use v1's trees only, the process is what tells:
 * cgroups_of_pid().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "who/cgroup_mount.h"
#include "who/cgroup_name.h"

struct cgroups;

/* Held by who was asked for, and by those that were told of and nobody asked for. */
#define CGROUPS_ASKED_MAX 4096
#define CGROUPS_TOLD_MAX  2048

/* Interned and counted: see cgroup_info_ref(). */
struct cgroup_info {
	uint64_t id;	  /* 0: known by path only (of v1) */
	const char *path; /* from the root of the tree: "/system.slice/nginx.service" */
	struct cgroup_name name;
	uint32_t refs;
};

/* mountinfo: NULL is the agent's own. Without any mount of cgroup v2 it is made all the same. -errno. */
int cgroups_new(struct cgroups **ret, const char *mountinfo);
void cgroups_free(struct cgroups **at);

/*
 * NULL: has no name, or none yet. What is returned stays until the next call of any function here
 * but cgroup_info_ref(), which keeps it for longer, even longer than the table.
 */
const struct cgroup_info *cgroups_get(struct cgroups *cgroups, uint64_t id);
const struct cgroup_info *cgroup_info_ref(const struct cgroup_info *info);
void cgroup_info_unref(const struct cgroup_info **at);

/*
 * A cgroup of the v2 tree was made (the tracepoint cgroup_mkdir; those of v1 hierarchies have ids
 * of their own and don't belong here). path: from the root; NULL if it isn't known whole: then it
 * is looked up at once. Returns what cgroups_get() would, without asking for it.
 */
const struct cgroup_info *cgroups_created(struct cgroups *cgroups, uint64_t id, const char *path);

/*
 * By /proc/PID/cgroup: of all hierarchies the one that names a container or pod, else one that names
 * a unit, else v2's. NULL: no such process, or nothing to say. Reads a file: not for each event.
 * proc: "/proc".
 */
const struct cgroup_info *cgroups_of_pid(struct cgroups *cgroups, const char *proc, uint32_t pid);

/* Hierarchies of v1 are in use: the v2 tree may not have everybody in the right place. */
bool cgroups_has_v1(const struct cgroups *cgroups);
bool cgroups_has_v2(const struct cgroups *cgroups);
/* Ids of v2 and nothing else: what watches the tree. */
const struct cgroup_mount *cgroups_mount(const struct cgroups *cgroups);

struct cgroups_stats {
	uint64_t named;	  /* held, with a name */
	uint64_t unnamed; /* held, without */
	uint64_t lookups; /* that asked the kernel */
	uint64_t dropped; /* names given up for others */
};
/* For tests: what the kernel was asked and what has been given up, which no name shows. */
void cgroups_get_stats(const struct cgroups *cgroups, struct cgroups_stats *ret);

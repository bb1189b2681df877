/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where cgroup v2 is mounted, and between ids and paths there. The id of a cgroup is the kernel's
 * (bpf_get_current_cgroup_id(), the inode of its directory); a path begins with '/', which is the
 * root of the mount.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup_mount {
	int fd;	     /* its root; -1: it is not mounted */
	char *path;  /* owned */
	bool has_v1; /* hierarchies of v1 are mounted too (or only those) */
};

#define CGROUP_MOUNT_NONE \
	{                 \
		.fd = -1  \
	}

/*
 * mountinfo: "/proc/self/mountinfo". *ret must be CGROUP_MOUNT_NONE; has_v1 is set in any case. Of
 * several mounts the one that shows most of the tree is taken. -ENOENT: none is there.
 */
int cgroup_mount_open(struct cgroup_mount *ret, const char *mountinfo);
void cgroup_mount_close(struct cgroup_mount *mount);

/*
 * Returns the path's length. -ESTALE: there is no such cgroup (any more), and there never will be;
 * -ENOENT: not below this mount; -EPERM: needs CAP_DAC_READ_SEARCH. Nothing of it blocks.
 */
int cgroup_mount_get_path(const struct cgroup_mount *mount, uint64_t id,
			  char path[static PATH_MAX]);
/* -ENOENT. */
int cgroup_mount_get_id(const struct cgroup_mount *mount, const char *path, uint64_t *ret);
/* Opens the directory for reading: a descriptor. */
int cgroup_mount_open_dir(const struct cgroup_mount *mount, const char *path);

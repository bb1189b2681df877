/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where cgroup v2 is: often at /sys/fs/cgroup, beside the first version at .../unified, or nowhere.
 */
#pragma once

#include <stdio.h>

/*
 * Opens its root directory. Where it is not mounted, it is opened without mounting it anywhere
 * (Linux 5.2). Returns the descriptor, which is the caller's; -ENODEV: this kernel has none.
 */
int cgroup2_open(void);
/*
 * The mount point in lines as of /proc/self/mountinfo, where the whole of it is mounted. -ENOENT,
 * -ENAMETOOLONG.
 */
int cgroup2_find(FILE *mountinfo, char *ret, size_t size);

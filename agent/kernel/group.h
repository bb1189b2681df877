/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups of this machine, out of its file. getgrnam() would ask whatever /etc/nsswitch.conf names,
 * and load it: libnss_systemd and what that needs stay resident with 800 KiB.
 */
#pragma once

#include <sys/types.h>

#define GROUP_FILE "/etc/group"

/* -ENOENT: the file (in the format of group(5)) has no such group, or is not there. */
int group_find(const char *path, const char *name, gid_t *ret);

// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/group.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

int group_find(const char *path, const char *name, gid_t *ret)
{
	auto_file FILE *file = fopen(path, "re");
	const struct group *group;

	if (!file)
		return -errno;
	do {
		errno = 0;
		group = fgetgrent(file);
		if (!group)
			return errno ? -errno : -ENOENT;
	} while (strcmp(group->gr_name, name) != 0);
	*ret = group->gr_gid;
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * proc(5): "id parent major:minor root mount-point options [optional ...] - type source super".
 */
#include "cgroup2.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mount.h>

#include "base/cleanup.h"

#define FIELD_ROOT  3
#define FIELD_POINT 4

/* Space, tab, newline and backslash are written as octal numbers. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* The mount point, within the line; NULL: another file system, or only a part of it. */
static char *point_of(char *line)
{
	char *type = strstr(line, " - ");
	char *at, *field, *root = NULL, *point = NULL;
	int i = 0;

	if (!type || strncmp(type, " - cgroup2 ", strlen(" - cgroup2 ")) != 0)
		return NULL;
	*type = '\0';
	for (field = strtok_r(line, " ", &at); field && i <= FIELD_POINT;
	     field = strtok_r(NULL, " ", &at), i++) {
		if (i == FIELD_ROOT)
			root = field;
		else if (i == FIELD_POINT)
			point = field;
	}
	if (!point || strcmp(root, "/") != 0)
		return NULL;
	unescape(point);
	return point;
}

int cgroup2_find(FILE *mountinfo, char *ret, size_t size)
{
	auto_free char *line = NULL;
	size_t line_size = 0;

	while (getline(&line, &line_size, mountinfo) > 0) {
		const char *point = point_of(line);

		if (point && strlen(point) >= size)
			return -ENAMETOOLONG;
		if (point) {
			memcpy(ret, point, strlen(point) + 1);
			return 0;
		}
	}
	return -ENOENT;
}

/* A mount that has no place and goes with its descriptor. */
static int open_unmounted(void)
{
	auto_close int fs = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
	int mount;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -ENODEV;
	mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	return mount < 0 ? -ENODEV : mount;
}

int cgroup2_open(void)
{
	auto_file FILE *mountinfo = fopen("/proc/self/mountinfo", "re");
	char path[PATH_MAX];
	int fd;

	if (!mountinfo || cgroup2_find(mountinfo, path, sizeof(path)))
		return open_unmounted();
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? open_unmounted() : fd;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * mountinfo, and the file handles of kernfs: one is nothing but the id, so the kernel finds the
 * directory by it without a walk through the tree.
 */
#include "who/cgroup_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"

#define KERNFS_HANDLE_TYPE 0xfe /* FILEID_KERNFS of the kernel's exportfs.h */
#define DELETED		   " (deleted)"

struct kernfs_handle {
	struct file_handle head;
	uint64_t id;
};
_Static_assert(offsetof(struct kernfs_handle, id) == sizeof(struct file_handle),
	       "the id stands where f_handle begins");

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static void decode_octal(char *text)
{
	char *to = text;

	while (*text) {
		bool is_octal = *text == '\\';

		for (int i = 1; is_octal && i <= 3; i++)
			is_octal = text[i] >= '0' && text[i] <= '7';
		if (is_octal) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

struct mount_line {
	char *root, *path, *type;
};

/* id parent major:minor root path options [tags...] - type source options */
static bool parse_line(char *line, struct mount_line *ret)
{
	char *at = line, *word;
	int place = 0;

	*ret = (struct mount_line){ 0 };
	while (!ret->type && (word = strsep(&at, " \n"))) {
		if (place == 3)
			ret->root = word;
		else if (place == 4)
			ret->path = word;
		else if (place > 5 && !strcmp(word, "-"))
			ret->type = strsep(&at, " \n");
		place++;
	}
	if (!ret->type)
		return false;
	decode_octal(ret->path);
	return true;
}

/* How much of the tree a mount shows: from above the reader's namespace, all that it may see, a part. */
static int worth(const char *root)
{
	if (!strncmp(root, "/..", 3))
		return 3;
	return strcmp(root, "/") ? 1 : 2;
}

/* Something else may be mounted over it. */
static int open_if_cgroup2(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs))
		return -errno;
	return fs.f_type == CGROUP2_SUPER_MAGIC ? TAKE_FD(fd) : -ENOENT;
}

static void consider(struct cgroup_mount *mount, int *best, const struct mount_line *line)
{
	auto_close int fd = -1;
	auto_free char *path = NULL;

	if (worth(line->root) <= *best)
		return;
	fd = open_if_cgroup2(line->path);
	path = strdup(line->path);
	if (fd < 0 || !path)
		return;
	cgroup_mount_close(mount);
	mount->fd = TAKE_FD(fd);
	mount->path = TAKE_PTR(path);
	*best = worth(line->root);
}

int cgroup_mount_open(struct cgroup_mount *ret, const char *mountinfo)
{
	auto_file FILE *file = fopen(mountinfo, "re");
	auto_free char *text = NULL;
	struct mount_line line;
	size_t size = 0;
	int best = 0;

	if (!file)
		return -errno;
	while (getline(&text, &size, file) > 0) {
		if (!parse_line(text, &line))
			continue;
		if (!strcmp(line.type, "cgroup2"))
			consider(ret, &best, &line);
		ret->has_v1 |= !strcmp(line.type, "cgroup");
	}
	return ret->fd < 0 ? -ENOENT : 0;
}

void cgroup_mount_close(struct cgroup_mount *mount)
{
	if (mount->fd >= 0)
		close(mount->fd);
	mount->fd = -1;
	free(TAKE_PTR(mount->path));
}

/* The absolute path of the descriptor, cut to what is below the mount. */
static int path_of_fd(const struct cgroup_mount *mount, int fd, char path[static PATH_MAX])
{
	size_t len, above = strlen(mount->path);
	char link[32];
	ssize_t got;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, path, PATH_MAX - 1);
	if (got < 0)
		return -errno;
	path[got] = '\0';
	len = (size_t)got;
	if (len > strlen(DELETED) && !strcmp(path + len - strlen(DELETED), DELETED))
		len -= strlen(DELETED);
	if (above == 1) /* mounted at "/" itself */
		above = 0;
	if (len < above || memcmp(path, mount->path, above) != 0 ||
	    (len > above && path[above] != '/'))
		return -ENOENT;
	if (len == above)
		return snprintf(path, PATH_MAX, "/");
	len -= above;
	memmove(path, path + above, len);
	path[len] = '\0';
	return (int)len;
}

int cgroup_mount_get_path(const struct cgroup_mount *mount, uint64_t id, char path[static PATH_MAX])
{
	struct kernfs_handle handle = {
		.head = { .handle_bytes = sizeof(handle.id), .handle_type = KERNFS_HANDLE_TYPE },
		.id = id,
	};
	auto_close int fd = -1;

	if (mount->fd < 0)
		return -ENOENT;
	fd = open_by_handle_at(mount->fd, &handle.head, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : path_of_fd(mount, fd, path);
}

/* What the kernel takes for relative to the mount. */
static const char *below(const char *path)
{
	path += strspn(path, "/");
	return *path ? path : ".";
}

int cgroup_mount_get_id(const struct cgroup_mount *mount, const char *path, uint64_t *ret)
{
	struct kernfs_handle handle = { .head.handle_bytes = sizeof(handle.id) };
	int mount_id;

	if (mount->fd < 0)
		return -ENOENT;
	if (name_to_handle_at(mount->fd, below(path), &handle.head, &mount_id, 0))
		return -errno;
	*ret = handle.id;
	return 0;
}

int cgroup_mount_open_dir(const struct cgroup_mount *mount, const char *path)
{
	int fd = openat(mount->fd, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

// SPDX-License-Identifier: BSD-2-Clause
#include "export/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "export/export_backups.h"
#include "export/export_gzip.h"

#define MODE	 0640
#define TORN_MAX ((size_t)64 << 10) /* of a line that an agent which was killed has left */

struct export_file {
	struct export_file_options options;
	char *path;
	struct backups *backups;
	struct export_gzip *gzip; /* of the newest backup, while that lasts */
	uint64_t size;
	uint64_t rotations;
	int fd;
	bool needs_tidy;
};

int export_file_new(struct export_file **ret, const struct export_file_options *options)
{
	struct export_file *file = calloc(1, sizeof(*file));
	int r;

	if (!file)
		return -ENOMEM;
	file->fd = -1;
	file->options = *options;
	file->path = strdup(options->path);
	r = file->path ? backups_new(&file->backups, file->path) : -ENOMEM;
	if (r) {
		export_file_free(&file);
		return r;
	}
	*ret = file;
	return 0;
}

void export_file_free(struct export_file **at)
{
	struct export_file *file = TAKE_PTR(*at);

	if (!file)
		return;
	export_file_close(file);
	export_gzip_free(&file->gzip);
	backups_free(&file->backups);
	free(file->path);
	free(file);
}

void export_file_close(struct export_file *file)
{
	if (file->fd < 0)
		return;
	(void)fsync(file->fd);
	close(TAKE_FD(file->fd));
}

/* Where the last line begins that has no end; `size` if all have. -errno. */
static int64_t find_torn(int fd, uint64_t size, char *tail, size_t *ret_len)
{
	size_t len = size < TORN_MAX ? (size_t)size : TORN_MAX;
	ssize_t got = pread(fd, tail, len, (off_t)(size - len));
	const char *newline;

	if (got < 0)
		return -errno;
	newline = memrchr(tail, '\n', (size_t)got);
	*ret_len = newline ? (size_t)(tail + got - newline) - 1 : (size_t)got;
	memmove(tail, tail + got - *ret_len, *ret_len);
	return (int64_t)(size - *ret_len);
}

/* Does a line, or what there is of it, begin as ours do? */
static bool is_ours(const char *line, size_t len)
{
	static const char *const starts[] = { "{\"flow\":{", "{\"lost_events\":{",
					      "{\"agent_event\":{" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		size_t known = strlen(starts[i]);

		if (!memcmp(line, starts[i], len < known ? len : known))
			return true;
	}
	return false;
}

/*
 * An agent that was killed may have left half a line: it is of no use to anybody, and what reads
 * the file would stumble over it. A line that is not one of ours is ended, and stays.
 */
static int mend(int fd, uint64_t *size)
{
	auto_free char *tail = malloc(TORN_MAX);
	size_t len = 0;
	int64_t torn;

	if (!tail)
		return -ENOMEM;
	torn = find_torn(fd, *size, tail, &len);
	if (torn < 0)
		return (int)torn;
	if (!len)
		return 0;
	if (is_ours(tail, len)) {
		if (ftruncate(fd, torn))
			return -errno;
		*size = (uint64_t)torn;
		return 0;
	}
	if (write(fd, "\n", 1) != 1)
		return -errno;
	++*size;
	return 0;
}

/* O_NONBLOCK: a FIFO is refused, not waited for. The lock: two agents would rotate it twice. */
static int file_open(struct export_file *file)
{
	auto_close int fd = open(
		file->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, MODE);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	file->size = (uint64_t)st.st_size;
	r = mend(fd, &file->size);
	if (r)
		return r;
	file->fd = TAKE_FD(fd);
	file->needs_tidy = true;
	return 0;
}

/* Also what others have done to it meanwhile. */
static int file_ready(struct export_file *file)
{
	struct stat st;

	if (file->fd >= 0) {
		if (fstat(file->fd, &st))
			return -errno;
		file->size = (uint64_t)st.st_size;
		if (st.st_nlink)
			return 0;
		export_file_close(file); /* it was deleted: nobody would ever read what comes */
	}
	return file_open(file);
}

/* Is what the path leads to still the file that we write? */
static bool is_in_place(const struct export_file *file)
{
	struct stat ours, there;

	return !fstat(file->fd, &ours) && !stat(file->path, &there) &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static int file_rotate(struct export_file *file)
{
	auto_free char *path = NULL;
	int r = 1;

	while (r > 0) /* the number of backups is to be exact */
		r = export_file_tidy(file);
	r = 0;
	if (is_in_place(file)) {
		r = backups_next(file->backups, &path);
		if (!r && rename(file->path, path))
			r = -errno;
		file->rotations += !r;
	}
	if (!r)
		export_file_close(file);
	return r;
}

/* How many bytes of whole lines may still go into the file: 0: none, it is full. */
static size_t what_fits(const struct export_file *file, const struct buf *lines)
{
	const char *bytes = buf_bytes(lines), *newline;
	size_t len = buf_len(lines);
	uint64_t room;

	if (!file->options.max_bytes || file->size + len <= file->options.max_bytes)
		return len;
	room = file->options.max_bytes > file->size ? file->options.max_bytes - file->size : 0;
	newline = room ? memrchr(bytes, '\n', (size_t)room) : NULL;
	if (!newline && !file->size)
		newline = memchr(bytes, '\n', len); /* a line longer than a file may be */
	return newline ? (size_t)(newline - bytes) + 1 : 0;
}

/* What a full disk leaves of the lines is cut back to the whole ones. */
static int file_append(struct export_file *file, struct buf *lines, size_t len)
{
	const char *bytes = buf_bytes(lines), *newline;
	size_t done = 0;
	int r = 0;

	while (done < len && !r) {
		ssize_t written = write(file->fd, bytes + done, len - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			r = -errno;
	}
	if (r) {
		newline = done ? memrchr(bytes, '\n', done) : NULL;
		done = newline ? (size_t)(newline - bytes) + 1 : 0;
		(void)!ftruncate(file->fd, (off_t)(file->size + done));
	}
	file->size += done;
	buf_consume(lines, done);
	return r;
}

int export_file_write(struct export_file *file, struct buf *lines)
{
	int r = file_ready(file);

	while (!r && buf_len(lines)) {
		size_t len = what_fits(file, lines);

		if (len) {
			r = file_append(file, lines, len);
			continue;
		}
		r = file_rotate(file);
		if (!r)
			r = file_ready(file);
	}
	return r;
}

/* Begins the compression of a backup, if one is left to do. */
static int tidy_start(struct export_file *file)
{
	auto_free char *plain = NULL;
	int r = backups_prune(file->backups, file->options.max_backups, &plain);

	file->needs_tidy = false;
	if (r || !plain || !file->options.compress)
		return r;
	r = export_gzip_new(&file->gzip, plain);
	return r ? r : 1;
}

int export_file_tidy(struct export_file *file)
{
	int r;

	if (!file->gzip)
		return file->needs_tidy ? tidy_start(file) : 0;
	r = export_gzip_step(file->gzip);
	if (r > 0)
		return r;
	export_gzip_free(&file->gzip);
	file->needs_tidy = !r; /* there may be another one; if it has failed, not at once again */
	return r ? r : 1;
}

uint64_t export_file_rotations(const struct export_file *file)
{
	return file->rotations;
}

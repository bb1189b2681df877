/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that records are exported to: whole lines are appended, and when it would become too
 * large it is put aside and another begun. It belongs to one thread at a time, and is allowed to
 * wait for the disk.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct export_file;

struct export_file_options {
	const char *path;
	uint64_t max_bytes;   /* 0: it is never put aside */
	uint64_t max_backups; /* 0: all are kept */
	bool compress;
};

/* Opens nothing yet. The options' path is copied. -ENOMEM. */
int export_file_new(struct export_file **ret, const struct export_file_options *options);
/* What was written is on the disk then. */
void export_file_free(struct export_file **at);

/*
 * Appends the lines and takes out of the buffer what is in the file; it is opened first, if it is
 * not. -errno: whole lines are left in the buffer, for another try; -EINVAL: it is no regular file,
 * -EBUSY: somebody has locked it, another agent for instance.
 */
int export_file_write(struct export_file *file, struct buf *lines);
/* Somebody has moved it: the next write makes another. */
void export_file_close(struct export_file *file);
/*
 * Goes on with what has time: compressing, removing old backups. 1: there is more to do, 0: none,
 * -errno: given up until the next file.
 */
int export_file_tidy(struct export_file *file);
/* How often it was put aside because it was full. */
uint64_t export_file_rotations(const struct export_file *file);

/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files that somebody else writes, and directories of them; for a worker's thread. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;

/* False: it is too long, and *ret is empty. */
bool disk_path(char ret[static PATH_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The bytes of a file of at most max into buf. -EFBIG, -EINVAL: not a regular file; -errno. */
int disk_read(const char *path, size_t max, struct buf *buf);
/* The entries of a directory but those with a dot in front, until fn returns false. */
void disk_each(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx);

/* SPDX-License-Identifier: BSD-2-Clause */
/* gzip'ed bytes, unpacked as they come; several archives may follow each other, as cat makes them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct gunzip;

/* Is that how gzip'ed bytes begin? */
#define GUNZIP_MAGIC	  "\x1f\x8b"
#define GUNZIP_MAGIC_SIZE 2

/* 0 or -ENOMEM. */
int gunzip_new(struct gunzip **ret);
void gunzip_free(struct gunzip **gunzip);

/*
 * Takes from packed, and appends at most a bound of bytes to out. 0, -EBADMSG (no gzip, or damaged)
 * or -ENOMEM. Where nothing was appended packed is empty, and more of it needed.
 */
int gunzip_some(struct gunzip *gunzip, struct buf *packed, struct buf *out);
/* Nothing that was begun is missing its end. */
bool gunzip_is_whole(const struct gunzip *gunzip);

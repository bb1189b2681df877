/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens a file that somebody else has put there: a regular one, and not larger than it may be, so
 * that reading it cannot block or go on for ever.
 */
#pragma once

#include <stdint.h>

/* The fd, or -errno: -EISDIR, -EINVAL (another that is no regular file), -EFBIG. */
int regular_file_open(const char *path, uint64_t max_bytes);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small file of /proc, read whole into memory of the caller's.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Below the directory dir (AT_FDCWD), at most size - 1 bytes, a NUL behind them: what is longer is
 * cut. Returns their number; -errno, and text is as it may be.
 */
ssize_t proc_file_read(int dir, const char *path, char *text, size_t size);

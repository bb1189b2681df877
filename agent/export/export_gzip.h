/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compresses a file in slices. The result has another name until it is whole and on the disk; only
 * then the file goes.
 */
#pragma once

struct export_gzip;

/* path becomes path.gz. -errno. */
int export_gzip_new(struct export_gzip **ret, const char *path);
/* Some 10 ms of work. 1: there is more, 0: done, -errno: the file is as it was. */
int export_gzip_step(struct export_gzip *gzip);
/* What is not done yet is undone. */
void export_gzip_free(struct export_gzip **at);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files that an export has put aside, named as Hubble names them: of flows.log
 * flows-2026-11-22T07-30-02.123.log, with .gz behind it once compressed. The time is that of the
 * rotation, in UTC; no two have the same, and a later one is greater. Nothing else in the directory
 * is touched.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What makes the name of a backup, behind that of the file and the time. */
#define BACKUP_GZIP ".gz"
#define BACKUP_PART ".gz.part" /* being compressed, or what was left of that */

struct backups;

/* path: of the file that is rotated. -ENOMEM. */
int backups_new(struct backups **ret, const char *path);
void backups_free(struct backups **at);

/* Where to move the file now: the path is the caller's. -errno. */
int backups_next(const struct backups *backups, char **ret_path);
/*
 * Removes the oldest until max are left (0: keeps all), what compressing has left behind, and of a
 * backup that is there both ways the one that is not compressed. *ret_plain: the oldest that is not
 * compressed, the caller's; NULL: none. -errno.
 */
int backups_prune(const struct backups *backups, uint64_t max, char **ret_plain);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of --endpoints, as it is now: who/endpoints.h kept up to date.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/endpoints.h"
#include "who/watched_file.h"

struct endpoints_file;

/*
 * changed: on the loop's thread, after another version was loaded (NULL: nobody asks). Whatever
 * endpoints_file_find() has given is gone by then, and what it did not know it may know now.
 */
int endpoints_file_new(struct endpoints_file **ret, struct loop *loop, struct worker *worker,
		       const char *path, void (*changed)(void *ctx), void *ctx);
void endpoints_file_free(struct endpoints_file **at);
/* What is found is there until the next callback of the loop. */
bool endpoints_file_find(const struct endpoints_file *file, const uint8_t addr[static 16],
			 struct endpoint_facts *ret);

/* The version that is there now, until the next callback of the loop; NULL: none was right yet. */
const struct endpoints *endpoints_file_now(const struct endpoints_file *file,
					   uint32_t *ret_version);

/* For tests: which versions were refused, and whether it is an old one, is only logged. */
void endpoints_file_get_stats(const struct endpoints_file *file, struct watched_file_stats *ret);

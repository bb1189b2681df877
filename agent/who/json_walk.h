/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks once through a JSON text of somebody else's and names each value by the way to it: keys
 * joined by dots, "[]" for any element of an array: "[].Names.[]". Who knows which few of them it
 * wants needs no tree.
 */
#pragma once

#include <stdbool.h>

#include "base/json_scan.h"
#include "base/text.h"

/* An object or an array (JSON_NESTED) is told before what is in it, with an empty value. */
typedef void (*json_walk_fn)(void *ctx, struct text path, enum json_kind kind, struct text value);

#define JSON_WALK_PATH_MAX 1024 /* what has a longer one is left out */

/* 0; -EBADMSG: not JSON, but some of it may have been told; -ENOMEM. */
int json_walk(struct text json, json_walk_fn fn, void *ctx);
/* Does path begin with this? *ret_rest: what follows. */
bool json_path_under(struct text path, const char *prefix, struct text *ret_rest);

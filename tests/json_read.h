/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads what we have written as JSON with json-c, which is not ours and strict here.
 */
#pragma once

#include <stddef.h>

struct json_object;

/* All of it, or the test has failed; name says what it is. To be put. */
struct json_object *json_read(const char *name, const char *text, size_t len);
/* The value at a path such as "flow.IP.source", or NULL. */
struct json_object *json_read_at(struct json_object *object, const char *path);
/* Its text, or "(absent)". */
const char *json_read_text(struct json_object *object, const char *path);

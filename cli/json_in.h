/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the agent's JSON; the only module that knows json-c. What is missing or of another type
 * than asked for reads as absent, so no answer of any agent can do harm. A path is keys joined
 * with dots: "interface.name".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct json_object;

/* One object, nothing after it. The caller owns *ret. 0, -EBADMSG or -ENOMEM. */
int json_in_parse(const char *bytes, size_t len, struct json_object **ret);
void json_in_free(struct json_object **object);

#define auto_json __attribute__((cleanup(json_in_free)))

/* Borrowed from object; NULL where absent. An empty path is the object itself. */
struct json_object *json_in_get(struct json_object *object, const char *path);
/* As json_in_get, objects and arrays only. */
struct json_object *json_in_object(struct json_object *object, const char *path);
struct json_object *json_in_array(struct json_object *object, const char *path);
/* The string; of length 0 where absent. */
struct text json_in_text(struct json_object *object, const char *path);
/* A number, or proto3's string of digits. False and *ret untouched where absent. */
bool json_in_u64(struct json_object *object, const char *path, uint64_t *ret);
bool json_in_double(struct json_object *object, const char *path, double *ret);
bool json_in_bool(struct json_object *object, const char *path, bool *ret);

size_t json_in_len(struct json_object *array);
struct json_object *json_in_at(struct json_object *array, size_t index);
/* Calls fn for each key of object, in order. */
void json_in_each(struct json_object *object,
		  void (*fn)(void *context, const char *key, struct json_object *value),
		  void *context);
/* Indented with two blanks; valid as long as object and unchanged by others' calls. */
const char *json_in_pretty(struct json_object *object);

/* The first key of the object in bytes, found without parsing the rest; of length 0 if none. */
struct text json_in_first_key(const char *bytes, size_t len);

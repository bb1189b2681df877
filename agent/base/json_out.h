/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes JSON into a struct buf as protobuf's Go encoder does: no blanks; & < > and control
 * characters escaped (\u0026, \t, \n, \u001b); bytes that are not UTF-8 become U+FFFD. Escaped too
 * is all else that a terminal must not be shown (utf8_is_unsafe()), which Go writes as it is.
 * Commas are placed by the writer. Keys are literals and written as they are.
 * A NULL key means an array element (or the outermost value).
 * Not in one file with json-c's headers, whose json_bool is a type.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct buf;

struct json_out {
	struct buf *buf;
	bool need_comma;
};

void json_object_begin(struct json_out *out, const char *key);
void json_object_end(struct json_out *out);
void json_array_begin(struct json_out *out, const char *key);
void json_array_end(struct json_out *out);
/* The key alone: the caller appends its value, JSON, to the buffer. */
void json_key(struct json_out *out, const char *key);
void json_string(struct json_out *out, const char *key, const char *value);
void json_slice(struct json_out *out, const char *key, struct text value);
void json_u64(struct json_out *out, const char *key, uint64_t value);	  /* a JSON number */
void json_u64_str(struct json_out *out, const char *key, uint64_t value); /* proto3's "123" */
void json_i64(struct json_out *out, const char *key, int64_t value);
/* At most so many decimals, no trailing zeros; null for what is no number. */
void json_double(struct json_out *out, const char *key, double value, int decimals);
void json_bool(struct json_out *out, const char *key, bool value);
/* What is JSON already. */
void json_raw(struct json_out *out, const char *key, const char *bytes, size_t len);
/* RFC 3339 in UTC with 0, 3, 6 or 9 digits; ns since 1970. */
void json_time(struct json_out *out, const char *key, uint64_t realtime_ns);
/* Of JSON as it stands: are its strings written as they would be here, none with an escape? All of it in ASCII. */
bool json_is_plain(struct text json);

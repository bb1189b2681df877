/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cursor over one JSON text, for lines that come by the hundred thousand: values are taken once
 * and in order, nothing is allocated unless a string holds escapes. (The command takes answers of a
 * line or two through json_in.) A text that is not JSON sets `failed`, and everything after that is absent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text.h"

struct buf;

enum json_kind {
	JSON_NONE, /* null, or the text has failed */
	JSON_STRING,
	JSON_NUMBER,
	JSON_BOOL,
	JSON_NESTED, /* an object or an array: was skipped */
};

struct json_scan {
	const char *at, *end;
	/* Where unescaped strings go; must have room for the whole text, so that it never moves. */
	struct buf *scratch;
	unsigned int depth;
	bool is_first; /* no comma is due */
	bool failed;
	bool has_escape; /* the last string */
	bool has_blanks; /* were met between tokens */
};

void json_scan_init(struct json_scan *scan, struct text json, struct buf *scratch);
/* The next character that is no blank, 0 at the end; it is not taken. */
char json_scan_peek(struct json_scan *scan);
/* Nothing but blanks is left, and nothing has failed. */
bool json_scan_is_done(struct json_scan *scan);

/*
 * Enters an object, then its keys come one by one; each key's value is to be taken before the next.
 * A value of another kind is skipped, and false returned. json_scan_key() leaves the object with
 * false. Keys are as written: one with escapes equals no other.
 */
bool json_scan_enter_object(struct json_scan *scan);
bool json_scan_key(struct json_scan *scan, struct text *ret);
/*
 * The same in two steps, for who knows which key is likely: json_scan_member() goes to the next key, which
 * json_scan_key_is() takes if it is that one, and json_scan_any_key() whatever it is.
 */
bool json_scan_member(struct json_scan *scan);
static inline bool json_scan_key_is(struct json_scan *scan, const char *name, size_t len)
{
	const char *at = scan->at;

	/* The first letter tells most of them apart. */
	if ((size_t)(scan->end - at) < len + 3 || at[1] != *name || at[0] != '"' ||
	    at[len + 1] != '"' || at[len + 2] != ':' || memcmp(at + 1, name, len) != 0)
		return false;
	scan->at += len + 3;
	return true;
}

bool json_scan_any_key(struct json_scan *scan, struct text *ret);
/* The same of an array. */
bool json_scan_enter_array(struct json_scan *scan);
bool json_scan_element(struct json_scan *scan);

/* Takes any value. *ret: the string unescaped, the number or the bool as written, else empty. */
enum json_kind json_scan_value(struct json_scan *scan, struct text *ret);
/* Takes any value. The text it was written as. */
struct text json_scan_raw(struct json_scan *scan);

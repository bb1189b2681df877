/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON objects into structs, by tables: a row says which key goes where and as what. Unknown keys
 * are skipped, and a value of another kind than its row's leaves its member as it was.
 */
#pragma once

#include <stddef.h>

#include "agent/flow/names.h"
#include "text.h"

struct buf;
struct json_scan;

enum json_field_kind {
	JSON_FIELD_END, /* the row that ends a table */
	JSON_FIELD_TEXT,
	JSON_FIELD_U64, /* a number or a string of digits */
	JSON_FIELD_I64,
	JSON_FIELD_TRISTATE, /* enum tristate */
	JSON_FIELD_TIME,     /* struct json_time */
	JSON_FIELD_ENUM,     /* struct enum_value; by `names` */
	JSON_FIELD_RAW,	     /* struct text: the value as written */
	JSON_FIELD_OBJECT,   /* bool: it was there; its own keys by `fields` */
};

enum tristate {
	TRISTATE_ABSENT,
	TRISTATE_FALSE,
	TRISTATE_TRUE,
};

struct json_time {
	bool is_set;
	uint64_t ns; /* since 1970 */
};

struct json_field {
	const char *key;
	size_t offset; /* of the member */
	const struct json_field *fields;
	enum json_field_kind kind;
	enum names names;
};

/* Takes the next value of scan, an object. Texts point into the scan's bytes or its scratch. */
void json_fields_read(const struct json_field *fields, struct json_scan *scan, void *target);

/*
 * For who walks through the object himself. NULL: no row is of that key. *next: the one that is looked at
 * first, as keys come in order as a rule; fields at first.
 */
const struct json_field *json_field_find(const struct json_field *fields,
					 const struct json_field **next, struct text key);
/* The members of an object that was entered. */
void json_fields_rest(const struct json_field *fields, struct json_scan *scan, void *target);
/* A value as it is written, of a field that is no object. False: it is no JSON. */
bool json_field_set(const struct json_field *field, struct text raw, struct buf *scratch,
		    void *target);
/* The object is there. */
void json_field_enter(const struct json_field *field, void *target);

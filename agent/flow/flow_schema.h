/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's messages as they are declared: the order of the fields is that of the keys in JSON.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "names.h"

enum schema_kind {
	SCHEMA_END, /* the row that ends a message */
	SCHEMA_STRING,
	SCHEMA_NUMBER,	  /* of up to 32 bits */
	SCHEMA_NUMBER_64, /* a string in JSON */
	SCHEMA_BOOL,
	SCHEMA_NUMBER_VALUE, /* wrapped: 0 is not the same as absent */
	SCHEMA_BOOL_VALUE,
	SCHEMA_TIME,
	SCHEMA_ENUM,
	SCHEMA_MESSAGE,
	SCHEMA_ANY, /* JSON of any shape: taken as it comes */
	SCHEMA_KIND_MAX,
};

struct schema_field {
	const char *name;
	size_t len; /* of the name */
	enum schema_kind kind;
	bool is_list;
	enum names names;		   /* of an enum */
	const struct schema_field *fields; /* of a message */
};

/* Of the longest message. */
#define SCHEMA_FIELDS_MAX 48

/* GetFlowsResponse, with what an ExportEvent may hold besides; Flow. */
extern const struct schema_field schema_response[];
extern const struct schema_field schema_flow[];

/* NULL: there is no such field. By either of its names in JSON. */
const struct schema_field *schema_find(const struct schema_field *fields, struct text name);
/* The same, where it is likely to be first or behind that: keys come in order as a rule. */
const struct schema_field *schema_find_from(const struct schema_field *fields,
					    const struct schema_field *first, struct text name);

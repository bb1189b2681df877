/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of a FlowFilter. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "filter/field.h"

struct filter_kind;
struct filter_enum;

struct filter_key {
	const char *name; /* proto's; of one that each side has without "source_" */
	const struct filter_kind *kind;
	enum field field; /* of one that each side has: the source's */
	bool is_sided;
	bool is_single;	    /* one value only */
	bool has_ranges;    /* of numbers: "1000-1999" */
	bool absent_is_0;   /* proto3 leaves out what is 0 */
	bool is_folded;	    /* of texts: whatever the case */
	bool is_64;	    /* of numbers: have more than 32 bits */
	const char *called; /* in Hubble's errors: "port", of "invalid source port filter: " */
	const char *l7;	    /* the same, of what only l7 events have */
	const struct filter_enum *names; /* of enums */
};

/* What a key of JSON that each side has is called. */
enum filter_naming {
	FILTER_BY_SIDE,	    /* "source_port", "destination_port" */
	FILTER_SOURCE,	    /* "port", and the source's is meant */
	FILTER_DESTINATION, /* "port", and the destination's is meant */
};

/*
 * By proto's name or its lowerCamel; NULL: there is none. *ret_side: "source", "destination" or
 * "".
 */
const struct filter_key *filter_key_find(const char *name, enum filter_naming naming,
					 const char **ret_side);
/* Does the name of a field in JSON stand for this one of proto's? */
bool filter_key_is(const char *name, const char *proto);
/* 0 .. filter_key_count() - 1; for what checks that none is forgotten. */
const struct filter_key *filter_key_at(size_t index);
size_t filter_key_count(void);

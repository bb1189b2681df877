/* SPDX-License-Identifier: BSD-2-Clause */
/* The words that a comparison begins with: fields, other names of theirs, and what is short for one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "filter/field.h"

struct where_error;

/*
 * As pcap filters have them: a word, and the comparison that it is short for. One that is the name of a
 * field as well is that where an operator or a value follows.
 */
struct where_shorthand {
	const char *word;
	const char *text;
	const char *about;
};

/* The last one has no word. */
extern const struct where_shorthand where_shorthands[];
/* NULL: there is none. */
const struct where_shorthand *where_shorthand_find(struct text word);
/* "src" and "dst". False: it is none of them. */
bool where_side_find(struct text word, bool *ret_is_source);
/* A field, or another name of one ("host", "net", "portrange"): as field_find(). */
unsigned int where_field_find(struct text word, enum field *ret);
/* Refuses the word at a place, with what was probably meant. Returns -EINVAL. */
int where_refuse_name(struct text word, size_t at, struct where_error *error);
/* A word at a place, with nothing behind it: -EINVAL if it is one of a field's other names. */
int where_check_alone(struct text word, size_t at, struct where_error *error);
/* Refuses a field at a place because it belongs to no side. Returns -EINVAL. */
int where_refuse_side(struct text word, size_t at, struct where_error *error);

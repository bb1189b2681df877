/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --where: an expression over the fields of a flow (field.h), compiled once and asked of many. The
 * language is told in weir-where(7).
 *
 *	rtt > 5ms and source.pod ~ cart-* and not port in (80, 443)
 *
 * A field has any number of values, a name of either side those of both. A comparison holds if one
 * value does: where there is none, none does. What is negated (!=, !~, not in, not) holds exactly
 * where the same without it does not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct field_reader;
struct where;

#define WHERE_TEXT_MAX	4096 /* bytes of an expression */
#define WHERE_DEPTH_MAX 64   /* parentheses and nots within each other */
#define WHERE_NODES_MAX 256  /* comparisons, and chains of and or or */

/* "byte 7: "x" is not a number": at counts from 0, len is what it is about and may be 0. */
struct where_error {
	size_t at, len;
	char message[512]; /* valid UTF-8 without control characters */
};

/* -EINVAL with *error, or -ENOMEM. Times that are so long ago count back from now. */
int where_compile(struct where **ret, const char *text, struct where_error *error);
/* The same at another time, in ns since 1970. */
int where_compile_at(struct where **ret, const char *text, uint64_t now_ns,
		     struct where_error *error);
void where_free(struct where **at);
/* Allocates nothing, and never asks the reader for more than it needs. Not for two threads at once. */
bool where_match(const struct where *where, struct field_reader *reader);
/*
 * At most so many of its tests note what they find of who a side is (filter_memo.h). Returns how
 * many. Before that, and where nobody tells who a side is, they ask each time.
 */
unsigned int where_take_memos(struct where *where, unsigned int max);
/* How often a regular expression took too many steps on a text, which then counts as no match. */
uint64_t where_gave_up(const struct where *where);
/* Two lines: the expression, cut where it is long, and a caret under what the error is about. */
void where_error_show(const struct where_error *error, const char *text, struct buf *out);

static inline void cleanup_where(struct where **at)
{
	where_free(at);
}

#define auto_where __attribute__((cleanup(cleanup_where)))

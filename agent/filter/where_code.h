/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an expression is compiled to: comparisons, each of which knows where to go on if it holds and
 * if it does not. There is no stack, and `not` costs nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/field.h"
#include "filter/where.h"

struct filter_memo;
struct regex;

enum where_op {
	WHERE_KNOWN,  /* there is a value */
	WHERE_TRUE,   /* a boolean that is true */
	WHERE_RANGE,  /* a number from low to high */
	WHERE_HAS,    /* all of these bits */
	WHERE_PREFIX, /* an address of this network */
	WHERE_TEXT,   /* this text; ASCII letters of either case */
	WHERE_GLOB,   /* the same with * and ? */
	WHERE_REGEX,
	WHERE_PAIR, /* a value of another field (where_pair.h) */
	WHERE_OP_MAX,
};

/* One of those that a comparison names. */
struct where_value {
	union {
		struct {
			uint64_t low, high; /* low > high: holds of nothing */
		} range;
		uint64_t bits;
		struct {
			uint64_t addr[2], mask[2]; /* as they lie in memory */
			bool is_v6_only;	   /* ::/0 holds no IPv4 address */
		} prefix;
		struct {
			const char *bytes; /* in lower case */
			size_t len;
		} text;
		struct regex *regex;
		struct {
			uint16_t field; /* as in a test */
			uint8_t fields;
			uint8_t ask; /* enum where_ask */
		} other;
	};
};

#define WHERE_ACCEPT 0xffff
#define WHERE_REJECT 0xfffe

struct where_test {
	uint8_t op;		  /* enum where_op */
	uint8_t fields;		  /* 2: either side */
	uint16_t field;		  /* enum field: the first of them */
	bool is_both;		  /* it must hold of both sides, not of either */
	uint16_t first, count;	  /* its values */
	uint16_t yes, no;	  /* the next test, WHERE_ACCEPT or WHERE_REJECT */
	struct filter_memo *memo; /* NULL: asked each time */
};

struct where {
	struct where_test tests[WHERE_NODES_MAX];
	unsigned int count;
	uint16_t begin;
	struct where_value *values;
	unsigned int value_count, value_size;
};

_Static_assert(WHERE_TEXT_MAX < WHERE_REJECT, "each value takes a byte of text");

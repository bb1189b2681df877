/* SPDX-License-Identifier: BSD-2-Clause */
/* What a field may be asked, which depends on its kind. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "filter/where_lex.h"

struct where_error;
struct where_test;

/* The longest text of a value that is no text. */
#define WHERE_PLAIN_SIZE 64

struct where_kind {
	const char *what;    /* the field is ... */
	const char *can;     /* and can be asked with ... */
	const char *is_not;  /* what a wrong value is not */
	uint32_t asks;	     /* 1 << enum where_ask */
	uint8_t op, implied; /* enum where_op of ASK_IS; enum where_ask */
	bool has_ranges;     /* "8000-8100" */
	bool is_bool;
	int (*parse)(const char *text, uint64_t now_ns, uint64_t *ret);
};

const struct where_kind *where_kind_of(const struct where_test *test);
/* What is asked where only a value follows the field: "port 80", "pod cart-*", "flags SYN". */
enum where_ask where_ask_implied(const struct where_test *test);
/* Sets the operation; -EINVAL if the field cannot be asked that, as the token does. */
int where_ask_set(struct where_test *test, enum where_ask ask, const struct where_token *token,
		  struct where_error *error);
/* Does it ask for less or more? */
bool where_ask_is_order(unsigned int ask);
/* "a number", "an address" */
const char *where_kind_name(const struct where_test *test);

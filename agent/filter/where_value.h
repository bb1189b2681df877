/* SPDX-License-Identifier: BSD-2-Clause */
/* What a field may be asked, and the values that it is compared with: both depend on its kind. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "filter/where_lex.h"

struct where;
struct where_error;
struct where_test;
struct where_value;

/* What is asked where only a value follows the field: "port 80", "pod cart-*", "flags SYN". */
enum where_ask where_ask_implied(const struct where_test *test);
/* Sets the operation; -EINVAL if the field cannot be asked that, as the token does. */
int where_ask_set(struct where_test *test, enum where_ask ask, const struct where_token *token,
		  struct where_error *error);
/* Adds the value that the token says, to the last test. -EINVAL, -ENOMEM. */
int where_value_add(struct where *where, enum where_ask ask, const struct where_token *token,
		    uint64_t now_ns, struct where_error *error);
/* Does it ask for less or more? */
bool where_ask_is_order(unsigned int ask);
/* "a number", "an address" */
const char *where_kind_name(const struct where_test *test);
/* Where the next value belongs; it is not counted yet. NULL: out of memory. */
struct where_value *where_value_place(struct where *where);
/* Frees what the value holds. op: enum where_op. */
void where_value_done(struct where_value *value, unsigned int op);

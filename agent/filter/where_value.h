/* SPDX-License-Identifier: BSD-2-Clause */
/* The values that a field is compared with, as its kind has them (where_kind.h). */
#pragma once

#include <stdint.h>

#include "filter/where_lex.h"

struct where;
struct where_error;
struct where_test;
struct where_value;

/* Adds the value that the token says, to the last test. -EINVAL, -ENOMEM. */
int where_value_add(struct where *where, enum where_ask ask, const struct where_token *token,
		    uint64_t now_ns, struct where_error *error);
/* Where the next value belongs; it is not counted yet. NULL: out of memory. */
struct where_value *where_value_place(struct where *where);
/* Frees what the value holds. op: enum where_op. */
void where_value_done(struct where_value *value, unsigned int op);

/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparisons of two fields: source.namespace != destination.namespace, reverse.bytes > forward.bytes. */
#pragma once

#include <stdbool.h>

#include "filter/where_lex.h"

struct field_reader;
struct where;
struct where_error;
struct where_test;

/*
 * The last test becomes one, with the field that stands behind the operator, as the test `other` has
 * it. -EINVAL if they can't be compared, -ENOMEM.
 */
int where_pair_set(struct where *where, const struct where_test *other,
		   const struct where_token *operator, const struct where_token * word,
		   struct where_error *error);
/* Does it hold of a value of the one and a value of the other? */
bool where_pair_holds(const struct where *where, const struct where_test *test,
		      struct field_reader *reader);

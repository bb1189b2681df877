/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What groups are told apart by: the values of some fields, as bytes that are the same if and only if
 * the values are. Text is made of them only when they are shown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "filter/field.h"

#define AGGREGATE_KEY_MAX    2048
#define AGGREGATE_VALUES_MAX 32	 /* of a field, in 256 bytes; further ones are left out */
#define AGGREGATE_TEXT_MAX   250 /* bytes of a value; longer ones are cut */

struct buf;
struct where_error;

/* Columns of a table: fields, in the order in which they were named. */
struct aggregate_columns {
	struct {
		enum field field;
		char name[FIELD_NAME_SIZE];
	} rows[8];
	unsigned int count;
};

/* A field, or both of a side. -EINVAL with *error, whose place is in the name. */
int aggregate_columns_add(struct aggregate_columns *columns, struct text name,
			  struct where_error *error);
/* The key of a flow, whose sides are swapped or not. Returns its length. */
size_t aggregate_key_make(const struct aggregate_columns *columns, struct field_reader *reader,
			  bool is_swapped, uint8_t key[static AGGREGATE_KEY_MAX]);
/* Appends the values of a column, with commas between them. */
void aggregate_key_show(const struct aggregate_columns *columns, const uint8_t *key,
			unsigned int column, struct buf *out);

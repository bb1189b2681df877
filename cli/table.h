/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns for people, laid out as Hubble does: every column but the last is as wide as its widest
 * cell plus three blanks. A row is as many cells as there are columns. Out of memory, the table
 * loses cells and says so in `failed`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"

#include "text.h"

struct table_cell {
	size_t offset, len; /* in text */
};

struct table {
	size_t columns;
	struct table_cell *cells;
	size_t count, size;
	struct buf text;
	size_t cell_start;
	bool keeps_empty;
	bool failed;
};

void table_init(struct table *table, size_t columns);
void table_done(struct table *table);

#define auto_table __attribute__((cleanup(table_done)))

/* The next cell; an empty one is shown as "-", unless the table keeps_empty. */
void table_add(struct table *table, struct text text);
void table_add_str(struct table *table, const char *str);
/* For a cell made of pieces: append to table->text (escaped where it is foreign), then end it. */
void table_end_cell(struct table *table);
/* The same, where an empty one is shown otherwise; after the last that shows anything a line ends. */
void table_end_cell_or(struct table *table, const char *empty);

/* How many characters its longest line has at most. */
size_t table_width(const struct table *table);
/* indent goes before each line. */
void table_print(const struct table *table, const char *indent, struct buf *out);

// SPDX-License-Identifier: BSD-2-Clause
/* Cells are kept until the widths are known. */
#include "table.h"

#include <stdlib.h>

#include "agent/base/cleanup.h"

#define COLUMN_GAP  3
#define CELLS_FIRST 64

void table_init(struct table *table, size_t columns)
{
	*table = (struct table){ .columns = columns };
}

void table_done(struct table *table)
{
	free(table->cells);
	buf_done(&table->text);
	*table = (struct table){};
}

static bool reserve_cell(struct table *table)
{
	size_t size = table->size ? table->size * 2 : CELLS_FIRST;
	struct table_cell *cells;

	if (table->count < table->size)
		return true;
	cells = reallocarray(table->cells, size, sizeof(*cells));
	if (!cells)
		return false;
	table->cells = cells;
	table->size = size;
	return true;
}

void table_end_cell(struct table *table)
{
	table_end_cell_or(table, table->keeps_empty ? "" : "-");
}

void table_end_cell_or(struct table *table, const char *empty)
{
	if (buf_len(&table->text) == table->cell_start)
		buf_append_str(&table->text, empty);
	if (!reserve_cell(table) || table->text.failed) {
		table->failed = true;
		return;
	}
	table->cells[table->count++] = (struct table_cell){
		.offset = table->cell_start,
		.len = buf_len(&table->text) - table->cell_start,
	};
	table->cell_start = buf_len(&table->text);
}

void table_add(struct table *table, struct text text)
{
	text_append(&table->text, text);
	table_end_cell(table);
}

void table_add_str(struct table *table, const char *str)
{
	table_add(table, text_from_str(str));
}

static size_t cell_width(const struct table *table, size_t cell)
{
	return text_width(buf_bytes(&table->text) + table->cells[cell].offset,
			  table->cells[cell].len);
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t widest = 0;

	for (size_t cell = column; cell < table->count; cell += table->columns) {
		size_t width = cell_width(table, cell);

		widest = width > widest ? width : widest;
	}
	return widest + COLUMN_GAP;
}

size_t table_width(const struct table *table)
{
	size_t width = 0;

	for (size_t column = 0; column < table->columns; column++)
		width += column_width(table, column);
	return width ? width - COLUMN_GAP : 0;
}

/* How many cells of the row there are up to the last that shows anything. */
static size_t row_length(const struct table *table, size_t first)
{
	size_t length = table->columns;

	while (!table->keeps_empty && length > 1 && !table->cells[first + length - 1].len)
		length--;
	return length;
}

static void print_row(const struct table *table, size_t first, const size_t *widths,
		      struct buf *out)
{
	size_t length = row_length(table, first);

	for (size_t column = 0; column < length; column++) {
		const struct table_cell *at = &table->cells[first + column];
		size_t width = cell_width(table, first + column);

		buf_append(out, buf_bytes(&table->text) + at->offset, at->len);
		for (; column + 1 < length && width < widths[column]; width++)
			buf_append_char(out, ' ');
	}
	buf_append_char(out, '\n');
}

void table_print(const struct table *table, const char *indent, struct buf *out)
{
	auto_free size_t *widths = calloc(table->columns, sizeof(*widths));

	if (!widths || table->failed) {
		out->failed = true;
		return;
	}
	for (size_t column = 0; column < table->columns; column++)
		widths[column] = column_width(table, column);
	for (size_t first = 0; first + table->columns <= table->count; first += table->columns) {
		buf_append_str(out, indent);
		print_row(table, first, widths, out);
	}
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rows sorted by address, shorter prefixes first. Two prefixes are disjoint or one holds the other,
 * so the last row that is not behind an address is inside of every prefix that holds it: the answer
 * is that row, or one of those around it.
 */
#include "prefix_table.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

#define LEN_SHIFT   24
#define PARENT_MASK ((1U << LEN_SHIFT) - 1)
#define V4_MARK	    0xffffU

static unsigned int row_len(const struct prefix_row *row)
{
	return row->len_parent >> LEN_SHIFT;
}

static uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word = 0;

	for (int i = 0; i < 8; i++)
		word = word << 8 | bytes[i];
	return word;
}

/* The upper so many bits of a word. */
static uint64_t mask_of(unsigned int bits)
{
	return bits ? ~0ULL << (64 - bits) : 0;
}

static bool is_within(const struct prefix_row *row, uint64_t high, uint64_t low)
{
	unsigned int len = row_len(row);

	return !((row->high ^ high) & mask_of(len < 64 ? len : 64)) &&
	       !((row->low ^ low) & mask_of(len > 64 ? len - 64 : 0));
}

void prefix_table_done(struct prefix_table *table)
{
	free(table->rows);
	*table = (struct prefix_table){ 0 };
}

int prefix_parse(const char *text, uint8_t ret_addr[static 16], unsigned int *ret_len)
{
	struct prefix_row row = { 0 };
	uint8_t addr[16];
	unsigned int len;
	int r = addr_parse_prefix(text, addr, &len);

	if (r)
		return r;
	row.high = word_at(addr) & mask_of(len < 64 ? len : 64);
	row.low = word_at(addr + 8) & mask_of(len > 64 ? len - 64 : 0);
	if (row.high != word_at(addr) || row.low != word_at(addr + 8))
		return -EDOM;
	memcpy(ret_addr, addr, sizeof(addr));
	*ret_len = len;
	return 0;
}

int prefix_table_add(struct prefix_table *table, const uint8_t addr[static 16], unsigned int len,
		     uint32_t value)
{
	if (table->count == PREFIX_ROWS_MAX - 1)
		return -ENOSPC;
	if (table->count == table->size) {
		uint32_t size = table->size ? table->size * 2 : 64;
		struct prefix_row *rows = realloc(table->rows, size * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		table->rows = rows;
		table->size = size;
	}
	table->rows[table->count++] = (struct prefix_row){
		.high = word_at(addr),
		.low = word_at(addr + 8),
		.value = value,
		.len_parent = len << LEN_SHIFT,
	};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct prefix_row *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (int)row_len(x) - (int)row_len(y);
}

int prefix_table_seal(struct prefix_table *table, uint32_t ret_twins[static 2])
{
	struct prefix_row *rows = table->rows;

	if (!table->count)
		return 0;
	qsort(rows, table->count, sizeof(*rows), compare);
	for (uint32_t i = 1; i < table->count; i++) {
		uint32_t around = i; /* plus one: the row in front */

		if (!compare(&rows[i - 1], &rows[i])) {
			bool is_in_order = rows[i - 1].value < rows[i].value;

			ret_twins[0] = rows[i - is_in_order].value;
			ret_twins[1] = rows[i - !is_in_order].value;
			return -EEXIST;
		}
		while (around && !is_within(&rows[around - 1], rows[i].high, rows[i].low))
			around = rows[around - 1].len_parent & PARENT_MASK;
		rows[i].len_parent |= around;
	}
	rows = realloc(rows, table->count * sizeof(*rows));
	if (rows) {
		table->rows = rows;
		table->size = table->count;
	}
	return 0;
}

bool prefix_table_find(const struct prefix_table *table, const uint8_t addr[static 16],
		       uint32_t *ret_value)
{
	uint64_t high = word_at(addr), low = word_at(addr + 8);
	unsigned int shortest = !high && low >> 32 == V4_MARK ? ADDR_V4_LEN : 0;
	uint32_t first = 0, last = table->count, at;

	/* The rows in front of `first` are not behind the address, those from `last` on are. */
	while (first < last) {
		uint32_t middle = first + (last - first) / 2;
		const struct prefix_row *row = &table->rows[middle];

		if (row->high < high || (row->high == high && row->low <= low))
			first = middle + 1;
		else
			last = middle;
	}
	for (at = first; at; at = table->rows[at - 1].len_parent & PARENT_MASK) {
		const struct prefix_row *row = &table->rows[at - 1];

		if (row_len(row) < shortest)
			return false;
		if (is_within(row, high, low)) {
			*ret_value = row->value;
			return true;
		}
	}
	return false;
}

uint32_t prefix_table_at(const struct prefix_table *table, uint32_t index,
			 uint8_t ret_addr[static 16], unsigned int *ret_len)
{
	const struct prefix_row *row = &table->rows[index];
	uint64_t high = htobe64(row->high), low = htobe64(row->low);

	memcpy(ret_addr, &high, sizeof(high));
	memcpy(ret_addr + sizeof(high), &low, sizeof(low));
	*ret_len = row_len(row);
	return row->value;
}

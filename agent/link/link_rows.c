// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sorted arrays: some hundred rows that are searched far more often than they change, and walked
 * in order.
 */
#include "link/link_rows.h"

#include <stdlib.h>
#include <string.h>

void *link_rows_at(const struct link_rows *rows, size_t i)
{
	return rows->at + i * rows->size;
}

static bool is_at(const struct link_rows *rows, size_t i, const void *key)
{
	return i < rows->n && rows->compare(link_rows_at(rows, i), key) == 0;
}

size_t link_rows_bound(const struct link_rows *rows, const void *key)
{
	size_t low = 0, high = rows->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows->compare(link_rows_at(rows, middle), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *link_rows_find(const struct link_rows *rows, const void *key)
{
	size_t i = link_rows_bound(rows, key);

	return is_at(rows, i, key) ? link_rows_at(rows, i) : NULL;
}

void *link_rows_add(struct link_rows *rows, const void *row, bool *ret_is_new)
{
	size_t i = link_rows_bound(rows, row);

	*ret_is_new = !is_at(rows, i, row);
	if (!*ret_is_new)
		return link_rows_at(rows, i);
	if (rows->n == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 16;
		void *at = realloc(rows->at, room * rows->size);

		if (!at)
			return NULL;
		rows->at = at;
		rows->room = room;
	}
	memmove(link_rows_at(rows, i + 1), link_rows_at(rows, i), (rows->n - i) * rows->size);
	memcpy(link_rows_at(rows, i), row, rows->size);
	rows->n++;
	return link_rows_at(rows, i);
}

void link_rows_remove(struct link_rows *rows, size_t i)
{
	rows->n--;
	memmove(link_rows_at(rows, i), link_rows_at(rows, i + 1), (rows->n - i) * rows->size);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sorted array of equal rows, each beginning with its key. The owner sets size and compare, and
 * frees `at`. A row's address holds until the next is added or removed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct link_rows {
	unsigned char *at;
	size_t n, room, size;
	int (*compare)(const void *a, const void *b); /* of keys */
};

void *link_rows_at(const struct link_rows *rows, size_t i);
/* The first row that is not before key; rows->n: all are. */
size_t link_rows_bound(const struct link_rows *rows, const void *key);
/* NULL: none. */
void *link_rows_find(const struct link_rows *rows, const void *key);
/* The row with row's key, a copy of row if there was none. NULL: no memory. */
void *link_rows_add(struct link_rows *rows, const void *row, bool *ret_is_new);
void link_rows_remove(struct link_rows *rows, size_t i);

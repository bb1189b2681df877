/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses and networks of both families, each with a number; the longest prefix that holds an
 * address wins. Made once, then only read: rows are added, sealed, and from then on found, in
 * 24 bytes a row and some 17 steps for 100,000 of them.
 *
 * Addresses are 16 bytes in network order, IPv4 as ::ffff:a.b.c.d, whose prefixes are 96 longer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREFIX_ROWS_MAX (1U << 24) /* less one: an index and a length share a word */

struct prefix_row {
	uint64_t high, low; /* of the address, in host order */
	uint32_t value;
	/* length << 24 | index of the next shorter prefix around it, plus one */
	uint32_t len_parent;
};

/* All zeros is an empty table. */
struct prefix_table {
	struct prefix_row *rows;
	uint32_t count, size;
};

void prefix_table_done(struct prefix_table *table);
/*
 * "10.0.2.7", "10.0.0.0/8", "2001:db8::/32". -EINVAL: it is none of these; -EDOM: it has bits
 * beyond its length.
 */
int prefix_parse(const char *text, uint8_t ret_addr[static 16], unsigned int *ret_len);
/* len: 0 to 128. -ENOMEM, -ENOSPC. */
int prefix_table_add(struct prefix_table *table, const uint8_t addr[static 16], unsigned int len,
		     uint32_t value);
/*
 * To be called once, behind the last row. -EEXIST: two rows are of the same prefix, and their
 * values in ret_twins; the smaller first.
 */
int prefix_table_seal(struct prefix_table *table, uint32_t ret_twins[static 2]);
/*
 * Of a sealed table the row at index, below count: in the order of addresses, a shorter prefix first.
 * Returns its value; that of an IPv4 network is 96 longer.
 */
uint32_t prefix_table_at(const struct prefix_table *table, uint32_t index,
			 uint8_t ret_addr[static 16], unsigned int *ret_len);
/* Of an IPv4 address only networks of IPv4 are asked, not ::/0. */
bool prefix_table_find(const struct prefix_table *table, const uint8_t addr[static 16],
		       uint32_t *ret_value);

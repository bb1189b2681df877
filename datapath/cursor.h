/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a parser stands in a packet, and where the packet's directly readable part ends.
 */
#pragma once

struct cursor {
	void *pos;
	void *end;
};

/* The next len bytes at the cursor, which stays; NULL if the packet ends before. */
#define cursor_peek(cursor, len) \
	((cursor)->pos + (len) <= (cursor)->end ? (cursor)->pos : (void *)0)

/* The header of the given type at the cursor, which moves behind it; NULL if it is cut short. */
#define cursor_take(cursor, type)                                                  \
	({                                                                         \
		typeof(type) *cursor_header = cursor_peek((cursor), sizeof(type)); \
		if (cursor_header)                                                 \
			(cursor)->pos = cursor_header + 1;                         \
		cursor_header;                                                     \
	})

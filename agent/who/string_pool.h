/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many strings in one piece of memory, each only once, named by offset. They cannot be removed:
 * the pool is filled, sealed, and thrown away as a whole.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct string_slot {
	uint32_t hash;
	uint32_t offset; /* 0: free */
};

/* max_bytes is the caller's; all else zero is an empty pool. */
struct string_pool {
	uint32_t max_bytes; /* at most 2^31 */
	char *bytes;
	uint32_t used, size;
	struct string_slot *slots; /* until it is sealed */
	uint32_t slot_count, count;
};

void string_pool_done(struct string_pool *pool);
/*
 * bytes need not end in a NUL, and may hold some: a list of strings with an empty one at its end
 * is one too. The empty string has offset 0. -ENOMEM, -ENOSPC (max_bytes).
 */
int string_pool_add(struct string_pool *pool, const char *bytes, size_t len, uint32_t *ret);
/* Gives back what is needed only to add. */
void string_pool_seal(struct string_pool *pool);

static inline const char *string_pool_at(const struct string_pool *pool, uint32_t offset)
{
	return offset ? pool->bytes + offset : "";
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Growing memory, and a table of offsets by hash beside it, at most half full.
 */
#include "string_pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FIRST_BYTES 4096
#define FIRST_SLOTS 256

void string_pool_done(struct string_pool *pool)
{
	free(pool->bytes);
	free(pool->slots);
	*pool = (struct string_pool){ .max_bytes = pool->max_bytes };
}

static uint32_t hash_of(const char *bytes, size_t len)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 16777619U;
	return hash ^ hash >> 15;
}

static bool pool_has(const struct string_pool *pool, uint32_t offset, const char *bytes, size_t len)
{
	return offset + len < pool->used && !memcmp(pool->bytes + offset, bytes, len) &&
	       !pool->bytes[offset + len];
}

/* The slot of that string, or the free one where it belongs. bytes: NULL if it is new. */
static struct string_slot *slot_of(const struct string_pool *pool, uint32_t hash, const char *bytes,
				   size_t len)
{
	uint32_t mask = pool->slot_count - 1, at = hash & mask;

	for (; pool->slots[at].offset; at = (at + 1) & mask) {
		const struct string_slot *slot = &pool->slots[at];

		if (bytes && slot->hash == hash && pool_has(pool, slot->offset, bytes, len))
			break;
	}
	return &pool->slots[at];
}

static int pool_rehash(struct string_pool *pool)
{
	uint32_t before_count = pool->slot_count;
	uint32_t count = before_count ? before_count * 2 : FIRST_SLOTS;
	struct string_slot *before = pool->slots;
	struct string_slot *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	pool->slots = slots;
	pool->slot_count = count;
	for (uint32_t i = 0; i < before_count; i++) {
		if (before[i].offset)
			*slot_of(pool, before[i].hash, NULL, 0) = before[i];
	}
	free(before);
	return 0;
}

static int pool_grow(struct string_pool *pool, size_t len)
{
	uint64_t size = pool->size ? pool->size : FIRST_BYTES;
	char *bytes;

	if ((uint64_t)pool->used + len > pool->max_bytes)
		return -ENOSPC;
	if (pool->used + len <= pool->size)
		return 0;
	while (size < pool->used + len)
		size *= 2;
	bytes = realloc(pool->bytes, size);
	if (!bytes)
		return -ENOMEM;
	pool->bytes = bytes;
	pool->size = (uint32_t)size;
	return 0;
}

int string_pool_add(struct string_pool *pool, const char *bytes, size_t len, uint32_t *ret)
{
	uint32_t hash = hash_of(bytes, len);
	struct string_slot *slot;
	int r = 0;

	if (!len) {
		*ret = 0;
		return 0;
	}
	if (len >= pool->max_bytes)
		return -ENOSPC;
	if ((pool->count + 1) * 2 > pool->slot_count)
		r = pool_rehash(pool);
	if (r)
		return r;
	slot = slot_of(pool, hash, bytes, len);
	if (!slot->offset) {
		r = pool_grow(pool, len + 1 + !pool->used);
		if (r)
			return r;
		if (!pool->used)
			pool->bytes[pool->used++] = '\0';
		*slot = (struct string_slot){ hash, pool->used };
		memcpy(pool->bytes + pool->used, bytes, len);
		pool->bytes[pool->used + len] = '\0';
		pool->used += (uint32_t)len + 1;
		pool->count++;
	}
	*ret = slot->offset;
	return 0;
}

void string_pool_seal(struct string_pool *pool)
{
	char *bytes = pool->used ? realloc(pool->bytes, pool->used) : NULL;

	if (bytes) {
		pool->bytes = bytes;
		pool->size = pool->used;
	}
	free(pool->slots);
	pool->slots = NULL;
	pool->slot_count = 0;
	pool->count = 0;
}

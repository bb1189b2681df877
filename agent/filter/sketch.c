// SPDX-License-Identifier: BSD-2-Clause
/*
 * Buckets are as wide as their values are large: below 256 one a value, from then on 128 between
 * each power of two and the next. The middle of a bucket is at most half its width off, which is
 * 1/256 of its least value.
 */
#include "filter/sketch.h"

#include <stdlib.h>
#include <string.h>

#define EXACT_BITS 8 /* values of so many bits have a bucket each */
#define EXACT	   (1U << EXACT_BITS)
#define HALF	   (EXACT / 2) /* buckets of a doubling */

static uint32_t bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < EXACT)
		return (uint32_t)value;
	shift = 64 - EXACT_BITS - (unsigned int)__builtin_clzll(value);
	return EXACT + (shift - 1) * HALF + (uint32_t)(value >> shift) - HALF;
}

static uint64_t middle_of(uint32_t bucket)
{
	unsigned int shift;

	if (bucket < EXACT)
		return bucket;
	shift = (bucket - EXACT) / HALF + 1;
	return ((uint64_t)(bucket % HALF + HALF) << shift) + (1ULL << (shift - 1));
}

void sketch_done(struct sketch *sketch)
{
	free(sketch->buckets);
	*sketch = (struct sketch){ 0 };
}

/* Where the bucket is, or would be. */
static uint32_t find(const struct sketch *sketch, uint32_t index)
{
	uint32_t low = 0, high = sketch->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (sketch->buckets[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_there(const struct sketch *sketch, uint32_t at, uint32_t index)
{
	return at < sketch->count && sketch->buckets[at].index == index;
}

static bool make_room(struct sketch *sketch, uint32_t at)
{
	if (sketch->count == sketch->size) {
		uint32_t size = sketch->size ? sketch->size * 2 : 4;
		struct sketch_bucket *buckets = realloc(sketch->buckets, size * sizeof(*buckets));

		if (!buckets)
			return false;
		sketch->buckets = buckets;
		sketch->size = size;
	}
	memmove(&sketch->buckets[at + 1], &sketch->buckets[at],
		(sketch->count - at) * sizeof(*sketch->buckets));
	sketch->count++;
	return true;
}

bool sketch_add(struct sketch *sketch, uint64_t value, uint32_t *left)
{
	uint32_t index = bucket_of(value), at = find(sketch, index);

	if (!is_there(sketch, at, index)) {
		if (!*left || !make_room(sketch, at))
			return false;
		sketch->buckets[at] = (struct sketch_bucket){ .index = index };
		--*left;
	}
	sketch->buckets[at].count++;
	sketch->total++;
	return true;
}

void sketch_remove(struct sketch *sketch, uint64_t value, uint32_t *left)
{
	uint32_t index = bucket_of(value), at = find(sketch, index);

	if (!is_there(sketch, at, index))
		return;
	sketch->total--;
	if (--sketch->buckets[at].count)
		return;
	sketch->count--;
	memmove(&sketch->buckets[at], &sketch->buckets[at + 1],
		(sketch->count - at) * sizeof(*sketch->buckets));
	++*left;
}

uint64_t sketch_quantile(const struct sketch *sketch, unsigned int permille)
{
	/* The rank from 1: as many values are not larger. */
	uint64_t rank = (sketch->total * permille + 999) / 1000, seen = 0;

	if (rank == 0)
		rank = 1;
	for (uint32_t i = 0; i < sketch->count; i++) {
		seen += sketch->buckets[i].count;
		if (seen >= rank)
			return middle_of(sketch->buckets[i].index);
	}
	return 0;
}

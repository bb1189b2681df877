/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How values are distributed, in little room: each is kept to within 1/256 of itself, 128 buckets
 * for each doubling, and only buckets that hold something take memory. Quantiles are as exact.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sketch_bucket {
	uint32_t index;
	uint32_t count;
};

/* All zeros is an empty one. */
struct sketch {
	struct sketch_bucket *buckets; /* in order */
	uint32_t count, size;
	uint64_t total; /* of values */
};

void sketch_done(struct sketch *sketch);
/*
 * *left: how many more buckets there may be, of all sketches that share it. False: there may be no
 * more, or there is no memory; the value is not in it.
 */
bool sketch_add(struct sketch *sketch, uint64_t value, uint32_t *left);
/* A value that was added. */
void sketch_remove(struct sketch *sketch, uint64_t value, uint32_t *left);
/* The least value that so many thousandths of all do not exceed; 0 if there are none. */
uint64_t sketch_quantile(const struct sketch *sketch, unsigned int permille);

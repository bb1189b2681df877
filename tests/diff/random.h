/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that a seed repeats, on every machine (SplitMix64).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_u64(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint32_t random_u32(struct random *random)
{
	return (uint32_t)random_u64(random);
}

/* 0 .. n - 1; n is not 0. */
static inline uint32_t random_below(struct random *random, uint32_t n)
{
	return (uint32_t)((random_u64(random) >> 32) * n >> 32);
}

static inline bool random_percent(struct random *random, uint32_t percent)
{
	return random_below(random, 100) < percent;
}

#define random_of(random, array) ((array)[random_below((random), ARRAY_SIZE(array))])

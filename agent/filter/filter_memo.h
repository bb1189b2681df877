/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a term, or a test of an expression, has found of who a side is: it holds of that side for as
 * long as the number of it is the same (field_reader.who), and few sides are in many flows. Two that
 * have the same place push each other out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_MEMO_BITS 11

struct filter_memo {
	uint64_t notes[1 << FILTER_MEMO_BITS]; /* who << 1 | answer; 0: none */
};

static inline uint64_t *filter_memo_place(struct filter_memo *memo, uint64_t who)
{
	return &memo->notes[who * 0x9e3779b97f4a7c15 >> (64 - FILTER_MEMO_BITS)];
}

/* True: *ret is noted of who it is. */
static inline bool filter_memo_get(struct filter_memo *memo, uint64_t who, bool *ret)
{
	uint64_t note = *filter_memo_place(memo, who);

	*ret = note & 1;
	return note >> 1 == who;
}

static inline void filter_memo_set(struct filter_memo *memo, uint64_t who, bool holds)
{
	*filter_memo_place(memo, who) = who << 1 | holds;
}

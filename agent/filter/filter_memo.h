/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a term has found of who a side is, for as long as the number says that it is the same one:
 * few sides are in many flows. Two that have the same place push each other out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_MEMO_BITS 11

struct filter_memo {
	uint64_t notes[1 << FILTER_MEMO_BITS]; /* who << 1 | answer; 0: none */
};

/* Where it is, or is to be, noted. */
static inline uint64_t *filter_memo_place(struct filter_memo *memo, uint64_t who)
{
	return &memo->notes[who * 0x9e3779b97f4a7c15 >> (64 - FILTER_MEMO_BITS)];
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was found of who a side is, for as long as its number says that it is the same one: few
 * sides are in many flows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_MEMO_PLACES 512

struct filter_memo {
	uint64_t whos[FILTER_MEMO_PLACES]; /* 0: nobody */
	bool answers[FILTER_MEMO_PLACES];
};

/* A place of the answer, which is there if *ret_is_there. who: not 0. */
static inline bool *filter_memo_find(struct filter_memo *memo, uint64_t who, bool *ret_is_there)
{
	size_t place = (who ^ who >> 32) % FILTER_MEMO_PLACES;

	*ret_is_there = memo->whos[place] == who;
	memo->whos[place] = who;
	return &memo->answers[place];
}

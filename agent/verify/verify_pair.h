/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which two readings of a hook are compared. A packet may have been counted by the one side and be
 * on its way to the other, in a backlog for milliseconds where the processors are busy. At the
 * second reading that heals: it is repeated until both sides agree. At the first there is nothing
 * yet to agree with, so several are kept, of which one will do: a miscount since then is missing in
 * each of them.
 */
#pragma once

#include <stdbool.h>

#include "verify/verify_judge.h"

#define VERIFY_FIRSTS_MAX 4

struct verify_pair {
	struct verify_reading firsts[VERIFY_FIRSTS_MAX];
	unsigned int n_firsts;
	unsigned int
		rank; /* of the pair that the hook has now; 0: there is no second reading yet */
};

/* Of readings some time apart. True: there are enough of them. */
bool verify_pair_first(struct verify_pair *pair, struct verify_hook *hook,
		       const struct verify_reading *reading);
/* Gives the hook the pair that tells most so far. True: there is no better one. */
bool verify_pair_second(struct verify_pair *pair, struct verify_hook *hook,
			const struct verify_reading *reading);

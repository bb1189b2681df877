// SPDX-License-Identifier: BSD-2-Clause
/*
 * First readings are kept, second readings are tried with each of them.
 */
#include "verify/verify_pair.h"

static bool is_equal(struct weir_count a, struct weir_count b)
{
	return a.packets == b.packets && a.bytes == b.bytes;
}

bool verify_pair_first(struct verify_pair *pair, struct verify_hook *hook,
		       const struct verify_reading *reading)
{
	const struct verify_reading *last;

	if (pair->n_firsts == VERIFY_FIRSTS_MAX)
		return true;
	if (!pair->n_firsts)
		hook->first = *reading;
	if (!reading->is_quiet)
		return false;
	last = pair->n_firsts ? &pair->firsts[pair->n_firsts - 1] : NULL;
	/* Nothing is on its way where nothing has moved. */
	if (last && is_equal(last->raw, reading->raw) && is_equal(last->kernel, reading->kernel))
		return true;
	pair->firsts[pair->n_firsts++] = *reading;
	return pair->n_firsts == VERIFY_FIRSTS_MAX;
}

static void try_first(struct verify_pair *pair, struct verify_hook *hook,
		      const struct verify_reading *first, const struct verify_reading *second)
{
	struct verify_hook now = *hook;
	struct verify_judgement judgement;
	unsigned int rank;

	now.first = *first;
	now.second = *second;
	verify_judge(&now, &judgement);
	rank = 1 + verify_rank(&judgement) * 2 + second->is_quiet;
	if (rank < pair->rank)
		return;
	*hook = now;
	pair->rank = rank;
}

bool verify_pair_second(struct verify_pair *pair, struct verify_hook *hook,
			const struct verify_reading *reading)
{
	const struct verify_reading fallback = hook->first;
	struct verify_judgement judgement;

	if (!pair->n_firsts)
		try_first(pair, hook, &fallback, reading);
	for (unsigned int i = 0; i < pair->n_firsts; i++)
		try_first(pair, hook, &pair->firsts[i], reading);
	verify_judge(hook, &judgement);
	return hook->second.is_quiet && judgement.packets.result == VERIFY_OK &&
	       judgement.bytes.result == VERIFY_OK;
}

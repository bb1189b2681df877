// SPDX-License-Identifier: BSD-2-Clause
/*
 * The groups in the order in which they are shown. Keys may be long and alike, so this is done in
 * steps: the times of the connections are looked through, runs of groups sorted, and runs merged two
 * by two, from one half of the array of places to the other.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/aggregate_private.h"

#define CONNS_A_STEP 16384 /* places; some 0.2 ms */
#define RUN	     1024  /* groups that are sorted at once */

/* 1: b comes first. */
static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_keys(const struct aggregate_group *a, const struct aggregate_group *b)
{
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int r = memcmp(a->key, b->key, len);

	return r ? r : compare_numbers(b->key_len, a->key_len);
}

static int compare_places(const void *one, const void *other, void *context)
{
	const struct aggregate_place *i = one, *j = other;
	const struct aggregate_group *groups = context;
	const struct aggregate_group *a = &groups[i->group], *b = &groups[j->group];
	int r;

	if (i->group == AGGREGATE_OTHER || j->group == AGGREGATE_OTHER)
		return i->group == AGGREGATE_OTHER ? 1 : -1;
	r = compare_numbers(i->bytes, j->bytes);
	if (!r)
		r = compare_numbers(a->flows, b->flows);
	if (!r)
		r = compare_numbers(a->records, b->records);
	return r ? r : compare_keys(a, b);
}

/* Those that a connection has left don't know its times any more: they are only summed up here. */
static void sum_up_times(struct aggregate *aggregate)
{
	const struct aggregate_conn *conn;

	for (unsigned int i = 0; i < CONNS_A_STEP; i++) {
		struct aggregate_group *group;

		conn = aggregate_conns_at(&aggregate->conns, aggregate->sorting.summed);
		if (!conn)
			return;
		aggregate->sorting.summed++;
		if (!conn->id)
			continue;
		group = &aggregate->groups[conn->group];
		aggregate_see(&group->shown_first_ns, &group->shown_last_ns, conn->first_ns);
		aggregate_see(&group->shown_first_ns, &group->shown_last_ns, conn->last_ns);
	}
}

/* Those that all connections have left are as if they had never been. */
static bool take_places(struct aggregate *aggregate)
{
	struct aggregate_place *order =
		realloc(aggregate->places, (size_t)aggregate->count * 2 * sizeof(*order));

	if (!order)
		return false;
	aggregate->places = aggregate->order = order;
	for (uint32_t i = 0; i < aggregate->count; i++) {
		if (aggregate->groups[i].records)
			order[aggregate->ordered++] =
				(struct aggregate_place){ aggregate->groups[i].bytes, i };
	}
	aggregate->spare = order + aggregate->ordered;
	return true;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The run from *at on and the one behind it, of so many each, into one. */
static void merge(struct aggregate *aggregate, uint32_t *at, uint32_t len)
{
	const struct aggregate_place *from = aggregate->order;
	uint32_t one = *at, other = lesser(one + len, aggregate->ordered);
	const uint32_t one_end = other, other_end = lesser(other + len, aggregate->ordered);

	for (uint32_t to = one; to < other_end; to++) {
		bool is_other = one == one_end ||
				(other < other_end &&
				 compare_places(&from[one], &from[other], aggregate->groups) > 0);

		aggregate->spare[to] = from[is_other ? other++ : one++];
	}
	*at = other_end;
}

/* One run more. True: it was the last one, and has all groups. */
static bool sort_step(struct aggregate *aggregate)
{
	struct aggregate_sorting *sorting = &aggregate->sorting;
	struct aggregate_place *order = aggregate->order;
	uint32_t len = lesser(RUN, aggregate->ordered - sorting->done);

	if (sorting->run) {
		merge(aggregate, &sorting->done, sorting->run);
	} else {
		qsort_r(order + sorting->done, len, sizeof(*order), compare_places,
			aggregate->groups);
		sorting->done += len;
	}
	if (sorting->done < aggregate->ordered)
		return false;
	if (sorting->run) {
		aggregate->order = aggregate->spare;
		aggregate->spare = order;
	}
	sorting->run = sorting->run ? sorting->run * 2 : RUN;
	sorting->done = 0;
	return sorting->run >= aggregate->ordered;
}

void aggregate_sort_begin(struct aggregate *aggregate)
{
	aggregate->ordered = 0;
	aggregate->sorting = (struct aggregate_sorting){ 0 };
	for (uint32_t i = 0; i < aggregate->count; i++) {
		aggregate->groups[i].shown_first_ns = aggregate->groups[i].first_ns;
		aggregate->groups[i].shown_last_ns = aggregate->groups[i].last_ns;
	}
}

bool aggregate_sort_step(struct aggregate *aggregate)
{
	struct aggregate_sorting *sorting = &aggregate->sorting;

	if (aggregate_conns_at(&aggregate->conns, sorting->summed)) {
		sum_up_times(aggregate);
		return false;
	}
	if (!sorting->has_places && !take_places(aggregate))
		return true;
	sorting->has_places = true;
	return sort_step(aggregate);
}

unsigned int aggregate_sort(struct aggregate *aggregate)
{
	aggregate_sort_begin(aggregate);
	while (!aggregate_sort_step(aggregate))
		;
	return aggregate->ordered;
}

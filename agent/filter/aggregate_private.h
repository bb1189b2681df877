/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of aggregate.h. */
#pragma once

#include "filter/aggregate.h"
#include "filter/aggregate_conns.h"
#include "filter/aggregate_key.h"
#include "filter/sketch.h"

#define AGGREGATE_OTHER 0 /* the group of what has no room */

struct aggregate_group {
	uint8_t *key;
	size_t key_len;
	uint64_t hash;
	uint64_t flows, records, drops, bytes, packets;
	uint64_t first_ns, last_ns;		/* of what stays in it, whatever comes */
	uint64_t shown_first_ns, shown_last_ns; /* of all in it, when it was put in order */
	struct sketch rtts;
};

/* With what most are told apart by beside it. */
struct aggregate_place {
	uint64_t bytes;
	uint32_t group;
};

/* How far the groups are in order. */
struct aggregate_sorting {
	uint32_t summed; /* places of connections */
	bool has_places;
	uint32_t run;  /* groups of a run that is in order; 0: none is yet */
	uint32_t done; /* up to there they are twice as long */
};

struct aggregate {
	struct aggregate_limits limits;
	struct aggregate_columns columns;
	uint64_t seed; /* nobody who names things can choose where they go */
	struct aggregate_group *groups;
	uint32_t count, size; /* of groups, with "other" */
	uint32_t *slots;      /* a hash of them; 0: free, because "other" is in none */
	uint32_t slots_size;
	struct aggregate_conns conns;
	uint32_t buckets_left;
	uint64_t changes, not_told_apart, rtts_left_out;
	struct aggregate_place *places; /* what the next two are in */
	struct aggregate_place *order;	/* as sorted */
	struct aggregate_place *spare;
	uint32_t ordered;
	struct aggregate_sorting sorting;
};

static inline void aggregate_see(uint64_t *first_ns, uint64_t *last_ns, uint64_t time_ns)
{
	if (!time_ns)
		return;
	if (!*first_ns || time_ns < *first_ns)
		*first_ns = time_ns;
	if (time_ns > *last_ns)
		*last_ns = time_ns;
}

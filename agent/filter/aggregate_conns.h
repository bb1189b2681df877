/* SPDX-License-Identifier: BSD-2-Clause */
/* The connections that an aggregate remembers, by their ids: a bounded hash, which grows bit by bit. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct aggregate_conn {
	uint64_t id; /* never 0 */
	/* What it has put into its group. */
	uint64_t bytes, packets;
	uint64_t rtt_ns;	    /* 0: none */
	uint64_t first_ns, last_ns; /* put there when it ends, or groups are shown */
	uint32_t group;
	uint32_t records, drops;
};

struct aggregate_slots {
	struct aggregate_conn *at;
	uint32_t count;
	uint32_t size; /* a power of two, or 0 */
};

/* All zeros but max is an empty one. */
struct aggregate_conns {
	struct aggregate_slots now;
	struct aggregate_slots old; /* those that have not moved yet */
	uint32_t moved;		    /* places of old that are empty for sure */
	uint32_t max;
};

void aggregate_conns_done(struct aggregate_conns *conns);
/* A new one has the id only. NULL: it is not there, and there is no room. Good until the next call. */
struct aggregate_conn *aggregate_conns_find_or_add(struct aggregate_conns *conns, uint64_t id,
						   bool *ret_is_new);
/* NULL: it is not there. */
struct aggregate_conn *aggregate_conns_find(const struct aggregate_conns *conns, uint64_t id);
void aggregate_conns_remove(struct aggregate_conns *conns, struct aggregate_conn *conn);
/* Each place from 0 on, in no order; it may have none (id 0). NULL: there are no more places. */
const struct aggregate_conn *aggregate_conns_at(const struct aggregate_conns *conns,
						uint32_t place);

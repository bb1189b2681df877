/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GetFlows on the flow log: where to begin, what to pass over, when to end. A reader keeps a
 * cursor; records overwritten before it came to them are counted as lost.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct history;
struct record;
struct record_leg;

/* Records may be out of order by this much. */
#define FLOW_QUERY_SLACK_NS 50000000ULL

struct flow_query {
	/* As asked. */
	uint64_t number;   /* 0: no limit */
	uint64_t since_ns; /* since 1970; 0: no bound, inclusive */
	uint64_t until_ns;
	bool first;
	bool follow;
	/* Of the answer. */
	uint64_t cursor; /* the next record to look at */
	uint64_t end;	 /* the first one not to look at; follow: no end */
	uint64_t voids;	 /* numbers before the cursor that have no record */
	uint64_t sent;
	uint64_t lost; /* overwritten before they were read, and not yet told */
	bool is_done;
};

/* Positions the cursor. -EINVAL: first together with follow. */
int flow_query_start(struct flow_query *query, const struct history *history);
/* The next record that matches, at most max looked at; NULL: none now. See is_done. */
const struct record *flow_query_next(struct flow_query *query, const struct history *history,
				     unsigned int *max, const struct record_leg **ret_legs);
/* Is there something the query has not looked at yet? */
bool flow_query_has_more(const struct flow_query *query, const struct history *history);

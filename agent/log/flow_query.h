/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GetFlows on the flow log: where to begin, what to pass over, when to end. A reader keeps a
 * cursor; records overwritten before it came to them are counted as lost.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct filter;
struct history;
struct record;
struct record_context;
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
	struct filter *filter; /* NULL: any record; owned by whoever asks */
	/* What the filter's records are read by; set before flow_query_start(). */
	const struct record_context *context;
	/* Of the answer. */
	uint64_t slices; /* how many were begun */
	uint64_t wanted; /* while it is looked for: how many more the answer begins with */
	uint64_t seek;	 /* likewise: records before it have not been looked at */
	uint64_t found;	 /* likewise: the first one that is known to match */
	uint64_t cursor; /* the next record to look at */
	uint64_t end;	 /* the first one not to look at; follow: no end */
	uint64_t voids;	 /* numbers before the cursor that have no record */
	uint64_t sent;
	uint64_t lost; /* overwritten before they were read, and not yet told */
	bool is_done;
};

/*
 * What is done at a time: so many records are looked at, or for so long, then others have their
 * turn.
 */
struct flow_slice {
	unsigned int left;
	uint64_t until_ns; /* CLOCK_MONOTONIC */
};

/* -EINVAL: first together with follow. */
int flow_query_start(struct flow_query *query, const struct history *history);
/*
 * Between this and the end of the slice nothing else may run: what is known of a record's sides is
 * looked up once and not again.
 */
void flow_query_begin(struct flow_query *query, struct flow_slice *slice, unsigned int max,
		      uint64_t for_ns);
/*
 * The next record that matches; NULL: none now. See is_done. The last ones of those that a filter
 * lets through have to be looked for, from the newest on back, before the first is found.
 */
const struct record *flow_query_next(struct flow_query *query, const struct history *history,
				     struct flow_slice *slice, const struct record_leg **ret_legs);
/* Is there something the query has not looked at yet? */
bool flow_query_has_more(const struct flow_query *query, const struct history *history);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GetFlows on the flow log: a query (log_query.h) for records that a filter lets through.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "log/log_query.h"

struct filter;
struct history;
struct record;
struct record_context;
struct record_leg;

struct flow_query {
	struct log_query log;
	struct filter *filter; /* NULL: any record; owned by whoever asks */
	/* What the filter's records are read by; set before flow_query_start(). */
	const struct record_context *context;
	uint64_t paused; /* the record that the filter was looking at; 0: none */
};

/* -EINVAL: first together with follow. */
int flow_query_start(struct flow_query *query, const struct history *history);
/* The next record that matches, as log_query_next(). NULL: none now. */
const struct record *flow_query_next(struct flow_query *query, const struct history *history,
				     struct log_slice *slice, const struct record_leg **ret_legs);
/* Is there something the query has not looked at yet? */
bool flow_query_has_more(const struct flow_query *query, const struct history *history);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a reader of a log has missed, as lines of its answer: Hubble's LostEvent, once a second at
 * most. All zeros tells of the log alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct agent;
struct buf;
struct log_query;

struct lost_events {
	bool has_ring;	  /* what the kernel has lost would have been in the log */
	uint64_t in_ring; /* events lost in the kernel, as told so far */
	uint64_t told_ns; /* CLOCK_MONOTONIC of the last line */
};

/* Of the flow log, from now on. */
void lost_events_start(struct lost_events *lost, const struct agent *agent);
/*
 * What got lost since it was last told, if a second has passed or this is the end of the answer.
 * How many of them were in the log, which the query then no longer counts.
 */
uint64_t lost_events_tell(struct lost_events *lost, const struct agent *agent,
			  struct log_query *query, bool is_last, struct buf *out);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GetFlows with aggregate_by: what a query finds is counted (filter/aggregate.h), and the table told
 * at the end; to who follows, whenever it has changed, at most once a second.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct agent;
struct aggregate;
struct buf;
struct flow_query;
struct log_slice;
struct reply_aggregate;

/* Each may take some 40 MiB. */
#define REPLY_AGGREGATES_MAX 8

/* Both are borrowed. wake is called when there is a table to be told. -EBUSY, -ENOMEM, -errno. */
int reply_aggregate_new(struct reply_aggregate **ret, struct agent *agent,
			struct aggregate *aggregate, void (*wake)(void *ctx), void *ctx);
void reply_aggregate_free(struct reply_aggregate **at);
/*
 * Counts until the slice is used up or there are no more records, or writes a line if there is room:
 * less than max in out. Returns REPLY_DONE, REPLY_MORE or REPLY_WAITS, for records or for wake() (reply_who.h).
 */
int reply_aggregate_write(struct reply_aggregate *reply, struct flow_query *query,
			  struct log_slice *slice, struct buf *out, size_t max);

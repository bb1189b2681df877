// SPDX-License-Identifier: BSD-2-Clause
/*
 * A table is told in lines. Until the last one is written nothing is counted, so that all of them are
 * of the same moment; the log keeps what comes meanwhile.
 */
#include "socket/reply_aggregate.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "filter/aggregate.h"
#include "log/flow_query.h"
#include "log/history.h"
#include "log/record_fields.h"
#include "loop.h"
#include "socket/control.h"
#include "socket/reply_who.h"

#define TOLD_EVERY_MS 1000ULL
#define NS_PER_MS     1000000ULL

struct reply_aggregate {
	struct agent *agent;
	struct aggregate *aggregate;
	struct watch *timer;
	void (*wake)(void *ctx);
	void *ctx;
	bool is_due, is_sorting, is_telling; /* none of them: it counts */
	bool has_told;
	unsigned int next; /* of the rows of the table that is told */
	uint64_t told_changes;
	uint64_t told_ns; /* CLOCK_MONOTONIC */
};

static int on_timer(void *ctx)
{
	struct reply_aggregate *reply = ctx;

	reply->wake(reply->ctx);
	return 0;
}

void reply_aggregate_free(struct reply_aggregate **at)
{
	struct reply_aggregate *reply = TAKE_PTR(*at);

	if (!reply)
		return;
	watch_free(&reply->timer);
	reply->agent->aggregates--;
	free(reply);
}

int reply_aggregate_new(struct reply_aggregate **ret, struct agent *agent,
			struct aggregate *aggregate, void (*wake)(void *ctx), void *ctx)
{
	struct reply_aggregate *reply;
	int r;

	if (agent->aggregates == REPLY_AGGREGATES_MAX)
		return -EBUSY;
	reply = calloc(1, sizeof(*reply));
	if (!reply)
		return -ENOMEM;
	agent->aggregates++;
	*reply = (struct reply_aggregate){
		.agent = agent,
		.aggregate = aggregate,
		.wake = wake,
		.ctx = ctx,
	};
	r = loop_add_timer(agent->loop, 0, 0, on_timer, reply, &reply->timer);
	if (r < 0) {
		reply_aggregate_free(&reply);
		return r;
	}
	*ret = reply;
	return 0;
}

static void count(struct reply_aggregate *reply, struct flow_query *query, struct log_slice *slice)
{
	const struct history *history = reply->agent->history;
	const struct record_leg *legs;
	const struct record *rec;
	struct record_reader reader;

	record_reader_init(&reader, query->context);
	while ((rec = flow_query_next(query, history, slice, &legs))) {
		record_reader_set(&reader, rec, history_seq(history, rec), legs);
		aggregate_add(reply->aggregate, &reader.base);
	}
}

/* Is it time for a table? If not yet, the timer is set for when it is. */
static bool find_due(struct reply_aggregate *reply, const struct flow_query *query)
{
	uint64_t now_ns = time_monotonic_ns(), due_ns;

	if (query->log.is_done)
		return true;
	/* The first one is of all that the log has. */
	if (!reply->has_told)
		return !flow_query_has_more(query, reply->agent->history);
	if (aggregate_changes(reply->aggregate) == reply->told_changes)
		return false;
	due_ns = reply->told_ns + TOLD_EVERY_MS * NS_PER_MS;
	if (now_ns >= due_ns)
		return true;
	(void)watch_set_timer(reply->timer, (due_ns - now_ns) / NS_PER_MS + 1, 0);
	return false;
}

/* A step of it. */
static void begin_table(struct reply_aggregate *reply)
{
	if (!reply->is_sorting)
		aggregate_sort_begin(reply->aggregate);
	reply->is_sorting = !aggregate_sort_step(reply->aggregate);
	if (reply->is_sorting)
		return;
	reply->next = 0;
	reply->is_due = false;
	reply->is_telling = reply->has_told = true;
	reply->told_changes = aggregate_changes(reply->aggregate);
	reply->told_ns = time_monotonic_ns();
}

/* To count, to put in order and to write a line take a while each: one of them at a time. */
int reply_aggregate_write(struct reply_aggregate *reply, struct flow_query *query,
			  struct log_slice *slice, struct buf *out, size_t max)
{
	if (reply->is_due) {
		begin_table(reply);
		return REPLY_MORE;
	}
	if (!reply->is_telling) {
		count(reply, query, slice);
		reply->is_due = find_due(reply, query);
		if (reply->is_due)
			return REPLY_MORE;
	} else {
		if (buf_len(out) < max)
			reply->is_telling = !aggregate_to_json(reply->aggregate, &reply->next, out);
		if (reply->is_telling)
			return REPLY_MORE;
		if (query->log.is_done)
			return REPLY_DONE;
	}
	return flow_query_has_more(query, reply->agent->history) ? REPLY_MORE : REPLY_WAITS;
}

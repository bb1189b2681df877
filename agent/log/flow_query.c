// SPDX-License-Identifier: BSD-2-Clause
/* The flow log as log_query.h wants a log, and the filter that chooses among its records. */
#include "log/flow_query.h"

#include <stddef.h>

#include "filter/filter.h"
#include "log/history.h"
#include "log/record.h"
#include "log/record_fields.h"

/* The log, and the record that was looked at last. */
struct reading {
	const struct history *history;
	struct filter *filter;
	uint64_t *paused; /* the query's; of who asks for records */
	const struct record *rec;
	const struct record_leg *legs;
	struct record_reader reader;
};

static uint64_t log_oldest(const void *log)
{
	const struct reading *reading = log;

	return history_oldest(reading->history);
}

static uint64_t log_next(const void *log)
{
	const struct reading *reading = log;

	return history_next(reading->history);
}

static uint64_t log_last(const void *log, uint64_t count)
{
	const struct reading *reading = log;

	return history_last(reading->history, count);
}

static uint64_t log_orderly(const void *log)
{
	const struct reading *reading = log;

	return history_orderly(reading->history);
}

static uint64_t log_voids(const void *log, uint64_t seq)
{
	const struct reading *reading = log;

	return history_voids(reading->history, seq);
}

static bool log_look(void *log, uint64_t seq, uint64_t *ret_time_ns)
{
	struct reading *reading = log;

	reading->rec = history_get(reading->history, seq, &reading->legs);
	*ret_time_ns = reading->rec->time_ns;
	return !reading->rec->is_void;
}

static enum log_answer log_match(void *log, uint64_t seq, uint64_t until_ns)
{
	static const enum log_answer answers[] = {
		[FILTER_NO] = LOG_NO,
		[FILTER_YES] = LOG_YES,
		[FILTER_PAUSED] = LOG_PAUSED,
	};
	struct reading *reading = log;
	enum filter_answer answer;

	if (*reading->paused && *reading->paused != seq)
		filter_forget(reading->filter);
	record_reader_set(&reading->reader, reading->rec, seq, reading->legs);
	answer = filter_ask(reading->filter, &reading->reader.base, until_ns);
	*reading->paused = answer == FILTER_PAUSED ? seq : 0;
	return answers[answer];
}

static bool log_is_dear(const void *log)
{
	const struct reading *reading = log;

	return filter_is_dear(reading->filter);
}

#define OPS                                                                               \
	.oldest = log_oldest, .next = log_next, .last = log_last, .orderly = log_orderly, \
	.voids = log_voids, .look = log_look

static const struct log_ops all = { OPS };
static const struct log_ops filtered = { OPS, .match = log_match, .is_dear = log_is_dear };

static struct log_view view_of(const struct flow_query *query, struct reading *reading,
			       const struct history *history)
{
	reading->history = history;
	reading->filter = query->filter;
	return (struct log_view){ query->filter ? &filtered : &all, reading };
}

int flow_query_start(struct flow_query *query, const struct history *history)
{
	struct reading reading;
	struct log_view view = view_of(query, &reading, history);

	return log_query_start(&query->log, &view);
}

const struct record *flow_query_next(struct flow_query *query, const struct history *history,
				     struct log_slice *slice, const struct record_leg **ret_legs)
{
	struct reading reading;
	struct log_view view = view_of(query, &reading, history);

	reading.paused = &query->paused;
	record_reader_init(&reading.reader, query->context);
	if (!log_query_next(&query->log, &view, slice))
		return NULL;
	*ret_legs = reading.legs;
	return reading.rec;
}

bool flow_query_has_more(const struct flow_query *query, const struct history *history)
{
	struct reading reading;
	struct log_view view = view_of(query, &reading, history);

	return log_query_has_more(&query->log, &view);
}

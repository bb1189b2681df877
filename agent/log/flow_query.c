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

static bool log_match(void *log, uint64_t seq)
{
	struct reading *reading = log;

	record_reader_set(&reading->reader, reading->rec, seq, reading->legs);
	return filter_match(reading->filter, &reading->reader.base);
}

#define OPS                                                                           \
	.oldest = log_oldest, .next = log_next, .last = log_last, .voids = log_voids, \
	.look = log_look

static const struct log_ops all = { OPS };
static const struct log_ops filtered = { OPS, .match = log_match };

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

void flow_query_begin(struct flow_query *query, struct log_slice *slice, unsigned int max,
		      uint64_t for_ns)
{
	query->slices++;
	log_slice_begin(slice, max, for_ns);
}

const struct record *flow_query_next(struct flow_query *query, const struct history *history,
				     struct log_slice *slice, const struct record_leg **ret_legs)
{
	struct reading reading;
	struct log_view view = view_of(query, &reading, history);

	record_reader_init(&reading.reader, query->context, query->slices);
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

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Selection as Hubble's server does it: number counts back from the newest that match, since wins
 * over number, until ends the answer and never positions.
 */
#include "log/flow_query.h"

#include <errno.h>
#include <stddef.h>

#include "base/timefmt.h"
#include "filter/filter.h"
#include "log/history.h"
#include "log/record.h"
#include "log/record_fields.h"

#define LOOKED_A_CLOCK 32 /* records between two looks at the clock: a power of two */

/* The first record that is not older than time_ns, as far as order can be relied on. */
static uint64_t find_since(const struct history *history, uint64_t time_ns)
{
	uint64_t low = history_oldest(history), high = history_next(history);
	const struct record_leg *legs;

	time_ns = time_ns > FLOW_QUERY_SLACK_NS ? time_ns - FLOW_QUERY_SLACK_NS : 0;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (history_get(history, middle, &legs)->time_ns < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Which records are the last that match takes a while to tell. */
static void seek_begin(struct flow_query *query, uint64_t next)
{
	query->wanted = query->number;
	query->seek = next;
	query->found = next;
	query->cursor = next;
}

int flow_query_start(struct flow_query *query, const struct history *history)
{
	uint64_t oldest = history_oldest(history), next = history_next(history);

	if (query->first && query->follow)
		return -EINVAL;
	query->end = query->follow ? UINT64_MAX : next;
	query->cursor = oldest;
	query->wanted = 0;
	if (query->since_ns)
		query->cursor = find_since(history, query->since_ns);
	else if (query->first)
		query->cursor = oldest;
	else if (query->follow && !query->number)
		query->cursor = next;
	else if (query->filter && query->number && query->number < history_count(history))
		seek_begin(query, next);
	else if (query->number)
		query->cursor = history_last(history, query->number);
	query->voids = history_voids(history, query->cursor);
	/* It ends every answer but that of a follower, which has no end. */
	if (query->follow)
		query->number = 0;
	return 0;
}

void flow_query_begin(struct flow_query *query, struct flow_slice *slice, unsigned int max,
		      uint64_t for_ns)
{
	query->slices++;
	slice->left = max;
	slice->until_ns = time_monotonic_ns() + for_ns;
}

/* One record is looked at. */
static void slice_use(struct flow_slice *slice)
{
	--slice->left;
	if (!(slice->left & (LOOKED_A_CLOCK - 1)) && time_monotonic_ns() >= slice->until_ns)
		slice->left = 0;
}

static bool is_let_through(const struct flow_query *query, struct record_reader *reader,
			   const struct record *rec, uint64_t seq, const struct record_leg *legs)
{
	if (!query->filter)
		return true;
	record_reader_set(reader, rec, seq, legs);
	return filter_match(query->filter, &reader->base);
}

static bool is_in_time(const struct flow_query *query, const struct record *rec)
{
	if (query->since_ns && rec->time_ns < query->since_ns)
		return false;
	return !query->until_ns || rec->time_ns <= query->until_ns;
}

/* Goes back until as many match as are wanted, or to the oldest; the cursor is then at the first. */
static void seek(struct flow_query *query, const struct history *history,
		 struct record_reader *reader, struct flow_slice *slice)
{
	uint64_t oldest = history_oldest(history);
	const struct record_leg *legs;
	const struct record *rec;

	while (slice->left && query->wanted && query->seek > oldest) {
		rec = history_get(history, --query->seek, &legs);
		slice_use(slice);
		if (rec->is_void || !is_let_through(query, reader, rec, query->seek, legs))
			continue;
		query->found = query->seek;
		query->wanted--;
	}
	if (query->wanted && query->seek > oldest)
		return;
	query->wanted = 0;
	query->cursor = query->found > oldest ? query->found : oldest;
	query->voids = history_voids(history, query->cursor);
}

/* Times run on: past this one nothing will be within the bound. */
static bool is_past(const struct flow_query *query, const struct record *rec)
{
	return query->until_ns && rec->time_ns > query->until_ns &&
	       rec->time_ns - query->until_ns > FLOW_QUERY_SLACK_NS;
}

/* Passes over what has been overwritten; of that, what was asked for is lost. */
static void skip_overwritten(struct flow_query *query, const struct history *history)
{
	uint64_t oldest = history_oldest(history), voids;
	uint64_t to = oldest < query->end ? oldest : query->end;

	if (query->cursor >= to)
		return;
	/* How many there were before an end that has gone, too, nobody knows. */
	voids = to == oldest ? history_voids(history, oldest) : query->voids;
	query->lost += to - query->cursor - (voids - query->voids);
	query->cursor = to;
	query->voids = voids;
}

bool flow_query_has_more(const struct flow_query *query, const struct history *history)
{
	return !query->is_done && (query->wanted || query->cursor < history_next(history) ||
				   query->cursor >= query->end);
}

/* The next one from the cursor on. */
static const struct record *read_on(struct flow_query *query, const struct history *history,
				    struct record_reader *reader, struct flow_slice *slice,
				    const struct record_leg **ret_legs)
{
	uint64_t next = history_next(history);

	while (slice->left && query->cursor < next && query->cursor < query->end) {
		const struct record *rec = history_get(history, query->cursor, ret_legs);

		if (is_past(query, rec)) {
			query->is_done = true;
			return NULL;
		}
		slice_use(slice);
		query->voids += rec->is_void;
		query->cursor++;
		if (rec->is_void || !is_in_time(query, rec) ||
		    !is_let_through(query, reader, rec, query->cursor - 1, *ret_legs))
			continue;
		query->sent++;
		query->is_done = query->sent == query->number || query->cursor >= query->end;
		return rec;
	}
	query->is_done = query->cursor >= query->end;
	return NULL;
}

const struct record *flow_query_next(struct flow_query *query, const struct history *history,
				     struct flow_slice *slice, const struct record_leg **ret_legs)
{
	struct record_reader reader;

	if (query->is_done)
		return NULL;
	record_reader_init(&reader, query->context, query->slices);
	if (query->wanted)
		seek(query, history, &reader, slice);
	if (query->wanted)
		return NULL;
	skip_overwritten(query, history);
	return read_on(query, history, &reader, slice, ret_legs);
}

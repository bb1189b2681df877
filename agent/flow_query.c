// SPDX-License-Identifier: BSD-2-Clause
/*
 * Selection as Hubble's server does it: number counts back from the newest, since wins over
 * number, until ends the answer and never positions.
 */
#include "flow_query.h"

#include <errno.h>
#include <stddef.h>

#include "history.h"
#include "record.h"

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

int flow_query_start(struct flow_query *query, const struct history *history)
{
	uint64_t oldest = history_oldest(history), next = history_next(history);

	if (query->first && query->follow)
		return -EINVAL;
	query->end = query->follow ? UINT64_MAX : next;
	query->cursor = oldest;
	if (query->since_ns)
		query->cursor = find_since(history, query->since_ns);
	else if (query->first)
		query->cursor = oldest;
	else if (query->follow && !query->number)
		query->cursor = next;
	else if (query->number)
		query->cursor = history_last(history, query->number);
	query->voids = history_voids(history, query->cursor);
	/* It ends every answer but that of a follower, which has no end. */
	if (query->follow)
		query->number = 0;
	return 0;
}

static bool is_match(const struct flow_query *query, const struct record *rec)
{
	if (rec->is_void || (query->since_ns && rec->time_ns < query->since_ns))
		return false;
	return !query->until_ns || rec->time_ns <= query->until_ns;
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
	return !query->is_done &&
	       (query->cursor < history_next(history) || query->cursor >= query->end);
}

const struct record *flow_query_next(struct flow_query *query, const struct history *history,
				     unsigned int *max, const struct record_leg **ret_legs)
{
	uint64_t next = history_next(history);

	if (query->is_done)
		return NULL;
	skip_overwritten(query, history);
	while (*max && query->cursor < next && query->cursor < query->end) {
		const struct record *rec = history_get(history, query->cursor, ret_legs);

		if (is_past(query, rec)) {
			query->is_done = true;
			return NULL;
		}
		--*max;
		query->cursor++;
		query->voids += rec->is_void;
		if (!is_match(query, rec))
			continue;
		query->sent++;
		query->is_done = query->sent == query->number || query->cursor >= query->end;
		return rec;
	}
	query->is_done = query->cursor >= query->end;
	return NULL;
}

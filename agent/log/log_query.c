// SPDX-License-Identifier: BSD-2-Clause
/*
 * Selection as Hubble's server does it: number counts back from the newest that match, since wins
 * over number, until ends the answer and never positions.
 */
#include "log/log_query.h"

#include <errno.h>

#include "base/timefmt.h"

#define LOOKED_A_CLOCK 32 /* entries between two looks at the clock: a power of two */

static uint64_t oldest_of(const struct log_view *view)
{
	return view->ops->oldest(view->log);
}

static uint64_t next_of(const struct log_view *view)
{
	return view->ops->next(view->log);
}

static uint64_t voids_of(const struct log_view *view, uint64_t seq)
{
	return view->ops->voids ? view->ops->voids(view->log, seq) : 0;
}

/*
 * The first entry that is not older than time_ns, as far as order can be relied on: as long as there
 * are some of before the clock was set back, all are looked at.
 */
static uint64_t find_since(const struct log_view *view, uint64_t time_ns)
{
	uint64_t low = oldest_of(view), high = next_of(view);

	if (view->ops->orderly(view->log) > low)
		return low;
	time_ns = time_ns > LOG_QUERY_SLACK_NS ? time_ns - LOG_QUERY_SLACK_NS : 0;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2, middle_ns;

		(void)view->ops->look(view->log, middle, &middle_ns);
		if (middle_ns < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Which entries are the last that match takes a while to tell. */
static void seek_begin(struct log_query *query, uint64_t next)
{
	query->wanted = query->number;
	query->seek = next;
	query->found = next;
	query->cursor = next;
}

int log_query_start(struct log_query *query, const struct log_view *view)
{
	uint64_t oldest = oldest_of(view), next = next_of(view);

	if (query->first && query->follow)
		return -EINVAL;
	query->end = query->follow ? UINT64_MAX : next;
	query->cursor = oldest;
	query->wanted = 0;
	if (query->since_ns)
		query->cursor = find_since(view, query->since_ns);
	else if (query->follow && !query->number)
		query->cursor = next;
	else if (!query->first && query->number)
		query->cursor = view->ops->last(view->log, query->number);
	/* Of those that are counted back over there may be some that do not match. */
	if (view->ops->match && !query->since_ns && !query->first && query->number &&
	    query->cursor > oldest)
		seek_begin(query, next);
	query->voids = voids_of(view, query->cursor);
	/* It ends every answer but that of a follower, which has no end. */
	if (query->follow)
		query->number = 0;
	return 0;
}

void log_slice_begin(struct log_slice *slice, unsigned int max, uint64_t for_ns)
{
	slice->left = max;
	slice->until_ns = time_monotonic_ns() + for_ns;
}

/* One entry was looked at. */
static void slice_use(const struct log_view *view, struct log_slice *slice)
{
	bool is_dear = view->ops->is_dear && view->ops->is_dear(view->log);

	--slice->left;
	if ((is_dear || !(slice->left & (LOOKED_A_CLOCK - 1))) &&
	    time_monotonic_ns() >= slice->until_ns)
		slice->left = 0;
}

/* What is paused has used up the slice. */
static enum log_answer match(const struct log_view *view, uint64_t seq, struct log_slice *slice)
{
	enum log_answer answer =
		view->ops->match ? view->ops->match(view->log, seq, slice->until_ns) : LOG_YES;

	if (answer == LOG_PAUSED)
		slice->left = 0;
	else
		slice_use(view, slice);
	return answer;
}

static enum log_answer pass_over(const struct log_view *view, struct log_slice *slice)
{
	slice_use(view, slice);
	return LOG_NO;
}

static bool is_in_time(const struct log_query *query, uint64_t time_ns)
{
	if (query->since_ns && time_ns < query->since_ns)
		return false;
	return !query->until_ns || time_ns <= query->until_ns;
}

/* Goes back until as many match as are wanted, or to the oldest; the cursor is then at the first. */
static void seek(struct log_query *query, const struct log_view *view, struct log_slice *slice)
{
	uint64_t oldest = oldest_of(view), time_ns;

	while (slice->left && query->wanted && query->seek > oldest) {
		bool is_there = view->ops->look(view->log, query->seek - 1, &time_ns);
		enum log_answer answer =
			is_there ? match(view, query->seek - 1, slice) : pass_over(view, slice);

		if (answer == LOG_PAUSED)
			return;
		query->seek--;
		if (answer == LOG_NO)
			continue;
		query->found = query->seek;
		query->wanted--;
	}
	if (query->wanted && query->seek > oldest)
		return;
	query->wanted = 0;
	query->cursor = query->found > oldest ? query->found : oldest;
	query->voids = voids_of(view, query->cursor);
}

/* Where times run on nothing will be within the bound past this one. */
static bool is_past(const struct log_query *query, const struct log_view *view, uint64_t time_ns)
{
	return query->until_ns && time_ns > query->until_ns &&
	       time_ns - query->until_ns > LOG_QUERY_SLACK_NS &&
	       query->cursor >= view->ops->orderly(view->log);
}

/* Passes over what has been overwritten; of that, what was asked for is lost. */
static void skip_overwritten(struct log_query *query, const struct log_view *view)
{
	uint64_t oldest = oldest_of(view), voids;
	uint64_t to = oldest < query->end ? oldest : query->end;

	if (query->cursor >= to)
		return;
	/* How many there were before an end that has gone, too, nobody knows. */
	voids = to == oldest ? voids_of(view, oldest) : query->voids;
	query->lost += to - query->cursor - (voids - query->voids);
	query->cursor = to;
	query->voids = voids;
}

bool log_query_has_more(const struct log_query *query, const struct log_view *view)
{
	return !query->is_done &&
	       (query->wanted || query->cursor < next_of(view) || query->cursor >= query->end);
}

/* The next one from the cursor on. */
static uint64_t read_on(struct log_query *query, const struct log_view *view,
			struct log_slice *slice)
{
	uint64_t next = next_of(view), time_ns;

	while (slice->left && query->cursor < next && query->cursor < query->end) {
		bool is_there = view->ops->look(view->log, query->cursor, &time_ns);
		enum log_answer answer;

		if (is_past(query, view, time_ns)) {
			query->is_done = true;
			return 0;
		}
		answer = is_there && is_in_time(query, time_ns) ? match(view, query->cursor, slice)
								: pass_over(view, slice);
		if (answer == LOG_PAUSED)
			return 0;
		query->voids += !is_there;
		query->cursor++;
		if (answer == LOG_NO)
			continue;
		query->sent++;
		query->is_done = query->sent == query->number || query->cursor >= query->end;
		return query->cursor - 1;
	}
	query->is_done = query->cursor >= query->end;
	return 0;
}

uint64_t log_query_next(struct log_query *query, const struct log_view *view,
			struct log_slice *slice)
{
	if (query->is_done)
		return 0;
	if (query->wanted)
		seek(query, view, slice);
	if (query->wanted)
		return 0;
	skip_overwritten(query, view);
	return read_on(query, view, slice);
}

bool log_query_drop(struct log_query *query, uint64_t count)
{
	query->dropped += count;
	query->lost += count;
	return count;
}

uint64_t log_query_taken(const struct log_query *query)
{
	return query->sent - query->dropped;
}

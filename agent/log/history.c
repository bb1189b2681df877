// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two rings: fixed-size records, and the legs of those that have several. Memory is touched as it
 * is first used, so a log that never fills costs what it holds.
 *
 * Places for legs are numbered on and on. The number says where the place is, because there are a
 * power of two of them, and how many were used since, so whether the legs are still there.
 *
 * Reserved places are in a list through themselves, oldest first: its first is where readers stop,
 * and also the first to be overwritten. Numbers that never had a record are counted.
 */
#include "log/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "log/log_order.h"

/*
 * Records for each place of a leg. Where every connection passes two interfaces, one record in
 * three or so needs a place (its close, and not that it opened or was answered).
 */
#define RECORDS_A_LEG 4

_Static_assert(((RECORD_SLOTS_MAX - 1) & (RECORD_SLOTS_MAX - 2)) == 0, "a power of two");

/* A place that nothing has been told in. */
struct reserved {
	uint64_t before, after; /* the others, 0: none */
	bool is_void;		/* and nothing will be */
};

union place {
	struct record record;
	struct reserved reserved;
};

struct history {
	union place *places;
	struct record_leg *legs; /* RECORD_SLOTS_MAX more: a record's are never parted */
	uint64_t capacity;
	uint64_t next;		 /* sequence number */
	uint64_t next_at;	 /* its place: a division less for each record */
	uint64_t reserved_first; /* 0: none; else it is not void */
	uint64_t reserved_last;
	uint64_t voids_waiting; /* places of that list that are void */
	uint64_t
		void_last; /* of the places that readers pass over, its conn_id is the one before */
	uint64_t voids;	   /* how many of these there are */
	uint64_t voids_gone; /* numbers before the oldest that never had a record */
	struct log_order order;
	uint32_t legs_count; /* places of legs: a power of two */
	uint32_t legs_next;  /* number of the next place; wraps, which no record lives to see */
	void (*drop)(void *ctx, const struct record *rec);
	void *ctx;
};

int history_new(struct history **ret, uint64_t capacity,
		void (*drop)(void *ctx, const struct record *rec), void *ctx)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return -ENOMEM;
	history->capacity = capacity;
	history->drop = drop;
	history->ctx = ctx;
	history->next = 1;
	history->legs_count = 2 * (RECORD_SLOTS_MAX - 1); /* a record may have one more */
	while (history->legs_count < capacity / RECORDS_A_LEG && history->legs_count < 1U << 31)
		history->legs_count *= 2;
	history->places = calloc(capacity, sizeof(*history->places));
	history->legs =
		calloc((size_t)history->legs_count + RECORD_SLOTS_MAX, sizeof(*history->legs));
	if (!history->places || !history->legs) {
		history_free(&history);
		return -ENOMEM;
	}
	*ret = history;
	return 0;
}

void history_free(struct history **at)
{
	struct history *history = TAKE_PTR(*at);

	if (!history)
		return;
	free(history->places);
	free(history->legs);
	free(history);
}

uint64_t history_next(const struct history *history)
{
	return history->reserved_first ? history->reserved_first : history->next;
}

uint64_t history_oldest(const struct history *history)
{
	return history->next > history->capacity ? history->next - history->capacity : 1;
}

uint64_t history_orderly(const struct history *history)
{
	return history->order.from;
}

uint64_t history_capacity(const struct history *history)
{
	return history->capacity;
}

uint64_t history_count(const struct history *history)
{
	return history_next(history) - history_oldest(history) - history->voids;
}

uint64_t history_seen(const struct history *history)
{
	return history_next(history) - 1 - history->voids - history->voids_gone;
}

/* Of a number that is there, of the next one, and of what makes room for that. */
static union place *place_at(const struct history *history, uint64_t seq)
{
	uint64_t back = history->next - seq, at = history->next_at;

	return &history->places[at >= back ? at - back : at + history->capacity - back];
}

static struct record_leg *legs_place(const struct history *history, uint32_t number)
{
	return &history->legs[number & (history->legs_count - 1)];
}

static void reserved_remove(struct history *history, uint64_t seq)
{
	struct reserved at = place_at(history, seq)->reserved;

	if (at.before)
		place_at(history, at.before)->reserved.after = at.after;
	else
		history->reserved_first = at.after;
	if (at.after)
		place_at(history, at.after)->reserved.before = at.before;
	else
		history->reserved_last = at.before;
}

/* A reserved place, which is void, becomes one that readers pass over. */
static void void_publish(struct history *history, uint64_t seq)
{
	struct record rec = { .is_void = true, .conn_id = history->void_last };

	if (seq > history_oldest(history))
		rec.time_ns = place_at(history, seq - 1)->record.time_ns;
	reserved_remove(history, seq);
	place_at(history, seq)->record = rec;
	history->void_last = seq;
	history->voids_waiting--;
	history->voids++;
}

/* A void place stays in the list until none is before it: only then do readers come to it. */
static void voids_publish(struct history *history)
{
	while (history->voids_waiting &&
	       place_at(history, history->reserved_first)->reserved.is_void)
		void_publish(history, history->reserved_first);
}

/* Makes room for the next record: what goes may be no record. True: it was none. */
static bool oldest_remove(struct history *history, uint64_t oldest)
{
	const struct record *rec = &place_at(history, oldest)->record;

	if (oldest == history->reserved_first) {
		reserved_remove(history, oldest);
	} else if (rec->is_void) {
		history->voids--;
	} else {
		if (history->drop)
			history->drop(history->ctx, rec);
		return false;
	}
	history->voids_gone++;
	return true;
}

/* The next number. What was in its place has gone. */
static uint64_t number_take(struct history *history)
{
	uint64_t seq = history->next;
	bool was_void = seq > history->capacity && oldest_remove(history, seq - history->capacity);

	history->next++;
	if (++history->next_at == history->capacity)
		history->next_at = 0;
	if (was_void)
		voids_publish(history);
	return seq;
}

static void place_write(struct history *history, union place *place, const struct record *rec,
			const struct record_leg *legs, unsigned int count)
{
	struct record *record = &place->record;
	unsigned int own = !rec->is_of_many; /* the leg that the record tells of */
	unsigned int further = count < 2 ? 0 : count - own;

	if (further > RECORD_SLOTS_MAX - own)
		further = RECORD_SLOTS_MAX - own;
	*record = *rec;
	record->legs = further;
	record->legs_at = history->legs_next;
	if (further)
		memcpy(legs_place(history, history->legs_next), legs + own,
		       further * sizeof(*legs));
	history->legs_next += further;
}

void history_add(struct history *history, const struct record *rec, const struct record_leg *legs,
		 unsigned int count)
{
	union place *place = &history->places[history->next_at];

	log_order_note(&history->order, number_take(history), rec->time_ns);
	place_write(history, place, rec, legs, count);
}

uint64_t history_reserve(struct history *history)
{
	union place *place = &history->places[history->next_at];
	uint64_t seq = number_take(history);

	place->reserved = (struct reserved){ .before = history->reserved_last };
	if (history->reserved_last)
		place_at(history, history->reserved_last)->reserved.after = seq;
	else
		history->reserved_first = seq;
	history->reserved_last = seq;
	return seq;
}

bool history_has_place(const struct history *history, uint64_t place)
{
	return place >= history_oldest(history);
}

void history_fill(struct history *history, uint64_t place, const struct record *rec,
		  const struct record_leg *legs, unsigned int count)
{
	/* What was told since its place was reserved may be of before the step, too. */
	log_order_note(&history->order, history->next, rec->time_ns);
	reserved_remove(history, place);
	place_write(history, place_at(history, place), rec, legs, count);
	if (history->voids_waiting)
		voids_publish(history);
}

void history_void(struct history *history, uint64_t place)
{
	if (!history_has_place(history, place))
		return;
	place_at(history, place)->reserved.is_void = true;
	history->voids_waiting++;
	voids_publish(history);
}

/* The void place before this one; 0: none is there. */
static uint64_t void_before(const struct history *history, uint64_t seq)
{
	uint64_t before = place_at(history, seq)->record.conn_id;

	return before >= history_oldest(history) ? before : 0;
}

static uint64_t void_newest(const struct history *history)
{
	return history->voids ? history->void_last : 0;
}

uint64_t history_last(const struct history *history, uint64_t count)
{
	uint64_t from = history_next(history) - count;

	if (count >= history_count(history))
		return history_oldest(history);
	for (uint64_t at = void_newest(history); at >= from; at = void_before(history, at))
		from--;
	return from;
}

uint64_t history_voids(const struct history *history, uint64_t seq)
{
	uint64_t count = history->voids_gone + history->voids;

	for (uint64_t at = void_newest(history); at >= seq; at = void_before(history, at))
		count--;
	return count;
}

const struct record *history_get(const struct history *history, uint64_t seq,
				 const struct record_leg **ret_legs)
{
	const struct record *rec;

	if (seq >= history_next(history) || seq < history_oldest(history))
		return NULL;
	rec = &place_at(history, seq)->record;
	*ret_legs = NULL;
	/* As long as no more places were used, by it and since, than there are. */
	if (rec->legs && history->legs_next - rec->legs_at <= history->legs_count)
		*ret_legs = legs_place(history, rec->legs_at);
	return rec;
}

uint64_t history_seq(const struct history *history, const struct record *rec)
{
	uint64_t at = (uint64_t)((const union place *)rec - history->places);

	return history->next - history->next_at + at -
	       (at >= history->next_at ? history->capacity : 0);
}

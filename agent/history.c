// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two rings: fixed-size records, and the legs of those that have several. Memory is touched as it
 * is first used, so a log that never fills costs what it holds.
 *
 * Places for legs are numbered on and on. The number says where the place is, because there are a
 * power of two of them, and how many were used since, so whether the legs are still there.
 */
#include "history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * Records for each place of a leg. Where every connection passes two interfaces, one record in
 * three or so needs a place (its close, and not that it opened or was answered).
 */
#define RECORDS_A_LEG 4

_Static_assert(((RECORD_SLOTS_MAX - 1) & (RECORD_SLOTS_MAX - 2)) == 0, "a power of two");

struct history {
	struct record *records;
	struct record_leg *legs; /* RECORD_SLOTS_MAX more: a record's are never parted */
	uint64_t capacity;
	uint64_t next;	     /* sequence number */
	uint32_t legs_count; /* places of legs: a power of two */
	uint32_t legs_next;  /* number of the next place; wraps, which no record lives to see */
};

int history_new(struct history **ret, uint64_t capacity)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return -ENOMEM;
	history->capacity = capacity;
	history->next = 1;
	history->legs_count = RECORD_SLOTS_MAX - 1;
	while (history->legs_count < capacity / RECORDS_A_LEG && history->legs_count < 1U << 31)
		history->legs_count *= 2;
	history->records = calloc(capacity, sizeof(*history->records));
	history->legs =
		calloc((size_t)history->legs_count + RECORD_SLOTS_MAX, sizeof(*history->legs));
	if (!history->records || !history->legs) {
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
	free(history->records);
	free(history->legs);
	free(history);
}

uint64_t history_next(const struct history *history)
{
	return history->next;
}

uint64_t history_oldest(const struct history *history)
{
	return history->next > history->capacity ? history->next - history->capacity : 1;
}

uint64_t history_capacity(const struct history *history)
{
	return history->capacity;
}

static struct record *record_place(const struct history *history, uint64_t seq)
{
	return &history->records[seq % history->capacity];
}

static struct record_leg *legs_place(const struct history *history, uint32_t number)
{
	return &history->legs[number & (history->legs_count - 1)];
}

void history_add(struct history *history, const struct record *rec, const struct record_leg *legs,
		 unsigned int count)
{
	struct record *place = record_place(history, history->next);
	unsigned int further = count < 2 ? 0 : count - 1;

	if (further > RECORD_SLOTS_MAX - 1)
		further = RECORD_SLOTS_MAX - 1;
	*place = *rec;
	place->legs = further;
	place->legs_at = history->legs_next;
	if (further)
		memcpy(legs_place(history, history->legs_next), legs + 1, further * sizeof(*legs));
	history->legs_next += further;
	history->next++;
}

const struct record *history_get(const struct history *history, uint64_t seq,
				 const struct record_leg **ret_legs)
{
	const struct record *rec;

	if (seq >= history->next || seq < history_oldest(history))
		return NULL;
	rec = record_place(history, seq);
	*ret_legs = NULL;
	/* As long as no more places were used, by it and since, than there are. */
	if (rec->legs && history->legs_next - rec->legs_at <= history->legs_count)
		*ret_legs = legs_place(history, rec->legs_at);
	return rec;
}

uint64_t history_seq(const struct history *history, const struct record *rec)
{
	uint64_t capacity = history->capacity, newest = history->next - 1;
	uint64_t place = (uint64_t)(rec - history->records);

	return newest - (newest % capacity + capacity - place) % capacity;
}

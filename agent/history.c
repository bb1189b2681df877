// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two rings: fixed-size records, and the legs of those that have some. Memory is touched as it is
 * first used, so a log that never fills costs what it holds.
 */
#include "history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct history {
	struct record *records;
	struct record_leg *legs; /* capacity + RECORD_LEGS_MAX: a record's legs are never parted */
	uint64_t capacity;
	uint64_t next;	    /* sequence number */
	uint32_t legs_next; /* counts places ever used, wrapping at 2^32 */
	uint32_t legs_at;   /* place in the ring */
};

int history_new(struct history **ret, uint64_t capacity)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return -ENOMEM;
	history->capacity = capacity;
	history->next = 1;
	history->records = calloc(capacity, sizeof(*history->records));
	history->legs = calloc(capacity + RECORD_LEGS_MAX, sizeof(*history->legs));
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

static void history_add_legs(struct history *history, struct record *rec,
			     const struct record_leg *legs, unsigned int count)
{
	if (count > RECORD_LEGS_MAX)
		count = RECORD_LEGS_MAX;
	rec->legs = (uint8_t)count;
	if (!count)
		return;
	if (history->legs_at >= history->capacity)
		history->legs_at = 0;
	memcpy(&history->legs[history->legs_at], legs, count * sizeof(*legs));
	rec->legs_at = history->legs_at;
	rec->legs_stamp = history->legs_next;
	history->legs_at += count;
	history->legs_next += count;
}

void history_add(struct history *history, struct record *rec, const struct record_leg *legs,
		 unsigned int count)
{
	rec->seq = history->next;
	history_add_legs(history, rec, legs, count);
	history->records[rec->seq % history->capacity] = *rec;
	history->next++;
}

const struct record *history_get(const struct history *history, uint64_t seq,
				 const struct record_leg **ret_legs)
{
	const struct record *rec;
	uint32_t used;

	if (seq >= history->next || seq < history_oldest(history))
		return NULL;
	rec = &history->records[seq % history->capacity];
	*ret_legs = NULL;
	/* Places used by it and since: no more than the ring has, or none since, and they are there. */
	used = history->legs_next - rec->legs_stamp;
	if (rec->legs && (used <= history->capacity || used == rec->legs))
		*ret_legs = &history->legs[rec->legs_at];
	return rec;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Linear probing; who is removed leaves no mark, because those behind move up. Ids are hashes
 * already, but of the agent's making or of a file's: they are mixed once more.
 *
 * A larger table takes over from the old one a few at a time: all at once would take some ms.
 */
#include "filter/aggregate_conns.h"

#include <stdlib.h>

#define SIZE_FIRST 256
#define MOVES_A_CALL \
	16 /* far more than one: the old table is empty long before the new one is full */

static void slots_done(struct aggregate_slots *slots)
{
	free(slots->at);
	*slots = (struct aggregate_slots){ 0 };
}

void aggregate_conns_done(struct aggregate_conns *conns)
{
	slots_done(&conns->now);
	slots_done(&conns->old);
}

static uint32_t home_of(const struct aggregate_slots *slots, uint64_t id)
{
	return (uint32_t)((id ^ id >> 32) * 0x9e3779b97f4a7c15ULL >> 32) & (slots->size - 1);
}

/* Its slot, or the free one where it belongs. There always is a free one. */
static struct aggregate_conn *probe(const struct aggregate_slots *slots, uint64_t id)
{
	uint32_t at = home_of(slots, id);

	while (slots->at[at].id && slots->at[at].id != id)
		at = (at + 1) & (slots->size - 1);
	return &slots->at[at];
}

static struct aggregate_conn *find(const struct aggregate_slots *slots, uint64_t id)
{
	struct aggregate_conn *conn = slots->size ? probe(slots, id) : NULL;

	return conn && conn->id ? conn : NULL;
}

static void take_out(struct aggregate_slots *slots, uint32_t hole)
{
	uint32_t mask = slots->size - 1;

	for (uint32_t at = (hole + 1) & mask; slots->at[at].id; at = (at + 1) & mask) {
		uint32_t home = home_of(slots, slots->at[at].id);

		/* It may not go in front of where it is looked for. */
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		slots->at[hole] = slots->at[at];
		hole = at;
	}
	slots->at[hole].id = 0;
	slots->count--;
}

/* From the first place of the old table on, where another one may move up. */
static void move_some(struct aggregate_conns *conns)
{
	struct aggregate_slots *old = &conns->old;

	for (int i = 0; old->count && i < MOVES_A_CALL; i++) {
		while (!old->at[conns->moved].id)
			conns->moved++;
		*probe(&conns->now, old->at[conns->moved].id) = old->at[conns->moved];
		conns->now.count++;
		take_out(old, conns->moved);
	}
	if (!old->count)
		slots_done(old);
}

/* At most three quarters are taken. */
static bool make_room(struct aggregate_conns *conns)
{
	uint32_t count = conns->now.count + conns->old.count;
	struct aggregate_slots larger = { 0 };

	if (count >= conns->max)
		return false;
	if (count < conns->now.size / 4 * 3)
		return true;
	larger.size = conns->now.size ? conns->now.size * 2 : SIZE_FIRST;
	larger.at = calloc(larger.size, sizeof(*larger.at));
	if (!larger.at)
		return false;
	while (conns->old.count)
		move_some(conns);
	conns->old = conns->now;
	conns->now = larger;
	conns->moved = 0;
	return true;
}

struct aggregate_conn *aggregate_conns_find(const struct aggregate_conns *conns, uint64_t id)
{
	struct aggregate_conn *conn = find(&conns->now, id);

	return conn ? conn : find(&conns->old, id);
}

struct aggregate_conn *aggregate_conns_find_or_add(struct aggregate_conns *conns, uint64_t id,
						   bool *ret_is_new)
{
	struct aggregate_conn *conn;

	move_some(conns);
	conn = aggregate_conns_find(conns, id);
	*ret_is_new = !conn;
	if (!*ret_is_new)
		return conn;
	if (!make_room(conns))
		return NULL;
	conn = probe(&conns->now, id);
	*conn = (struct aggregate_conn){ .id = id };
	conns->now.count++;
	return conn;
}

void aggregate_conns_remove(struct aggregate_conns *conns, struct aggregate_conn *conn)
{
	bool is_old =
		conns->old.size && conn >= conns->old.at && conn < conns->old.at + conns->old.size;
	struct aggregate_slots *slots = is_old ? &conns->old : &conns->now;

	take_out(slots, (uint32_t)(conn - slots->at));
}

const struct aggregate_conn *aggregate_conns_at(const struct aggregate_conns *conns, uint32_t place)
{
	if (place < conns->now.size)
		return &conns->now.at[place];
	place -= conns->now.size;
	return place < conns->old.size ? &conns->old.at[place] : NULL;
}

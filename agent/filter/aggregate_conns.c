// SPDX-License-Identifier: BSD-2-Clause
/*
 * Linear probing; who is removed leaves no mark, because those behind move up. Ids are hashes
 * already, but of the agent's making or of a file's: they are mixed once more.
 */
#include "filter/aggregate_conns.h"

#include <stdlib.h>

#define SIZE_FIRST 256

void aggregate_conns_done(struct aggregate_conns *conns)
{
	free(conns->slots);
	conns->slots = NULL;
	conns->count = conns->size = 0;
}

static uint32_t home_of(const struct aggregate_conns *conns, uint64_t id)
{
	return (uint32_t)((id ^ id >> 32) * 0x9e3779b97f4a7c15ULL >> 32) & (conns->size - 1);
}

/* Its slot, or the free one where it belongs. There always is a free one. */
static struct aggregate_conn *probe(const struct aggregate_conns *conns, uint64_t id)
{
	uint32_t at = home_of(conns, id);

	while (conns->slots[at].id && conns->slots[at].id != id)
		at = (at + 1) & (conns->size - 1);
	return &conns->slots[at];
}

/* At most three quarters are taken. */
static bool make_room(struct aggregate_conns *conns)
{
	struct aggregate_conns larger = *conns;

	if (conns->count >= conns->max)
		return false;
	if (conns->count < conns->size / 4 * 3)
		return true;
	larger.size = conns->size ? conns->size * 2 : SIZE_FIRST;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (uint32_t i = 0; i < conns->size; i++) {
		if (conns->slots[i].id)
			*probe(&larger, conns->slots[i].id) = conns->slots[i];
	}
	free(conns->slots);
	*conns = larger;
	return true;
}

struct aggregate_conn *aggregate_conns_find(const struct aggregate_conns *conns, uint64_t id)
{
	struct aggregate_conn *conn = conns->size ? probe(conns, id) : NULL;

	return conn && conn->id ? conn : NULL;
}

struct aggregate_conn *aggregate_conns_find_or_add(struct aggregate_conns *conns, uint64_t id,
						   bool *ret_is_new)
{
	struct aggregate_conn *conn = aggregate_conns_find(conns, id);

	*ret_is_new = !conn;
	if (!*ret_is_new)
		return conn;
	if (!make_room(conns))
		return NULL;
	conn = probe(conns, id);
	*conn = (struct aggregate_conn){ .id = id };
	conns->count++;
	return conn;
}

void aggregate_conns_remove(struct aggregate_conns *conns, struct aggregate_conn *conn)
{
	uint32_t mask = conns->size - 1;
	uint32_t hole = (uint32_t)(conn - conns->slots);

	for (uint32_t at = (hole + 1) & mask; conns->slots[at].id; at = (at + 1) & mask) {
		uint32_t home = home_of(conns, conns->slots[at].id);

		/* It may not go in front of where it is looked for. */
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		conns->slots[hole] = conns->slots[at];
		hole = at;
	}
	conns->slots[hole].id = 0;
	conns->count--;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * An array whose places are the numbers, touched as it fills; a hash by content; a list of the
 * places that are free again.
 */
#include "who/party.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn/conn_table.h"

struct place {
	struct party party;
	struct container *container;
	uint32_t refs; /* 0: free */
	uint32_t next; /* in the chain of its hash, or of those that are free */
};

struct parties {
	struct place *places; /* 1 .. max */
	uint32_t *heads;
	uint32_t mask;
	uint32_t max;
	uint32_t used; /* places ever used */
	uint32_t free;
	struct parties_stats stats;
	const struct parties_ops *ops;
	void *ctx;
};

static const char *const vias[] = {
	[PARTY_USER] = "user",	       [PARTY_CREATOR] = "creator",
	[PARTY_EXISTING] = "existing", [PARTY_INHERITED] = "inherited",
	[PARTY_LISTENER] = "listener", [PARTY_INTERFACE] = "interface",
	[PARTY_ADDRESS] = "address",   [PARTY_FILE] = "endpoints_file",
	[PARTY_DNS] = "dns",
};
_Static_assert(ARRAY_SIZE(vias) == PARTY_VIA_MAX, "a name for each way");

const char *party_via_to_str(enum party_via via)
{
	return via < PARTY_VIA_MAX ? vias[via] : NULL;
}

int parties_new(struct parties **ret, uint32_t max, const struct parties_ops *ops, void *ctx)
{
	struct parties *parties = calloc(1, sizeof(*parties));
	uint32_t heads = 64;

	if (!parties)
		return -ENOMEM;
	while (heads < max && heads < PARTIES_MAX)
		heads *= 2;
	parties->max = max;
	parties->mask = heads - 1;
	parties->ops = ops;
	parties->ctx = ctx;
	parties->places = calloc((size_t)max + 1, sizeof(*parties->places));
	parties->heads = calloc(heads, sizeof(*parties->heads));
	if (!parties->places || !parties->heads) {
		parties_free(&parties);
		return -ENOMEM;
	}
	*ret = parties;
	return 0;
}

static void place_drop(const struct parties *parties, struct place *place)
{
	if (!parties->ops)
		return;
	parties->ops->unref(&place->container);
	parties->ops->drop(parties->ctx, &place->party);
}

void parties_free(struct parties **at)
{
	struct parties *parties = TAKE_PTR(*at);

	if (!parties)
		return;
	for (uint32_t i = 1; i <= parties->used; i++) {
		if (parties->places[i].refs)
			place_drop(parties, &parties->places[i]);
	}
	free(parties->places);
	free(parties->heads);
	free(parties);
}

static uint32_t *head_of(const struct parties *parties, const struct party *party)
{
	return &parties->heads[hash_bytes(0, party, sizeof(*party)) & parties->mask];
}

static uint32_t place_take(struct parties *parties)
{
	uint32_t number = parties->free;

	if (number) {
		parties->free = parties->places[number].next;
		return number;
	}
	return parties->used < parties->max ? ++parties->used : 0;
}

/* Byte by byte: there are no holes in it, and zeroes where nothing is known. */
static bool is_equal(const struct party *a, const struct party *b)
{
	const void *first = a, *second = b;

	return !memcmp(first, second, sizeof(*a));
}

uint32_t parties_get(struct parties *parties, const struct party *party)
{
	static const struct party nothing;
	uint32_t *head = head_of(parties, party), number;
	struct place *place;

	if (is_equal(party, &nothing))
		return 0;
	for (number = *head; number; number = parties->places[number].next) {
		if (is_equal(&parties->places[number].party, party))
			return parties_ref(parties, number);
	}
	number = place_take(parties);
	if (!number) {
		parties->stats.refused++;
		return 0;
	}
	place = &parties->places[number];
	*place = (struct place){ .party = *party, .refs = 1, .next = *head };
	*head = number;
	parties->stats.held++;
	if (parties->ops)
		parties->ops->hold(parties->ctx, party);
	return number;
}

uint32_t parties_ref(struct parties *parties, uint32_t number)
{
	if (number)
		parties->places[number].refs++;
	return number;
}

void parties_unref(struct parties *parties, uint32_t number)
{
	struct place *place;
	uint32_t *at;

	if (!number || --parties->places[number].refs)
		return;
	place = &parties->places[number];
	for (at = head_of(parties, &place->party); *at != number; at = &parties->places[*at].next)
		;
	*at = place->next;
	place->next = parties->free;
	parties->free = number;
	parties->stats.held--;
	place_drop(parties, place);
}

const struct party *parties_at(const struct parties *parties, uint32_t number)
{
	static const struct party nothing;

	return number ? &parties->places[number].party : &nothing;
}

const struct container *parties_container(const struct parties *parties, uint32_t number)
{
	struct place *place;

	if (!number || !parties->ops)
		return NULL;
	place = &parties->places[number];
	if (!place->container)
		place->container = parties->ops->find(parties->ctx, &place->party);
	return place->container;
}

void parties_get_stats(const struct parties *parties, struct parties_stats *ret)
{
	*ret = parties->stats;
}

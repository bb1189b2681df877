// SPDX-License-Identifier: BSD-2-Clause
#include "who/party.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "who/counted.h"

struct item {
	struct party party; /* the key */
	struct container *container;
};

/*
 * Numbers for what is known are never given twice. A party has one until it becomes 0, or something
 * was learned since: then it is given another one when it is asked for.
 */
struct knowledge {
	uint64_t next;
	uint64_t valid; /* those from here on */
	uint64_t of[];	/* by number; apart, because filters ask for it and for nothing else */
};

#define KNOWS_NOTHING 1 /* of number 0 */

struct parties {
	struct counted items;
	struct knowledge *knowledge;
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
	size_t size = sizeof(struct knowledge) + ((size_t)max + 1) * sizeof(uint64_t);
	auto_free struct parties *parties = calloc(1, sizeof(*parties));
	auto_free struct knowledge *knowledge = calloc(1, size);
	int r;

	if (!parties || !knowledge)
		return -ENOMEM;
	parties->ops = ops;
	parties->ctx = ctx;
	knowledge->next = knowledge->valid = KNOWS_NOTHING + 1;
	r = counted_init(&parties->items, sizeof(struct item), sizeof(struct party), max);
	if (r)
		return r;
	parties->knowledge = TAKE_PTR(knowledge);
	*ret = TAKE_PTR(parties);
	return 0;
}

static struct item *item_at(const struct parties *parties, uint32_t number)
{
	return counted_at(&parties->items, number);
}

static void item_drop(const struct parties *parties, uint32_t number)
{
	struct item *item = item_at(parties, number);

	if (!parties->ops)
		return;
	parties->ops->unref(&item->container);
	parties->ops->drop(parties->ctx, &item->party);
}

void parties_free(struct parties **at)
{
	struct parties *parties = TAKE_PTR(*at);
	uint32_t number = 0;

	if (!parties)
		return;
	while ((number = counted_next(&parties->items, number)))
		item_drop(parties, number);
	counted_done(&parties->items);
	free(parties->knowledge);
	free(parties);
}

uint32_t parties_get(struct parties *parties, const struct party *party)
{
	static const struct party nothing;
	const void *bytes = party, *zeroes = &nothing; /* there are no holes in it */
	uint32_t number;
	bool is_new;

	if (!memcmp(bytes, zeroes, sizeof(*party)))
		return 0;
	number = counted_get(&parties->items, party, 0, &is_new);
	if (is_new)
		parties->knowledge->of[number] = 0;
	if (is_new && parties->ops)
		parties->ops->hold(parties->ctx, party);
	return number;
}

uint32_t parties_ref(struct parties *parties, uint32_t number)
{
	counted_ref(&parties->items, number);
	return number;
}

void parties_unref(struct parties *parties, uint32_t number)
{
	if (counted_unref(&parties->items, number))
		item_drop(parties, number);
}

const struct party *parties_at(const struct parties *parties, uint32_t number)
{
	static const struct party nothing;

	return number ? &item_at(parties, number)->party : &nothing;
}

const struct container *parties_container(const struct parties *parties, uint32_t number)
{
	struct item *item;

	if (!number || !parties->ops)
		return NULL;
	item = item_at(parties, number);
	if (item->container)
		return item->container;
	item->container = parties->ops->find(parties->ctx, &item->party);
	if (item->container)
		parties->knowledge->of[number] = 0;
	return item->container;
}

uint64_t parties_knowledge(const struct parties *parties, uint32_t number)
{
	struct knowledge *knowledge;

	if (!number)
		return KNOWS_NOTHING;
	knowledge = parties->knowledge;
	if (knowledge->of[number] < knowledge->valid)
		knowledge->of[number] = knowledge->next++;
	return knowledge->of[number];
}

void parties_learned(struct parties *parties)
{
	parties->knowledge->valid = parties->knowledge->next;
}

void parties_get_stats(const struct parties *parties, struct parties_stats *ret)
{
	*ret = (struct parties_stats){ .held = parties->items.held,
				       .refused = parties->items.refused };
}

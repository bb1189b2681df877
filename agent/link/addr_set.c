// SPDX-License-Identifier: BSD-2-Clause
/*
 * A small hash of addresses.
 */
#include "link/addr_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_table.h"

struct addr_item {
	struct addr_item *next;
	uint32_t ifindex;
	uint8_t addr[16];
};

static unsigned int bucket_of(const uint8_t addr[static 16])
{
	return hash_bytes(0, addr, 16) % ADDR_SET_BUCKETS;
}

static struct addr_item **find(struct addr_set *set, uint32_t ifindex,
			       const uint8_t addr[static 16])
{
	struct addr_item **at = &set->buckets[bucket_of(addr)];

	while (*at && ((*at)->ifindex != ifindex || memcmp((*at)->addr, addr, 16) != 0))
		at = &(*at)->next;
	return at;
}

int addr_set_add(struct addr_set *set, uint32_t ifindex, const uint8_t addr[static 16])
{
	struct addr_item **at = find(set, ifindex, addr), *item;

	if (*at)
		return 0;
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->ifindex = ifindex;
	memcpy(item->addr, addr, sizeof(item->addr));
	*at = item;
	return 0;
}

void addr_set_remove(struct addr_set *set, uint32_t ifindex, const uint8_t addr[static 16])
{
	struct addr_item **at = find(set, ifindex, addr), *item = *at;

	if (!item)
		return;
	*at = item->next;
	free(item);
}

bool addr_set_has(const struct addr_set *set, const uint8_t addr[static 16])
{
	static const uint8_t loopback[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };

	if (!memcmp(addr, loopback, sizeof(loopback)))
		return true;
	for (const struct addr_item *item = set->buckets[bucket_of(addr)]; item;
	     item = item->next) {
		if (!memcmp(item->addr, addr, 16))
			return true;
	}
	return false;
}

void addr_set_each(const struct addr_set *set, void (*fn)(void *ctx, const uint8_t addr[static 16]),
		   void *ctx)
{
	for (unsigned int i = 0; i < ADDR_SET_BUCKETS; i++) {
		for (const struct addr_item *item = set->buckets[i]; item; item = item->next)
			fn(ctx, item->addr);
	}
}

void addr_set_done(struct addr_set *set)
{
	for (unsigned int i = 0; i < ADDR_SET_BUCKETS; i++) {
		while (set->buckets[i]) {
			struct addr_item *next = set->buckets[i]->next;

			free(set->buckets[i]);
			set->buckets[i] = next;
		}
	}
}

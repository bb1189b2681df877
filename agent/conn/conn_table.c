// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pools and hashes of legs and connections. A leg's key is its connection's tuple and its own
 * interface, VLAN and VNI. Legs have a hash of their own although their connection's list has them:
 * a broadcast makes one of hundreds, and the sweep comes to each of them once a second.
 */
#include "conn/conn_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the legs of one connection have in common: the first bytes of the key, and these. */
struct tuple {
	__be32 addr[2][4];
	__be16 port[2];
	uint8_t netns, family, proto, pad;
};

static uint64_t hash_mix(uint64_t hash)
{
	hash *= 0xd6e8feb86659fd93ULL;
	return hash ^ (hash >> 32);
}

uint64_t hash_bytes(uint64_t seed, const void *bytes, uint32_t len)
{
	const char *at = bytes;
	uint64_t hash = seed ^ (len * 0x9e3779b97f4a7c15ULL), word;
	uint32_t half;

	for (; len >= 8; len -= 8, at += 8) {
		memcpy(&word, at, sizeof(word));
		hash = hash_mix(hash ^ word);
	}
	if (len) {
		memcpy(&half, at, sizeof(half));
		hash = hash_mix(hash ^ half);
	}
	return hash_mix(hash);
}

/* Addresses and ports are the first bytes of a key, and these two of a connection, too. */
static uint64_t tuple_hash_of(const __be32 addr[2][4], const __be16 port[2], uint8_t netns,
			      uint8_t family, uint8_t proto)
{
	struct tuple tuple = { .netns = netns, .family = family, .proto = proto };

	memcpy(tuple.addr, addr, sizeof(tuple.addr));
	memcpy(tuple.port, port, sizeof(tuple.port));
	return hash_bytes(1, &tuple, sizeof(tuple));
}

uint64_t tuple_hash(const struct weir_flow_key *key)
{
	return tuple_hash_of(key->addr, key->port, key->netns, key->family, key->proto);
}

uint64_t conn_hash(const struct conn *conn)
{
	return tuple_hash_of(conn->addr, conn->port, conn->netns, conn->family, conn->proto);
}

uint64_t conn_id(const struct conn *conn, uint64_t hash, uint64_t boot_id)
{
	return hash_bytes(boot_id ^ hash, &conn->start_ns, sizeof(conn->start_ns));
}

/* Not zeroed, so that no page is touched before it is used; aligned, for as few lines an item. */
static int pool_init(struct pool *pool, uint32_t item_size, uint32_t capacity)
{
	void *items;

	pool->item_size = item_size;
	pool->capacity = capacity;
	if (posix_memalign(&items, 64, ((size_t)capacity + 1) * item_size))
		return -ENOMEM;
	pool->items = items;
	memset(pool->items, 0, item_size);
	return 0;
}

static void *pool_item(const struct pool *pool, uint32_t index)
{
	return pool->items + (uint64_t)index * pool->item_size;
}

static uint32_t pool_take(struct pool *pool)
{
	uint32_t index = pool->free;

	if (index)
		memcpy(&pool->free, pool_item(pool, index), sizeof(pool->free));
	else if (pool->used < pool->capacity)
		index = ++pool->used;
	else
		return 0;
	memset(pool_item(pool, index), 0, pool->item_size);
	pool->count++;
	return index;
}

static void pool_give(struct pool *pool, uint32_t index)
{
	memcpy(pool_item(pool, index), &pool->free, sizeof(pool->free));
	pool->free = index;
	pool->count--;
}

int conn_maps_init(struct conn_maps *maps, uint32_t capacity)
{
	uint32_t buckets = 1024;
	int r;

	while (buckets < capacity && buckets < 1U << 30)
		buckets *= 2;
	*maps = (struct conn_maps){ .mask = buckets - 1 };
	maps->heads = calloc(buckets + buckets / 2, sizeof(*maps->heads));
	r = pool_init(&maps->legs, sizeof(struct leg), capacity);
	if (!r)
		r = pool_init(&maps->conns, sizeof(struct conn), capacity);
	if (!maps->heads)
		r = -ENOMEM;
	if (r)
		conn_maps_done(maps);
	return r;
}

void conn_maps_done(struct conn_maps *maps)
{
	free(maps->heads);
	free(maps->legs.items);
	free(maps->conns.items);
	*maps = (struct conn_maps){ 0 };
}

/* Of the tuple's hash and of what the leg adds to it. */
static uint64_t place_hash(uint64_t hash, uint32_t ifindex, uint16_t vlan,
			   const uint8_t vni[static 3])
{
	uint32_t place[2] = { ifindex, (uint32_t)vlan << 16 ^ (uint32_t)vni[0] << 16 ^
					       (uint32_t)vni[1] << 8 ^ vni[2] };

	return hash_bytes(hash, place, sizeof(place));
}

uint64_t leg_place(uint64_t hash, const struct weir_flow_key *key)
{
	return place_hash(hash, key->ifindex, key->vlan, key->vni);
}

static uint32_t *leg_head(const struct conn_maps *maps, uint64_t hash)
{
	return &maps->heads[(uint32_t)hash & maps->mask];
}

static uint32_t *conn_head(const struct conn_maps *maps, uint64_t hash)
{
	return &maps->heads[maps->mask + 1 + ((uint32_t)hash & maps->mask) / 2];
}

static bool is_of_tuple(const struct conn *conn, const struct weir_flow_key *key)
{
	return !memcmp(conn->addr, key->addr, sizeof(conn->addr)) &&
	       !memcmp(conn->port, key->port, sizeof(conn->port)) && conn->netns == key->netns &&
	       conn->family == key->family && conn->proto == key->proto;
}

static bool is_at_place(const struct leg *leg, const struct weir_flow_key *key)
{
	return leg->ifindex == key->ifindex && leg->vlan == key->vlan &&
	       !memcmp(leg->vni, key->vni, sizeof(leg->vni));
}

uint32_t leg_find(const struct conn_maps *maps, uint64_t hash, const struct weir_flow_key *key)
{
	uint64_t place = leg_place(hash, key);
	uint32_t index = *leg_head(maps, place);

	for (; index; index = leg_at(maps, index)->hash_next) {
		const struct leg *leg = leg_at(maps, index);

		if (leg->tag == place >> 48 && is_at_place(leg, key) &&
		    is_of_tuple(conn_at(maps, leg->conn), key))
			break;
	}
	return index;
}

void leg_expect(const struct conn_maps *maps, uint64_t place, unsigned int step)
{
	const uint32_t *head = leg_head(maps, place);
	const struct conn *conn;

	if (!step) {
		__builtin_prefetch(head);
	} else if (step == 1) {
		__builtin_prefetch(leg_at(maps, *head));
	} else {
		conn = conn_at(maps, leg_at(maps, *head)->conn);
		__builtin_prefetch(conn);
		__builtin_prefetch(&conn->proto); /* it may begin in the middle of a line */
	}
}

uint32_t leg_add(struct conn_maps *maps, uint64_t hash, const struct weir_flow_key *key)
{
	uint64_t place = leg_place(hash, key);
	uint32_t *head = leg_head(maps, place), index = pool_take(&maps->legs);
	struct leg *leg = leg_at(maps, index);

	if (!index)
		return 0;
	leg->tag = (uint16_t)(place >> 48);
	leg->ifindex = key->ifindex;
	leg->vlan = key->vlan;
	memcpy(leg->vni, key->vni, sizeof(leg->vni));
	leg->hash_next = *head;
	*head = index;
	return index;
}

void leg_remove(struct conn_maps *maps, uint64_t hash, uint32_t index)
{
	const struct leg *leg = leg_at(maps, index);
	uint32_t *at = leg_head(maps, place_hash(hash, leg->ifindex, leg->vlan, leg->vni));

	while (*at != index)
		at = &leg_at(maps, *at)->hash_next;
	*at = leg->hash_next;
	pool_give(&maps->legs, index);
}

void leg_get_key(const struct conn_maps *maps, uint32_t index, struct weir_flow_key *ret)
{
	const struct leg *leg = leg_at(maps, index);
	const struct conn *conn = conn_at(maps, leg->conn);

	*ret = (struct weir_flow_key){ .port = { conn->port[0], conn->port[1] },
				       .ifindex = leg->ifindex,
				       .vlan = leg->vlan,
				       .netns = conn->netns,
				       .family = conn->family,
				       .proto = conn->proto };
	memcpy(ret->addr, conn->addr, sizeof(ret->addr));
	memcpy(ret->vni, leg->vni, sizeof(ret->vni));
}

uint32_t conn_find(const struct conn_maps *maps, uint64_t hash, const struct weir_flow_key *key)
{
	uint32_t conn = *conn_head(maps, hash);

	while (conn && !is_of_tuple(conn_at(maps, conn), key))
		conn = conn_at(maps, conn)->hash_next;
	return conn;
}

uint32_t conn_add(struct conn_maps *maps, const struct weir_flow_key *key)
{
	uint32_t index = pool_take(&maps->conns);
	struct conn *conn = conn_at(maps, index);

	if (!index)
		return 0;
	memcpy(conn->addr, key->addr, sizeof(conn->addr));
	memcpy(conn->port, key->port, sizeof(conn->port));
	conn->netns = key->netns;
	conn->family = key->family & 7;
	conn->proto = key->proto;
	return index;
}

void conn_link(struct conn_maps *maps, uint64_t hash, uint32_t conn)
{
	uint32_t *head = conn_head(maps, hash);

	conn_at(maps, conn)->hash_next = *head;
	conn_at(maps, conn)->is_in_hash = true;
	*head = conn;
}

void conn_unlink(struct conn_maps *maps, uint32_t conn)
{
	uint32_t *at;

	if (!conn_at(maps, conn)->is_in_hash)
		return;
	at = conn_head(maps, conn_hash(conn_at(maps, conn)));
	while (*at != conn)
		at = &conn_at(maps, *at)->hash_next;
	*at = conn_at(maps, conn)->hash_next;
	conn_at(maps, conn)->is_in_hash = false;
}

void conn_remove(struct conn_maps *maps, uint32_t conn)
{
	conn_unlink(maps, conn);
	pool_give(&maps->conns, conn);
}

void conn_attach_leg(struct conn_maps *maps, uint32_t conn, uint32_t leg)
{
	uint32_t *at = &conn_at(maps, conn)->first_leg;

	while (*at)
		at = &leg_at(maps, *at)->next_in_conn;
	*at = leg;
	leg_at(maps, leg)->next_in_conn = 0;
	leg_at(maps, leg)->conn = conn;
}

void conn_detach_leg(struct conn_maps *maps, uint32_t leg)
{
	uint32_t *at = &conn_at(maps, leg_at(maps, leg)->conn)->first_leg;

	while (*at != leg)
		at = &leg_at(maps, *at)->next_in_conn;
	*at = leg_at(maps, leg)->next_in_conn;
	leg_at(maps, leg)->conn = 0;
}

bool leg_has_others(const struct conn_maps *maps, uint32_t leg)
{
	return conn_at(maps, leg_at(maps, leg)->conn)->first_leg != leg ||
	       leg_at(maps, leg)->next_in_conn;
}

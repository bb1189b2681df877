// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pools and hashes of legs and connections. A connection has no tuple of its own: the key of its
 * first leg holds it.
 */
#include "conn_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the legs of one connection have in common: the first bytes of the key, and these. */
struct tuple {
	__be32 addr[2][4];
	__be16 port[2];
	uint8_t netns, family, proto, pad;
};

uint64_t hash_bytes(uint64_t seed, const void *bytes, uint32_t len)
{
	const char *at = bytes;
	uint64_t hash = seed ^ (len * 0x9e3779b97f4a7c15ULL);

	for (; len >= 4; len -= 4, at += 4) {
		uint32_t word;

		memcpy(&word, at, sizeof(word));
		hash = (hash ^ word) * 0xd6e8feb86659fd93ULL;
		hash ^= hash >> 32;
	}
	hash *= 0xd6e8feb86659fd93ULL;
	return hash ^ (hash >> 32);
}

static uint32_t leg_bucket(const struct conn_maps *maps, const struct weir_flow_key *key)
{
	return (uint32_t)hash_bytes(0, key, sizeof(*key)) & maps->mask;
}

static uint32_t conn_bucket(const struct conn_maps *maps, const struct weir_flow_key *key)
{
	struct tuple tuple = { .netns = key->netns, .family = key->family, .proto = key->proto };

	memcpy(tuple.addr, key->addr, sizeof(tuple.addr));
	memcpy(tuple.port, key->port, sizeof(tuple.port));
	return (uint32_t)hash_bytes(1, &tuple, sizeof(tuple)) & maps->mask;
}

static bool is_same_tuple(const struct weir_flow_key *a, const struct weir_flow_key *b)
{
	return a->proto == b->proto && a->family == b->family && a->netns == b->netns &&
	       !memcmp(a->port, b->port, sizeof(a->port)) &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

static int pool_init(struct pool *pool, uint32_t item_size, uint32_t capacity)
{
	pool->item_size = item_size;
	pool->capacity = capacity;
	pool->items = calloc((size_t)capacity + 1, item_size);
	return pool->items ? 0 : -ENOMEM;
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
	maps->leg_buckets = calloc(buckets, sizeof(*maps->leg_buckets));
	maps->conn_buckets = calloc(buckets, sizeof(*maps->conn_buckets));
	r = pool_init(&maps->legs, sizeof(struct leg), capacity);
	if (!r)
		r = pool_init(&maps->conns, sizeof(struct conn), capacity);
	if (!maps->leg_buckets || !maps->conn_buckets)
		r = -ENOMEM;
	if (r)
		conn_maps_done(maps);
	return r;
}

void conn_maps_done(struct conn_maps *maps)
{
	free(maps->leg_buckets);
	free(maps->conn_buckets);
	free(maps->legs.items);
	free(maps->conns.items);
	*maps = (struct conn_maps){ 0 };
}

uint32_t leg_find(const struct conn_maps *maps, const struct weir_flow_key *key)
{
	uint32_t leg = maps->leg_buckets[leg_bucket(maps, key)];

	while (leg && memcmp(&leg_at(maps, leg)->key, key, sizeof(*key)) != 0)
		leg = leg_at(maps, leg)->hash_next;
	return leg;
}

uint32_t leg_add(struct conn_maps *maps, const struct weir_flow_key *key)
{
	uint32_t *bucket = &maps->leg_buckets[leg_bucket(maps, key)];
	uint32_t index = pool_take(&maps->legs);

	if (!index)
		return 0;
	leg_at(maps, index)->key = *key;
	leg_at(maps, index)->hash_next = *bucket;
	*bucket = index;
	return index;
}

void leg_remove(struct conn_maps *maps, uint32_t leg)
{
	uint32_t *at = &maps->leg_buckets[leg_bucket(maps, &leg_at(maps, leg)->key)];

	while (*at != leg)
		at = &leg_at(maps, *at)->hash_next;
	*at = leg_at(maps, leg)->hash_next;
	pool_give(&maps->legs, leg);
}

static const struct weir_flow_key *conn_key(const struct conn_maps *maps, uint32_t conn)
{
	return &leg_at(maps, conn_at(maps, conn)->first_leg)->key;
}

uint32_t conn_find(const struct conn_maps *maps, const struct weir_flow_key *key)
{
	uint32_t conn = maps->conn_buckets[conn_bucket(maps, key)];

	while (conn && !is_same_tuple(conn_key(maps, conn), key))
		conn = conn_at(maps, conn)->hash_next;
	return conn;
}

uint32_t conn_add(struct conn_maps *maps)
{
	return pool_take(&maps->conns);
}

void conn_link(struct conn_maps *maps, uint32_t conn)
{
	uint32_t *bucket = &maps->conn_buckets[conn_bucket(maps, conn_key(maps, conn))];

	conn_at(maps, conn)->hash_next = *bucket;
	conn_at(maps, conn)->is_in_hash = true;
	*bucket = conn;
}

void conn_unlink(struct conn_maps *maps, uint32_t conn)
{
	uint32_t *at;

	if (!conn_at(maps, conn)->is_in_hash)
		return;
	at = &maps->conn_buckets[conn_bucket(maps, conn_key(maps, conn))];
	while (*at != conn)
		at = &conn_at(maps, *at)->hash_next;
	*at = conn_at(maps, conn)->hash_next;
	conn_at(maps, conn)->is_in_hash = false;
}

void conn_remove(struct conn_maps *maps, uint32_t conn)
{
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
	conn_at(maps, conn)->legs++;
}

void conn_detach_leg(struct conn_maps *maps, uint32_t leg)
{
	uint32_t conn = leg_at(maps, leg)->conn, *at = &conn_at(maps, conn)->first_leg;

	if (conn_at(maps, conn)->legs == 1)
		conn_unlink(maps, conn);
	while (*at != leg)
		at = &leg_at(maps, *at)->next_in_conn;
	*at = leg_at(maps, leg)->next_in_conn;
	leg_at(maps, leg)->conn = 0;
	conn_at(maps, conn)->legs--;
}

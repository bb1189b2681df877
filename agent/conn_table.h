/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of conn.c: legs and connections in two pools, named by index (0: none), found by
 * hash. Pools are as large as the kernel's map and touched as they fill.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/flow.h"

struct past_leg; /* leg_values.c's */
struct ended_leg;

struct leg {
	struct weir_flow_key key;
	uint64_t start_ns;
	uint32_t conn;
	uint32_t next_in_conn;
	uint32_t hash_next;
	bool is_closed;
	bool is_first; /* connection of the entry: its counters began at 0 */
};

struct conn {
	uint64_t id;
	uint64_t start_ns;
	uint64_t close_ns; /* when it ended; 0: it goes on */
	uint64_t last_record_ns;
	uint64_t reported_packets; /* both directions, when last reported */
	struct past_leg *past;	   /* what legs had seen that have gone */
	struct ended_leg *ended;   /* and those that wait for the end to be told */
	uint32_t first_leg;
	uint32_t legs;
	uint32_t isn; /* of the initiator's SYN, where it was seen */
	uint32_t hash_next;
	uint32_t closing_prev, closing_next; /* list of those whose end is yet to be told */
	uint8_t mac[2][6];		     /* by direction */
	uint8_t initiator;		     /* direction */
	uint8_t initiator_by;
	uint8_t icmp_type; /* of the first packet */
	uint8_t icmp_code;
	uint8_t told_flags;
	uint8_t close_reason;
	uint8_t closed_by;    /* direction */
	bool is_packet_noted; /* mac, icmp_type, icmp_code */
	bool is_established_told;
	bool is_closing; /* in the list */
	bool is_close_told;
	bool is_in_hash;
};

struct pool {
	char *items;
	uint32_t item_size;
	uint32_t capacity; /* indexes 1 .. capacity */
	uint32_t used;	   /* indexes ever used */
	uint32_t free;	   /* list through the first word of each item */
	uint32_t count;
};

struct conn_maps {
	struct pool legs;
	struct pool conns;
	uint32_t *leg_buckets;
	uint32_t *conn_buckets;
	uint32_t mask;
};

int conn_maps_init(struct conn_maps *maps, uint32_t capacity);
void conn_maps_done(struct conn_maps *maps);

static inline struct leg *leg_at(const struct conn_maps *maps, uint32_t index)
{
	return (struct leg *)(void *)(maps->legs.items + (uint64_t)index * sizeof(struct leg));
}

static inline struct conn *conn_at(const struct conn_maps *maps, uint32_t index)
{
	return (struct conn *)(void *)(maps->conns.items + (uint64_t)index * sizeof(struct conn));
}

/* 0: not there. */
uint32_t leg_find(const struct conn_maps *maps, const struct weir_flow_key *key);
/* A new leg, in the hash, of no connection yet. 0: the pool is exhausted. */
uint32_t leg_add(struct conn_maps *maps, const struct weir_flow_key *key);
/* Out of hash and pool; it must have left its connection. */
void leg_remove(struct conn_maps *maps, uint32_t leg);

/* The connection that the tuple of the key names at present. */
uint32_t conn_find(const struct conn_maps *maps, const struct weir_flow_key *key);
/* A new, zeroed connection, not in the hash. */
uint32_t conn_add(struct conn_maps *maps);
/* Makes it the tuple's present one. It must have a leg by then. */
void conn_link(struct conn_maps *maps, uint32_t conn);
/* It is no longer the tuple's present one. */
void conn_unlink(struct conn_maps *maps, uint32_t conn);
void conn_remove(struct conn_maps *maps, uint32_t conn);

void conn_attach_leg(struct conn_maps *maps, uint32_t conn, uint32_t leg);
/* The connection is unlinked first if this was its last leg. */
void conn_detach_leg(struct conn_maps *maps, uint32_t leg);

/* 64 well-mixed bits of some bytes (a multiple of 4); not against an adversary. */
uint64_t hash_bytes(uint64_t seed, const void *bytes, uint32_t len);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of conn.c: legs and connections in two pools, named by index (0: none), found by
 * hash. Pools are as large as the kernel's map and touched as they fill. A flow of one leg takes
 * 136 bytes: most of what the agent has in memory, so what few connections need is kept apart.
 *
 * Functions that find and add take the hash of the key's tuple, so that it is made once an event.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link/iface.h"

#include "weir/flow.h"

#define PROTO_TCP 6

/* One interface's share of a connection, which has the rest of its key. */
struct leg {
	uint64_t start_ns;
	uint32_t ifindex;
	uint32_t conn;
	uint32_t next_in_conn;
	uint32_t hash_next;
	uint16_t
		tag; /* of the key's hash: few others in the chain need a look at their connection */
	uint16_t vlan;
	uint8_t vni[3];
	bool is_closed : 1;
	bool is_first : 1; /* connection of the entry: its counters began at 0 */
	uint8_t role : 3;  /* of its interface, as it was told first; ROLE_OTHER: not yet */
};
WEIR_ASSERT_SIZE(struct leg, 32);

/* The first one that spoke of a connection, if has_icmp_error. */
struct icmp_error {
	uint8_t type, code;
};

struct conn {
	uint64_t start_ns;
	union {
		uint64_t last_record_ns; /* while it goes on */
		uint64_t close_ns;	 /* is_ended */
	};
	struct conn_kept *kept; /* NULL in most */
	__be32 addr[2][4];
	__be16 port[2];
	uint8_t netns, proto;
	uint8_t family : 3;
	uint8_t is_local : 2; /* 1 << endpoint: its address is, or was, one of this host */
	uint8_t heard : 2;    /* 1 << direction, at any of its legs; and the next: conn_heard.c's */
	uint8_t is_shaken : 1; /* TCP: one side has completed the handshake */
	uint8_t told_flags;
	union {
		uint32_t isn;		       /* TCP: of the initiator's SYN, where it was seen */
		struct icmp_error other_error; /* all else */
	};
	uint32_t first_leg; /* 0: it has been removed */
	uint32_t hash_next;
	uint32_t reported_packets; /* in all, when last reported; modulo 2^32 */
	uint16_t party[2];	   /* by endpoint; counted by ops->party() */
	uint16_t nat_port;	   /* as in struct record */
	uint16_t nat : 13;	   /* the same; counted by ops->nat() */
	uint16_t nat_state : 2;	   /* enum conn_nat_state */
	uint16_t nat_has_twin : 1; /* the other half was seen, too */
	uint32_t cookie;	   /* as in struct record */
	union {
		struct { /* ICMP: of the first packet */
			uint8_t icmp_type, icmp_code;
		};
		struct icmp_error tcp_error;
	};
	uint16_t initiator : 1;	      /* direction */
	uint16_t initiator_by : 3;    /* enum weir_initiator_by */
	uint16_t close_reason : 4;    /* enum weir_close_reason */
	uint16_t closed_by : 1;	      /* direction */
	uint16_t is_packet_noted : 1; /* mac, icmp_type, icmp_code */
	uint16_t is_established_told : 1;
	uint16_t is_ended : 1;
	uint16_t is_close_told : 1;
	uint16_t is_in_hash : 1;
	uint16_t has_icmp_error : 1; /* one has spoken of it; of a packet in this direction: */
	uint16_t icmp_error_dir : 1;
};
WEIR_ASSERT_SIZE(struct conn, 96);
#define CONN_NAT_NUMBER_MAX 0x1fff
_Static_assert(WEIR_BY_MAX <= 8 && WEIR_CLOSE_MAX <= 16 && ROLE_MAX <= 8 && WEIR_IPV6 < 8,
	       "they fit in their bits");

/* Where it has place: TCP has no type of its own, and all else no ISN. */
static inline struct icmp_error *conn_icmp_error(struct conn *conn)
{
	return conn->proto == PROTO_TCP ? &conn->tcp_error : &conn->other_error;
}

struct past_leg; /* leg_values.c's */

/* Of a leg that has ended, and is there still: what was in its entry then. */
struct ended_leg {
	struct ended_leg *next;
	uint32_t leg;
	struct weir_flow flow;
};

/* What a connection has while its end is yet to be told, or after a leg of it has gone. */
struct conn_kept {
	struct conn_kept *prev, *next; /* conn_end.c's list */
	struct past_leg *past;	       /* what legs had seen that have gone */
	struct ended_leg *ended;       /* and those that wait for the end to be told */
	uint64_t place;		       /* in the log, for the end; 0: none */
	uint64_t place_ns;	       /* when it was reserved */
	uint32_t conn;
	bool is_closing;	      /* in the list */
	bool is_postponed;	      /* has been due once */
	struct ended_leg first_ended; /* most have no other: the one piece of memory does */
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
	uint32_t *heads; /* of the legs' chains, then of the connections', half as many */
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

/* Of what the legs of a connection have in common. */
uint64_t tuple_hash(const struct weir_flow_key *key);

/* 0: not there. */
uint32_t leg_find(const struct conn_maps *maps, uint64_t hash, const struct weir_flow_key *key);
/*
 * What leg_find() will look at, brought near in steps 0 to 2: each needs what the one before has
 * brought, so other work should come between them. place: of leg_place().
 */
uint64_t leg_place(uint64_t hash, const struct weir_flow_key *key);
void leg_expect(const struct conn_maps *maps, uint64_t place, unsigned int step);
/* A new leg, of no connection yet: it is found only once it has one. 0: the pool is exhausted. */
uint32_t leg_add(struct conn_maps *maps, uint64_t hash, const struct weir_flow_key *key);
/* Out of hash and pool; it must have left its connection. */
void leg_remove(struct conn_maps *maps, uint64_t hash, uint32_t index);
/* The leg's key, which it shares with its connection. */
void leg_get_key(const struct conn_maps *maps, uint32_t index, struct weir_flow_key *ret);

/* The connection that the tuple of the key names at present. */
uint32_t conn_find(const struct conn_maps *maps, uint64_t hash, const struct weir_flow_key *key);
/* A new connection of the key's tuple, else zeroed, not in the hash. */
uint32_t conn_add(struct conn_maps *maps, const struct weir_flow_key *key);
/* Makes it the tuple's present one. */
void conn_link(struct conn_maps *maps, uint64_t hash, uint32_t conn);
/* It is no longer the tuple's present one. */
void conn_unlink(struct conn_maps *maps, uint32_t conn);
/* Unlinked first; it must have no legs. */
void conn_remove(struct conn_maps *maps, uint32_t conn);
/* tuple_hash() of its keys. */
uint64_t conn_hash(const struct conn *conn);
/* Names the connection, whichever of its legs was seen first. hash: its tuple's. */
uint64_t conn_id(const struct conn *conn, uint64_t hash, uint64_t boot_id);

void conn_attach_leg(struct conn_maps *maps, uint32_t conn, uint32_t leg);
void conn_detach_leg(struct conn_maps *maps, uint32_t leg);
/* Has the leg's connection others beside it? */
bool leg_has_others(const struct conn_maps *maps, uint32_t leg);

/* 64 well-mixed bits of some bytes (a multiple of 4); not against an adversary. */
uint64_t hash_bytes(uint64_t seed, const void *bytes, uint32_t len);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections. A leg is one entry of the kernel's flow map; the legs of one 5-tuple in one network
 * namespace are one connection, whatever interfaces and VLANs it passes. This module joins them,
 * and makes one record per connection and change, out of events and out of the sweep alike: the map
 * is the truth, so an event that was lost is made up for when the sweep finds what it would have
 * told.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "log/record.h"

#include "weir/event.h"
#include "weir/flow.h"

struct conn_table;
struct weir_owner;

/* One end of a connection, and what there is to tell who it is. */
struct conn_side {
	const struct weir_flow_key *key;
	const struct weir_owner *owner; /* of the socket at this end; NULL: not told now */
	const uint8_t *mac;		/* NULL: not told now */
	uint32_t was;			/* what ops->party() said last; 0: has not been asked */
	uint8_t at;			/* endpoint of the key */
	bool is_behind;			/* the interface is between it and this host */
	bool is_by_packet;  /* owner: the socket's when the packet left, whoever sent that one */
	bool is_owner_only; /* it comes by itself: of place and packet nothing is told */
	bool is_knocking;   /* TCP: not established yet, and it may never be */
};

/* How far it is known whether a connection is translated (NAT). */
enum conn_nat_state {
	CONN_NAT_UNASKED, /* nobody could be asked */
	CONN_NAT_MISSED,  /* asked once in vain */
	CONN_NAT_PUT_OFF, /* too much was asked */
	CONN_NAT_SETTLED,
};

/* Is this connection translated? What is known of it before, and after the question. */
struct conn_nat {
	const struct weir_flow_key *key;
	uint64_t began_ns; /* of TCP whose SYN was seen; else 0 */
	uint32_t number;   /* of who/translations.h, counted for the connection; 0: none */
	uint32_t party[2]; /* as of party(): the initiator's, the responder's */
	uint16_t port;	   /* the initiator's in the other tuple */
	uint8_t state;	   /* enum conn_nat_state */
	uint8_t initiator; /* endpoint of the key */
	uint8_t icmp_type; /* of what the initiator sends */
	bool is_knocking;  /* TCP: not established yet, and it may never be */
	bool has_twin;	   /* the other half has been seen, too: it stays so */
};

struct conn_ops {
	/* Current value of a leg in the kernel. -ENOENT if it is gone. */
	int (*lookup)(void *ctx, const struct weir_flow_key *key, struct weir_flow *ret);
	/*
	 * Fills ifindex, name, role and so on of the interface that a key's ifindex names; false if it
	 * is not known (any more).
	 */
	bool (*iface)(void *ctx, uint32_t key_ifindex, struct record_leg *ret);
	/* When it was told to have gone: nothing comes of its legs since. 0: it has not. */
	uint64_t (*iface_gone_ns)(void *ctx, uint32_t key_ifindex);
	bool (*is_local)(void *ctx, const uint8_t addr[static 16]);
	/*
	 * Which endpoint of a connection that may be older than the agent is the server, and how
	 * that is told: WEIR_BY_LISTENER, it listens on this host, or of UDP WEIR_BY_PORTS. -1: none,
	 * both, or nobody knows.
	 */
	int (*listener)(void *ctx, const struct weir_flow_key *key, enum weir_initiator_by *ret_by);
	/*
	 * How many segments the sender of direction dir has sent again in the TCP connection that
	 * flow is a leg of. False: nobody knows. is_end: it is asked for the last time.
	 */
	bool (*retransmits)(void *ctx, const struct weir_flow_key *key,
			    const struct weir_flow *flow, int dir, bool is_end, uint32_t *ret);
	/*
	 * Who is this end? A number of who/party.h, counted for the connection, which has given up
	 * the one it had. Asked when the connection begins, and when an event tells more.
	 */
	uint32_t (*party)(void *ctx, const struct conn_side *side);
	/* The connection needs the number no more. */
	void (*party_drop)(void *ctx, uint32_t number);
	/*
	 * Is it translated? Asked before each of its records until the answer is settled, and then
	 * of those that are. The twin may tell better who the parties are.
	 */
	void (*nat)(void *ctx, struct conn_nat *nat);
	/* The connection needs the number no more; it may be 0. */
	void (*nat_drop)(void *ctx, uint32_t number, enum conn_nat_state state);
	/*
	 * A record is ready: all but its sequence number. Times are CLOCK_MONOTONIC here: the owner
	 * converts them. What is told late, because its event was lost, has the time at which it is
	 * told. legs: of a connection that has several, or has_more; count is 0 where that is all
	 * in the record.
	 */
	void (*record)(void *ctx, struct record *rec, const struct record_leg *legs,
		       unsigned int count);
	/*
	 * A place, never 0, behind all records so far, for an end that is told later: by fill(), as
	 * by record(), or not there, release(). fill() is false, and has done nothing, if the place
	 * has been overwritten meanwhile.
	 */
	uint64_t (*reserve)(void *ctx);
	bool (*fill)(void *ctx, uint64_t place, struct record *rec, const struct record_leg *legs,
		     unsigned int count);
	void (*release)(void *ctx, uint64_t place);
};

struct conn_options {
	uint32_t max_flows;
	uint64_t update_interval_ns;
	/* CLOCK_MONOTONIC: what is not TCP, and is first seen before, may have begun before the agent. */
	uint64_t young_until_ns;
	uint64_t boot_id; /* a hash of it: part of every conn_id */
};

struct conn_stats {
	uint64_t legs;	      /* known now */
	uint64_t connections; /* known now */
	uint64_t made_up;     /* changes that the sweep told because no event did */
	uint64_t no_room;     /* legs that found no place here */
};

int conn_table_new(struct conn_table **ret, const struct conn_options *options,
		   const struct conn_ops *ops, void *ctx);
void conn_table_free(struct conn_table **at);

void conn_event(struct conn_table *table, const struct weir_event *event);
/*
 * The socket at endpoint `at` of the present connection with the key's tuple has told whose it is.
 * Of the key only addresses, ports, family, protocol and netns are looked at.
 */
void conn_owned(struct conn_table *table, const struct weir_flow_key *key, unsigned int at,
		const struct weir_owner *owner);
/* What ops->party() said last of that endpoint; false: there is no such connection. */
bool conn_get_party(struct conn_table *table, const struct weir_flow_key *key, unsigned int at,
		    uint32_t *ret);
/* The number of what it is translated into, and the endpoint that began it; false: there is none. */
bool conn_get_nat(struct conn_table *table, const struct weir_flow_key *key, uint32_t *ret,
		  unsigned int *ret_initiator);
/*
 * conn_seen() of the entry is to come: what it will look at is brought near, in CONN_STEPS steps
 * between which other entries should have theirs. The first gives what the others (1 and up) need.
 */
#define CONN_STEPS 3
uint64_t conn_expect(const struct conn_table *table, const struct weir_flow_key *key);
void conn_expect_step(const struct conn_table *table, uint64_t expected, unsigned int step);
/* An entry as the sweep reads it; its last packet, and now: CLOCK_MONOTONIC. */
void conn_seen(struct conn_table *table, const struct weir_flow_key *key,
	       const struct weir_flow *flow, uint64_t last_ns, uint64_t now_ns);
/*
 * The entry's interface has gone: the same of the leg as conn_reaped(), but the entry is still there.
 */
void conn_gone(struct conn_table *table, const struct weir_flow_key *key,
	       const struct weir_flow *flow, uint64_t last_ns, uint64_t now_ns);
/*
 * The entry was reaped with this final value, because of reason. That ends the connection unless
 * another leg of it goes on; what this one has seen is then kept for its close.
 */
void conn_reaped(struct conn_table *table, const struct weir_flow_key *key,
		 const struct weir_flow *flow, uint8_t reason, uint64_t last_ns, uint64_t now_ns);
/*
 * A connection that has ended is told here, CONN_SETTLE_NS later: by then its other legs have seen
 * the end too, and what other CPUs were about to count is in the kernel's map. Its place in the log
 * it has from when the end was noticed. Tells some hundreds a call. Returns when to call again (CLOCK_MONOTONIC; now_ns: more are due), 0: not until the
 * next event.
 */
#define CONN_SETTLE_NS 10000000
uint64_t conn_settle(struct conn_table *table, uint64_t now_ns);
/*
 * The agent ends, and the last event has been read: tells the end of each connection of which it
 * has not been told, with what is in the kernel's map now; WEIR_CLOSE_AGENT_STOP of those that go
 * on. A call works for 1 ms or so: false, there is more to tell.
 */
bool conn_stop(struct conn_table *table, uint64_t now_ns);

void conn_get_stats(const struct conn_table *table, struct conn_stats *ret);

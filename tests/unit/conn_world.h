/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world for the tests of conn.c. A small kernel stands behind the table: it keeps a map of flows
 * by the datapath's rules (the same life cycle table), tells of them by events that can be held
 * back or lost, and is swept and reaped. What the table tells is kept for the test to look at.
 */
#pragma once

#include <netinet/in.h>

#include "base/cleanup.h"
#include "conn/conn.h"
#include "tests/harness.h"
#include "who/party.h"

#define US	  1000ULL
#define MS	  1000000ULL
#define SEC	  1000000000ULL
#define TICK_NS	  (4 * MS)
#define BEGIN_NS  (1000 * SEC)
#define INTERVAL  (5 * SEC)
#define YOUNG	  (1 * SEC) /* so long the agent may meet what is older */
#define FRAME_LEN 100

enum tcp_flag {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
};

enum {
	LO = 1,
	ETH0 = 2,
	ETH1 = 3,
	POD_A = 10,
	POD_B = 11,
	TAP = 12,
	DUMMY = 20,
	OTHER = 21,
	BOND = 30, /* PORT_A and PORT_B are its ports */
	PORT_A = 31,
	PORT_B = 32,
	MANY = 1000, /* and above: ports of a bridge */
};

/* An entry of the kernel's map. */
struct entry {
	struct weir_flow_key key;
	struct weir_flow flow;
	bool is_used;
	bool is_dying; /* marked by the sweep, and no packet since */
};

/* What the table has asked of one end of connections. */
struct asked {
	unsigned int count;
	/* The last time: */
	bool has_owner, has_mac, is_behind;
	uint32_t ifindex;
};

struct told {
	struct record rec;
	struct record_leg legs[RECORD_SLOTS_MAX];
	unsigned int count;
	uint64_t place; /* in the log, from 1 */
};

#define ENTRIES 2048
#define EVENTS	4096

struct world {
	struct conn_table *table;
	uint64_t now_ns;
	struct entry entries[ENTRIES];
	unsigned int entries_end; /* of those ever used */
	struct told *told;
	unsigned int told_count, told_room;
	uint64_t places;	    /* of the log, reserved ones included */
	uint64_t reserved[ENTRIES]; /* those that nothing has been told in */
	unsigned int reserved_count;
	unsigned int released;	/* places in which nothing will be told */
	bool overwrites_places; /* those that are reserved */
	/* Events that the agent has not read yet. */
	struct weir_event events[EVENTS];
	unsigned int events_begin, events_end;
	bool holds_events;    /* events wait for world_deliver() */
	bool loses_events;    /* the ring is full */
	int loss_percent;     /* or is so now and then */
	uint32_t gone_iface;  /* whose name is not known any more */
	uint32_t bare_iface;  /* that has no role any more */
	uint32_t left_iface;  /* that has gone, and is still known, */
	uint64_t left_ns;     /* since when */
	bool has_no_addrs;    /* this host, any more */
	unsigned int lookups; /* asked of the kernel's map */
	int listener;	      /* 1 + the endpoint that listens; 0: nobody knows */
	unsigned int listener_asked;
	uint32_t retransmits[2];	/* of each endpoint, */
	unsigned int knows_retransmits; /* if 1 << endpoint is there */
	unsigned int last_asked;	/* for the last time: how often */
	struct parties *parties;
	struct weir_owner owners[2]; /* what events of each endpoint's packets bring along */
	struct asked asked[2];
	enum conn_nat_state nat_state; /* what is answered: by default it is settled, */
	uint32_t nat_number;	       /* and nothing is translated */
	uint16_t nat_port;
	bool nat_has_twin;
	unsigned int nat_asked, nat_held;
	unsigned int nat_dropped[CONN_NAT_SETTLED + 1]; /* connections in that state */
	struct conn_nat nat_question;			/* the last one */
};

#define auto_world __attribute__((cleanup(world_free)))

struct world *world_new(uint32_t max_flows);
void world_free(struct world **at);

struct packet {
	uint8_t dir; /* who sends: endpoint 0 or 1 */
	uint8_t hook;
	uint8_t flags;
	uint8_t icmp_type;
	bool answers_unseen; /* a SYN-ACK for which the kernel's map had no room */
	uint32_t seq;
	uint32_t bytes; /* 0: FRAME_LEN */
};

/* Endpoint 0 is 10.0.1.5, port 43210 and above; endpoint 1 is 10.9.2.7:5432. */
struct weir_flow_key world_key(uint8_t proto, unsigned int tuple, uint32_t ifindex);
/* A packet passes an interface. */
void world_pass(struct world *world, const struct weir_flow_key *key, const struct packet *packet);

/* An interface, and the hook by which what endpoint 0 sends passes it. */
struct place {
	uint32_t ifindex;
	uint8_t hook;
};

/* A packet of tuple 0 on its way over all places; the answers take the same way back. */
void world_send(struct world *world, uint8_t proto, const struct place *path, size_t places,
		const struct packet *packet);
void world_send_udp(struct world *world, const struct place *path, size_t places, uint8_t dir);

extern const struct place uplink[1], pod[1], pod_and_uplink[2];

#define SEND(world, path, from, ...)                           \
	world_send(world, IPPROTO_TCP, path, ARRAY_SIZE(path), \
		   &(const struct packet){ .dir = (from), __VA_ARGS__ })

/* SYN, SYN-ACK, ACK; initiated by `from`. */
#define HANDSHAKE(world, path, from)                                      \
	do {                                                              \
		SEND(world, path, from, .flags = SYN, .seq = 1);          \
		SEND(world, path, !(from), .flags = SYN | ACK, .seq = 2); \
		SEND(world, path, from, .flags = ACK);                    \
	} while (0)

/* FIN, FIN, ACK; `from` closes. */
#define FAREWELL(world, path, from)                             \
	do {                                                    \
		SEND(world, path, from, .flags = FIN | ACK);    \
		SEND(world, path, !(from), .flags = FIN | ACK); \
		SEND(world, path, from, .flags = ACK);          \
	} while (0)

struct entry *world_find(struct world *world, const struct weir_flow_key *key);
/* Will the packet begin another connection in the entry? */
bool world_would_renew(const struct entry *entry, const struct packet *packet);
/* An ICMP error quotes a packet of the entry's that endpoint dir has sent. */
void world_icmp_error(struct world *world, const struct weir_flow_key *key, uint8_t dir,
		      uint8_t type, uint8_t code);
/* What the table is told of an interface. */
bool world_iface(void *ctx, uint32_t ifindex, struct record_leg *ret);
/* The agent reads the events that were held back. */
void world_deliver(struct world *world);
void world_sweep(struct world *world);
void world_reap_entry(struct world *world, struct entry *entry, enum weir_close_reason reason);
void world_reap(struct world *world, const struct weir_flow_key *key,
		enum weir_close_reason reason);
void world_reap_at(struct world *world, uint8_t proto, uint32_t ifindex,
		   enum weir_close_reason reason);
void world_reap_all(struct world *world, enum weir_close_reason reason);
/* What has ended is told. */
void world_settle(struct world *world);

/* What the test looks at next: the oldest record that it has not taken yet. */
struct told world_take(struct world *world);
struct told world_take_event(struct world *world, const char *name, enum record_event event);
void world_drop_told(struct world *world);
/* The same, and what was told is no holder of parties any more. */
void world_forget_told(struct world *world);
/* Who a record says that one side of it is: netns is the owner's tgid, via that of its socket. */
const struct party *world_party(const struct world *world, const struct record *rec, int side);
/* What only few records have. */
struct record_more world_more(const struct told *told);
void world_assert_silent(const struct world *world, const char *name);
/* What was told, in the order of the log. */
void world_sort_told(struct world *world);
/* The table knows nothing any more, and no place in the log waits for it. */
void world_assert_empty(const struct world *world);
/* Packets of FRAME_LEN, the same at each of the places. */
void world_assert_totals(const char *name, const struct told *told, unsigned int places,
			 uint64_t forward, uint64_t reverse);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record of the flow log: one event of one connection, compact, as it is stored. Text and JSON
 * are made of it only for a client that reads.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "link/iface.h"

struct buf;
struct parties;
struct record_mask;
struct translations;

enum record_event {
	RECORD_OPEN,
	RECORD_ESTABLISHED,
	RECORD_UPDATE,
	RECORD_CLOSE,
	RECORD_EVENT_MAX,
};

/* "open", "established", "update", "close" */
const char *record_event_to_str(enum record_event event);
/* enum weir_close_reason: "fin", "rst", ... */
const char *close_reason_to_str(unsigned int reason);

struct record_count {
	uint64_t packets;
	uint64_t bytes;
};

/* What one interface saw of the connection. Index 0: forward (from the initiator), 1: reverse. */
struct record_leg {
	char ifname[IFNAMSIZ];
	uint32_t ifindex;
	uint16_t vlan;	     /* WEIR_VLAN_TAGGED | id, or 0 */
	uint8_t role : 7;    /* enum iface_role */
	uint8_t is_edge : 1; /* see iface_is_edge() */
	uint8_t hooks[2];    /* 1 << enum weir_hook of each direction */
	uint8_t vni[3];	     /* as in the flow's key */
	uint32_t bond;	     /* ifindex of the bond or team it is a port of; 0: none */
	struct record_count count[2];
};

#define RECORD_LEGS_MAX	 8
#define RECORD_SLOTS_MAX (RECORD_LEGS_MAX + 1) /* and a struct record_more */

/*
 * What few connections have. It is kept as if it were one leg more, behind the others: no record
 * without it pays for it. Index 0: sent by the initiator, 1: by the responder.
 */
struct record_more {
	uint32_t retransmits[2]; /* where record.knows_retransmits says so */
	uint32_t resent[2];
	uint32_t fragments[2];
	uint16_t zero_windows[2];
	uint8_t icmp_type; /* of an error that spoke of it, if has_icmp_error */
	uint8_t icmp_code;
	uint8_t icmp_quoted; /* a packet of whom */
	bool has_icmp_error;
};
_Static_assert(sizeof(struct record_more) <= sizeof(struct record_leg), "it takes a leg's place");

/*
 * There are many, so each bit counts: what has bits to spare shares a word with what needs few. In
 * expressions a compiler may take a bit-field for a type of just that width: cast before a sum.
 */
struct record {
	uint64_t time_ns; /* since 1970; so is start_ns */
	uint64_t start_ns;
	uint64_t conn_id;
	struct record_count count[2]; /* forward, reverse */
	uint8_t addr[2][16];	      /* 0: the initiator's, 1: the responder's */
	uint16_t party[2];	      /* the same: numbers of who/party.h, for which it counts */
	uint16_t nat : 13;	      /* likewise, of who/translations.h: see record_nat.h */
	uint16_t nat_has_twin : 1;    /* the other half was seen, too */
	uint16_t nat_port;	      /* the initiator's in the other tuple */
	uint32_t cookie;  /* of the socket at the local end; 0: unknown, or over 32 bits */
	uint16_t port[2]; /* host order */
	char ifname[IFNAMSIZ];
	uint32_t ifindex;
	uint32_t legs_at; /* history's: where its further legs are, and how old the place is */

	uint64_t duration_ns : 58; /* 9 years */
	uint64_t is_void : 1;	   /* history's: nothing was told here */
	uint64_t has_more : 1;	   /* the last of legs is a struct record_more */
	uint64_t legs : 4; /* further ones: of the first the record itself says all; or all */

	uint64_t rtt_server_ns : 43; /* 0: unknown; up to RECORD_RTT_MAX */
	uint64_t vlan : 15;	     /* as in the flow's key: the id and what else marks the leg */
	uint64_t event : 4;	     /* enum record_event */
	uint64_t sender : 1;	     /* 0: the initiator is the record's source, 1: the responder */
	uint64_t closed_by : 1;	     /* close by fin, rst, refused: 0 initiator, 1 responder */

	uint64_t rtt_client_ns : 43;
	uint64_t close_reason : 4; /* enum weir_close_reason */
	uint64_t initiator_by : 3; /* enum weir_initiator_by */
	uint64_t is_of_many : 1;   /* totals are not the first leg's alone: legs are all of them */
	uint64_t role : 4;	   /* of the interface */
	uint64_t family : 3;
	uint64_t hook : 1;		/* enum weir_hook */
	uint64_t is_local : 2;		/* 1 << side: its address is one of this host */
	uint64_t knows_retransmits : 2; /* 1 << side; none, unless has_more */
	bool has_counts : 1;

	uint32_t vni : 24;
	uint32_t netns : 8;
	uint8_t proto;
	uint8_t tcp_flags;
	uint8_t icmp_type;
	uint8_t icmp_code;
};
_Static_assert(sizeof(struct record) == 160, "no holes");

#define RECORD_RTT_MAX ((1ULL << 43) - 1) /* over two hours */

/* What all records of an agent share. */
struct record_context {
	const char *node_name;
	uint64_t agent_start_ns;
	const char *netns;	       /* inode of the agent's network namespace */
	const struct parties *parties; /* NULL: no record has any; so is the next */
	const struct translations *translations;
};

/* Has its protocol ports? */
bool record_has_ports(const struct record *rec);
/* Of ICMP: has it an id? Then that is both ports. */
bool record_has_icmp_id(const struct record *rec);
/* Puts it into a leg's place. */
void record_put_more(struct record_leg *slot, const struct record_more *more);
/* What is there, or nothing. legs: rec->legs of them, or NULL. */
void record_get_more(const struct record *rec, const struct record_leg *legs,
		     struct record_more *ret);

/*
 * Appends one line, a GetFlowsResponse in proto3 JSON, with its newline. seq: the record's place in
 * the log, from 1. legs: rec->legs of them; NULL if they were overwritten. mask: what of the flow is
 * wanted; NULL: all of it.
 */
void record_to_json(struct buf *buf, const struct record *rec, uint64_t seq,
		    const struct record_leg *legs, const struct record_context *context,
		    struct record_mask *mask);

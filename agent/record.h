/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record of the flow log: one event of one connection, compact, as it is stored. Text and JSON
 * are made of it only for a client that reads.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "iface.h"

struct buf;

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
	uint16_t vlan;	  /* WEIR_VLAN_TAGGED | id, or 0 */
	uint8_t role;	  /* enum iface_role */
	uint8_t hooks[2]; /* 1 << enum weir_hook of each direction */
	struct record_count count[2];
};

#define RECORD_LEGS_MAX 8

struct record {
	uint64_t seq;	  /* place in the log, from 1 */
	uint64_t time_ns; /* since 1970; so are the other times */
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t rtt_server_ns; /* 0: unknown */
	uint64_t rtt_client_ns;
	uint64_t conn_id;
	uint8_t addr[2][16]; /* 0: the initiator's, 1: the responder's */
	uint16_t port[2];    /* host order */
	uint32_t ifindex;
	uint32_t legs_at;	      /* history's: where its legs are, */
	uint32_t legs_stamp;	      /* and the age of the place */
	struct record_count count[2]; /* forward, reverse */
	uint8_t mac[2][6];	      /* initiator's, responder's; all zero: unknown */
	char ifname[IFNAMSIZ];
	uint32_t vni;
	uint16_t vlan; /* WEIR_VLAN_TAGGED and the id, WEIR_ENCAPSULATED */
	uint8_t netns;
	uint8_t legs;	/* 0 where the record itself says all of the only one */
	uint8_t event;	/* enum record_event */
	uint8_t sender; /* 0: the initiator is the record's source, 1: the responder */
	uint8_t tcp_flags;
	uint8_t close_reason; /* enum weir_close_reason */
	uint8_t closed_by;    /* close by fin, rst, refused: 0 initiator, 1 responder */
	uint8_t initiator_by; /* enum weir_initiator_by */
	uint8_t role;	      /* of the interface */
	uint8_t hook;	      /* enum weir_hook */
	uint8_t family;
	uint8_t proto;
	uint8_t icmp_type;
	uint8_t icmp_code;
	bool has_counts;
	bool is_local[2]; /* initiator's, responder's address is one of this host */
};

/* What all records of an agent share. */
struct record_context {
	const char *node_name;
	uint64_t agent_start_ns;
	const char *netns; /* inode of the agent's network namespace */
};

/*
 * Appends one line, a GetFlowsResponse in proto3 JSON, with its newline. legs: rec->legs of them;
 * NULL if they were overwritten.
 */
void record_to_json(struct buf *buf, const struct record *rec, const struct record_leg *legs,
		    const struct record_context *context);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the datapath has to do, said a second time, for tests to compare with: a packet as a hook
 * gets it goes into flows, counters and events. Written from the RFCs, docs/ and include/weir; it
 * shares with the datapath the structs of include/weir, the table of weir/lifecycle.h and the hash of
 * a key, and no code. Plain and slow on purpose.
 *
 * One CPU, no races, no clock: times are the numbers that the caller passes, 0 is never.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/command.h"
#include "weir/event.h"
#include "weir/iface.h"
#include "weir/lifecycle.h"

/* How far the programs read into a packet; see docs/design.md, "Parsing". */
#define REF_REACH	 256  /* TC, where not more of it lies in one piece */
#define REF_REACH_INSIDE 512  /* ... with what it carries or quotes */
#define REF_BEFORE	 256  /* bytes in front of layer 3 that are left from a tunnel */
#define REF_L3_HEAD	 8    /* bytes that say where layer 3 is */
#define REF_SHIMS	 8    /* headers between Ethernet and IP */
#define REF_EXT_HEADERS	 8    /* of IPv6 */
#define REF_FLOW	 (-1) /* not in a remainder */

/* A packet as its hook gets it. */
struct ref_frame {
	const uint8_t *bytes;
	size_t len;
	size_t linear; /* TC: so many bytes lie in one piece; 0: all */
	bool is_xdp;
	bool has_tag; /* TC: a VLAN tag in the metadata */
	uint16_t tci;
	uint16_t protocol; /* TC: ethertype, for an interface that has no Ethernet header */
	uint8_t hook;	   /* enum weir_hook */
	uint32_t gso_size, gso_segs;
	/* TC: what the kernel says that layer 3 begins with; NULL: nothing. */
	const uint8_t *l3_head;
};

struct ref_options {
	uint32_t ifindex;
	uint8_t netns;
	bool is_known;	   /* the interface has a slot */
	bool has_ethernet; /* to TC; XDP always has */
	bool has_ingress;  /* unlike the loopback */
	uint32_t gso_max[2];
	size_t max_flows;
	uint64_t max_unanswered, max_answering, max_one_sided;
	size_t ring_bytes; /* of events that nobody has read */
};

struct ref_entry {
	struct weir_flow_key key;
	struct weir_flow flow;
	struct ref_entry *next;
};

/* How many fragments have ended at a place of a datagram, less those that have begun there. */
struct ref_place {
	size_t place;
	int ended;
};

struct ref_fragment {
	struct weir_fragment_key key;
	struct weir_fragment first; /* without seconds and owed */
	bool is_old;		    /* too old for later fragments to find it */
	struct ref_place *places;
	size_t places_len;
	struct ref_fragment *next;
};

/* A flow that a packet was counted in, or that an ICMP error asked for. */
struct ref_touched {
	struct weir_flow_key key;
	uint8_t dir; /* the sender is endpoint dir of the key */
	bool is_quoted;
};

#define REF_BUCKETS 4096
#define REF_KNOCKS  64 /* places of `knocks` that the datapath must have, too */

/* What a packet without room has left: who answers it has heard it. */
struct ref_knock {
	struct weir_flow_key key;
	uint32_t number; /* TCP: behind it */
	uint8_t dir;
	bool is_there;
	bool is_answer; /* of TCP: a SYN-ACK */
};

/* What a test may read, and nobody but the reference writes. */
struct reference {
	struct ref_options options;
	struct weir_iface iface; /* of the one slot that counts: the interface's, or slot 0 */
	uint64_t counters[WEIR_COUNTER_MAX];
	uint64_t unanswered, answering, one_sided;
	bool is_refusing; /* the map was full: new flows are not tried */

	struct ref_entry *entries[REF_BUCKETS];
	size_t flows;
	struct ref_fragment *fragments[REF_BUCKETS];
	size_t fragments_len;
	struct ref_knock knocks[REF_KNOCKS][WEIR_HOOK_MAX][2]; /* the newer one first */
	struct weir_event *events;
	size_t events_len;
	size_t ring_used;

	/* What the last packet did. */
	int remainder; /* enum weir_remainder, or REF_FLOW */
	struct ref_touched touched[2];
	size_t touched_len;

	/* How often what happened, for a test to show that it tested something. */
	uint64_t seen_inner, seen_quoted, seen_renewed, seen_fragments, seen_let_in;
	uint64_t seen_passed; /* fragments of a datagram that had passed */
	uint64_t seen_step[WEIR_STATE_MAX][2][WEIR_INPUT_MAX];
};

int reference_new(struct reference **ret, const struct ref_options *options);
void reference_free(struct reference **ref);
/* The ring is empty again. */
void reference_read_events(struct reference *ref);
#define auto_reference __attribute__((cleanup(reference_free)))

/* Returns 0 or -ENOMEM. */
int reference_packet(struct reference *ref, const struct ref_frame *frame, uint64_t now);

/*
 * A command about the entry (NULL: there is none). is_same: start_ns is the entry's; is_quiet: so
 * are both `last`. Returns enum weir_command_result; *ret is the final value if REAP is done, and
 * the entry is gone.
 */
uint32_t reference_command(struct reference *ref, struct ref_entry *entry, enum weir_command_op op,
			   bool is_same, bool is_quiet, struct weir_flow *ret);
/* Takes the entry out as if user space deleted it. */
void reference_delete(struct reference *ref, struct ref_entry *entry);
struct ref_entry *reference_find(const struct reference *ref, const struct weir_flow_key *key);
/* One of the entries, whatever number one gives; NULL if there are none. */
struct ref_entry *reference_pick(const struct reference *ref, uint32_t number);
/* The time for later fragments of all packets so far is over. */
void reference_age_fragments(struct reference *ref);
struct ref_fragment *reference_find_fragment(const struct reference *ref,
					     const struct weir_fragment_key *key);
/* Is nothing of the datagram yet to come? */
bool reference_is_whole(const struct ref_fragment *seen);

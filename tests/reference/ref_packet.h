/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet as the reference reads it, and what the files of this folder call from each other. Who
 * uses the reference includes reference.h only.
 */
#pragma once

#include "tests/reference/reference.h"

#define REF_NO_MEMORY (-2)

enum ref_part {
	REF_WHOLE,
	REF_FIRST_FRAGMENT,
	REF_LATER_FRAGMENT,
};

/* What is behind layer 4. */
enum ref_inside {
	REF_NOTHING,
	REF_VXLAN,
	REF_GENEVE,
	REF_GRE,
	REF_IP_IN_IP,
	REF_QUOTE, /* of the packet that an ICMP error speaks of */
};

struct ref_packet {
	const uint8_t *bytes; /* the frame's; all places are counted from there */
	size_t begin;	      /* not 0: this packet is inside another one */
	size_t end;
	size_t reach; /* bytes from here on cannot be read */
	bool has_ethernet;
	uint16_t protocol; /* else */

	size_t headers; /* where its headers end, as far as they were understood */
	size_t ip_end;	/* by the IP header's own length, which knows of no padding */
	size_t shed;	/* bytes of its headers that are on no wire */
	struct weir_flow_key key;
	uint8_t dir;
	uint8_t hook;
	uint8_t part;  /* enum ref_part */
	bool has_more; /* of a fragment: it is not the last */
	size_t piece_at,
		piece_from; /* of a fragment: its piece's place, and that in the datagram */
	uint8_t inside;	    /* enum ref_inside */
	uint8_t macs[12];
	uint8_t tcp_flags;
	bool is_zero_window;
	uint32_t seq, ack, payload; /* TCP */
	uint8_t icmp_type, icmp_code;
	bool is_answer; /* ICMP: of a pair of messages the second */
	uint32_t gso_size, gso_segs;
	uint64_t segs, wire; /* packets on the wire and their bytes */
};

/*
 * The bytes at a place, NULL unless `exist` of them are in the packet (which ends at `end`) and
 * `read` within reach.
 */
static inline const uint8_t *ref_look(const struct ref_packet *p, size_t at, size_t end,
				      size_t exist, size_t read)
{
	return at + exist <= end && at + read <= p->reach ? p->bytes + at : NULL;
}

static inline uint16_t ref_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t ref_u32(const uint8_t *bytes)
{
	return (uint32_t)ref_u16(bytes) << 16 | ref_u16(bytes + 2);
}

/* Layers 2 to 4. REF_FLOW, or the remainder that the packet belongs to. */
int ref_parse(struct reference *ref, struct ref_packet *p);
/* Layer 4, between `at` and p->ip_end. ports: of sender and receiver, as in the packet. */
int ref_parse_l4(struct ref_packet *p, size_t at, uint16_t ports[2]);
bool ref_icmp_has_id(uint8_t proto, uint8_t type);
/* Behind the IPv6 extension headers at `at`, all of which end at `end`; 0: malformed. */
size_t ref_walk_ext(struct ref_packet *p, size_t at, size_t end, uint32_t *id);
/* Sorts the endpoints into the key. */
void ref_set_endpoints(struct ref_packet *p, const uint8_t src[16], const uint8_t dst[16],
		       const uint16_t ports[2]);
void ref_map_v4(uint8_t to[16], const uint8_t addr[4]);

/* The packet that a tunnel's packet carries; false: nothing that is known. */
bool ref_open_tunnel(const struct ref_packet *p, struct ref_packet *q);
/* Key and direction of the packet that an ICMP error quotes; false: it cannot be told. */
bool ref_read_quote(const struct ref_packet *p, struct ref_packet *q);

/* Counts the packet in its flow. REF_FLOW, the remainder that it belongs to, or REF_NO_MEMORY. */
int ref_observe(struct reference *ref, const struct ref_packet *p, uint64_t now);
/* Marks the flow, if there is one, and tells so. */
void ref_observe_quote(struct reference *ref, const struct ref_packet *q, uint64_t now);

/* The first fragment leaves what later ones find. Each is counted in its datagram. */
int ref_save_fragment(struct reference *ref, const struct ref_packet *p,
		      const struct weir_fragment_key *key, const uint16_t ports[2]);
int ref_find_fragment(struct reference *ref, struct ref_packet *p,
		      const struct weir_fragment_key *key, uint16_t ports[2]);

/* What a packet that begins a flow answers, of those that had no room. */
enum ref_heard {
	REF_UNHEARD,
	REF_HEARD,
	REF_HEARD_SYNACK,
};

/* The share of those that begin with the packet is taken. */
enum ref_heard ref_knock(struct reference *ref, const struct ref_packet *p);

/* The tables. REF_NO_MEMORY instead of REF_FLOW, NULL instead of an entry. */
struct ref_entry *ref_add_entry(struct reference *ref, const struct weir_flow_key *key);
struct ref_fragment *ref_add_fragment(struct reference *ref, const struct weir_fragment_key *key);
void ref_free_tables(struct reference *ref);

/* flow: as the packet left it. */
void ref_emit(struct reference *ref, enum weir_event_type type, const struct weir_flow *flow,
	      const struct ref_packet *p, uint64_t now);
/* An OPEN of what this packet alone has made: see WEIR_EVENT_SHORT. */
void ref_emit_short(struct reference *ref, const struct weir_flow *flow, const struct ref_packet *p,
		    uint64_t now);

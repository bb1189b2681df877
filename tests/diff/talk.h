/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A talk: two ends, what they speak, and in what their packets are wrapped. The generator picks
 * talks from a small world of addresses and ports, so that packets meet in flows.
 */
#pragma once

#include "random.h"
#include "session.h"

#define TALK_TUNNELS 3
#define TALK_TAGS    3
#define TALK_EXTS    10
#define TALK_QUOTE   256 /* bytes kept of the last packet, for an ICMP error to quote */

/* Between Ethernet and IP. */
struct talk_link {
	uint8_t tags, labels;
	bool has_pppoe, is_short_ppp; /* its number in one byte */
	uint16_t tag_type[TALK_TAGS], tci[TALK_TAGS];
};

struct talk_net {
	uint8_t family; /* enum weir_family */
	uint8_t addr[2][16];
	uint8_t options; /* IPv4: words of them */
	uint8_t exts;	 /* IPv6 extension headers */
	struct {
		uint8_t number, len;
	} ext[TALK_EXTS];
};

struct talk_tunnel {
	uint8_t proto;	 /* UDP (VXLAN, Geneve), GRE, IP in IP */
	uint16_t port;	 /* UDP's destination: which of the two */
	uint8_t gre;	 /* GRE: the first byte of its flags */
	uint8_t options; /* Geneve: words of them */
	bool is_bridged; /* an Ethernet frame is inside */
	uint8_t vni[3];
	struct talk_net net;
	struct talk_link link; /* inside, if it is an Ethernet frame */
};

enum talk_stage {
	TALK_NEW,
	TALK_SYN,
	TALK_SYNACK,
	TALK_OPEN,
	TALK_FIN,
	TALK_LAST,
	TALK_OVER,
};

struct talk {
	bool has_tag; /* in the metadata */
	uint16_t tci;
	struct talk_link link;
	uint8_t tunnels;
	struct talk_tunnel tunnel[TALK_TUNNELS];
	struct talk_net net;
	uint8_t proto;
	uint16_t port[2]; /* or ICMP id, the same twice */

	/* TCP */
	uint8_t stage;	  /* enum talk_stage */
	uint8_t client;	  /* of the two ends */
	uint8_t finisher; /* who has sent the first FIN */
	uint32_t isn[2];  /* of the last SYN */
	uint32_t next[2]; /* sequence number of the end's next byte */

	/* The last packet was a fragment, of this datagram. */
	bool has_part;
	uint8_t part_end, part_level;
	uint32_t part_id;

	uint8_t quote[TALK_QUOTE]; /* the last packet from its IP header on */
	size_t quote_len;
};

enum talk_part {
	TALK_WHOLE,
	TALK_FIRST,
	TALK_LATER,
};

/* One packet of a talk. */
struct talk_packet {
	uint8_t from; /* which end */
	uint8_t tcp_flags;
	bool has_zero_window;
	uint32_t seq, ack;
	uint8_t tcp_options; /* words */
	uint8_t icmp_type, icmp_code;
	uint16_t payload;
	uint8_t part; /* enum talk_part, of the IP packet at level `part_level` (0: the outermost) */
	uint8_t part_level;
	uint32_t part_id;
	uint16_t part_from, part_to; /* in units of 8 bytes; to 0: it ends where it ends */
	const uint8_t *quote;	     /* of an ICMP error, in front of the payload */
	size_t quote_len;
	bool is_jumbo; /* a super-packet of over 64 KiB, by its headers */
};

void talk_make(struct talk *talk, struct random *random);
/* What the next packet of the talk may be: mostly something plausible. */
void talk_next(struct talk *talk, struct random *random, struct talk_packet *packet);
/* An error about the last packet of `of`, which goes back to its sender. */
void talk_make_error(struct talk *talk, struct random *random, const struct talk *of,
		     struct talk_packet *packet);
/* Gives the talk headers so long that programs may not reach their end. */
void talk_lengthen(struct talk *talk, struct random *random);

/*
 * Writes the packet, with Ethernet or from what comes behind it on, of which *ret_protocol then is
 * the ethertype. Returns its length, at most SESSION_FRAME_MAX.
 */
size_t talk_write(struct talk *talk, const struct talk_packet *packet, struct random *random,
		  bool has_ethernet, uint8_t *bytes, uint16_t *ret_protocol);

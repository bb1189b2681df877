/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames for the datapath, built from a description, and the named actors who send them.
 *
 * An actor's address spells its ethertype in those bytes that lie where an Ethernet header has
 * it: 8.0.x.y and xxxx:xxxx:86dd::. A test run takes the protocol of a packet without layer 2
 * (the weir_l3_* programs) from there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKT_MAX	 4608 /* a test run takes 3600 */
#define PKT_EXTS 10

struct pkt_addr {
	uint8_t family;	   /* enum weir_family */
	uint8_t bytes[16]; /* as in a flow key */
};

extern const uint8_t mac_a[6], mac_b[6];

/* client < server in every byte order, so that the client is endpoint 0. */
extern const struct pkt_addr v4_client, v4_server;
extern const struct pkt_addr v6_client, v6_server;
/* Is after v6_client byte by byte, and before it in a comparison of little-endian words. */
extern const struct pkt_addr v6_far;

enum pkt_port {
	PORT_DNS = 53,
	PORT_HTTPS = 443,
	PORT_CLIENT = 40000,
};

enum pkt_tcp_flag {
	PKT_FIN = 0x01,
	PKT_SYN = 0x02,
	PKT_RST = 0x04,
	PKT_PSH = 0x08,
	PKT_ACK = 0x10,
	PKT_URG = 0x20,
	PKT_ECE = 0x40,
	PKT_CWR = 0x80,
};

#define PKT_TAG 0x10000 /* or'ed to the 16 bits of a VLAN tag, which may be 0 */

/* An IPv6 extension header: its number, its own field for the length, and what a fragment's says. */
struct pkt_ext {
	uint8_t kind;
	uint8_t len;
	uint16_t frag;
};

/* What is 0 is honest, or not there. */
struct pkt_desc {
	bool is_reverse;    /* from mac_b to mac_a */
	uint32_t tag[2];    /* PKT_TAG | TCI, the outer one first */
	uint16_t ethertype; /* instead of the one of the addresses */

	const struct pkt_addr *from, *to; /* NULL: no IP header */
	uint8_t version_ihl;		  /* IPv4: instead of the true byte */
	uint8_t version;		  /* IPv6: instead of 6 */
	uint8_t options;		  /* IPv4: their bytes */
	uint16_t frag;			  /* IPv4: 0x2000 for more, and the offset in 8 bytes */
	struct pkt_ext ext[PKT_EXTS];
	uint8_t exts;
	int16_t len_add;  /* added to the length in the IP header */
	bool is_len_zero; /* 0 is the length in the IP header */

	uint8_t proto;
	uint16_t sport, dport;
	uint8_t tcp_flags, tcp_options; /* bytes of options */
	uint8_t doff;			/* TCP: instead of the true one */
	uint32_t seq, ack;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id;
	uint16_t payload; /* bytes behind the layer-4 header */
	uint16_t l4_cut;  /* layer 4 and payload end after so many bytes, the IP header knows it */
	uint16_t padding; /* bytes behind layer 3 */
};

struct packet {
	uint8_t data[PKT_MAX];
	size_t len;
	size_t l3;     /* where layer 3 begins */
	size_t l3_end; /* where it ends by its own, honest or lying length */
};

/* Aborts if the description does not fit into PKT_MAX. */
void pkt_build(struct packet *ret, const struct pkt_desc *desc);
/* The same with sender and receiver changed over. */
struct pkt_desc pkt_reversed(const struct pkt_desc *desc);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames for the datapath, built from a description, and the named actors who send them.
 *
 * An actor's address spells its ethertype in those bytes that lie where an Ethernet header has
 * it: 8.0.x.y and xxxx:xxxx:86dd::. A test run takes the protocol of a packet without layer 2
 * (ENV_L3_IN and ENV_L3_OUT) from there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKT_MAX	  4608 /* a test run takes 3600 */
#define PKT_EXTS  10
#define PKT_SHIMS 10

struct pkt_addr {
	uint8_t family;	   /* enum weir_family */
	uint8_t bytes[16]; /* as in a flow key */
};

extern const uint8_t mac_a[6], mac_b[6];

/* client < server in every byte order, so that the client is endpoint 0. */
extern const struct pkt_addr v4_client, v4_server;
extern const struct pkt_addr v6_client, v6_server;
/* Is on the way, and after both. */
extern const struct pkt_addr v4_router, v6_router;
/* Is after v6_client byte by byte, and before it in a comparison of little-endian words. */
extern const struct pkt_addr v6_far;
/* They talk through tunnels; again the first is endpoint 0. */
extern const struct pkt_addr v4_pod, v4_peer;
extern const struct pkt_addr v6_pod, v6_peer;

enum pkt_port {
	PORT_DNS = 53,
	PORT_HTTPS = 443,
	PORT_CLIENT = 40000,
	PORT_VXLAN = 4789,
	PORT_VXLAN_LINUX = 8472,
	PORT_GENEVE = 6081,
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

enum pkt_ethertype {
	PKT_8021Q = 0x8100,
	PKT_8021AD = 0x88a8,
	PKT_QINQ = 0x9100,
	PKT_MPLS = 0x8847,
	PKT_MPLS_MULTICAST = 0x8848,
	PKT_PPPOE = 0x8864,
	PKT_PPPOE_DISCOVERY = 0x8863,
	PKT_LLDP = 0x88cc,
	PKT_BRIDGED = 0x6558,
};

/* A header between Ethernet and IP. Of labels the one before another header is the bottom. */
struct pkt_shim {
	uint16_t kind; /* enum pkt_ethertype */
	/* A tag's 16 bits; a label; PPPoE: what PPP carries, instead of IP. */
	uint32_t value;
};

#define TAG(tci_)                                  \
	{                                          \
		.kind = PKT_8021Q, .value = (tci_) \
	}
#define SERVICE_TAG(tci_)                           \
	{                                           \
		.kind = PKT_8021AD, .value = (tci_) \
	}
#define LABEL(label_)                               \
	{                                           \
		.kind = PKT_MPLS, .value = (label_) \
	}
#define PKT_PPP_SHORT 0x10000 /* the number has one byte on the wire */
#define PPPOE                     \
	{                         \
		.kind = PKT_PPPOE \
	}

/* An IPv6 extension header: its number, its own field for the length, and what a fragment's says. */
struct pkt_ext {
	uint8_t kind;
	uint8_t len;
	uint16_t frag;
};

/* What stands between the header of layer 4 and the packet that it carries. */
enum pkt_carrier {
	PKT_CARRY_PLAIN, /* nothing: IP in IP, an ICMP error */
	PKT_CARRY_VXLAN,
	PKT_CARRY_GENEVE,
	PKT_CARRY_GRE,
};

struct pkt_tunnel {
	uint8_t kind;	 /* enum pkt_carrier */
	uint8_t options; /* Geneve: their words */
	uint16_t flags;	 /* GRE: its flags; others: exclusive-or'ed to the first byte */
	uint16_t proto;	 /* GRE, Geneve: instead of the true one */
	uint32_t vni;	 /* 24 bits; GRE: the key */
};

#define GRE_HAS_CHECKSUM 0x8000
#define GRE_HAS_ROUTING	 0x4000
#define GRE_HAS_KEY	 0x2000
#define GRE_HAS_SEQUENCE 0x1000

/* What is 0 is honest, or not there. */
struct pkt_desc {
	bool is_reverse;    /* from mac_b to mac_a, and what it carries goes back as well */
	bool has_no_layer2; /* begins with IP, or with what stands in front of it */
	struct pkt_shim shim[PKT_SHIMS];
	uint16_t ethertype; /* instead of the one of the addresses */

	const struct pkt_addr *from, *to; /* NULL: no IP header */
	uint8_t version_ihl;		  /* IPv4: instead of the true byte */
	uint8_t version;		  /* IPv6: instead of 6 */
	uint8_t ttl;			  /* IPv4: instead of 64 */
	uint8_t options;		  /* IPv4: their bytes */
	uint16_t frag;			  /* IPv4: 0x2000 for more, and the offset in 8 bytes */
	uint32_t id;			  /* of fragments */
	struct pkt_ext ext[PKT_EXTS];
	uint8_t exts;
	int16_t len_add;  /* added to the length in the IP header */
	bool is_len_zero; /* 0 is the length in the IP header */

	uint8_t proto;
	uint16_t sport, dport;
	uint8_t tcp_flags, tcp_options; /* bytes of options */
	uint8_t doff;			/* TCP: instead of the true one */
	bool is_zero_window;
	uint32_t seq, ack;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id;
	struct pkt_tunnel tunnel;
	const struct pkt_desc *inner; /* the packet that it carries or quotes */
	uint16_t payload; /* bytes behind the layer-4 header, or behind the inner packet */
	uint16_t l4_cut;  /* layer 4 and payload end after so many bytes, the IP header knows it */
	uint16_t padding; /* bytes behind layer 3 */
};

/* Offsets in the frame. */
struct pkt_place {
	size_t begin;
	size_t l3, l4;
	size_t l3_end; /* by the IP header's own, honest or lying length */
};

struct packet {
	uint8_t data[PKT_MAX];
	size_t len;
	struct pkt_place at;
	struct pkt_place inner; /* all 0 if there is none */
};

/* Aborts if the description does not fit into PKT_MAX. */
void pkt_build(struct packet *ret, const struct pkt_desc *desc);
/* The same with sender and receiver changed over. */
struct pkt_desc pkt_reversed(const struct pkt_desc *desc);
/* Is it a fragment that has no header of layer 4? Or the first one? */
bool pkt_is_later_fragment(const struct pkt_desc *desc);
bool pkt_is_first_fragment(const struct pkt_desc *desc);

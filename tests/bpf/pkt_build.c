// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes a frame header by header into a buffer. Checksums are left 0: nobody here looks at them.
 * What a packet carries is written by the same functions once more, behind its headers.
 */
#include "pkt_build.h"

#include <arpa/inet.h>
#include <assert.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "weir/flow.h"

const uint8_t mac_a[6] = { 0x02, 0, 0, 0, 0, 0x0a };
const uint8_t mac_b[6] = { 0x02, 0, 0, 0, 0, 0x0b };

#define PPP_IP	 0x0021
#define PPP_IPV6 0x0057

#define V4(a, b, c, d)                          \
	{                                       \
		.family = WEIR_IPV4, .bytes = { \
			0,                      \
			0,                      \
			0,                      \
			0,                      \
			0,                      \
			0,                      \
			0,                      \
			0,                      \
			0,                      \
			0,                      \
			0xff,                   \
			0xff,                   \
			a,                      \
			b,                      \
			c,                      \
			d                       \
		}                               \
	}

const struct pkt_addr v4_client = V4(8, 0, 0, 10);
const struct pkt_addr v4_server = V4(8, 0, 0, 20);
const struct pkt_addr v6_client = {
	.family = WEIR_IPV6,
	.bytes = { 0x20, 0x01, 0x0d, 0xb8, 0x86, 0xdd, 0, 1, [15] = 0x0a },
};
const struct pkt_addr v6_server = {
	.family = WEIR_IPV6,
	.bytes = { 0x20, 0x01, 0x0d, 0xb8, 0x86, 0xdd, 0, 1, [15] = 0x14 },
};
const struct pkt_addr v4_router = V4(8, 0, 0, 30);
const struct pkt_addr v6_router = {
	.family = WEIR_IPV6,
	.bytes = { 0x20, 0x01, 0x0d, 0xb8, 0x86, 0xdd, 0, 1, [15] = 0x1e },
};
const struct pkt_addr v6_far = {
	.family = WEIR_IPV6,
	.bytes = { 0x20, 0x02, 0x0d, 0xb8, 0x86, 0xdd, 0, 0, [15] = 0x0a },
};

const struct pkt_addr v4_pod = V4(10, 9, 9, 10);
const struct pkt_addr v4_peer = V4(10, 9, 9, 20);
const struct pkt_addr v6_pod = {
	.family = WEIR_IPV6,
	.bytes = { 0xfd, 0x09, [15] = 0x0a },
};
const struct pkt_addr v6_peer = {
	.family = WEIR_IPV6,
	.bytes = { 0xfd, 0x09, [15] = 0x14 },
};

static void put(struct packet *packet, const void *bytes, size_t len)
{
	assert(packet->len + len <= sizeof(packet->data));
	memcpy(packet->data + packet->len, bytes, len);
	packet->len += len;
}

static void put_u8(struct packet *packet, uint8_t value)
{
	put(packet, &value, 1);
}

static void put_u16(struct packet *packet, uint16_t value)
{
	value = htons(value);
	put(packet, &value, 2);
}

static void put_u32(struct packet *packet, uint32_t value)
{
	value = htonl(value);
	put(packet, &value, 4);
}

static void put_fill(struct packet *packet, uint8_t value, size_t len)
{
	while (len--)
		put_u8(packet, value);
}

static uint16_t ip_type(const struct pkt_desc *desc)
{
	if (!desc->from)
		return 0;
	return desc->from->family == WEIR_IPV4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
}

/* The ethertype by which the packet, or what follows its layer 2, is announced. */
static uint16_t first_type(const struct pkt_desc *desc)
{
	if (desc->shim[0].kind)
		return desc->shim[0].kind;
	return desc->ethertype ? desc->ethertype : ip_type(desc);
}

static void put_ethernet(struct packet *packet, const struct pkt_desc *desc)
{
	put(packet, desc->is_reverse ? mac_a : mac_b, 6);
	put(packet, desc->is_reverse ? mac_b : mac_a, 6);
	put_u16(packet, first_type(desc));
}

static void put_pppoe(struct packet *packet, const struct pkt_desc *desc, uint32_t ppp)
{
	if (!ppp)
		ppp = ip_type(desc) == ETHERTYPE_IP ? PPP_IP : PPP_IPV6;
	put_u16(packet, 0x1100); /* version, type; code of a session */
	put_u16(packet, 1);	 /* session */
	put_u16(packet, 2);	 /* length, in which nobody here believes */
	if (ppp & PKT_PPP_SHORT)
		put_u8(packet, (uint8_t)ppp);
	else
		put_u16(packet, (uint16_t)ppp);
}

static void put_shims(struct packet *packet, const struct pkt_desc *desc)
{
	for (size_t i = 0; i < PKT_SHIMS && desc->shim[i].kind; i++) {
		const struct pkt_shim *shim = &desc->shim[i];
		uint16_t next = i + 1 < PKT_SHIMS ? desc->shim[i + 1].kind : 0;

		if (shim->kind == PKT_PPPOE) {
			put_pppoe(packet, desc, shim->value);
		} else if (shim->kind == PKT_MPLS || shim->kind == PKT_MPLS_MULTICAST) {
			put_u32(packet, shim->value << 12 | (next != shim->kind) << 8 | 64);
		} else {
			if (!next)
				next = desc->ethertype ? desc->ethertype : ip_type(desc);
			put_u16(packet, (uint16_t)shim->value);
			put_u16(packet, next);
		}
	}
}

static void put_tcp(struct packet *packet, const struct pkt_desc *desc)
{
	uint8_t doff = desc->doff ? desc->doff : (20 + desc->tcp_options) / 4;

	put_u16(packet, desc->sport);
	put_u16(packet, desc->dport);
	put_u32(packet, desc->seq);
	put_u32(packet, desc->ack);
	put_u8(packet, doff << 4);
	put_u8(packet, desc->tcp_flags);
	put_u16(packet, desc->is_zero_window ? 0 : 512);
	put_u32(packet, 0); /* checksum, urgent pointer */
	put_fill(packet, 1, desc->tcp_options);
}

static void put_udp(struct packet *packet, const struct pkt_desc *desc)
{
	put_u16(packet, desc->sport);
	put_u16(packet, desc->dport);
	put_u16(packet, 8 + desc->payload);
	put_u16(packet, 0);
}

/* Ports, and what stands for the rest. */
static void put_ports(struct packet *packet, const struct pkt_desc *desc, size_t len)
{
	put_u16(packet, desc->sport);
	put_u16(packet, desc->dport);
	put_fill(packet, 0, len - 4);
}

static void put_icmp(struct packet *packet, const struct pkt_desc *desc)
{
	put_u8(packet, desc->icmp_type);
	put_u8(packet, desc->icmp_code);
	put_u16(packet, 0);
	put_u16(packet, desc->icmp_id);
	put_u16(packet, 1); /* sequence number */
}

bool pkt_is_later_fragment(const struct pkt_desc *desc)
{
	for (size_t i = 0; i < desc->exts; i++)
		if (desc->ext[i].kind == IPPROTO_FRAGMENT && (desc->ext[i].frag & 0xfff8))
			return true;
	return desc->frag & 0x1fff;
}

bool pkt_is_first_fragment(const struct pkt_desc *desc)
{
	for (size_t i = 0; i < desc->exts; i++)
		if (desc->ext[i].kind == IPPROTO_FRAGMENT && (desc->ext[i].frag & 0xfff9) == 1)
			return true;
	return (desc->frag & 0x3fff) == 0x2000;
}

/* A later fragment's bytes look as if they were ports. */
static void put_l4_header(struct packet *packet, const struct pkt_desc *desc)
{
	if (pkt_is_later_fragment(desc)) {
		put_u32(packet, 0xdeadbeef);
		return;
	}
	switch (desc->proto) {
	case IPPROTO_TCP:
		put_tcp(packet, desc);
		break;
	case IPPROTO_UDP:
		put_udp(packet, desc);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put_icmp(packet, desc);
		break;
	case IPPROTO_UDPLITE:
		put_ports(packet, desc, 8);
		break;
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		put_ports(packet, desc, 12);
		break;
	default:
		break;
	}
}

static void put_gre(struct packet *packet, const struct pkt_tunnel *tunnel, uint16_t proto)
{
	put_u16(packet, tunnel->flags);
	put_u16(packet, proto);
	if (tunnel->flags & (GRE_HAS_CHECKSUM | GRE_HAS_ROUTING))
		put_u32(packet, 0x5e5e5e5e);
	if (tunnel->flags & GRE_HAS_KEY)
		put_u32(packet, tunnel->vni);
	if (tunnel->flags & GRE_HAS_SEQUENCE)
		put_u32(packet, 0x5e5e5e5e);
}

static void put_tunnel(struct packet *packet, const struct pkt_tunnel *tunnel,
		       const struct pkt_desc *inner)
{
	uint16_t proto = inner->has_no_layer2 ? first_type(inner) : PKT_BRIDGED;

	if (tunnel->proto)
		proto = tunnel->proto;
	switch (tunnel->kind) {
	case PKT_CARRY_VXLAN:
		put_u8(packet, 0x08 ^ (uint8_t)tunnel->flags);
		put_fill(packet, 0, 3);
		put_u32(packet, tunnel->vni << 8);
		break;
	case PKT_CARRY_GENEVE:
		put_u8(packet, tunnel->options ^ (uint8_t)tunnel->flags);
		put_u8(packet, 0);
		put_u16(packet, proto);
		put_u32(packet, tunnel->vni << 8);
		put_fill(packet, 0x45, (size_t)tunnel->options * 4);
		break;
	case PKT_CARRY_GRE:
		put_gre(packet, tunnel, proto);
		break;
	default:
		break;
	}
}

static void put_packet(struct packet *packet, const struct pkt_desc *desc, struct pkt_place *at);

/* It goes the way its carrier goes. What it carries in turn is not looked at. */
static void put_inner(struct packet *packet, const struct pkt_desc *desc, bool is_outer)
{
	struct pkt_desc inner = desc->is_reverse ? pkt_reversed(desc->inner) : *desc->inner;
	struct pkt_place deeper;

	put_tunnel(packet, &desc->tunnel, &inner);
	put_packet(packet, &inner, is_outer ? &packet->inner : &deeper);
}

static void put_l4(struct packet *packet, const struct pkt_desc *desc, size_t at)
{
	put_l4_header(packet, desc);
	if (desc->inner)
		put_inner(packet, desc, at == packet->at.l4);
	put_fill(packet, 'x', desc->payload);
	if (desc->l4_cut) {
		assert(packet->len >= at + desc->l4_cut);
		packet->len = at + desc->l4_cut;
	}
}

static void put_ext(struct packet *packet, const struct pkt_desc *desc, size_t i)
{
	const struct pkt_ext *ext = &desc->ext[i];
	size_t len = 8 + ext->len * (ext->kind == IPPROTO_AH ? 4U : 8U);

	put_u8(packet, i + 1 < desc->exts ? desc->ext[i + 1].kind : desc->proto);
	put_u8(packet, ext->len);
	if (ext->kind == IPPROTO_FRAGMENT) {
		put_u16(packet, ext->frag);
		put_u32(packet, desc->id);
		return;
	}
	put_fill(packet, 0, len - 2);
}

static void put_ip6(struct packet *packet, const struct pkt_desc *desc)
{
	uint8_t version = desc->version ? desc->version : 6;

	put_u32(packet, (uint32_t)version << 28);
	put_u16(packet, 0); /* length: put_len() */
	put_u8(packet, desc->exts ? desc->ext[0].kind : desc->proto);
	put_u8(packet, 64);
	put(packet, desc->from->bytes, 16);
	put(packet, desc->to->bytes, 16);
	for (size_t i = 0; i < desc->exts; i++)
		put_ext(packet, desc, i);
}

static void put_ip4(struct packet *packet, const struct pkt_desc *desc)
{
	uint8_t ihl = (20 + desc->options) / 4;

	put_u8(packet, desc->version_ihl ? desc->version_ihl : 0x40 | ihl);
	put_u8(packet, 0);
	put_u16(packet, 0); /* length: put_len() */
	put_u16(packet, (uint16_t)desc->id);
	put_u16(packet, desc->frag);
	put_u8(packet, desc->ttl ? desc->ttl : 64);
	put_u8(packet, desc->proto);
	put_u16(packet, 0);
	put(packet, desc->from->bytes + 12, 4);
	put(packet, desc->to->bytes + 12, 4);
	put_fill(packet, 1, desc->options);
}

/* The length that the IP header has for itself: from the first byte of fixed on. */
static void put_len(struct packet *packet, const struct pkt_desc *desc, struct pkt_place *at,
		    size_t field, size_t fixed)
{
	uint16_t len = (uint16_t)(packet->len - at->l3 - fixed + (size_t)desc->len_add);
	uint16_t wire;

	if (desc->is_len_zero)
		len = 0;
	wire = htons(len);
	memcpy(packet->data + at->l3 + field, &wire, sizeof(wire));
	at->l3_end = at->l3 + fixed + len;
}

/* A packet in a packet that was cut begins and ends where it would have. */
static void put_packet(struct packet *packet, const struct pkt_desc *desc, struct pkt_place *at)
{
	bool is_v4 = desc->from && desc->from->family == WEIR_IPV4;

	at->begin = packet->len;
	if (!desc->has_no_layer2)
		put_ethernet(packet, desc);
	put_shims(packet, desc);
	at->l3 = packet->len;
	if (!desc->from) {
		put_fill(packet, 0, desc->payload);
		at->l4 = at->l3_end = at->l3;
	} else {
		if (is_v4)
			put_ip4(packet, desc);
		else
			put_ip6(packet, desc);
		at->l4 = packet->len;
		put_l4(packet, desc, at->l4);
		put_len(packet, desc, at, is_v4 ? 2 : 4, is_v4 ? 0 : 40);
	}
	put_fill(packet, 0, desc->padding);
}

void pkt_build(struct packet *ret, const struct pkt_desc *desc)
{
	*ret = (struct packet){ 0 };
	put_packet(ret, desc, &ret->at);
}

struct pkt_desc pkt_reversed(const struct pkt_desc *desc)
{
	struct pkt_desc back = *desc;

	back.is_reverse = !desc->is_reverse;
	back.from = desc->to;
	back.to = desc->from;
	back.sport = desc->dport;
	back.dport = desc->sport;
	return back;
}

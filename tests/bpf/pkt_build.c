// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes a frame header by header into a buffer. Checksums are left 0: nobody here looks at them.
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
const struct pkt_addr v6_far = {
	.family = WEIR_IPV6,
	.bytes = { 0x20, 0x02, 0x0d, 0xb8, 0x86, 0xdd, 0, 0, [15] = 0x0a },
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

static void put_ethernet(struct packet *packet, const struct pkt_desc *desc)
{
	uint16_t ethertype = desc->ethertype;

	put(packet, desc->is_reverse ? mac_a : mac_b, 6);
	put(packet, desc->is_reverse ? mac_b : mac_a, 6);
	for (size_t i = 0; i < 2 && desc->tag[i]; i++) {
		put_u16(packet, ETHERTYPE_VLAN);
		put_u16(packet, (uint16_t)desc->tag[i]);
	}
	if (!ethertype && desc->from)
		ethertype = desc->from->family == WEIR_IPV4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
	put_u16(packet, ethertype);
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
	put_u16(packet, 512); /* window */
	put_u32(packet, 0);   /* checksum, urgent pointer */
	put_fill(packet, 1, desc->tcp_options);
}

static void put_udp(struct packet *packet, const struct pkt_desc *desc)
{
	put_u16(packet, desc->sport);
	put_u16(packet, desc->dport);
	put_u16(packet, 8 + desc->payload);
	put_u16(packet, 0);
}

static void put_icmp(struct packet *packet, const struct pkt_desc *desc)
{
	put_u8(packet, desc->icmp_type);
	put_u8(packet, desc->icmp_code);
	put_u16(packet, 0);
	put_u16(packet, desc->icmp_id);
	put_u16(packet, 1); /* sequence number */
}

static bool is_later_fragment(const struct pkt_desc *desc)
{
	for (size_t i = 0; i < desc->exts; i++)
		if (desc->ext[i].kind == IPPROTO_FRAGMENT && (desc->ext[i].frag & 0xfff8))
			return true;
	return desc->frag & 0x1fff;
}

/* A later fragment's bytes look as if they were ports. */
static void put_l4(struct packet *packet, const struct pkt_desc *desc)
{
	size_t at = packet->len;

	if (is_later_fragment(desc))
		put_u32(packet, 0xdeadbeef);
	else if (desc->proto == IPPROTO_TCP)
		put_tcp(packet, desc);
	else if (desc->proto == IPPROTO_UDP)
		put_udp(packet, desc);
	else if (desc->proto == IPPROTO_ICMP || desc->proto == IPPROTO_ICMPV6)
		put_icmp(packet, desc);
	put_fill(packet, 'x', desc->payload);
	if (desc->l4_cut) {
		assert(packet->len >= at + desc->l4_cut);
		packet->len = at + desc->l4_cut;
	}
}

static void put_ext(struct packet *packet, const struct pkt_ext *ext, uint8_t next)
{
	size_t len = 8 + ext->len * (ext->kind == IPPROTO_AH ? 4U : 8U);

	put_u8(packet, next);
	put_u8(packet, ext->len);
	if (ext->kind == IPPROTO_FRAGMENT) {
		put_u16(packet, ext->frag);
		put_u32(packet, 7);
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
		put_ext(packet, &desc->ext[i],
			i + 1 < desc->exts ? desc->ext[i + 1].kind : desc->proto);
}

static void put_ip4(struct packet *packet, const struct pkt_desc *desc)
{
	uint8_t ihl = (20 + desc->options) / 4;

	put_u8(packet, desc->version_ihl ? desc->version_ihl : 0x40 | ihl);
	put_u8(packet, 0);
	put_u16(packet, 0); /* length: put_len() */
	put_u16(packet, 1);
	put_u16(packet, desc->frag);
	put_u8(packet, 64);
	put_u8(packet, desc->proto);
	put_u16(packet, 0);
	put(packet, desc->from->bytes + 12, 4);
	put(packet, desc->to->bytes + 12, 4);
	put_fill(packet, 1, desc->options);
}

/* The length that the IP header has for itself: from the first byte of fixed on. */
static void put_len(struct packet *packet, const struct pkt_desc *desc, size_t field, size_t fixed)
{
	uint16_t len = (uint16_t)(packet->len - packet->l3 - fixed + (size_t)desc->len_add);
	uint16_t wire;

	if (desc->is_len_zero)
		len = 0;
	wire = htons(len);
	memcpy(packet->data + packet->l3 + field, &wire, sizeof(wire));
	packet->l3_end = packet->l3 + fixed + len;
}

void pkt_build(struct packet *ret, const struct pkt_desc *desc)
{
	*ret = (struct packet){ 0 };
	put_ethernet(ret, desc);
	ret->l3 = ret->len;
	if (!desc->from) {
		put_fill(ret, 0, desc->payload);
		ret->l3_end = ret->l3;
	} else if (desc->from->family == WEIR_IPV4) {
		put_ip4(ret, desc);
		put_l4(ret, desc);
		put_len(ret, desc, 2, 0);
	} else {
		put_ip6(ret, desc);
		put_l4(ret, desc);
		put_len(ret, desc, 4, 40);
	}
	put_fill(ret, 0, desc->padding);
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

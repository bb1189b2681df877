// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes a talk's packet from outside to inside; lengths are put in on the way back. Checksums stay
 * 0: nobody here looks at them.
 */
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "talk.h"
#include "weir/flow.h"

#define TYPE_BRIDGED 0x6558
#define TYPE_MPLS    0x8847
#define TYPE_PPPOE   0x8864

struct writer {
	const struct talk *talk;
	const struct talk_packet *packet;
	struct random *random;
	uint8_t *bytes;
	size_t len;
};

static uint8_t *put_zero(struct writer *w, size_t len)
{
	uint8_t *at = w->bytes + w->len;

	assert(w->len + len <= SESSION_FRAME_MAX);
	memset(at, 0, len);
	w->len += len;
	return at;
}

static void put(struct writer *w, const void *bytes, size_t len)
{
	memcpy(put_zero(w, len), bytes, len);
}

static void put_u8(struct writer *w, unsigned int value)
{
	*put_zero(w, 1) = (uint8_t)value;
}

static void set_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_u16(struct writer *w, size_t value)
{
	set_u16(put_zero(w, 2), value);
}

static void put_u32(struct writer *w, uint32_t value)
{
	put_u16(w, value >> 16);
	put_u16(w, value & 0xffff);
}

static void put_random(struct writer *w, size_t len)
{
	uint8_t *at = put_zero(w, len);

	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = random_u64(w->random);

		memcpy(at + i, &word, len - i < 8 ? len - i : 8);
	}
}

/* The numbers say of which kind each byte is, if something inside is read that should not be. */
static void put_payload(struct writer *w, size_t len)
{
	if (random_percent(w->random, 10))
		put_random(w, len);
	else
		memset(put_zero(w, len), 'x', len);
}

static uint16_t type_of(const struct talk_net *net)
{
	return net->family == WEIR_IPV4 ? 0x0800 : 0x86dd;
}

/* Ethertype of the first thing behind Ethernet. */
static uint16_t link_type(const struct talk_link *link, const struct talk_net *net)
{
	if (link->tags)
		return link->tag_type[0];
	if (link->has_pppoe)
		return TYPE_PPPOE;
	return link->labels ? TYPE_MPLS : type_of(net);
}

static void put_link(struct writer *w, const struct talk_link *link, const struct talk_net *net)
{
	const struct talk_link below = { .labels = link->labels, .has_pppoe = link->has_pppoe };
	uint16_t ppp = net->family == WEIR_IPV4 ? 0x0021 : 0x0057;

	for (size_t i = 0; i < link->tags; i++) {
		put_u16(w, link->tci[i]);
		put_u16(w, i + 1U < link->tags ? link->tag_type[i + 1] : link_type(&below, net));
	}
	if (link->has_pppoe) {
		put_u16(w, 0x1100);
		put_u16(w, 1); /* session */
		put_u16(w, 0); /* length: nobody reads it */
		if (link->is_short_ppp)
			put_u8(w, (uint8_t)ppp);
		else
			put_u16(w, ppp);
		return;
	}
	for (size_t i = 0; i < link->labels; i++)
		put_u32(w, (uint32_t)(0x10000 + (i << 12)) | (i + 1U == link->labels) << 8 | 64);
}

static void put_ethernet(struct writer *w, const struct talk_link *link, const struct talk_net *net)
{
	uint8_t macs[12] = { 2, 0, 0, 0, 0, 0xa, 2, 0, 0, 0, 0, 0xb };

	macs[w->packet->from ? 5 : 11] = 0xc;
	put(w, macs, sizeof(macs));
	put_u16(w, link_type(link, net));
	put_link(w, link, net);
}

static uint16_t fragment_bits(const struct talk_packet *packet, unsigned int level)
{
	if (packet->part == TALK_WHOLE || packet->part_level != level)
		return 0;
	return (uint16_t)(packet->part_from << 3 | (packet->part == TALK_FIRST || packet->part_to));
}

static void put_ip4(struct writer *w, const struct talk_net *net, uint8_t proto, uint16_t bits)
{
	put_u8(w, 0x45U + net->options);
	put_u8(w, 0);
	put_u16(w, 0); /* length */
	put_u16(w, w->packet->part_id);
	put_u16(w, (bits & 1U) << 13 | bits >> 3);
	put_u8(w, 64);
	put_u8(w, proto);
	put_u16(w, 0);
	put(w, net->addr[w->packet->from] + 12, 4);
	put(w, net->addr[!w->packet->from] + 12, 4);
	put_zero(w, net->options * (size_t)4);
}

static size_t ext_bytes(uint8_t number, uint8_t len)
{
	if (number == IPPROTO_FRAGMENT)
		return 8;
	return 8 + len * (number == IPPROTO_AH ? 4U : 8U);
}

static void put_ext(struct writer *w, uint8_t number, uint8_t len, uint8_t next)
{
	put_u8(w, next);
	put_u8(w, number == IPPROTO_FRAGMENT ? 0 : len);
	put_zero(w, ext_bytes(number, len) - 2);
}

static void put_ip6(struct writer *w, const struct talk_net *net, uint8_t proto, uint16_t bits)
{
	uint8_t first = bits ? IPPROTO_FRAGMENT : proto;

	if (net->exts)
		first = net->ext[0].number;
	put_u32(w, 6U << 28);
	put_u16(w, 0); /* length */
	put_u8(w, w->packet->is_jumbo ? IPPROTO_HOPOPTS : first);
	put_u8(w, 64);
	put(w, net->addr[w->packet->from], 16);
	put(w, net->addr[!w->packet->from], 16);
	if (w->packet->is_jumbo)
		put_ext(w, IPPROTO_HOPOPTS, 0, first);
	for (size_t i = 0; i < net->exts; i++) {
		uint8_t next = bits ? IPPROTO_FRAGMENT : proto;

		put_ext(w, net->ext[i].number, net->ext[i].len,
			i + 1U < net->exts ? net->ext[i + 1].number : next);
	}
	if (!bits)
		return;
	put_u8(w, proto);
	put_u8(w, 0);
	put_u16(w, bits);
	put_u32(w, w->packet->part_id);
}

static void put_tcp(struct writer *w)
{
	const struct talk_packet *packet = w->packet;

	put_u16(w, w->talk->port[packet->from]);
	put_u16(w, w->talk->port[!packet->from]);
	put_u32(w, packet->seq);
	put_u32(w, packet->ack);
	put_u8(w, (5U + packet->tcp_options) << 4);
	put_u8(w, packet->tcp_flags);
	put_u16(w, packet->has_zero_window ? 0 : 512);
	put_u32(w, 0);
	put_zero(w, packet->tcp_options * (size_t)4);
}

static void put_icmp(struct writer *w)
{
	put_u8(w, w->packet->icmp_type);
	put_u8(w, w->packet->icmp_code);
	put_u16(w, 0);
	put_u16(w, w->talk->port[0]);
	put_u16(w, 1);
}

static void put_l4(struct writer *w)
{
	const struct talk_packet *packet = w->packet;
	const uint16_t *port = w->talk->port;

	switch (w->talk->proto) {
	case IPPROTO_TCP:
		put_tcp(w);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put_icmp(w);
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		put_u16(w, port[packet->from]);
		put_u16(w, port[!packet->from]);
		put_u16(w, 8U + packet->payload);
		put_u16(w, 0);
		if (w->talk->proto == IPPROTO_SCTP || w->talk->proto == IPPROTO_DCCP)
			put_u32(w, 0);
		break;
	}
	if (packet->quote)
		put(w, packet->quote, packet->quote_len);
	put_payload(w, packet->payload);
}

static void put_gre(struct writer *w, const struct talk_tunnel *tunnel, uint16_t inner)
{
	put_u8(w, tunnel->gre);
	put_u8(w, 0);
	put_u16(w, inner);
	if (tunnel->gre & 0x80)
		put_u32(w, 0);
	if (tunnel->gre & 0x20) {
		if (!tunnel->is_bridged)
			put_u8(w, 0);
		put(w, tunnel->vni, 3);
		if (tunnel->is_bridged)
			put_u8(w, 0);
	}
	if (tunnel->gre & 0x10)
		put_u32(w, 1);
}

static void put_tunnel(struct writer *w, const struct talk_tunnel *tunnel, uint16_t inner)
{
	if (tunnel->proto == IPPROTO_GRE) {
		put_gre(w, tunnel, inner);
	} else if (tunnel->proto == IPPROTO_UDP) {
		put_u16(w, 50000);
		put_u16(w, tunnel->port);
		put_u32(w, 0);
		put_u8(w, tunnel->port == 6081 ? tunnel->options : 0x08U);
		put_u8(w, 0);
		put_u16(w, tunnel->port == 6081 ? inner : 0);
		put(w, tunnel->vni, 3);
		put_u8(w, 0);
		if (tunnel->port == 6081)
			put_zero(w, tunnel->options * (size_t)4);
	}
}

static void put_level(struct writer *w, unsigned int level);

/* Of a fragment that ends at a place of its own. What it lacks there is payload. */
static void end_part(struct writer *w, size_t at)
{
	size_t end = at + (w->packet->part_to - w->packet->part_from) * (size_t)8;

	if (w->len < end)
		put_payload(w, end - w->len);
	w->len = end;
}

static void put_inside(struct writer *w, unsigned int level)
{
	const struct talk *talk = w->talk;
	const struct talk_tunnel *tunnel = &talk->tunnel[level];
	const struct talk_net *inner = &talk->net;

	if (level + 1 < talk->tunnels)
		inner = &talk->tunnel[level + 1].net;
	put_tunnel(w, tunnel, tunnel->is_bridged ? TYPE_BRIDGED : link_type(&tunnel->link, inner));
	if (tunnel->is_bridged)
		put_ethernet(w, &tunnel->link, inner);
	else if (tunnel->proto != IPPROTO_IPIP && tunnel->proto != IPPROTO_IPV6)
		put_link(w, &tunnel->link, inner);
	put_level(w, level + 1);
}

/* The IP packet at a level, with all that it holds. */
static void put_level(struct writer *w, unsigned int level)
{
	const struct talk *talk = w->talk;
	bool is_tunnel = level < talk->tunnels;
	const struct talk_net *net = is_tunnel ? &talk->tunnel[level].net : &talk->net;
	uint8_t proto = is_tunnel ? talk->tunnel[level].proto : talk->proto;
	uint16_t bits = fragment_bits(w->packet, level);
	size_t at = w->len, ip6_end, behind;

	if (net->family == WEIR_IPV4)
		put_ip4(w, net, proto, bits);
	else
		put_ip6(w, net, proto, bits);
	ip6_end = at + 40;
	behind = w->len;
	if (bits > 1)
		put_payload(w, w->packet->payload);
	else if (is_tunnel)
		put_inside(w, level);
	else
		put_l4(w);
	if (bits && w->packet->part_to)
		end_part(w, behind);
	if (w->packet->is_jumbo)
		return;
	if (net->family == WEIR_IPV4)
		set_u16(w->bytes + at + 2, w->len - at);
	else
		set_u16(w->bytes + at + 4, w->len - ip6_end);
}

size_t talk_write(struct talk *talk, const struct talk_packet *packet, struct random *random,
		  bool has_ethernet, uint8_t *bytes, uint16_t *ret_protocol)
{
	const struct talk_net *net = talk->tunnels ? &talk->tunnel[0].net : &talk->net;
	struct writer w = { .talk = talk, .packet = packet, .random = random, .bytes = bytes };
	size_t l3;

	*ret_protocol = link_type(&talk->link, net);
	if (has_ethernet)
		put_ethernet(&w, &talk->link, net);
	else
		put_link(&w, &talk->link, net);
	l3 = w.len;
	put_level(&w, 0);
	talk->quote_len = w.len - l3 < TALK_QUOTE ? w.len - l3 : TALK_QUOTE;
	memcpy(talk->quote, bytes + l3, talk->quote_len);
	return w.len;
}

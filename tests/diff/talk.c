// SPDX-License-Identifier: BSD-2-Clause
/*
 * The small world: which talks there are. Few addresses, ports, VLANs and networks, so that the
 * same tuple comes in several wrappings, from both ends, and again after it has closed.
 */
#include "talk.h"

#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "weir/flow.h"

/* In different orders by bytes and by the words of a little-endian machine. */
static const uint8_t hosts4[][4] = {
	{ 10, 0, 0, 1 }, { 10, 0, 0, 2 }, { 2, 0, 0, 10 }, { 192, 168, 1, 1 }, { 1, 1, 168, 192 },
};

static const uint8_t hosts6[][16] = {
	{ 0x20, 1, 0x0d, 0xb8, [15] = 1 },
	{ 0x20, 1, 0x0d, 0xb8, [15] = 2 },
	{ 0x20, 2, 0x0d, 0xb8, [15] = 1 },
	{ 1, 0xb8, 0x0d, 1, 0x20, [8] = 2 },
	{ [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 },
};

static const uint16_t ports[] = { 1, 53, 443, 40000, 40001, 65535, 4789, 8472, 6081, 256 };

static uint16_t pick_port(struct random *random)
{
	return random_percent(random, 5) ? (uint16_t)random_u32(random) : random_of(random, ports);
}

static uint16_t pick_tci(struct random *random)
{
	static const uint16_t tcis[] = { 0, 5, 6, 0x6005, 4095, 0xf123 };

	return random_of(random, tcis);
}

static void make_link(struct talk_link *link, struct random *random)
{
	static const uint16_t types[] = { 0x8100, 0x8100, 0x88a8, 0x9100 };

	*link = (struct talk_link){ 0 };
	if (random_percent(random, 60))
		return;
	if (random_percent(random, 70))
		link->tags =
			(uint8_t)(1 + random_below(random, random_percent(random, 80) ? 2 : 3));
	for (size_t i = 0; i < link->tags; i++) {
		link->tag_type[i] = random_of(random, types);
		link->tci[i] = pick_tci(random);
	}
	link->has_pppoe = random_percent(random, 20);
	link->is_short_ppp = random_percent(random, 20);
	if (!link->has_pppoe && random_percent(random, 20))
		link->labels =
			(uint8_t)(1 + random_below(random, random_percent(random, 80) ? 3 : 9));
}

static void make_exts(struct talk_net *net, struct random *random)
{
	static const uint8_t numbers[] = { IPPROTO_HOPOPTS,
					   IPPROTO_ROUTING,
					   IPPROTO_DSTOPTS,
					   IPPROTO_AH,
					   IPPROTO_FRAGMENT,
					   IPPROTO_MH,
					   139,
					   140 };

	net->exts = (uint8_t)(1 + random_below(random, random_percent(random, 80) ? 3 : TALK_EXTS));
	for (size_t i = 0; i < net->exts; i++) {
		net->ext[i].number = random_of(random, numbers);
		net->ext[i].len = (uint8_t)random_below(random, random_percent(random, 80) ? 2 : 4);
	}
}

static void make_net(struct talk_net *net, struct random *random, uint8_t family)
{
	*net = (struct talk_net){ .family = family };
	for (size_t end = 0; end < 2; end++) {
		if (family == WEIR_IPV4)
			memcpy(net->addr[end] + 12, random_of(random, hosts4), 4);
		else
			memcpy(net->addr[end], random_of(random, hosts6), 16);
		if (random_percent(random, 2))
			net->addr[end][15] = (uint8_t)random_u32(random);
	}
	if (family == WEIR_IPV4 && random_percent(random, 15))
		net->options = (uint8_t)(1 + random_below(random, 10));
	if (family == WEIR_IPV6 && random_percent(random, 25))
		make_exts(net, random);
}

static void lengthen(struct talk_net *net)
{
	if (net->family == WEIR_IPV4) {
		net->options = 10;
		return;
	}
	net->exts = 7;
	for (size_t i = 0; i < net->exts; i++) {
		net->ext[i].number = IPPROTO_DSTOPTS;
		net->ext[i].len = 4;
	}
}

void talk_lengthen(struct talk *talk, struct random *random)
{
	lengthen(&talk->net);
	for (size_t i = 0; i < talk->tunnels; i++)
		if (random_percent(random, 50))
			lengthen(&talk->tunnel[i].net);
}

static uint8_t pick_family(struct random *random)
{
	return random_percent(random, 60) ? WEIR_IPV4 : WEIR_IPV6;
}

static void make_tunnel(struct talk_tunnel *tunnel, struct random *random, uint8_t inner)
{
	static const uint16_t udp_ports[] = { 4789, 8472, 6081 };
	static const uint8_t gre[] = { 0, 0x20, 0x30, 0xa0, 0xb0, 0x10, 0x80 };
	static const uint8_t vnis[][3] = { { 0, 0, 0 }, { 0, 0, 1 }, { 0x12, 0x34, 0x56 } };

	*tunnel = (struct talk_tunnel){ .proto = IPPROTO_UDP };
	memcpy(tunnel->vni, random_of(random, vnis), 3);
	make_net(&tunnel->net, random, pick_family(random));
	make_link(&tunnel->link, random);
	tunnel->port = random_of(random, udp_ports);
	tunnel->options = (uint8_t)random_below(random, 4);
	tunnel->gre = random_of(random, gre);
	tunnel->is_bridged = tunnel->port != 6081 || random_percent(random, 70);
	if (random_percent(random, 30)) {
		tunnel->proto = IPPROTO_GRE;
		tunnel->is_bridged = random_percent(random, 50);
	} else if (random_percent(random, 30)) {
		tunnel->proto = inner == WEIR_IPV4 ? IPPROTO_IPIP : IPPROTO_IPV6;
		tunnel->is_bridged = false;
	}
	/* Without Ethernet only a few wrappings make sense; the others are there all the same. */
	if (!tunnel->is_bridged && random_percent(random, 80))
		tunnel->link = (struct talk_link){ 0 };
}

static uint8_t pick_proto(struct random *random, uint8_t family)
{
	static const uint8_t others[] = {
		IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_UDPLITE, IPPROTO_GRE,
		IPPROTO_ESP,  IPPROTO_IPIP, IPPROTO_NONE,    2,
		89,	      IPPROTO_IPV6, IPPROTO_AH,	     IPPROTO_ICMP
	};

	if (random_percent(random, 60))
		return IPPROTO_TCP;
	if (random_percent(random, 40))
		return IPPROTO_UDP;
	if (random_percent(random, 50))
		return family == WEIR_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return random_of(random, others);
}

void talk_make(struct talk *talk, struct random *random)
{
	uint8_t inner;

	*talk = (struct talk){ .client = (uint8_t)random_below(random, 2) };
	talk->has_tag = random_percent(random, 15);
	talk->tci = pick_tci(random);
	make_link(&talk->link, random);
	make_net(&talk->net, random, pick_family(random));
	talk->proto = pick_proto(random, talk->net.family);
	talk->port[0] = pick_port(random);
	talk->port[1] = pick_port(random);
	if (talk->proto == IPPROTO_ICMP || talk->proto == IPPROTO_ICMPV6)
		talk->port[1] = talk->port[0];
	if (random_percent(random, 30))
		talk->tunnels =
			(uint8_t)(1 + random_below(random, random_percent(random, 80) ? 1 : 3));
	inner = talk->net.family;
	for (size_t i = talk->tunnels; i-- > 0;) {
		make_tunnel(&talk->tunnel[i], random, inner);
		inner = talk->tunnel[i].net.family;
	}
	for (size_t end = 0; end < 2; end++) {
		talk->isn[end] = random_u32(random);
		if (random_percent(random, 30)) /* soon to go round */
			talk->isn[end] = 0xffffff00U + random_below(random, 512);
		talk->next[end] = talk->isn[end];
	}
}

void talk_make_error(struct talk *talk, struct random *random, const struct talk *of,
		     struct talk_packet *packet)
{
	static const uint8_t types4[] = { 3, 3, 4, 5, 11, 12, 8, 0 };
	static const uint8_t types6[] = { 1, 1, 2, 3, 4, 128, 135, 0 };
	uint8_t family = of->tunnels ? of->tunnel[0].net.family : of->net.family;
	size_t most = random_percent(random, 50) ? 28 : TALK_QUOTE;

	*talk = (struct talk){ .has_tag = of->has_tag, .tci = of->tci, .link = of->link };
	make_net(&talk->net, random, family);
	if (random_percent(random, 5))
		make_link(&talk->link, random);
	talk->proto = family == WEIR_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	*packet = (struct talk_packet){ .from = (uint8_t)random_below(random, 2) };
	packet->icmp_type =
		family == WEIR_IPV4 ? random_of(random, types4) : random_of(random, types6);
	packet->icmp_code = (uint8_t)random_below(random, 6);
	packet->quote = of->quote;
	packet->quote_len = of->quote_len;
	if (random_percent(random, 50) && most + 20 < of->quote_len)
		packet->quote_len = most + random_below(random, 20);
	else if (random_percent(random, 20))
		packet->quote_len = random_below(random, (uint32_t)of->quote_len + 1);
}

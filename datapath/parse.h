/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 2 to layer 4 of a packet into its flow key; nothing else touches headers. A row of small
 * steps, each of which takes one header and says what comes next.
 */
#pragma once

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "cursor.h"
#include "pkt.h"
#include "weir/iface.h"

/* What a step says: go on, the bytes read directly end here, or (>= 0) a remainder's number. */
#define PARSE_OK    (-1)
#define PARSE_SHORT (-2)

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define PARSE_OFFSET_MASK  0x7fff /* of layer 4 in a packet */
#define PARSE_L3_MASK	   0x1f
#define PARSE_EXT_HEADERS  8 /* IPv6 extension headers walked */
#define IP4_MORE_OR_OFFSET 0x3fff
#define IP4_OFFSET	   0x1fff
/*
 * To tell the length of such a super-packet the kernel gives it a hop-by-hop header with a jumbo
 * option (RFC 2675), which no segment has on the wire.
 */
#define JUMBO_HEADER 8

#define IP6_OFFSET 0xfff8

struct vlan_tag {
	__be16 tci;
	__be16 proto;
};

struct ip6_ext {
	__u8 next;
	__u8 len;
	__be16 frag_off; /* of a fragment header */
	__u32 rest;
};

/* The first 8 bytes of ICMPv4 (RFC 792) and ICMPv6 (RFC 4443). */
struct icmp_head {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be16 id;
	__u16 seq;
};

/* Where layer 3 ends by its own length, as an offset into the packet. */
struct l3 {
	__u32 end;
	__u8 proto;
};

static __always_inline __u32 parse_offset(const struct cursor *c, void *start)
{
	return c->pos - start;
}

static __always_inline void parse_v4_addr(__be32 to[4], __be32 addr)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = bpf_htonl(0xffff);
	to[3] = addr;
}

/* Fills addresses and ports with the smaller endpoint first; p->dir is then the sender's place. */
static __always_inline void parse_endpoints_v4(struct pkt *p, const struct iphdr *ip4, __be16 sport,
					       __be16 dport)
{
	p->dir = ip4->saddr > ip4->daddr || (ip4->saddr == ip4->daddr && sport > dport);
	if (p->dir) {
		parse_v4_addr(p->key.addr[0], ip4->daddr);
		parse_v4_addr(p->key.addr[1], ip4->saddr);
		p->key.port[0] = dport;
		p->key.port[1] = sport;
	} else {
		parse_v4_addr(p->key.addr[0], ip4->saddr);
		parse_v4_addr(p->key.addr[1], ip4->daddr);
		p->key.port[0] = sport;
		p->key.port[1] = dport;
	}
}

static __always_inline void parse_endpoints_v6(struct pkt *p, const struct ipv6hdr *ip6,
					       __be16 sport, __be16 dport)
{
	__u64 s[2], d[2];
	__u64 *a = (__u64 *)p->key.addr;

	__builtin_memcpy(s, &ip6->saddr, sizeof(s));
	__builtin_memcpy(d, &ip6->daddr, sizeof(d));
	p->dir = s[0] != d[0] ? s[0] > d[0] : s[1] != d[1] ? s[1] > d[1] : sport > dport;
	if (p->dir) {
		a[0] = d[0];
		a[1] = d[1];
		a[2] = s[0];
		a[3] = s[1];
		p->key.port[0] = dport;
		p->key.port[1] = sport;
	} else {
		a[0] = s[0];
		a[1] = s[1];
		a[2] = d[0];
		a[3] = d[1];
		p->key.port[0] = sport;
		p->key.port[1] = dport;
	}
}

static __always_inline int parse_tcp(struct pkt *p, struct cursor *c, __u32 at, __u32 end,
				     __be16 ports[2])
{
	const struct tcphdr *tcp = cursor_take(c, struct tcphdr);
	__u32 len;

	if (!tcp)
		return at + sizeof(*tcp) > end ? WEIR_REM_MALFORMED : PARSE_SHORT;
	len = tcp->doff * 4;
	if (len < sizeof(*tcp) || at + len > end)
		return WEIR_REM_MALFORMED;
	ports[0] = tcp->source;
	ports[1] = tcp->dest;
	p->tcp_flags = ((const __u8 *)tcp)[13];
	p->seq = bpf_ntohl(tcp->seq);
	p->ack = bpf_ntohl(tcp->ack_seq);
	p->hdr_len = at + len;
	p->payload = end - p->hdr_len;
	return PARSE_OK;
}

static __always_inline int parse_udp(struct pkt *p, struct cursor *c, __u32 at, __u32 end,
				     __be16 ports[2])
{
	const struct udphdr *udp = cursor_take(c, struct udphdr);

	if (at + sizeof(*udp) > end)
		return WEIR_REM_MALFORMED;
	if (!udp)
		return PARSE_SHORT;
	ports[0] = udp->source;
	ports[1] = udp->dest;
	p->hdr_len = at + sizeof(*udp);
	return PARSE_OK;
}

/* Has the message an id that its answer repeats? (echo and timestamp) */
static __always_inline int parse_icmp_has_id(__u8 proto, __u8 type)
{
	if (proto == IPPROTO_ICMP)
		return type == 0 || type == 8 || type == 13 || type == 14;
	return type == 128 || type == 129;
}

static __always_inline int parse_icmp(struct pkt *p, struct cursor *c, __u32 at, __u32 end,
				      __be16 ports[2])
{
	const struct icmp_head *icmp = cursor_take(c, struct icmp_head);

	if (at + sizeof(*icmp) > end)
		return WEIR_REM_MALFORMED;
	if (!icmp)
		return PARSE_SHORT;
	p->icmp_type = icmp->type;
	p->icmp_code = icmp->code;
	if (parse_icmp_has_id(p->key.proto, icmp->type))
		ports[0] = ports[1] = icmp->id;
	return PARSE_OK;
}

/* at: where layer 4 begins; end: where layer 3 ends by its own length; offsets into the packet. */
static __always_inline int parse_l4(struct pkt *p, struct cursor *c, __u32 at, __u32 end,
				    __be16 ports[2])
{
	p->hdr_len = at;
	switch (p->key.proto) {
	case IPPROTO_TCP:
		return parse_tcp(p, c, at, end, ports);
	case IPPROTO_UDP:
		return parse_udp(p, c, at, end, ports);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return parse_icmp(p, c, at, end, ports);
	}
	return PARSE_OK; /* by its number alone */
}

static __always_inline int parse_ip4(struct pkt *p, struct cursor *c, void *start)
{
	const struct iphdr *ip4 = cursor_peek(c, sizeof(struct iphdr));
	__u32 at = parse_offset(c, start);
	__be16 ports[2] = { 0, 0 };
	__u32 total, len;
	int result;

	if (!ip4)
		return at + sizeof(*ip4) > p->len ? WEIR_REM_MALFORMED : PARSE_SHORT;
	len = ip4->ihl * 4;
	total = bpf_ntohs(ip4->tot_len);
	if (!total && p->gso_size) /* a super-packet of over 64 KiB */
		total = p->len - at;
	p->hdr_len = at + len;
	if (ip4->version != 4 || len < sizeof(*ip4) || total < len || at + total > p->len)
		return WEIR_REM_MALFORMED;
	if (ip4->frag_off & bpf_htons(IP4_OFFSET))
		return WEIR_REM_FRAGMENT;
	p->key.family = WEIR_IPV4;
	p->key.proto = ip4->protocol;
	c->pos = (void *)ip4 + len;
	result = parse_l4(p, c, at + len, at + total, ports);
	if (result == PARSE_OK)
		parse_endpoints_v4(p, ip4, ports[0], ports[1]);
	return result;
}

/*
 * IPv6 extension headers by number (RFC 8200, 4302, 6275, 7401, 5533): EXT_HEADER and the unit of
 * their length beyond the first 8 bytes; a fragment header has no more. A table and not a ladder:
 * each branch in the walk below would double the verifier's work with every header.
 */
#define EXT_HEADER 0x40
#define EXT_UNIT   0x0f
static const __u8 parse_ext_headers[256] = {
	[IPPROTO_HOPOPTS] = EXT_HEADER | 8,
	[IPPROTO_ROUTING] = EXT_HEADER | 8,
	[IPPROTO_FRAGMENT] = EXT_HEADER,
	[IPPROTO_AH] = EXT_HEADER | 4,
	[IPPROTO_DSTOPTS] = EXT_HEADER | 8,
	[IPPROTO_MH] = EXT_HEADER | 8,
	[139] = EXT_HEADER | 8,
	[140] = EXT_HEADER | 8,
};

/*
 * Walks the extension headers; p->l4 and p->key.proto say where it ended. They are in map memory:
 * read back, all ways out of the loop look alike to the verifier, and what follows is walked once.
 */
static __always_inline int parse_ip6_ext(struct pkt *p, void *start, void *data_end, __u32 end)
{
	__u32 kind = parse_ext_headers[p->key.proto];

#pragma clang loop unroll(disable)
	for (int i = 0; kind && i < PARSE_EXT_HEADERS; i++) {
		struct cursor c = { .pos = start + (p->l4 & PARSE_OFFSET_MASK), .end = data_end };
		const struct ip6_ext *ext = cursor_peek(&c, sizeof(*ext));

		if (p->l4 + sizeof(*ext) > end)
			return WEIR_REM_MALFORMED;
		if (!ext)
			return PARSE_SHORT;
		if (kind == EXT_HEADER && (ext->frag_off & bpf_htons(IP6_OFFSET)))
			return WEIR_REM_FRAGMENT;
		p->key.proto = ext->next;
		p->l4 += 8 + ext->len * (kind & EXT_UNIT);
		kind = parse_ext_headers[ext->next];
	}
	return kind || p->l4 > end ? WEIR_REM_MALFORMED : PARSE_OK;
}

static __always_inline int parse_ip6(struct pkt *p, struct cursor *c, void *start)
{
	const struct ipv6hdr *ip6 = cursor_take(c, struct ipv6hdr);
	__u32 at = parse_offset(c, start), end;
	__be16 ports[2] = { 0, 0 };
	int result = PARSE_OK;

	if (!ip6)
		return at + sizeof(*ip6) > p->len ? WEIR_REM_MALFORMED : PARSE_SHORT;
	end = at + bpf_ntohs(ip6->payload_len);
	if (end == at && p->gso_size) { /* a super-packet of over 64 KiB */
		end = p->len;
		if (ip6->nexthdr == IPPROTO_HOPOPTS)
			p->shed = JUMBO_HEADER;
	}
	p->hdr_len = at;
	if (ip6->version != 6 || end > p->len)
		return WEIR_REM_MALFORMED;
	p->key.family = WEIR_IPV6;
	p->key.proto = ip6->nexthdr;
	if (parse_ext_headers[ip6->nexthdr]) {
		p->l4 = at;
		result = parse_ip6_ext(p, start, c->end, end);
		asm volatile("" ::: "memory"); /* l4 is read back, not remembered */
		at = p->l4 & PARSE_OFFSET_MASK;
		c->pos = start + at;
	}
	if (result == PARSE_OK)
		result = parse_l4(p, c, at, end, ports);
	if (result == PARSE_OK)
		parse_endpoints_v6(p, ip6, ports[0], ports[1]);
	return result;
}

static __always_inline int parse_l3(struct pkt *p, struct cursor *c, void *start, __be16 proto)
{
	if (proto == bpf_htons(ETH_P_IP))
		return parse_ip4(p, c, start);
	if (proto == bpf_htons(ETH_P_IPV6))
		return parse_ip6(p, c, start);
	return proto == bpf_htons(ETH_P_ARP) ? WEIR_REM_ARP : WEIR_REM_NON_IP;
}

/* Ethernet and one VLAN tag; p->l3 moves behind them, *proto becomes what is there. */
static __always_inline int parse_ethernet(struct pkt *p, struct cursor *c, __be16 *proto)
{
	const struct ethhdr *eth = cursor_take(c, struct ethhdr);
	const struct vlan_tag *tag;

	if (!eth)
		return p->len < sizeof(*eth) ? WEIR_REM_MALFORMED : PARSE_SHORT;
	__builtin_memcpy(p->macs, eth, 12);
	p->l3 = sizeof(*eth);
	*proto = eth->h_proto;
	if (*proto != bpf_htons(ETH_P_8021Q) || p->tag_in_metadata)
		return PARSE_OK;
	tag = cursor_take(c, struct vlan_tag);
	if (!tag)
		return p->len < sizeof(*eth) + sizeof(*tag) ? WEIR_REM_MALFORMED : PARSE_SHORT;
	p->key.vlan = (bpf_ntohs(tag->tci) & WEIR_VLAN_ID) | WEIR_VLAN_TAGGED;
	p->l3 += sizeof(*tag);
	*proto = tag->proto;
	return PARSE_OK;
}

/* The whole packet. proto: what layer 3 is, where there is no Ethernet header to tell. */
static __always_inline int parse(struct pkt *p, void *start, void *end, int has_ethernet,
				 __be16 proto)
{
	struct cursor c = { .pos = start, .end = end };
	int result = has_ethernet ? parse_ethernet(p, &c, &proto) : PARSE_OK;

	asm volatile("" ::: "memory"); /* as in parse_ip6 */
	p->hdr_len = p->l3;
	if (result != PARSE_OK)
		return result;
	c.pos = start + (p->l3 & PARSE_L3_MASK);
	return parse_l3(p, &c, start, proto);
}

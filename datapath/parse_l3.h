/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 3: IPv4 with options, IPv6 with extension headers, into the addresses of the key; those of
 * fragments are left to parse_fragment.h. A header that is not all there, or whose lengths contradict
 * each other, is malformed.
 */
#pragma once

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>

#include "cursor.h"
#include "parse_l4.h"
#include "parse_step.h"
#include "pkt.h"

#define PARSE_EXT_HEADERS 8 /* IPv6 extension headers walked */
#define IP4_MORE	  0x2000
#define IP4_OFFSET	  0x1fff
#define IP6_MORE	  0x0001
#define IP6_OFFSET	  0xfff8
/*
 * To tell the length of such a super-packet the kernel gives it a hop-by-hop header with a jumbo
 * option (RFC 2675), which no segment has on the wire.
 */
#define JUMBO_HEADER 8

struct ip6_ext {
	__u8 next;
	__u8 len;
	__be16 frag_off; /* of a fragment header */
	__u32 frag_id;	 /* of a fragment header */
};

/* Two halves of an address, or two ports, to be written at once: see union key_tail. */
union parse_pair {
	__be32 half[2];
	__u64 word;
};

static __always_inline void parse_v4_addr(__be32 to[4], __be32 addr)
{
	__u64 *words = (__u64 *)to;

	words[0] = 0;
	words[1] = (union parse_pair){ .half = { bpf_htonl(0xffff), addr } }.word;
}

/* Two ports as they follow one another in the key, to be written at once: see union key_tail. */
union parse_ports {
	__be16 port[2];
	__u32 word;
};

static __always_inline void parse_set_ports(struct pkt *p, __be16 first, __be16 second)
{
	*(__u32 *)p->key.port = (union parse_ports){ .port = { first, second } }.word;
}

/*
 * Fills addresses and ports with the smaller endpoint first; p->dir is then the sender's place. Who
 * pings himself is at both ends: there the answer comes from the second.
 */
static __always_inline void parse_endpoints_v4(struct pkt *p, const struct iphdr *ip4, __be16 sport,
					       __be16 dport)
{
	__u64 from = (__u64)ip4->saddr << 16 | sport, to = (__u64)ip4->daddr << 16 | dport;

	p->dir = from + p->is_answer > to;
	if (p->dir) {
		parse_v4_addr(p->key.addr[0], ip4->daddr);
		parse_v4_addr(p->key.addr[1], ip4->saddr);
		parse_set_ports(p, dport, sport);
	} else {
		parse_v4_addr(p->key.addr[0], ip4->saddr);
		parse_v4_addr(p->key.addr[1], ip4->daddr);
		parse_set_ports(p, sport, dport);
	}
}

static __always_inline void parse_endpoints_v6(struct pkt *p, const struct ipv6hdr *ip6,
					       __be16 sport, __be16 dport)
{
	__u64 s[2], d[2];
	__u64 *a = (__u64 *)p->key.addr;

	__builtin_memcpy(s, &ip6->saddr, sizeof(s));
	__builtin_memcpy(d, &ip6->daddr, sizeof(d));
	p->dir = s[0] != d[0]	? s[0] > d[0]
		 : s[1] != d[1] ? s[1] > d[1]
				: sport + p->is_answer > dport;
	if (p->dir) {
		a[0] = d[0];
		a[1] = d[1];
		a[2] = s[0];
		a[3] = s[1];
		parse_set_ports(p, dport, sport);
	} else {
		a[0] = s[0];
		a[1] = s[1];
		a[2] = d[0];
		a[3] = d[1];
		parse_set_ports(p, sport, dport);
	}
}

static __always_inline int parse_ip4(struct pkt *p, void *start, void *data_end)
{
	struct cursor c = { .pos = start + (p->l3 & PARSE_OFFSET_MASK), .end = data_end };
	const struct iphdr *ip4 = cursor_peek(&c, sizeof(struct iphdr));
	__be16 ports[2] = { 0, 0 };
	__u32 at = p->l3, total, len;
	int result = PARSE_OK;

	if (at + sizeof(*ip4) > p->len)
		return WEIR_REM_MALFORMED;
	if (!ip4)
		return PARSE_SHORT;
	len = ip4->ihl * 4;
	total = bpf_ntohs(ip4->tot_len);
	if (!total && p->gso_size) /* a super-packet of over 64 KiB */
		total = p->len - at;
	p->hdr_len = at + len;
	if (ip4->version != 4 || len < sizeof(*ip4) || total < len || at + total > p->len)
		return WEIR_REM_MALFORMED;
	p->l3_end = at + total;
	pkt_set_protocol(p, WEIR_IPV4, ip4->protocol);
	if (ip4->frag_off & bpf_htons(IP4_MORE | IP4_OFFSET)) {
		p->fragment = ip4->frag_off & bpf_htons(IP4_OFFSET) ? PKT_LATER_FRAGMENT
								    : PKT_FIRST_FRAGMENT;
		parse_v4_addr(p->frag.src, ip4->saddr);
		parse_v4_addr(p->frag.dst, ip4->daddr);
		p->frag.id = ip4->id;
		p->frag_at = at + len;
		p->frag_bits =
			bpf_ntohs(ip4->frag_off) << 3 | !!(ip4->frag_off & bpf_htons(IP4_MORE));
	}
	if (p->fragment == PKT_LATER_FRAGMENT)
		return PARSE_OK;
	c.pos = (void *)ip4 + len;
	result = parse_l4(p, &c, at + len, at + total, ports);
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
 * Walks the extension headers; p->l4 and p->key.proto say where it ended. In a later fragment only
 * what is in front of the fragment's header is one.
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
		p->key.proto = ext->next;
		p->l4 += 8 + ext->len * (kind & EXT_UNIT);
		if (kind == EXT_HEADER && (ext->frag_off & bpf_htons(IP6_OFFSET | IP6_MORE))) {
			p->frag.id = ext->frag_id;
			p->frag_at = p->l4;
			p->frag_bits = bpf_ntohs(ext->frag_off);
			p->fragment = PKT_FIRST_FRAGMENT;
			if (ext->frag_off & bpf_htons(IP6_OFFSET)) {
				p->fragment = PKT_LATER_FRAGMENT;
				return PARSE_OK;
			}
		}
		kind = parse_ext_headers[ext->next];
	}
	return kind || p->l4 > end ? WEIR_REM_MALFORMED : PARSE_OK;
}

static __always_inline int parse_ip6(struct pkt *p, void *start, void *data_end)
{
	struct cursor c = { .pos = start + (p->l3 & PARSE_OFFSET_MASK), .end = data_end };
	const struct ipv6hdr *ip6 = cursor_take(&c, struct ipv6hdr);
	__u32 at = p->l3 + sizeof(*ip6), end;
	__be16 ports[2] = { 0, 0 };
	int result = PARSE_OK;

	if (at > p->len)
		return WEIR_REM_MALFORMED;
	if (!ip6)
		return PARSE_SHORT;
	end = at + bpf_ntohs(ip6->payload_len);
	if (end == at && p->gso_size) { /* a super-packet of over 64 KiB */
		end = p->len;
		if (ip6->nexthdr == IPPROTO_HOPOPTS)
			p->shed = JUMBO_HEADER;
	}
	p->hdr_len = at;
	if (ip6->version != 6 || end > p->len)
		return WEIR_REM_MALFORMED;
	p->l3_end = end;
	pkt_set_protocol(p, WEIR_IPV6, ip6->nexthdr);
	if (parse_ext_headers[ip6->nexthdr]) {
		p->l4 = at;
		result = parse_ip6_ext(p, start, data_end, end);
		parse_forget();
		at = p->l4 & PARSE_OFFSET_MASK;
		if (result == PARSE_OK)
			p->hdr_len = at;
		c.pos = start + at;
	}
	if (p->fragment && result == PARSE_OK) {
		__builtin_memcpy(p->frag.src, &ip6->saddr, sizeof(p->frag.src));
		__builtin_memcpy(p->frag.dst, &ip6->daddr, sizeof(p->frag.dst));
	}
	if (p->fragment == PKT_LATER_FRAGMENT || result != PARSE_OK)
		return result;
	result = parse_l4(p, &c, at, end, ports);
	if (result == PARSE_OK)
		parse_endpoints_v6(p, ip6, ports[0], ports[1]);
	return result;
}

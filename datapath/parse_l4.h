/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 4: ports or what stands for them, and what the life cycle wants to know of TCP.
 */
#pragma once

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "cursor.h"
#include "maps.h"
#include "parse_step.h"
#include "pkt.h"
#include "weir/dns.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define PORT_VXLAN	 4789
#define PORT_VXLAN_LINUX 8472 /* what Linux takes if told nothing else */
#define PORT_GENEVE	 6081

/* The first 8 bytes of ICMPv4 (RFC 792) and ICMPv6 (RFC 4443). */
struct icmp_head {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be16 id;
	__u16 seq;
};

static __always_inline int parse_tcp(struct pkt *p, struct cursor *c, __u32 at, __u32 end,
				     __be16 ports[2])
{
	const struct tcphdr *tcp = cursor_take(c, struct tcphdr);
	__u32 len;

	if (!tcp)
		return at + sizeof(*tcp) > end ? PARSE_CUT : PARSE_SHORT;
	len = tcp->doff * 4;
	if (len < sizeof(*tcp) || at + len > end) /* what is behind the end is no length */
		return len < sizeof(*tcp) && at + sizeof(*tcp) <= end ? WEIR_REM_MALFORMED
								      : PARSE_CUT;
	ports[0] = tcp->source;
	ports[1] = tcp->dest;
	p->tcp_flags = ((const __u8 *)tcp)[13];
	p->seq = bpf_ntohl(tcp->seq);
	p->ack = bpf_ntohl(tcp->ack_seq);
	p->hdr_len = at + len;
	p->payload = end - p->hdr_len;
	p->is_zero_window = !tcp->window && !(p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
	return PARSE_OK;
}

static __always_inline int parse_udp(struct pkt *p, struct cursor *c, __u32 at, __u32 end,
				     __be16 ports[2])
{
	const struct udphdr *udp = cursor_take(c, struct udphdr);

	if (at + sizeof(*udp) > end)
		return PARSE_CUT;
	if (!udp)
		return PARSE_SHORT;
	ports[0] = udp->source;
	ports[1] = udp->dest;
	p->hdr_len = at + sizeof(*udp);
	if (udp->dest == bpf_htons(PORT_VXLAN) || udp->dest == bpf_htons(PORT_VXLAN_LINUX))
		p->more = PKT_VXLAN;
	else if (udp->dest == bpf_htons(PORT_GENEVE))
		p->more = PKT_GENEVE;
	else if (cfg.dns && (udp->source == bpf_htons(WEIR_DNS_PORT) ||
			     udp->source == bpf_htons(WEIR_MDNS_PORT)))
		p->more = PKT_DNS;
	return PARSE_OK;
}

/* SCTP (RFC 9260), DCCP (RFC 4340), UDP-Lite (RFC 3828): like all others they begin with ports. */
static __always_inline int parse_ports(struct pkt *p, struct cursor *c, __u32 at, __u32 end,
				       __be16 ports[2])
{
	const struct udphdr *head = cursor_peek(c, 4);
	__u32 len = p->key.proto == IPPROTO_UDPLITE ? 8 : 12;

	if (at + len > end)
		return PARSE_CUT;
	if (!head)
		return PARSE_SHORT;
	ports[0] = head->source;
	ports[1] = head->dest;
	p->hdr_len = at + len;
	return PARSE_OK;
}

/*
 * Has the message an id that its answer repeats? (echo, timestamp, information, address mask;
 * extended echo, RFC 8335)
 */
static __always_inline int parse_icmp_has_id(__u8 proto, __u8 type)
{
	if (proto == IPPROTO_ICMP)
		return type == 0 || type == 8 || (type >= 13 && type <= 18) || type == 42 ||
		       type == 43;
	return type == 128 || type == 129 || type == 160 || type == 161;
}

/* Is it the answer? Of each pair it has the higher number, but for echo. */
static __always_inline int parse_icmp_is_answer(__u8 proto, __u8 type)
{
	if (proto == IPPROTO_ICMP)
		return type == 0 || type == 14 || type == 16 || type == 18 || type == 43;
	return type == 129 || type == 161;
}

/* Does it quote the packet that it speaks of? (RFC 792, 4443) */
static __always_inline int parse_icmp_is_error(__u8 proto, __u8 type)
{
	if (proto == IPPROTO_ICMP)
		return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
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
	p->is_answer = parse_icmp_is_answer(p->key.proto, icmp->type);
	if (parse_icmp_has_id(p->key.proto, icmp->type))
		ports[0] = ports[1] = icmp->id;
	else if (parse_icmp_is_error(p->key.proto, icmp->type))
		p->more = PKT_QUOTED;
	p->hdr_len = at + sizeof(*icmp);
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
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_UDPLITE:
		return parse_ports(p, c, at, end, ports);
	case IPPROTO_GRE:
		p->more = PKT_GRE;
		break;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		p->more = PKT_IPIP;
		break;
	}
	return PARSE_OK; /* by its number alone */
}

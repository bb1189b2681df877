/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet that an ICMP error quotes, as far as it does: its IP header and 8 bytes (RFC 792) or
 * more of what follows. The error has a flow of its own; the connection that it speaks of, if there
 * is one, gets a mark and one event, which explains its failure.
 */
#pragma once

#include "cursor.h"
#include "emit.h"
#include "flow_count.h"
#include "parse.h"
#include "pkt.h"

struct quoted_l4 {
	__be16 source;
	__be16 dest;
	union {
		__be16 icmp_id;
		__be32 seq; /* TCP */
	};
};

/* The ports as they were sent. 0: there is not enough of it. */
static __always_inline int quoted_ports(struct pkt *q, void *start, void *end, __be16 ports[2])
{
	struct cursor c = { .pos = start + (q->l4 & PARSE_OFFSET_MASK), .end = end };
	const struct quoted_l4 *l4 = cursor_take(&c, struct quoted_l4);

	if (!l4 || q->l4 + sizeof(*l4) > q->len)
		return 0;
	q->seq = bpf_ntohl(l4->seq);
	switch (q->key.proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		ports[0] = l4->source;
		ports[1] = l4->dest;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (parse_icmp_has_id(q->key.proto, *(const __u8 *)l4))
			ports[0] = ports[1] = l4->icmp_id;
		break;
	}
	return 1;
}

static __always_inline int quoted_v4(struct pkt *q, void *start, void *end)
{
	struct cursor c = { .pos = start + (q->l3 & PARSE_OFFSET_MASK), .end = end };
	const struct iphdr *ip4 = cursor_peek(&c, sizeof(struct iphdr));
	__be16 ports[2] = { 0, 0 };

	if (!ip4 || ip4->version != 4 || ip4->ihl < 5 || (ip4->frag_off & bpf_htons(IP4_OFFSET)))
		return 0;
	q->key.family = WEIR_IPV4;
	q->key.proto = ip4->protocol;
	q->l4 = q->l3 + ip4->ihl * 4;
	if (!quoted_ports(q, start, end, ports))
		return 0;
	parse_endpoints_v4(q, ip4, ports[0], ports[1]);
	return 1;
}

static __always_inline int quoted_v6(struct pkt *q, void *start, void *end)
{
	struct cursor c = { .pos = start + (q->l3 & PARSE_OFFSET_MASK), .end = end };
	const struct ipv6hdr *ip6 = cursor_peek(&c, sizeof(struct ipv6hdr));
	__be16 ports[2] = { 0, 0 };

	if (!ip6 || ip6->version != 6)
		return 0;
	q->key.family = WEIR_IPV6;
	q->key.proto = ip6->nexthdr;
	q->l4 = q->l3 + sizeof(*ip6);
	if (parse_ip6_ext(q, start, end, q->len) != PARSE_OK || q->fragment == PKT_LATER_FRAGMENT)
		return 0;
	parse_forget();
	if (!quoted_ports(q, start, end, ports))
		return 0;
	parse_endpoints_v6(q, ip6, ports[0], ports[1]);
	return 1;
}

/*
 * Has the sender, as far as it was heard, sent that? Whoever knows addresses and ports can send an
 * error (RFC 5927, 4.1).
 */
static __always_inline int quoted_is_sent(const struct pkt *q, const struct weir_flow *flow)
{
	const struct weir_dir *dir = &flow->dir[q->dir & 1];

	return q->key.proto != IPPROTO_TCP || !dir->flags || flow_is_near(q->seq, dir->next_seq);
}

static __always_inline void quoted_tell(struct pkt *q)
{
	struct weir_flow *flow = bpf_map_lookup_elem(&flows, &q->key);
	int is_news = 0;
	__u64 start;

	if (!flow || (flow->flags & WEIR_FLOW_ICMP_ERROR) || !quoted_is_sent(q, flow))
		return;
	flow_lock(flow);
	start = flow->start_ns;
	if (!(flow->flags & WEIR_FLOW_ICMP_ERROR) && !(flow->state & WEIR_STATE_DEAD)) {
		flow->flags |= WEIR_FLOW_ICMP_ERROR;
		is_news = 1;
	}
	flow_unlock(flow);
	if (is_news)
		event_emit(WEIR_EVENT_ICMP_ERROR, flow, start, q, 0, 0, bpf_ktime_get_ns());
}

/*
 * Does the error say that the packet went nowhere? Not of a better way, a smaller packet or a slower
 * pace: the connection goes on with these.
 */
static __always_inline int quoted_is_failure(const struct pkt *p)
{
	if (p->key.proto == IPPROTO_ICMP)
		return p->icmp_type > 5 || (p->icmp_type == 3 && p->icmp_code != 4);
	return p->icmp_type != 2;
}

static __always_inline void quoted_observe(const struct pkt *p, struct pkt *q, void *start,
					   void *end)
{
	int is_found;

	if (!quoted_is_failure(p))
		return;
	q->l3 = p->hdr_len;
	q->key.vlan = p->key.vlan;
	q->key.vni[0] = p->key.vni[0];
	q->key.vni[1] = p->key.vni[1];
	q->key.vni[2] = p->key.vni[2];
	q->icmp_type = p->icmp_type;
	q->icmp_code = p->icmp_code;
	if (p->key.proto == IPPROTO_ICMP)
		is_found = quoted_v4(q, start, end);
	else
		is_found = quoted_v6(q, start, end);
	if (is_found)
		quoted_tell(q);
}

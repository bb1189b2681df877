// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The entry points, and the one path behind them: a packet is parsed, counted at its interface
 * and in its flow, and passed on. What becomes of it is never ours to decide.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

#include "counters.h"
#include "flow_table.h"
#include "maps.h"
#include "parse.h"
#include "pkt.h"
#include "quoted.h"
#include "tunnel.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct weir_config cfg = { .iface_mask = 1023,
					  .refuse_jiffies = 4,
					  .max_unanswered = 98304,
					  .max_answering = 114688,
					  .events = 1 };

#define TC_NEXT	     (-1) /* TCX_NEXT and TC_ACT_UNSPEC: whoever comes next decides */
#define TC_PULL	     256  /* bytes made readable if the headers are not */
#define TC_PULL_MORE 512  /* and with what is in a tunnel */

static __always_inline void observe(struct pkt *p, struct weir_iface *iface, int parsed)
{
	pkt_measure(p);
	iface_count(iface, p);
	if (!iface->ifindex)
		parsed = WEIR_REM_UNKNOWN_INTERFACE;
	else if (parsed == PARSE_OK)
		parsed = flow_observe(p);
	else if (parsed == PARSE_SHORT)
		parsed = WEIR_REM_MALFORMED;
	if (parsed >= 0)
		iface_remainder(iface, p, parsed);
}

static __always_inline struct pkt *pkt_at(__u32 place)
{
	return bpf_map_lookup_elem(&packets, &place);
}

/* The packet in work, empty. */
static __always_inline struct pkt *pkt_begin(__u32 ifindex, const struct weir_iface *iface,
					     __u8 hook)
{
	struct pkt *p = pkt_at(PKT_OUTER);

	if (!p)
		return 0;
	pkt_clear(p, ifindex, iface->netns, hook);
	return p;
}

/* The place of the packet inside p, empty. */
static __always_inline void pkt_begin_inner(struct pkt *q, const struct pkt *p)
{
	pkt_clear(q, p->key.ifindex, p->key.netns, p->hook);
	q->len = p->len;
	q->gso_size = p->gso_size;
	q->gso_segs = p->gso_segs;
}

static __always_inline void tc_fill(struct pkt *p, const struct __sk_buff *skb)
{
	p->len = skb->len;
	p->gso_size = skb->gso_size;
	p->gso_segs = skb->gso_segs;
	p->proto = skb->protocol;
	if (skb->vlan_present) {
		p->tag_in_metadata = 1;
		p->key.vlan = (skb->vlan_tci & WEIR_VLAN_ID) | WEIR_VLAN_TAGGED;
	}
}

/*
 * Global functions, that is: verified by themselves, and not for each way in which they may be
 * reached or left. What is rare is in them. They find the packet in work by its place: before Linux
 * 5.12 nothing but the context and numbers can be handed over.
 */
int tc_parse_shims(struct __sk_buff *skb, __u32 place);
int tc_parse_again(struct __sk_buff *skb, __u32 place, __u32 has_ethernet);
int tc_observe_more(struct __sk_buff *skb);

__noinline int tc_parse_shims(struct __sk_buff *skb, __u32 place)
{
	struct pkt *p = pkt_at(place);

	return p ? parse_shims(p, (void *)(long)skb->data, (void *)(long)skb->data_end)
		 : PARSE_SHORT;
}

static __always_inline int tc_parse(struct __sk_buff *skb, struct pkt *p, __u32 place,
				    int has_ethernet)
{
	void *start = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	int link = parse_link(p, start, end, has_ethernet);

	if (link == PARSE_OK && !parse_is_ip(p))
		link = tc_parse_shims(skb, place);
	return parse_network(p, start, end, link);
}

/* Once more, or what is inside. */
__noinline int tc_parse_again(struct __sk_buff *skb, __u32 place, __u32 has_ethernet)
{
	struct pkt *p = pkt_at(place);

	return p ? tc_parse(skb, p, place, has_ethernet != 0) : PARSE_SHORT;
}

/* What a packet carries or quotes. */
__noinline int tc_observe_more(struct __sk_buff *skb)
{
	__u32 len = skb->len < TC_PULL_MORE ? skb->len : TC_PULL_MORE;
	struct pkt *p = pkt_at(PKT_OUTER), *q = pkt_at(PKT_INNER);
	void *start, *end;

	if (!p || !q)
		return 0;
	if (skb->data_end - skb->data < len && bpf_skb_pull_data(skb, len))
		return 0;
	start = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	pkt_begin_inner(q, p);
	if (p->more == PKT_QUOTED)
		quoted_observe(p, q, start, end);
	else if (tunnel_open(p, q, start, end) &&
		 tc_parse_again(skb, PKT_INNER, tunnel_has_ethernet(q)) == PARSE_OK)
		tunnel_observe(p, q);
	return 0;
}

static __always_inline int tc_observe(struct __sk_buff *skb, __u8 hook)
{
	struct weir_iface *iface = iface_find(skb->ifindex);
	struct pkt *p;
	int parsed;

	if (!iface)
		return TC_NEXT;
	p = pkt_begin(skb->ifindex, iface, hook);
	if (!p)
		return TC_NEXT;
	tc_fill(p, skb);
	parsed = tc_parse(skb, p, PKT_OUTER, iface->has_ethernet);
	if (parsed == PARSE_SHORT &&
	    !bpf_skb_pull_data(skb, skb->len < TC_PULL ? skb->len : TC_PULL))
		parsed = tc_parse_again(skb, PKT_OUTER, iface->has_ethernet);
	if (parsed == PARSE_OK && p->more)
		tc_observe_more(skb);
	observe(p, iface, parsed);
	return TC_NEXT;
}

SEC("tc")
int weir_tc_in(struct __sk_buff *skb)
{
	return tc_observe(skb, WEIR_INGRESS);
}

SEC("tc")
int weir_tc_out(struct __sk_buff *skb)
{
	return tc_observe(skb, WEIR_EGRESS);
}

int xdp_parse_shims(struct xdp_md *xdp, __u32 place);
int xdp_parse_inner(struct xdp_md *xdp, __u32 has_ethernet);
int xdp_observe_more(struct xdp_md *xdp);

__noinline int xdp_parse_shims(struct xdp_md *xdp, __u32 place)
{
	struct pkt *p = pkt_at(place);

	return p ? parse_shims(p, (void *)(long)xdp->data, (void *)(long)xdp->data_end)
		 : PARSE_SHORT;
}

static __always_inline int xdp_parse(struct xdp_md *xdp, struct pkt *p, __u32 place,
				     int has_ethernet)
{
	void *start = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	int link = parse_link(p, start, end, has_ethernet);

	if (link == PARSE_OK && !parse_is_ip(p))
		link = xdp_parse_shims(xdp, place);
	return parse_network(p, start, end, link);
}

__noinline int xdp_parse_inner(struct xdp_md *xdp, __u32 has_ethernet)
{
	struct pkt *q = pkt_at(PKT_INNER);

	return q ? xdp_parse(xdp, q, PKT_INNER, has_ethernet != 0) : PARSE_SHORT;
}

__noinline int xdp_observe_more(struct xdp_md *xdp)
{
	struct pkt *p = pkt_at(PKT_OUTER), *q = pkt_at(PKT_INNER);
	void *start = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;

	if (!p || !q)
		return 0;
	pkt_begin_inner(q, p);
	if (p->more == PKT_QUOTED)
		quoted_observe(p, q, start, end);
	else if (tunnel_open(p, q, start, end) &&
		 xdp_parse_inner(xdp, tunnel_has_ethernet(q)) == PARSE_OK)
		tunnel_observe(p, q);
	return 0;
}

SEC("xdp")
int weir_xdp(struct xdp_md *xdp)
{
	struct weir_iface *iface = iface_find(xdp->ingress_ifindex);
	struct pkt *p;
	int parsed;

	if (!iface)
		return XDP_PASS;
	p = pkt_begin(xdp->ingress_ifindex, iface, WEIR_INGRESS);
	if (!p)
		return XDP_PASS;
	p->len = xdp->data_end - xdp->data;
	p->gso_size = 0;
	parsed = xdp_parse(xdp, p, PKT_OUTER, 1);
	if (parsed == PARSE_OK && p->more)
		xdp_observe_more(xdp);
	observe(p, iface, parsed);
	return XDP_PASS;
}

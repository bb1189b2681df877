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

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct weir_config cfg = { .iface_mask = 1023, .refuse_jiffies = 4, .events = 1 };

#define TC_NEXT (-1) /* TCX_NEXT and TC_ACT_UNSPEC: whoever comes next decides */
#define TC_PULL 256  /* bytes made readable if the headers are not */

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

static __always_inline struct pkt *pkt_in_work(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&packets, &zero);
}

/* The place of the packet in work, empty. */
static __always_inline struct pkt *pkt_begin(__u32 ifindex, const struct weir_iface *iface,
					     __u8 hook)
{
	struct pkt *p = pkt_in_work();

	if (!p)
		return 0;
	__builtin_memset(p, 0, sizeof(*p));
	p->key.ifindex = ifindex;
	p->key.netns = iface->netns;
	p->hook = hook;
	return p;
}

static __always_inline void tc_fill(struct pkt *p, const struct __sk_buff *skb)
{
	p->len = skb->len;
	p->gso_size = skb->gso_size;
	p->gso_segs = skb->gso_segs;
	if (skb->vlan_present) {
		p->tag_in_metadata = 1;
		p->key.vlan = (skb->vlan_tci & WEIR_VLAN_ID) | WEIR_VLAN_TAGGED;
	}
}

/*
 * Where the headers were not all readable. Global, that is: verified by itself, and not for each
 * way in which the first attempt may end. Hence it finds the packet in work by itself; before Linux
 * 5.12 nothing but the context can be handed over.
 */
int tc_pull_and_parse(struct __sk_buff *skb, __u32 has_ethernet);

__noinline int tc_pull_and_parse(struct __sk_buff *skb, __u32 has_ethernet)
{
	struct pkt *p = pkt_in_work();

	if (!p || bpf_skb_pull_data(skb, skb->len < TC_PULL ? skb->len : TC_PULL))
		return PARSE_SHORT;
	return parse(p, (void *)(long)skb->data, (void *)(long)skb->data_end, has_ethernet != 0,
		     skb->protocol);
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
	parsed = parse(p, (void *)(long)skb->data, (void *)(long)skb->data_end, iface->has_ethernet,
		       skb->protocol);
	if (parsed == PARSE_SHORT)
		parsed = tc_pull_and_parse(skb, iface->has_ethernet);
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

SEC("xdp")
int weir_xdp(struct xdp_md *xdp)
{
	struct weir_iface *iface = iface_find(xdp->ingress_ifindex);
	struct pkt *p;

	if (!iface)
		return XDP_PASS;
	p = pkt_begin(xdp->ingress_ifindex, iface, WEIR_INGRESS);
	if (!p)
		return XDP_PASS;
	p->len = xdp->data_end - xdp->data;
	observe(p, iface, parse(p, (void *)(long)xdp->data, (void *)(long)xdp->data_end, 1, 0));
	return XDP_PASS;
}

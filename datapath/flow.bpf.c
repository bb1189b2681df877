// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The entry points, and the one path behind them: a packet is parsed, counted at its interface
 * and in its flow, and passed on. What becomes of it is never ours to decide.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

#include "counters.h"
#include "dns.h"
#include "flow_table.h"
#include "maps.h"
#include "parse.h"
#include "pkt.h"
#include "quoted.h"
#include "tunnel.h"
#include "ufo.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct weir_config cfg = { .iface_mask = 1023,
					  .refuse_jiffies = 4,
					  .max_unanswered = 98304,
					  .max_answering = 8192,
					  .max_one_sided = 16384,
					  .present_words = 64,
					  .knock_mask = WEIR_KNOCK_PLACES - 1,
					  .events = 1 };

#define TC_NEXT	     (-1) /* TCX_NEXT and TC_ACT_UNSPEC: whoever comes next decides */
#define TC_PULL	     256  /* bytes made readable if the headers are not */
#define TC_PULL_MORE 512  /* and with what is in a tunnel */
#define TC_HEAD	     8	  /* of layer 3: its version and its length */
#define TC_BEFORE    256  /* bytes that may be in front of it and not belong to it */

static __always_inline void observe(struct pkt *p, struct weir_iface *iface, int parsed,
				    struct __sk_buff *skb)
{
	pkt_measure(p);
	iface_count(iface, p);
	if (!iface->ifindex)
		parsed = WEIR_REM_UNKNOWN_INTERFACE;
	else if (parsed == PARSE_OK)
		parsed = flow_observe(p, skb);
	else if (parsed == PARSE_SHORT)
		parsed = WEIR_REM_MALFORMED;
	if (parsed >= 0)
		iface_remainder(iface, p, parsed);
}

static __always_inline struct pkt *pkt_at(__u32 place)
{
	return bpf_map_lookup_elem(&packets, &place);
}

/* The place of the packet inside p, empty. */
static __always_inline void pkt_begin_inner(struct pkt *q, const struct pkt *p)
{
	pkt_clear(q, p->key.ifindex, p->key.netns, p->hook);
	q->echoes = p->echoes;
	q->len = p->l3_end;
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
int tc_parse_fragment(struct __sk_buff *skb, __u32 place, int result);
int tc_parse_again(struct __sk_buff *skb, __u32 place, __u32 has_ethernet);
int tc_find_l3(struct __sk_buff *skb);
int tc_count_fragments(struct __sk_buff *skb);
int tc_observe_dns(struct __sk_buff *skb);
int tc_observe_more(struct __sk_buff *skb);

__noinline int tc_parse_shims(struct __sk_buff *skb, __u32 place)
{
	struct pkt *p = pkt_at(place);

	return p ? parse_shims(p, (void *)(long)skb->data, (void *)(long)skb->data_end)
		 : PARSE_SHORT;
}

__noinline int tc_parse_fragment(struct __sk_buff *skb, __u32 place, int result)
{
	struct pkt *p = pkt_at(place);

	return p ? parse_fragment(p, (void *)(long)skb->data, (void *)(long)skb->data_end, result)
		 : PARSE_SHORT;
}

static __always_inline int tc_parse(struct __sk_buff *skb, struct pkt *p, __u32 place,
				    int has_ethernet)
{
	void *start = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	int link = parse_link(p, start, end, has_ethernet);

	if (link == PARSE_OK && !parse_is_ip(p))
		link = tc_parse_shims(skb, place);
	link = parse_network(p, start, end, link);
	return p->fragment ? tc_parse_fragment(skb, place, link) : link;
}

/* Once more, or what is inside. */
__noinline int tc_parse_again(struct __sk_buff *skb, __u32 place, __u32 has_ethernet)
{
	struct pkt *p = pkt_at(place);

	return p ? tc_parse(skb, p, place, has_ethernet != 0) : PARSE_SHORT;
}

/*
 * What comes out of an IP tunnel still has the tunnel's own headers in front on older kernels (5.10):
 * the hook then begins where a layer 2 was last seen. Where layer 3 begins cannot be asked for, but
 * be read; its length tells how far from the end that is.
 */
__noinline int tc_find_l3(struct __sk_buff *skb)
{
	struct cursor c = { .pos = (void *)(long)skb->data, .end = (void *)(long)skb->data_end };
	const __u32 *first = cursor_peek(&c, TC_HEAD);
	__u32 head[TC_HEAD / 4], found[TC_HEAD / 4], before;
	struct pkt *p = pkt_at(PKT_OUTER);

	if (!p || bpf_skb_load_bytes_relative(skb, 0, head, TC_HEAD, BPF_HDR_START_NET) ||
	    (first && first[0] == head[0] && first[1] == head[1]))
		return 0;
	if (bpf_ntohl(head[0]) >> 28 == 4)
		before = skb->len - (bpf_ntohl(head[0]) & 0xffff);
	else if (bpf_ntohl(head[0]) >> 28 == 6)
		before = skb->len - (bpf_ntohl(head[1]) >> 16) - sizeof(struct ipv6hdr);
	else
		return 0;
	if (before <= TC_BEFORE && !bpf_skb_load_bytes(skb, before, found, TC_HEAD) &&
	    found[0] == head[0] && found[1] == head[1])
		p->l2 = before;
	return 0;
}

__noinline int tc_count_fragments(struct __sk_buff *skb)
{
	struct pkt *p = pkt_at(PKT_OUTER);

	if (p && ufo_is(skb, p))
		ufo_count(p);
	return 0;
}

static __always_inline int tc_parse_inner(struct __sk_buff *skb, struct pkt *p, struct pkt *q)
{
	pkt_begin_inner(q, p);
	if (!tunnel_open(p, q, (void *)(long)skb->data, (void *)(long)skb->data_end))
		return PARSE_SHORT;
	return tc_parse_again(skb, PKT_INNER, tunnel_has_ethernet(q));
}

__noinline int tc_observe_dns(struct __sk_buff *skb)
{
	struct pkt *p = pkt_at(PKT_OUTER);

	if (p)
		dns_observe(skb, 0, p);
	return 0;
}

/* What a packet carries or quotes. To read more of it directly costs a copy: only where need be. */
__noinline int tc_observe_more(struct __sk_buff *skb)
{
	__u32 len = skb->len < TC_PULL_MORE ? skb->len : TC_PULL_MORE;
	struct pkt *p = pkt_at(PKT_OUTER), *q = pkt_at(PKT_INNER);
	int is_all_there = skb->data_end - skb->data >= len, parsed;

	if (!p || !q)
		return 0;
	if (cfg.dns && p->more == PKT_DNS)
		return tc_observe_dns(skb);
	if (p->more == PKT_QUOTED) {
		if (!is_all_there && bpf_skb_pull_data(skb, len))
			return 0;
		pkt_begin_inner(q, p);
		quoted_observe(p, q, (void *)(long)skb->data, (void *)(long)skb->data_end);
		return 0;
	}
	parsed = tc_parse_inner(skb, p, q);
	if (parsed == PARSE_SHORT && !is_all_there && !bpf_skb_pull_data(skb, len))
		parsed = tc_parse_inner(skb, p, q);
	if (parsed == PARSE_OK)
		tunnel_observe(p, q, skb);
	return 0;
}

/* The packet in work as the hook has it, before anything is parsed. */
static __always_inline void tc_begin(struct __sk_buff *skb, struct pkt *p,
				     const struct weir_iface *iface, __u8 hook)
{
	pkt_clear(p, iface->key_ifindex, iface->netns, hook);
	p->echoes = iface->echoes;
	tc_fill(p, skb);
	if (hook == WEIR_INGRESS && iface->ifindex && !iface->has_ethernet)
		tc_find_l3(skb);
}

/*
 * The segments of what we cannot read (a tunnel in a tunnel, or on a port of its own) repeat more
 * headers than we know. On the way out the kernel has told its qdiscs how long they all are; since
 * Linux 6.3 that is right for tunnels, and it was less before.
 */
static __always_inline void tc_find_headers(const struct __sk_buff *skb, struct pkt *p)
{
	__u32 repeated = skb->wire_len - p->len, times = p->gso_segs - 1, each;

	if (p->gso_segs < 2 || skb->wire_len <= p->len || p->key.proto == IPPROTO_TCP)
		return;
	each = repeated / times;
	if (each * times == repeated && each > p->hdr_len)
		p->hdr_len = each;
}

static __always_inline int tc_observe(struct __sk_buff *skb, __u8 hook)
{
	struct weir_iface *iface = iface_find(skb->ifindex);
	struct pkt *p = pkt_at(PKT_OUTER);
	int parsed;

	if (!iface || !p)
		return TC_NEXT;
	tc_begin(skb, p, iface, hook);
	parsed = tc_parse(skb, p, PKT_OUTER, iface->has_ethernet);
	if (parsed == PARSE_SHORT &&
	    !bpf_skb_pull_data(skb, skb->len < TC_PULL ? skb->len : TC_PULL)) {
		tc_begin(skb, p, iface, hook);
		parsed = tc_parse_again(skb, PKT_OUTER, iface->has_ethernet);
	}
	if (parsed == PARSE_OK && ufo_may_be(p))
		tc_count_fragments(skb);
	if (parsed == PARSE_OK && p->more && iface->ifindex)
		tc_observe_more(skb);
	if (hook == WEIR_EGRESS && p->gso_size)
		tc_find_headers(skb, p);
	p->len -= p->l2;
	p->hdr_len -= p->l2;
	observe(p, iface, parsed, skb);
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
int xdp_parse_fragment(struct xdp_md *xdp, __u32 place, int result);
int xdp_parse_inner(struct xdp_md *xdp, __u32 has_ethernet);
int xdp_observe_more(struct xdp_md *xdp);

__noinline int xdp_parse_shims(struct xdp_md *xdp, __u32 place)
{
	struct pkt *p = pkt_at(place);

	return p ? parse_shims(p, (void *)(long)xdp->data, (void *)(long)xdp->data_end)
		 : PARSE_SHORT;
}

__noinline int xdp_parse_fragment(struct xdp_md *xdp, __u32 place, int result)
{
	struct pkt *p = pkt_at(place);

	return p ? parse_fragment(p, (void *)(long)xdp->data, (void *)(long)xdp->data_end, result)
		 : PARSE_SHORT;
}

static __always_inline int xdp_parse(struct xdp_md *xdp, struct pkt *p, __u32 place,
				     int has_ethernet)
{
	void *start = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	int link = parse_link(p, start, end, has_ethernet);

	if (link == PARSE_OK && !parse_is_ip(p))
		link = xdp_parse_shims(xdp, place);
	link = parse_network(p, start, end, link);
	return p->fragment ? xdp_parse_fragment(xdp, place, link) : link;
}

__noinline int xdp_parse_inner(struct xdp_md *xdp, __u32 has_ethernet)
{
	struct pkt *q = pkt_at(PKT_INNER);

	return q ? xdp_parse(xdp, q, PKT_INNER, has_ethernet != 0) : PARSE_SHORT;
}

/*
 * Not global: what is is verified whether it is called or not, and before Linux 5.18 the helper is not
 * there, nor is it called.
 */
static __noinline int xdp_observe_dns(struct xdp_md *xdp)
{
	struct pkt *p = pkt_at(PKT_OUTER);

	if (p)
		dns_observe(xdp, 1, p);
	return 0;
}

__noinline int xdp_observe_more(struct xdp_md *xdp)
{
	struct pkt *p = pkt_at(PKT_OUTER), *q = pkt_at(PKT_INNER);
	void *start = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;

	if (!p || !q)
		return 0;
	if (cfg.dns_xdp && p->more == PKT_DNS)
		return xdp_observe_dns(xdp);
	pkt_begin_inner(q, p);
	if (p->more == PKT_QUOTED)
		quoted_observe(p, q, start, end);
	else if (tunnel_open(p, q, start, end) &&
		 xdp_parse_inner(xdp, tunnel_has_ethernet(q)) == PARSE_OK)
		tunnel_observe(p, q, 0);
	return 0;
}

SEC("xdp")
int weir_xdp(struct xdp_md *xdp)
{
	struct weir_iface *iface = iface_find(xdp->ingress_ifindex);
	struct pkt *p = pkt_at(PKT_OUTER);
	int parsed;

	if (!iface || !p)
		return XDP_PASS;
	pkt_clear(p, iface->key_ifindex, iface->netns, WEIR_INGRESS);
	p->echoes = iface->echoes;
	p->len = xdp->data_end - xdp->data;
	p->gso_size = 0;
	parsed = xdp_parse(xdp, p, PKT_OUTER, 1);
	if (parsed == PARSE_OK && p->more && iface->ifindex)
		xdp_observe_more(xdp);
	observe(p, iface, parsed, 0);
	return XDP_PASS;
}

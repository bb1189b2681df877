/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A super-packet of UDP is cut into datagrams (USO) or, where a virtual machine or a packet socket
 * says so, into fragments of one datagram (UFO). Of these the first alone has UDP's header, and those of
 * IPv6 have a fragment header each, which is in no buffer. Which kind it is the kernel tells no
 * program; so it is read where the kernel's own code has it.
 */
#pragma once

#include <linux/in.h>
#include <linux/udp.h>

#include "maps.h"
#include "pkt.h"

#define GSO_TYPE_UDP	0x10000 /* SKB_GSO_UDP; Linux 4.18 and later */
#define FRAGMENT_HEADER 8	/* RFC 8200, 4.5 */

/* Kernels make those of USO themselves and number their segments, or take over a machine's unnumbered. */
static __always_inline int ufo_may_be(const struct pkt *p)
{
	return p->gso_size && !p->gso_segs && p->key.proto == IPPROTO_UDP;
}

/* gso_type, or -1: it cannot be read. */
static __always_inline int ufo_read_type(struct __sk_buff *skb)
{
	const struct weir_skb_layout *layout;
	const char *head, *at = (const char *)skb;
	__u32 end, type, zero = 0;

	layout = bpf_map_lookup_elem(&skb_layouts, &zero);
	if (!layout || !layout->is_known ||
	    bpf_probe_read_kernel(&head, sizeof(head), at + layout->head) ||
	    bpf_probe_read_kernel(&end, sizeof(end), at + layout->end) ||
	    bpf_probe_read_kernel(&type, sizeof(type), head + end + layout->gso_type))
		return -1;
	return (int)type;
}

/* Fragments begin at multiples of 8: where nobody tells, what may be cut so is taken to be. */
static __always_inline int ufo_is(struct __sk_buff *skb, struct pkt *p)
{
	int type = cfg.gso_types ? ufo_read_type(skb) : -1;

	if (type >= 0)
		return type & GSO_TYPE_UDP;
	p->is_guessed = 1;
	return p->gso_size % 8 == 0;
}

/*
 * It counts as its fragments. What is in them is looked at no more than in others: what the hook sees
 * in one piece here is in pieces at the next interface.
 */
static __always_inline void ufo_count(struct pkt *p)
{
	__u32 headers = p->hdr_len;

	if (p->fragment != PKT_LATER_FRAGMENT)
		headers -= sizeof(struct udphdr);
	if (p->len <= headers + p->gso_size)
		return;
	p->hdr_len = headers;
	p->shed = p->key.family == WEIR_IPV6 ? -FRAGMENT_HEADER : 0;
	p->more = PKT_NOTHING_MORE;
	p->fragment = PKT_FIRST_FRAGMENT;
}

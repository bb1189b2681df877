/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a tunnel carries: a packet in the packet, with a flow of its own that is marked encapsulated
 * and enters no interface's sum. A super-packet's segments repeat the headers of both.
 */
#pragma once

#include "cursor.h"
#include "flow_table.h"
#include "parse.h"
#include "pkt.h"

#define VXLAN_HAS_VNI 0x08
#define ETH_P_BRIDGED 0x6558 /* transparent Ethernet bridging: an Ethernet header comes next */

struct vxlan_head {
	__u8 flags;
	__u8 pad[3];
	__u8 vni[3];
	__u8 pad2;
};

struct geneve_head {
	__u8 version_len; /* 2 bits, and the options' length in words */
	__u8 flags;
	__be16 proto;
	__u8 vni[3];
	__u8 pad;
};

struct gre_head {
	__be16 flags;
	__be16 proto;
};

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING  0x4000
#define GRE_KEY	     0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_VERSION  0x0007

static __always_inline void tunnel_vni(struct pkt *q, const __u8 *vni)
{
	q->key.vni[0] = vni[0];
	q->key.vni[1] = vni[1];
	q->key.vni[2] = vni[2];
}

static __always_inline int tunnel_gre(struct pkt *q, struct cursor *c)
{
	const struct gre_head *gre = cursor_take(c, struct gre_head);
	const __u8 *key;
	__u32 flags;

	if (!gre)
		return 0;
	flags = bpf_ntohs(gre->flags);
	if (flags & (GRE_ROUTING | GRE_VERSION))
		return 0;
	q->proto = gre->proto;
	q->l2 += sizeof(*gre);
	if (flags & GRE_CHECKSUM) {
		q->l2 += 4;
		c->pos += 4;
	}
	if (flags & GRE_KEY) {
		key = cursor_peek(c, 4);
		if (!key)
			return 0;
		/* NVGRE (RFC 7637): the network is in the key's upper 24 bits; else the lower ones. */
		tunnel_vni(q, q->proto == bpf_htons(ETH_P_BRIDGED) ? key : key + 1);
		q->l2 += 4;
	}
	if (flags & GRE_SEQUENCE)
		q->l2 += 4;
	return 1;
}

/* Where and what the inner packet is: q->l2, q->proto, its network. 0: nothing that we know. */
static __always_inline int tunnel_open(const struct pkt *p, struct pkt *q, void *start, void *end)
{
	struct cursor c = { .pos = start + (p->hdr_len & PARSE_OFFSET_MASK), .end = end };
	const struct geneve_head *geneve;
	const struct vxlan_head *vxlan;

	q->key.vlan = WEIR_ENCAPSULATED;
	q->l2 = p->hdr_len;
	switch (p->more) {
	case PKT_VXLAN:
		vxlan = cursor_take(&c, struct vxlan_head);
		if (!vxlan || !(vxlan->flags & VXLAN_HAS_VNI))
			return 0;
		tunnel_vni(q, vxlan->vni);
		q->l2 += sizeof(*vxlan);
		q->proto = bpf_htons(ETH_P_BRIDGED);
		return 1;
	case PKT_GENEVE:
		geneve = cursor_take(&c, struct geneve_head);
		if (!geneve || geneve->version_len >> 6)
			return 0;
		tunnel_vni(q, geneve->vni);
		q->l2 += (__u32)sizeof(*geneve) + (geneve->version_len & 0x3fU) * 4;
		q->proto = geneve->proto;
		return 1;
	case PKT_GRE:
		return tunnel_gre(q, &c);
	case PKT_IPIP:
		q->proto =
			p->key.proto == IPPROTO_IPV6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);
		return 1;
	}
	return 0;
}

static __always_inline int tunnel_has_ethernet(const struct pkt *q)
{
	return q->proto == bpf_htons(ETH_P_BRIDGED);
}

/* The inner packet was parsed. */
static __always_inline void tunnel_observe(struct pkt *p, struct pkt *q, struct __sk_buff *skb)
{
	p->hdr_len = q->hdr_len;
	p->shed += q->shed;
	q->hdr_len -= q->l2;
	q->len -= q->l2;
	pkt_measure(q);
	flow_observe(q, skb);
}

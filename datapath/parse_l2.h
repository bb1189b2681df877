/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 2: Ethernet, and what may stand between it and layer 3.
 */
#pragma once

#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>

#include "cursor.h"
#include "parse_step.h"
#include "pkt.h"

#define PARSE_SHIMS 8 /* tags, labels and PPPoE headers walked */
#define MPLS_BOTTOM 0x100
#define ETH_P_QINQ0 0x9100 /* stacked tags before 802.1ad */
#define PPP_IP	    0x0021
#define PPP_IPV6    0x0057
#define PPP_SHORT   0x0100 /* in the first byte of a number that has no second one (RFC 1661, 6.5) */

struct vlan_tag {
	__be16 tci;
	__be16 proto;
};

/* RFC 2516, with the two bytes of PPP behind it */
struct pppoe_header {
	__u8 version_type;
	__u8 code;
	__be16 session;
	__be16 len;
	__be16 proto;
};

/*
 * Of two tags the inner one is the leg's VLAN, and the outer one takes the place of the VNI, which
 * is free there. A third is nothing that we know.
 */
static __always_inline int parse_tag(struct pkt *p, __u16 tci)
{
	__u16 id = tci & WEIR_VLAN_ID, outer = p->key.vlan & WEIR_VLAN_ID;

	if (p->key.vlan & WEIR_VLAN_STACKED)
		return WEIR_REM_NON_IP;
	if (p->key.vlan & WEIR_VLAN_TAGGED) {
		p->key.vlan |= WEIR_VLAN_STACKED;
		if (!(p->key.vlan & WEIR_ENCAPSULATED)) {
			p->key.vni[1] = outer >> 8;
			p->key.vni[2] = outer & 0xff;
		}
	}
	p->key.vlan = (p->key.vlan & ~WEIR_VLAN_ID) | WEIR_VLAN_TAGGED | id;
	return PARSE_OK;
}

/* What PPP carries. The first byte of its number is even, or was left out, as it was 0. */
static __always_inline void parse_ppp(struct pkt *p, __u32 proto)
{
	if (proto & PPP_SHORT) {
		proto >>= 8;
		p->l3--;
	}
	if (proto == PPP_IP)
		p->proto = bpf_htons(ETH_P_IP);
	else
		p->proto = proto == PPP_IPV6 ? bpf_htons(ETH_P_IPV6) : 0;
}

/* One header between Ethernet and layer 3. PARSE_OK: it is behind us, p->proto says what is next. */
static __always_inline int parse_shim(struct pkt *p, struct cursor *c)
{
	__u32 left = p->len - p->l3;

	switch (bpf_ntohs(p->proto)) {
	case ETH_P_8021Q:
	case ETH_P_8021AD:
	case ETH_P_QINQ0: {
		const struct vlan_tag *tag = cursor_take(c, struct vlan_tag);

		if (!tag)
			return left < sizeof(*tag) ? WEIR_REM_MALFORMED : PARSE_SHORT;
		p->l3 += sizeof(*tag);
		p->proto = tag->proto;
		return parse_tag(p, bpf_ntohs(tag->tci));
	}
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC: { /* RFC 3032; what is below the last label tells itself by its version */
		const __be32 *label = cursor_take(c, __be32);
		const __u8 *below = cursor_peek(c, 1);

		if (!label || !below)
			return left < sizeof(*label) + 1 ? WEIR_REM_MALFORMED : PARSE_SHORT;
		p->l3 += sizeof(*label);
		if (!(bpf_ntohl(*label) & MPLS_BOTTOM))
			return PARSE_OK;
		if (*below >> 4 == 4)
			p->proto = bpf_htons(ETH_P_IP);
		else
			p->proto = *below >> 4 == 6 ? bpf_htons(ETH_P_IPV6) : 0;
		return PARSE_OK;
	}
	case ETH_P_PPP_SES: {
		const struct pppoe_header *pppoe = cursor_take(c, struct pppoe_header);

		if (!pppoe)
			return left < sizeof(*pppoe) ? WEIR_REM_MALFORMED : PARSE_SHORT;
		p->l3 += sizeof(*pppoe);
		parse_ppp(p, bpf_ntohs(pppoe->proto));
		return PARSE_OK;
	}
	case ETH_P_ARP:
		return WEIR_REM_ARP;
	}
	return WEIR_REM_NON_IP;
}

static __always_inline int parse_is_ip(const struct pkt *p)
{
	return p->proto == bpf_htons(ETH_P_IP) || p->proto == bpf_htons(ETH_P_IPV6);
}

static __always_inline int parse_shims(struct pkt *p, void *start, void *end)
{
	int result = PARSE_OK;

#pragma clang loop unroll(disable)
	for (int i = 0; i < PARSE_SHIMS && result == PARSE_OK && !parse_is_ip(p); i++) {
		struct cursor c = { .pos = start + (p->l3 & PARSE_OFFSET_MASK), .end = end };

		result = parse_shim(p, &c);
	}
	if (result == PARSE_OK && !parse_is_ip(p))
		return WEIR_REM_NON_IP;
	return result;
}

static __always_inline int parse_ethernet(struct pkt *p, void *start, void *end)
{
	struct cursor c = { .pos = start + (p->l2 & PARSE_OFFSET_MASK), .end = end };
	const struct ethhdr *eth = cursor_take(&c, struct ethhdr);
	__u32 *macs = (__u32 *)p->macs;
	const __u32 *words;

	if (!eth)
		return p->len < p->l2 + sizeof(*eth) ? WEIR_REM_MALFORMED : PARSE_SHORT;
	words = (const void *)eth; /* a packed header would be read byte by byte */
	macs[0] = words[0];
	macs[1] = words[1];
	macs[2] = words[2];
	p->l3 = p->l2 + sizeof(*eth);
	p->proto = ((const __be16 *)words)[6];
	return PARSE_OK;
}

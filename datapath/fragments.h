/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments belong to their connection: the first one, which has the ports, leaves them here for
 * the later ones. What comes before its first, or long after it, is counted as a fragment only.
 */
#pragma once

#include "maps.h"
#include "parse_step.h"
#include "pkt.h"

/* What Linux gives the fragments of a packet to arrive. */
#define FRAGMENT_SECONDS 30

static __always_inline __u32 fragment_clock(void)
{
	return bpf_ktime_get_ns() / 1000000000;
}

/* Of IPv6 the first fragment alone says what the packet carries (RFC 8200, 4.5). */
static __always_inline void fragment_key(struct pkt *p)
{
	p->frag.proto = p->key.family == WEIR_IPV4 ? p->key.proto : 0;
	p->frag.vlan = p->key.vlan;
	p->frag.vni[0] = p->key.vni[0];
	p->frag.vni[1] = p->key.vni[1];
	p->frag.vni[2] = p->key.vni[2];
	p->frag.netns = p->key.netns;
}

static __always_inline int fragment_save(struct pkt *p, const __be16 *ports)
{
	struct weir_fragment first = { .port = { ports[0], ports[1] },
				       .seconds = fragment_clock(),
				       .proto = p->key.proto,
				       .is_answer = p->is_answer };

	fragment_key(p);
	bpf_map_update_elem(&fragments, &p->frag, &first, BPF_ANY);
	return 0;
}

/* Ports and protocol of a later fragment: PARSE_OK, or the remainder's number. */
static __always_inline int fragment_find(struct pkt *p, __be16 *ports)
{
	const struct weir_fragment *first;

	fragment_key(p);
	first = bpf_map_lookup_elem(&fragments, &p->frag);
	if (!first || fragment_clock() - first->seconds > FRAGMENT_SECONDS)
		return WEIR_REM_FRAGMENT;
	ports[0] = first->port[0];
	ports[1] = first->port[1];
	p->key.proto = first->proto;
	p->is_answer = first->is_answer;
	return PARSE_OK;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet from layer 2 to layer 4 into its flow key. Nothing but parse*.h, tunnel.h and quoted.h
 * touches headers.
 */
#pragma once

#include "parse_fragment.h"
#include "parse_l2.h"
#include "parse_l3.h"
#include "parse_step.h"
#include "pkt.h"

/* To layer 3, or to what stands before it: p->l3, p->proto. */
static __always_inline int parse_link(struct pkt *p, void *start, void *end, int has_ethernet)
{
	p->l3 = p->l2;
	return has_ethernet ? parse_ethernet(p, start, end) : PARSE_OK;
}

/* From layer 3 on. link: what the steps before have said. PARSE_OK, PARSE_SHORT or a remainder. */
static __always_inline int parse_network(struct pkt *p, void *start, void *end, int link)
{
	int result;

	parse_forget();
	p->hdr_len = p->l3;
	if (link != PARSE_OK)
		return link;
	if (p->proto == bpf_htons(ETH_P_IP))
		result = parse_ip4(p, start, end);
	else
		result = parse_ip6(p, start, end);
	return result == PARSE_CUT && !p->fragment ? WEIR_REM_MALFORMED : result;
}

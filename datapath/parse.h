/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet from layer 2 to layer 4 into its flow key. Nothing but parse*.h, tunnel.h and quoted.h
 * touches headers.
 */
#pragma once

#include "parse_l2.h"
#include "parse_l3.h"
#include "parse_step.h"
#include "pkt.h"

/*
 * The packet that begins at p->l2; p->proto: what layer 3 is, where there is no Ethernet header to
 * tell. PARSE_OK, PARSE_SHORT, or the remainder that it belongs to.
 */
static __always_inline int parse(struct pkt *p, void *start, void *end, int has_ethernet)
{
	int result = PARSE_OK;

	p->l3 = p->l2;
	if (has_ethernet)
		result = parse_ethernet(p, start, end);
	if (result == PARSE_OK && !parse_is_ip(p))
		result = parse_shims(p, start, end);
	parse_forget();
	p->hdr_len = p->l3;
	if (result != PARSE_OK)
		return result;
	if (p->proto == bpf_htons(ETH_P_IP))
		result = parse_ip4(p, start, end);
	else
		result = parse_ip6(p, start, end);
	if (p->fragment)
		p->more = PKT_NOTHING_MORE;
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is left to do of a fragment: the first one leaves its ports for the later ones, which fill their
 * key with them. Apart from the other steps, behind them all: the verifier would else walk what
 * follows for each way through here.
 */
#pragma once

#include "cursor.h"
#include "fragments.h"
#include "parse_l3.h"
#include "parse_step.h"
#include "pkt.h"

/* As parse_endpoints_v6() does it. The words of IPv4 addresses are in the same order as those. */
static __always_inline void parse_endpoints_of_fragment(struct pkt *p, const __be16 ports[2])
{
	struct ipv6hdr ip6;

	__builtin_memcpy(&ip6.saddr, p->frag.src, sizeof(ip6.saddr));
	__builtin_memcpy(&ip6.daddr, p->frag.dst, sizeof(ip6.daddr));
	parse_endpoints_v6(p, &ip6, ports[0], ports[1]);
}

/*
 * Layer 4's header begins at p->hdr_len and does not end in the packet. The ports tell whose it is; all
 * else in it is taken for unknown, as it is in the fragments behind.
 */
static __always_inline int parse_cut(struct pkt *p, void *start, void *data_end, __be16 ports[2])
{
	struct cursor c = { .pos = start + (p->hdr_len & PARSE_OFFSET_MASK), .end = data_end };
	const struct udphdr *head = cursor_peek(&c, 4);

	if (p->hdr_len + 4 > p->l3_end)
		return WEIR_REM_MALFORMED;
	if (!head)
		return PARSE_SHORT;
	ports[0] = head->source;
	ports[1] = head->dest;
	p->hdr_len = p->l3_end;
	return PARSE_OK;
}

/* result: of the steps before. */
static __always_inline int parse_fragment(struct pkt *p, void *start, void *data_end, int result)
{
	int has_key = result == PARSE_OK && p->fragment == PKT_FIRST_FRAGMENT;
	__be16 ports[2];

	p->more = PKT_NOTHING_MORE;
	if (result == PARSE_CUT)
		result = parse_cut(p, start, data_end, ports);
	else if (result == PARSE_OK && !has_key)
		result = fragment_find(p, ports);
	if (result != PARSE_OK)
		return result;
	if (has_key) {
		ports[0] = p->key.port[p->dir & 1];
		ports[1] = p->key.port[~p->dir & 1];
	} else {
		parse_endpoints_of_fragment(p, ports);
	}
	if (p->fragment == PKT_FIRST_FRAGMENT)
		fragment_save(p, ports);
	return PARSE_OK;
}

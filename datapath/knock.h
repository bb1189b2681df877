/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who really talks though the share for new flows like his is taken: see weir/knock.h. Asked, and
 * written, only for a packet that is refused for that; a flood from addresses that are not the
 * sender's own never learns what it would have to acknowledge.
 *
 * With hardly a branch: each would double what the verifier walks from here. And inline: with what
 * protects processors from speculation, to return costs 10 ns.
 */
#pragma once

#include <linux/in.h>

#include "flow_count.h"
#include "maps.h"
#include "parse_l4.h"
#include "pkt.h"
#include "weir/knock.h"

/* Which of PKT_HEARD_* a word that was left tells of the one who leaves `word`; 0: nothing. */
static __always_inline __u32 knock_tells(__u32 left, __u32 word)
{
	__u32 differs = left ^ word, is_same = ((__u64)differs - 2) >> 63;

	return is_same << (differs & WEIR_KNOCK_ANSWERS);
}

static __always_inline __u32 knock_find(__u64 left, __u32 word)
{
	return knock_tells((__u32)left, word) | knock_tells((__u32)(left >> 32), word);
}

/* Which way the packet may answer: the other one (flow_is_echo()), but its own where there is no other. */
static __always_inline __u32 knock_way(const struct pkt *p)
{
	return (p->hook ^ p->echoes >> (p->hook & 1)) & 1;
}

/* What is left once more is left once: a stream of packets takes nobody's place but once. */
static __always_inline void knock_leave(__u64 *left, __u32 word)
{
	__u64 was = *left;

	if ((__u32)was != word)
		*left = was << 32 | word;
}

/* flow_find() has come by it while packets are refused. */
static __always_inline __u64 knock_hash(const struct pkt *p)
{
	return p->refusing_until > bpf_jiffies64() ? p->hash : weir_present_hash((const __u64 *)p);
}

/*
 * TCP: whoever acknowledges just what the other side has sent, be it the SYN-ACK, has received it. A
 * SYN leaves nothing: what answers it is what a flood from anybody gets. A RST is no talk. All else
 * has no numbers, which are 0 there: a question, an answer, and who has asked goes on.
 *
 * What is known of the other side then is in p->heard.
 */
static __always_inline void knock(struct pkt *p)
{
	__u32 is_tcp = p->key.proto == IPPROTO_TCP, is_syn = !!(p->tcp_flags & TCP_SYN);
	__u32 dir = p->dir & 1, index, heard;
	struct weir_knocks *at;
	__u64 hash;

	if (is_tcp && (p->tcp_flags & (TCP_ACK | TCP_RST)) != TCP_ACK)
		return;
	hash = knock_hash(p);
	index = (__u32)hash & cfg.knock_mask;
	at = bpf_map_lookup_elem(&knocks, &index);
	if (!at)
		return;
	heard = knock_find(at->left[knock_way(p)], weir_knock_word(hash, !dir, p->ack));
	knock_leave(&at->left[p->hook & 1],
		    weir_knock_word(hash, dir, flow_seq_behind(p) + !!(p->tcp_flags & TCP_FIN)) |
			    (is_tcp ? is_syn : heard & PKT_HEARD));
	p->heard = is_tcp ? heard & (is_syn - 1) : heard >> 1;
}

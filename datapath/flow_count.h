/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a packet of a connection in a steady state costs: two atomic adds and a few looks.
 */
#pragma once

#include "parse_l4.h"
#include "pkt.h"
#include "weir/lifecycle.h"

/* A state byte with DYING or DEAD matches no bit. */
static __always_inline int flow_is_steady(const struct weir_flow *flow, const struct pkt *p)
{
	__u8 state = flow->state;
	__u32 steady = (flow->initiator & 1) == p->dir ? WEIR_STEADY_INITIATOR : WEIR_STEADY;

	return state < WEIR_STATE_MAX && ((1U << state) & steady);
}

/* The sequence number behind the packet. */
static __always_inline __u32 flow_seq_behind(const struct pkt *p)
{
	return p->seq + p->payload + !!(p->tcp_flags & TCP_SYN);
}

static __always_inline int flow_is_near(__u32 seq, __u32 next)
{
	return seq - next + WEIR_SEQ_REACH <= 2 * WEIR_SEQ_REACH;
}

/* Does the packet stand where its sender was, or a step ahead? */
static __always_inline int flow_is_in_step(const struct weir_dir *dir, const struct pkt *p)
{
	return p->seq - dir->next_seq + WEIR_SEQ_REACH <= WEIR_SEQ_REACH + WEIR_SEQ_STEP;
}

/*
 * Or is it to be looked at twice, for it does not, or one before it did not? Whoever knows addresses
 * and ports can have sent it. So is a side's first packet, and is not what has no sequence numbers: they
 * are 0 there. Without a branch, which would double what the verifier walks from here.
 */
static __always_inline __u64 flow_is_astray(const struct weir_dir *dir, const struct pkt *p)
{
	__u32 place = p->seq - dir->next_seq + WEIR_SEQ_REACH;

	return (WEIR_SEQ_REACH + WEIR_SEQ_STEP - (__u64)place) >> 63 |
	       (dir->hooks & WEIR_DIR_ASTRAY);
}

/* Data, or what only acknowledges them. What has no ACK, or comes with a RST, nobody takes. */
static __always_inline int flow_is_talk(const struct pkt *p)
{
	return (p->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

/*
 * What TCP's sequence numbers tell: data below the highest seen was sent again, or overtaken. The
 * byte that a keep-alive repeats (RFC 9293, 3.8.4) is neither. A SYN that is not a direction's first
 * is marked, or begins a connection, or belongs to nobody: its data are not followed.
 */
static __always_inline void flow_follow(struct weir_dir *dir, const struct pkt *p)
{
	__u32 end = flow_seq_behind(p);
	__s32 ahead = (__s32)(p->seq - dir->next_seq);

	if (!dir->flags && p->tcp_flags) /* the first of this direction */
		dir->next_seq = end;
	if (!dir->flags || !p->payload || !flow_is_talk(p))
		return;
	if (ahead < 0 && !(ahead == -1 && p->payload == 1))
		__sync_fetch_and_add(&dir->resent, p->segs);
	if (!dir->end_ns && (__s32)(end - dir->next_seq) > 0)
		dir->next_seq = end;
}

/*
 * Whose a packet of TCP is that leaves, for weir_dir.hooks. What an interface has received is none of
 * ours. A socket that is not a full one is a request, or what is left of a connection. skb: 0 in XDP.
 */
static __always_inline __u8 flow_sender(const struct pkt *p, struct __sk_buff *skb)
{
	struct bpf_sock *sock;

	if (!skb || p->hook != WEIR_EGRESS || p->key.proto != IPPROTO_TCP || skb->ingress_ifindex)
		return 0;
	sock = skb->sk;
	if (!sock)
		return WEIR_DIR_SOCKETLESS;
	sock = bpf_sk_fullsock(sock);
	return !sock || sock->protocol == IPPROTO_TCP ? WEIR_DIR_SOCKET : 0;
}

/* Returns whether it is the first packet of its direction. */
static __always_inline int flow_count(struct weir_flow *flow, const struct pkt *p,
				      struct __sk_buff *skb)
{
	struct weir_dir *dir = &flow->dir[p->dir & 1];
	__u8 hook = 1 << (p->hook & 1);
	int is_first = 0;

	__sync_fetch_and_add(&dir->packets, p->segs);
	__sync_fetch_and_add(&dir->bytes, p->wire);
	dir->last = (__u32)bpf_jiffies64();
	if ((dir->flags | p->tcp_flags) != dir->flags)
		dir->flags |= p->tcp_flags;
	if ((dir->hooks | hook) != dir->hooks) {
		is_first = !(dir->hooks & WEIR_DIR_HOOKS);
		dir->hooks |= hook | flow_sender(p, skb);
	}
	if (p->is_zero_window && dir->zero_windows < 0xffff)
		dir->zero_windows++;
	if (p->fragment)
		__sync_fetch_and_add(&dir->fragments, p->segs);
	return is_first;
}

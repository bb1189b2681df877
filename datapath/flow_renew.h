/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does a packet begin another connection in an entry that had one? See weir/lifecycle.h, WEIR_RENEWABLE.
 */
#pragma once

#include "flow_life.h"

/* Does the SYN-ACK say that who sent it has agreed to a new connection? */
static __always_inline int flow_is_agreed(const struct weir_flow *flow, const struct pkt *p,
					  __u8 state)
{
	const struct weir_dir *own = &flow->dir[p->dir & 1], *peer = &flow->dir[flow_other(p)];

	if ((peer->flags & TCP_SYN) && (1U << state) & WEIR_RENEWABLE_ASKED)
		return flow->flags & (WEIR_FLOW_ASKED_0 << flow_other(p)) &&
		       !flow_is_answer(p, peer);
	if (!((1U << state) & WEIR_RENEWABLE_UNASKED))
		return 0;
	return own->flags & TCP_SYN ? own->isn != p->seq : peer->flags & TCP_SYN;
}

/*
 * Does a connection that was told to be over go on? Neither side has anything new to say after both
 * FINs, nor who has sent a RST: if it says or acknowledges more, it was not the one who ended it.
 */
static __always_inline int flow_goes_on(const struct weir_flow *flow, const struct pkt *p)
{
	const struct weir_dir *own = &flow->dir[p->dir & 1], *peer = &flow->dir[flow_other(p)];
	__u8 ended_by = !!(flow->flags & WEIR_FLOW_CLOSED_BY_1);

	if (!flow_is_talk(p) || (p->tcp_flags & TCP_FIN) || !own->flags || !peer->flags ||
	    (flow->close_reason != WEIR_CLOSE_FIN && ended_by != (p->dir & 1)))
		return 0;
	return flow_is_near(p->seq, own->next_seq) && flow_is_near(p->ack, peer->next_seq) &&
	       ((__s32)(flow_seq_behind(p) - own->next_seq) > 0 ||
		(__s32)(p->ack - peer->next_seq) > 0);
}

/* Does the packet begin a new connection in an entry that stands in this state? */
static __always_inline int flow_is_renewed(const struct weir_flow *flow, const struct pkt *p,
					   __u8 state)
{
	const struct weir_dir *own = &flow->dir[p->dir & 1];

	if ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) != TCP_SYN)
		return state == WEIR_CLOSED && flow_goes_on(flow, p);
	if (p->tcp_flags & TCP_ACK)
		return flow_is_agreed(flow, p, state);
	if (!((1U << state) & WEIR_RENEWABLE))
		return 0;
	if (!(own->flags & TCP_SYN)) /* both sides may open at once (RFC 9293, 3.5) */
		return state != WEIR_SYN_SENT;
	return own->isn != p->seq;
}

static __always_inline void flow_rebase(struct weir_dir *dir)
{
	dir->base_packets = dir->packets;
	dir->base_bytes = dir->bytes;
	dir->end_ns = 0;
	dir->flags = 0;
	dir->hooks &= ~(WEIR_DIR_HOOKS | WEIR_DIR_ASTRAY);
	dir->isn = 0;
	dir->next_seq = 0;
	dir->zero_windows = 0;
	dir->resent = 0;
	dir->fragments = 0;
}

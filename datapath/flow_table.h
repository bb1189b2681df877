/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flow map: find the packet's entry or make it, move its life on, count the packet.
 *
 * A packet of a connection in a steady state costs one look-up and two atomic adds. Whatever may
 * change a state takes the entry's lock, which is why two CPUs cannot lose a change between them.
 */
#pragma once

#include <linux/errno.h>

#include "counters.h"
#include "emit.h"
#include "maps.h"
#include "parse.h"
#include "pkt.h"
#include "weir/lifecycle.h"

#define TCP_LIFE   (TCP_SYN | TCP_FIN | TCP_RST)
#define FLOW_RETRY (-3)

/* A state byte with DYING or DEAD matches no bit. */
static __always_inline int flow_is_steady(const struct weir_flow *flow, const struct pkt *p)
{
	__u8 state = flow->state;
	__u32 steady = (flow->initiator & 1) == p->dir ? WEIR_STEADY_INITIATOR : WEIR_STEADY;

	return state < WEIR_STATE_MAX && ((1U << state) & steady);
}

static __always_inline void flow_count(struct weir_flow *flow, const struct pkt *p)
{
	struct weir_dir *dir = &flow->dir[p->dir & 1];
	__u8 hook = 1 << (p->hook & 1);

	__sync_fetch_and_add(&dir->packets, p->segs);
	__sync_fetch_and_add(&dir->bytes, p->wire);
	dir->last = bpf_jiffies64();
	if ((dir->flags | p->tcp_flags) != dir->flags)
		dir->flags |= p->tcp_flags;
	if ((dir->hooks | hook) != dir->hooks)
		dir->hooks |= hook;
}

/* Of the packet alone: a FIN is taken for the first, an ACK for one of data. */
static __always_inline __u32 flow_input(const struct pkt *p)
{
	if (p->key.proto != IPPROTO_TCP)
		return WEIR_IN_PACKET;
	if (p->tcp_flags & TCP_RST)
		return WEIR_IN_RST;
	if (p->tcp_flags & TCP_SYN)
		return p->tcp_flags & TCP_ACK ? WEIR_IN_SYNACK : WEIR_IN_SYN;
	return p->tcp_flags & TCP_FIN ? WEIR_IN_FIN : WEIR_IN_ACK;
}

/* The same, knowing what both sides have sent so far; end_ns says that a FIN (or a RST) was. */
static __always_inline __u32 flow_input_in(const struct pkt *p, __u32 input,
					   const struct weir_dir *own, const struct weir_dir *peer)
{
	if (input == WEIR_IN_FIN && own->end_ns)
		input = WEIR_IN_ACK;
	if (input == WEIR_IN_ACK && (p->tcp_flags & TCP_ACK) && peer->end_ns &&
	    (__s32)(p->ack - peer->fin_seq) >= 0)
		input = WEIR_IN_ACK_FIN;
	return input;
}

/* Direction of the initiator, and how it is told, from the first packet seen. */
static __always_inline __u8 flow_initiator(const struct pkt *p, __u32 input)
{
	__u8 other = !p->dir;

	switch (input) {
	case WEIR_IN_PACKET:
		return p->dir | WEIR_BY_FIRST << 1;
	case WEIR_IN_SYN:
		return p->dir | WEIR_BY_SYN << 1;
	case WEIR_IN_SYNACK:
		return other | WEIR_BY_SYNACK << 1;
	}
	/* Both ports are in network order: the one that is higher belongs to the client. */
	if (p->key.port[0] == p->key.port[1])
		return p->dir | WEIR_BY_PORTS << 1;
	return (bpf_ntohs(p->key.port[1]) > bpf_ntohs(p->key.port[0])) | WEIR_BY_PORTS << 1;
}

static __always_inline void flow_note_close(struct weir_flow *flow, const struct pkt *p,
					    __u8 reason)
{
	flow->close_reason = reason;
	if (p->dir)
		flow->flags |= WEIR_FLOW_CLOSED_BY_1;
	else
		flow->flags &= ~WEIR_FLOW_CLOSED_BY_1;
}

/* What the packet means to the direction that it goes; state is the one before it. */
static __always_inline void flow_note(struct weir_flow *flow, struct weir_dir *own,
				      const struct pkt *p, __u32 input, __u8 state, __u32 side,
				      __u64 now)
{
	switch (input) {
	case WEIR_IN_SYN:
	case WEIR_IN_SYNACK:
		if (own->flags & TCP_SYN)
			flow->flags |= WEIR_FLOW_SYN_REPEATED;
		own->isn = p->seq;
		break;
	case WEIR_IN_FIN:
		own->end_ns = now;
		own->fin_seq = p->seq + p->payload + 1;
		if (!flow->close_reason)
			flow_note_close(flow, p, WEIR_CLOSE_FIN);
		break;
	case WEIR_IN_RST:
		if (state == WEIR_CLOSED)
			break;
		if (!own->end_ns)
			own->end_ns = now;
		if (state == WEIR_SYN_SENT && side == WEIR_RESPONDER)
			flow_note_close(flow, p, WEIR_CLOSE_REFUSED);
		else if (state != WEIR_LAST_ACK_I && state != WEIR_LAST_ACK_R)
			flow_note_close(flow, p, WEIR_CLOSE_RST);
		break;
	}
}

/* The handshake's answer, which is not any packet of the responder, and its completion, in ns. */
static __always_inline void flow_note_times(struct weir_flow *flow, __u32 input, __u32 side,
					    __u8 todo, __u64 now)
{
	if (side == WEIR_RESPONDER && !flow->reply_ns &&
	    (input == WEIR_IN_SYNACK || input == WEIR_IN_PACKET))
		flow->reply_ns = now;
	if ((todo & WEIR_DO_ESTABLISHED) && !flow->established_ns)
		flow->established_ns = now;
}

/* The value of an entry that begins with the packet. */
static __always_inline void flow_begin(struct weir_flow *flow, const struct pkt *p, __u64 now)
{
	struct weir_dir *own = &flow->dir[p->dir & 1];
	__u32 input = flow_input(p), side;

	flow->start_ns = now;
	flow->initiator = flow_initiator(p, input);
	side = p->dir != (flow->initiator & 1);
	flow->state = weir_lifecycle[WEIR_STATE_NONE][side & 1][input & 7] & WEIR_STATE_MASK;
	flow_note(flow, own, p, input, WEIR_STATE_NONE, side, now);
	flow_note_times(flow, input, side, 0, now);
}

/*
 * A new entry for the packet. PARSE_OK, FLOW_RETRY if another CPU was first, or the number of the
 * remainder that the packet belongs to.
 */
static __noinline int flow_create(struct pkt *p)
{
	struct weir_flow flow = {};
	struct weir_dir *own = &flow.dir[p->dir & 1];
	__u64 now, jiffies = bpf_jiffies64(), *refuse;
	__u32 zero = 0;
	long error;

	refuse = bpf_map_lookup_elem(&refuse_until, &zero);
	if (!refuse)
		return WEIR_REM_NO_ROOM;
	if (*refuse > jiffies) {
		counter_add(WEIR_FLOWS_REFUSED, 1);
		return WEIR_REM_NO_ROOM;
	}
	now = bpf_ktime_get_ns();
	flow_begin(&flow, p, now);
	own->packets = p->segs;
	own->bytes = p->wire;
	own->last = jiffies;
	own->flags = p->tcp_flags;
	own->hooks = 1 << (p->hook & 1);
	error = bpf_map_update_elem(&flows, &p->key, &flow, BPF_NOEXIST);
	if (error == -EEXIST)
		return FLOW_RETRY;
	if (error) {
		*refuse = jiffies + cfg.refuse_jiffies;
		counter_add(WEIR_FLOWS_REFUSED, 1);
		return WEIR_REM_NO_ROOM;
	}
	counter_add(WEIR_FLOWS_CREATED, 1);
	event_emit(WEIR_EVENT_OPEN, &flow, p, now);
	return PARSE_OK;
}

/* Does the SYN begin a new connection in an entry that stands in this state? */
static __always_inline int flow_is_renewed(const struct weir_flow *flow, const struct pkt *p,
					   __u8 state)
{
	const struct weir_dir *own = &flow->dir[p->dir & 1];

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
	dir->fin_seq = 0;
	dir->flags = 0;
	dir->hooks = 0;
	dir->retransmits = 0;
}

/* event: gets the old connection as it ended, or NULL. Returns whether there is a new one. */
static __always_inline int flow_renew_locked(struct pkt *p, struct weir_flow *flow, __u8 state,
					     struct weir_event *event, __u64 now)
{
	int renewed = 0;

	flow_lock(flow);
	if (!(flow->state & WEIR_STATE_DEAD) && flow_is_renewed(flow, p, state)) {
		if (event) {
			event_copy_flow(&event->flow, flow);
			if (!event->flow.close_reason)
				event->flow.close_reason = WEIR_CLOSE_REUSED;
		}
		flow->flags = 0;
		flow->close_reason = WEIR_CLOSE_NONE;
		flow->reply_ns = 0;
		flow->established_ns = 0;
		flow_rebase(&flow->dir[0]);
		flow_rebase(&flow->dir[1]);
		flow_begin(flow, p, now);
		renewed = 1;
	}
	flow_unlock(flow);
	return renewed;
}

/* The same, and the old connection's end is told. */
static __always_inline int flow_renew_open(struct pkt *p, struct weir_flow *flow, __u8 state,
					   __u64 now)
{
	struct weir_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		counter_add(WEIR_EVENTS_LOST, 1);
		return flow_renew_locked(p, flow, state, 0, now);
	}
	if (flow_renew_locked(p, flow, state, event, now)) {
		event_submit(event, WEIR_EVENT_CLOSE, p, now);
		return 1;
	}
	bpf_ringbuf_discard(event, 0);
	return 0;
}

/*
 * The tuple is used again. The entry is renewed in place, under its lock: were it deleted and made
 * anew, a packet on another CPU could count into the deleted one. The old connection's end
 * is told if it had none.
 */
static __noinline int flow_renew(struct pkt *p, struct weir_flow *flow)
{
	__u64 now = bpf_ktime_get_ns();
	__u8 state = flow->state & WEIR_STATE_MASK;
	int renewed;

	if (cfg.events && state != WEIR_CLOSED)
		renewed = flow_renew_open(p, flow, state, now);
	else
		renewed = flow_renew_locked(p, flow, state, 0, now);
	if (!renewed)
		return FLOW_RETRY;
	flow_count(flow, p);
	event_emit(WEIR_EVENT_OPEN, flow, p, now);
	return PARSE_OK;
}

/*
 * Whatever may change the state. PARSE_OK, or the remainder the packet belongs to: an entry found
 * DEAD is being deleted. DYING only means that it was idle: the packet revives it.
 */
static __noinline int flow_step(struct pkt *p, struct weir_flow *flow)
{
	struct weir_dir *own = &flow->dir[p->dir & 1];
	struct weir_dir *peer = &flow->dir[~p->dir & 1];
	__u64 now = bpf_ktime_get_ns();
	__u32 input = flow_input(p), side;
	__u8 state, old, todo;

	flow_lock(flow);
	old = flow->state;
	if (old & WEIR_STATE_DEAD) {
		flow_unlock(flow);
		return WEIR_REM_LATE;
	}
	state = old & WEIR_STATE_MASK;
	side = p->dir != (flow->initiator & 1);
	input = flow_input_in(p, input, own, peer);
	todo = weir_lifecycle[state][side & 1][input & 7];
	flow_note(flow, own, p, input, state, side, now);
	flow_note_times(flow, input, side, todo, now);
	flow->state = todo & WEIR_STATE_MASK;
	flow_unlock(flow);

	if (old & WEIR_STATE_DYING)
		counter_add(WEIR_FLOWS_REVIVED, 1);
	flow_count(flow, p);
	if (todo & WEIR_DO_CLOSE)
		event_emit(WEIR_EVENT_CLOSE, flow, p, now);
	else if (todo & WEIR_DO_ESTABLISHED)
		event_emit(WEIR_EVENT_ESTABLISHED, flow, p, now);
	return PARSE_OK;
}

/* Counts a parsed packet in its flow. PARSE_OK, or the remainder that it belongs to. */
static __always_inline int flow_observe(struct pkt *p)
{
	struct weir_flow *flow = bpf_map_lookup_elem(&flows, &p->key);
	int result;

	if (!flow) {
		result = flow_create(p);
		if (result != FLOW_RETRY)
			return result;
		flow = bpf_map_lookup_elem(&flows, &p->key);
		if (!flow)
			return WEIR_REM_LATE;
	}
	if (flow_is_steady(flow, p) && !(p->tcp_flags & TCP_LIFE)) {
		flow_count(flow, p);
		return PARSE_OK;
	}
	if ((p->tcp_flags & (TCP_LIFE | TCP_ACK)) == TCP_SYN &&
	    flow_is_renewed(flow, p, flow->state & WEIR_STATE_MASK)) {
		result = flow_renew(p, flow);
		if (result != FLOW_RETRY)
			return result;
	}
	return flow_step(p, flow);
}

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
#include "flow_count.h"
#include "flow_life.h"
#include "flow_renew.h"
#include "knock.h"
#include "maps.h"
#include "parse_step.h"
#include "pkt.h"
#include "present.h"

#define TCP_LIFE   (TCP_SYN | TCP_FIN | TCP_RST)
#define FLOW_RETRY (-3)

/*
 * Whoever only knocks gets three quarters of the map. Who is let in (a SYN-ACK says so) has a sixteenth of
 * its own, and what seems to be in the middle of a connection an eighth, until the other side is heard,
 * and then all there is.
 */
static __always_inline int flow_is_one_too_many(const struct weir_pressure *shared, __u32 input)
{
	__u8 waits = flow_waits_as(input);

	/* Signed: another CPU may have counted the answer to a flow that is not counted yet. */
	if (waits == WEIR_FLOW_UNANSWERED)
		return (__s64)shared->unanswered >= cfg.max_unanswered;
	if (waits == WEIR_FLOW_ANSWERING)
		return (__s64)shared->answering >= cfg.max_answering;
	return (__s64)shared->one_sided >= cfg.max_one_sided;
}

/*
 * Is there no room in the share of those that begin with the packet? Then it is asked whether it shows that
 * there are two who talk, who get an entry whatever waits, of what no share may have. So is what may
 * answer a SYN-ACK while there is no room for those: it would seem to be in the middle.
 */
static __always_inline int flow_is_beyond_share(const struct weir_pressure *shared, struct pkt *p)
{
	__u32 input = flow_input(p);
	int is_taken = flow_is_one_too_many(shared, input);

	if (!is_taken && (flow_waits_as(input) != WEIR_FLOW_ONE_SIDED ||
			  !flow_is_one_too_many(shared, WEIR_IN_SYNACK)))
		return 0;
	knock(p);
	parse_forget();
	return is_taken && !p->heard;
}

/* Is there no room for a new flow that begins with this packet? Asked before anything is built. */
static __always_inline int flow_is_refused(struct pkt *p)
{
	__u64 now = bpf_jiffies64();
	const struct weir_pressure *shared;
	const __u64 *until;
	__u32 zero = 0;

	until = bpf_map_lookup_elem(&refuse_until, &zero);
	shared = bpf_map_lookup_elem(&pressure, &zero);
	if (!until || *until > now)
		counter_add(WEIR_FLOWS_REFUSED, 1);
	else if (shared && flow_is_beyond_share(shared, p))
		counter_add(WEIR_UNANSWERED_REFUSED, 1);
	else
		return 0;
	p->refusing_until = now + cfg.refuse_jiffies;
	return 1;
}

/* There was no room. Where the map is full, this CPU does not try again for a while. */
static __always_inline void flow_refuse(int error)
{
	__u32 zero = 0;
	__u64 *until = bpf_map_lookup_elem(&refuse_until, &zero);

	if (until && error == -E2BIG)
		*until = bpf_jiffies64() + cfg.refuse_jiffies;
	counter_add(WEIR_FLOWS_REFUSED, 1);
}

/*
 * A new entry for the packet. PARSE_OK, FLOW_RETRY if another CPU was first, or the number of the
 * remainder that the packet belongs to.
 */
static __noinline int flow_create(struct pkt *p, struct __sk_buff *skb)
{
	struct weir_flow flow = {};
	struct weir_dir *own = &flow.dir[p->dir & 1];
	__u64 now = bpf_ktime_get_ns();
	struct bpf_sock *sk;
	int error; /* before Linux 6.4 the upper half of a long is not set */

	flow_begin(&flow, p, now);
	own->packets = p->segs;
	own->bytes = p->wire;
	own->last = (__u32)bpf_jiffies64();
	own->flags = p->tcp_flags;
	own->hooks = 1 << (p->hook & 1) | flow_sender(p, skb);
	own->zero_windows = p->is_zero_window;
	own->fragments = p->fragment ? p->segs : 0;
	error = (int)bpf_map_update_elem(&flows, &p->key, &flow, BPF_NOEXIST);
	if (error == -EEXIST)
		return FLOW_RETRY;
	if (error) {
		flow_refuse(error);
		return WEIR_REM_NO_ROOM;
	}
	present_note(p);
	counter_add(WEIR_FLOWS_CREATED, 1);
	pressure_add(flow.flags, 1);
	sk = event_socket(skb, p);
	if (sk)
		event_emit(WEIR_EVENT_OPEN, &flow, now, p, skb, sk, now);
	else
		event_emit_short(&flow, p);
	return PARSE_OK;
}

/*
 * event: gets the old connection as it ended, or NULL. Returns when the new one began, 0: there is none.
 * Always behind the old one: it is its name, and another CPU may have looked at the clock in the same
 * moment, or later.
 */
static __always_inline __u64 flow_renew_locked(struct pkt *p, struct weir_flow *flow,
					       struct weir_event *event, __u64 now)
{
	__u8 old = 0, waited = 0, waits = 0, initiator;
	__u64 start = 0;

	flow_lock(flow);
	if (!(flow->state & WEIR_STATE_DEAD) &&
	    flow_is_renewed(flow, p, flow->state & WEIR_STATE_MASK)) {
		if (event) {
			event_copy_flow(&event->flow, flow);
			if (!event->flow.close_reason)
				event->flow.close_reason = WEIR_CLOSE_REUSED;
		}
		old = flow->state;
		waited = flow->flags;
		initiator = flow->initiator;
		flow->flags = 0;
		flow->close_reason = WEIR_CLOSE_NONE;
		flow->reply_ns = 0;
		flow->established_ns = 0;
		flow_rebase(&flow->dir[0]);
		flow_rebase(&flow->dir[1]);
		start = now > flow->start_ns ? now : flow->start_ns + 1;
		flow_begin(flow, p, start);
		if (!(p->tcp_flags & TCP_SYN)) { /* the old one's further life */
			flow->initiator = initiator;
			flow->flags = waited & WEIR_FLOW_WAITING;
		}
		waits = flow->flags;
	}
	flow_unlock(flow);
	pressure_add(waited, -1);
	pressure_add(waits, 1);
	if (old & WEIR_STATE_DYING)
		counter_add(WEIR_FLOWS_REVIVED, 1);
	return start;
}

/* The same, and the old connection's end is told, if another CPU has not done so meanwhile. */
static __always_inline __u64 flow_renew_open(struct pkt *p, struct weir_flow *flow, __u64 now)
{
	struct weir_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	__u64 start;

	if (!event) {
		counter_add(WEIR_EVENTS_LOST, 1);
		return flow_renew_locked(p, flow, 0, now);
	}
	start = flow_renew_locked(p, flow, event, now);
	if (!start) {
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	if ((event->flow.state & WEIR_STATE_MASK) == WEIR_CLOSED)
		bpf_ringbuf_discard(event, 0);
	else
		event_submit(event, WEIR_EVENT_CLOSE, p, 0, 0, now); /* not the old one's packet */
	return start;
}

/*
 * The tuple is used again. The entry is renewed in place, under its lock: were it deleted and made
 * anew, a packet on another CPU could count into the deleted one. The old connection's end
 * is told if it had none.
 */
static __noinline int flow_renew(struct pkt *p, struct weir_flow *flow, struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	__u8 state = flow->state & WEIR_STATE_MASK;

	if (cfg.events && state != WEIR_CLOSED)
		now = flow_renew_open(p, flow, now);
	else
		now = flow_renew_locked(p, flow, 0, now);
	if (!now)
		return FLOW_RETRY;
	flow_count(flow, p, skb);
	event_emit(WEIR_EVENT_OPEN, flow, now, p, skb, event_socket(skb, p), now);
	return PARSE_OK;
}

/*
 * Whatever may change the state. PARSE_OK, or the remainder the packet belongs to: an entry found
 * DEAD is being deleted. DYING only means that it was idle: the packet revives it.
 */
static __noinline int flow_step(struct pkt *p, struct weir_flow *flow, struct __sk_buff *skb)
{
	struct weir_dir *own = &flow->dir[p->dir & 1];
	struct weir_dir *peer = &flow->dir[flow_other(p)];
	__u64 now = bpf_ktime_get_ns(), start;
	__u32 input, side;
	__u8 state, old, todo, waited = 0;

	flow_lock(flow);
	old = flow->state;
	if (old & WEIR_STATE_DEAD) {
		flow_unlock(flow);
		return WEIR_REM_LATE;
	}
	state = old & WEIR_STATE_MASK;
	start = flow->start_ns;
	side = p->dir != (flow->initiator & 1);
	p->input = flow_input_in(p, flow_input(p), state, side, own, peer);
	input = flow_input_told(p);
	flow_follow_step(own, peer, p, state);
	todo = weir_lifecycle[state][side & 1][input & 15];
	flow_note(flow, own, p, input, state, side, now);
	flow_note_times(flow, input, side, todo, now);
	flow->state = WEIR_NEXT(todo, state);
	if (flow_is_answered(flow, p, input, state, side, todo, peer)) {
		waited = flow->flags;
		flow->flags &= ~WEIR_FLOW_WAITING;
	}
	flow_unlock(flow);

	if (waited & WEIR_FLOW_WAITING)
		pressure_add(waited, -1);
	if (old & WEIR_STATE_DYING)
		counter_add(WEIR_FLOWS_REVIVED, 1);
	flow_count(flow, p, skb);
	if (todo & (WEIR_DO_CLOSE | WEIR_DO_ESTABLISHED))
		event_emit(todo & WEIR_DO_CLOSE ? WEIR_EVENT_CLOSE : WEIR_EVENT_ESTABLISHED, flow,
			   start, p, skb, event_socket(skb, p), now);
	return PARSE_OK;
}

/*
 * Would the next connection wait for another kind of answer than the one before does, and too many wait for
 * that already? Then the entry stays what it is, or one kind after the other could take the whole map.
 */
static __noinline int flow_is_barred(const struct pkt *p, const struct weir_flow *flow)
{
	const struct weir_pressure *shared;
	__u32 zero = 0, input = flow_input(p);
	__u8 waits = flow->flags & WEIR_FLOW_WAITING;

	if (!waits || waits == flow_waits_as(input) || !(p->tcp_flags & TCP_SYN))
		return 0;
	shared = bpf_map_lookup_elem(&pressure, &zero);
	return shared && flow_is_one_too_many(shared, input);
}

/* In a steady state: does the packet's flow wait no more? See flow_is_answered(). */
static __always_inline int flow_is_heard(const struct weir_flow *flow, const struct pkt *p,
					 int is_first)
{
	if (!(flow->flags & WEIR_FLOW_WAITING))
		return 0;
	if (p->key.proto != IPPROTO_TCP)
		return flow->state == WEIR_TWO_WAY && (flow->initiator & 1) == p->dir;
	return is_first;
}

/* The other side of a connection of which one side was seen: it is one. */
static __noinline int flow_hear(const struct pkt *p, struct weir_flow *flow)
{
	__u8 waited = 0;

	if (flow_is_echo(p, &flow->dir[~p->dir & 1]))
		return 0;
	flow_lock(flow);
	if (!(flow->state & WEIR_STATE_DEAD)) {
		waited = flow->flags & WEIR_FLOW_WAITING;
		flow->flags &= ~WEIR_FLOW_WAITING;
	}
	flow_unlock(flow);
	if (waited)
		pressure_add(waited, -1);
	return 0;
}

/* What was lately refused room is likely to be followed by its like: see weir/present.h. */
static __always_inline struct weir_flow *flow_find(struct pkt *p)
{
	if (p->refusing_until > bpf_jiffies64()) {
		p->hash = weir_present_hash((const __u64 *)p);
		if (present_is_absent(p->hash))
			return 0;
	}
	return bpf_map_lookup_elem(&flows, &p->key);
}

/*
 * Counts a parsed packet in its flow. PARSE_OK, or the remainder that it belongs to. skb: the packet
 * as TC has it, 0 in XDP, which knows no sockets.
 */
static __always_inline int flow_observe(struct pkt *p, struct __sk_buff *skb)
{
	struct weir_flow *flow = flow_find(p);
	int result;

	if (!flow) {
		if (flow_is_refused(p))
			return WEIR_REM_NO_ROOM;
		result = flow_create(p, skb);
		if (result != FLOW_RETRY)
			return result;
		flow = bpf_map_lookup_elem(&flows, &p->key);
		if (!flow)
			return WEIR_REM_LATE;
	}
	if (flow_is_steady(flow, p) && !(p->tcp_flags & TCP_LIFE) &&
	    !flow_is_astray(&flow->dir[p->dir & 1], p)) {
		flow_follow(&flow->dir[p->dir & 1], p);
		if (flow_is_heard(flow, p, flow_count(flow, p, skb)))
			flow_hear(p, flow);
		return PARSE_OK;
	}
	if (flow_is_renewed(flow, p, flow->state & WEIR_STATE_MASK) && !flow_is_barred(p, flow)) {
		result = flow_renew(p, flow, skb);
		if (result != FLOW_RETRY)
			return result;
	}
	return flow_step(p, flow, skb);
}

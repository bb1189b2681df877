/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events for the agent. The ring wakes its reader only if it had read everything.
 */
#pragma once

#include <linux/in.h>

#include <bpf/bpf_endian.h>

#include "counters.h"
#include "maps.h"
#include "owners.h"
#include "pkt.h"

#define SOCK_RAW 3

/* Of the flow all but its directions, and the lock, which the verifier lets nobody read. */
static __always_inline void event_copy_head(struct weir_flow *to, const struct weir_flow *from)
{
	to->lock = 0;
	to->state = from->state;
	to->initiator = from->initiator;
	to->close_reason = from->close_reason;
	to->flags = from->flags;
	to->start_ns = from->start_ns;
	to->reply_ns = from->reply_ns;
	to->established_ns = from->established_ns;
}

static __always_inline void event_copy_flow(struct weir_flow *to, const struct weir_flow *from)
{
	event_copy_head(to, from);
	__builtin_memcpy(to->dir, from->dir, sizeof(to->dir));
}

/*
 * Does the packet look as one that the socket itself has sent? What a tunnel of the kernel sends
 * still has the socket of whom it carries, and what is inside may have the tunnel daemon's.
 */
static __always_inline int event_is_of(const struct bpf_sock *sk, const struct pkt *p)
{
	if (sk->type == SOCK_RAW)
		return sk->protocol == p->key.proto || sk->protocol == IPPROTO_RAW;
	if (sk->protocol != p->key.proto)
		return 0;
	if (!sk->src_port) /* TCP gives it up before it sends its RST */
		return sk->dst_port && sk->dst_port == p->key.port[~p->dir & 1];
	return sk->src_port == (__u32)bpf_ntohs(p->key.port[p->dir & 1]);
}

/*
 * The socket that has sent the packet, if the packet still has it and somebody is to be told; or 0. A
 * SYN-ACK has the request's, which is not a whole one: its listener will do.
 */
static __always_inline struct bpf_sock *event_socket(struct __sk_buff *skb, const struct pkt *p)
{
	struct bpf_sock *sk = cfg.events && skb ? skb->sk : 0;

	if (!sk)
		return 0;
	sk = bpf_sk_fullsock(sk);
	if (!sk) {
		sk = skb->sk;
		sk = sk ? bpf_get_listener_sock(sk) : 0;
	}
	return sk && event_is_of(sk, p) ? sk : 0;
}

/* Whose the packet is: sk has sent it. */
static __noinline int event_own(struct __sk_buff *skb, struct bpf_sock *sk,
				struct weir_owner *owner)
{
	const struct weir_socket *socket = bpf_sk_storage_get(&owners, sk, 0, 0);

	if (socket && socket->cookie)
		owner_fill(owner, socket, bpf_get_socket_cookie(skb));
	else
		owner->cookie = bpf_get_socket_cookie(skb);
	return 0;
}

/* What comes before the flow. len: of the whole event. */
static __always_inline void event_begin(struct weir_event *event, __u16 len,
					enum weir_event_type type, const struct pkt *p, __u64 now)
{
	__u64 *macs = (__u64 *)event->eth_dst;

	event->hdr.len = len;
	event->hdr.type = type;
	event->hdr.version = WEIR_EVENT_VERSION;
	event->hdr.hook = p->hook;
	event->hdr.dir = p->dir;
	event->hdr.tcp_flags = p->tcp_flags;
	event->hdr.pad = 0;
	event->hdr.time_ns = now;
	event->key = p->key;
	macs[0] = p->macs[0];
	macs[1] = p->macs[1]; /* the upper half is overwritten just below */
	event->icmp_type = p->icmp_type;
	event->icmp_code = p->icmp_code;
	event->pad = 0;
}

/* sk: of event_socket(); 0 where the packet has no socket that speaks for the flow. */
static __always_inline void event_submit(struct weir_event *event, enum weir_event_type type,
					 const struct pkt *p, struct __sk_buff *skb,
					 struct bpf_sock *sk, __u64 now)
{
	event_begin(event, sizeof(*event), type, p, now);
	__builtin_memset(&event->owner, 0, sizeof(event->owner));
	if (sk)
		event_own(skb, sk, &event->owner);
	bpf_ringbuf_submit(event, 0);
}

/*
 * The flow as the packet left it, of the connection that began at `start`: if another CPU has begun
 * the next one meanwhile, the event is lost. One test of the pointer, and not a second one later:
 * older verifiers (5.10, 6.1) do not know that a reserved record is not NULL, and would see it leak.
 */
static __always_inline void event_emit(enum weir_event_type type, const struct weir_flow *flow,
				       __u64 start, const struct pkt *p, struct __sk_buff *skb,
				       struct bpf_sock *sk, __u64 now)
{
	struct weir_event *event;

	if (!cfg.events)
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		counter_add(WEIR_EVENTS_LOST, 1);
		return;
	}
	event_copy_flow(&event->flow, flow);
	if (event->flow.start_ns != start) {
		bpf_ringbuf_discard(event, 0);
		counter_add(WEIR_EVENTS_LOST, 1);
		return;
	}
	event_submit(event, type, p, skb, sk, now);
}

/* Of a flow that this packet alone has made, and that has no socket: see WEIR_EVENT_SHORT. */
static __always_inline void event_emit_short(const struct weir_flow *flow, const struct pkt *p)
{
	struct weir_event *event;

	if (!cfg.events)
		return;
	event = bpf_ringbuf_reserve(&events, WEIR_EVENT_SHORT, 0);
	if (!event) {
		counter_add(WEIR_EVENTS_LOST, 1);
		return;
	}
	event_begin(event, WEIR_EVENT_SHORT, WEIR_EVENT_OPEN, p, flow->start_ns);
	event_copy_head(&event->flow, flow);
	event->flow.dir[0] = flow->dir[p->dir & 1];
	bpf_ringbuf_submit(event, 0);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a packet means to the life of its connection. Whoever calls holds the entry's lock, or has
 * the only copy. The states are weir/lifecycle.h's.
 */
#pragma once

#include "flow_count.h"
#include "parse_l4.h"
#include "parse_step.h"
#include "pkt.h"
#include "weir/lifecycle.h"

/*
 * The direction that answers the packet's. A TCP socket that is connected to itself is at both ends:
 * all it sends goes in one direction, and answers itself. By words and without a branch, which would
 * double what the verifier walks from here.
 */
static __always_inline __u32 flow_other(const struct pkt *p)
{
	const __u64 *a = (const __u64 *)p->key.addr;
	__u64 differs = (a[0] ^ a[2]) | (a[1] ^ a[3]) | (p->key.port[0] ^ p->key.port[1]) |
			(p->key.proto ^ IPPROTO_TCP);

	return (differs | -differs) >> 63 & ~p->dir;
}

/* Of the packet alone: a FIN is taken for the first, an ACK for one of data. */
static __always_inline __u32 flow_input(const struct pkt *p)
{
	if (p->key.proto != IPPROTO_TCP)
		return WEIR_IN_PACKET;
	if (p->fragment == PKT_LATER_FRAGMENT)
		return WEIR_IN_REST;
	if (p->tcp_flags & TCP_RST)
		return WEIR_IN_RST;
	if (p->tcp_flags & TCP_SYN)
		return p->tcp_flags & TCP_ACK ? WEIR_IN_SYNACK : WEIR_IN_SYN;
	return p->tcp_flags & TCP_FIN ? WEIR_IN_FIN : WEIR_IN_ACK;
}

/*
 * A RST, say, is the sender's only if it is near to where the sender stands (RFC 5961, 3.2, asks for
 * the exact place, which a bystander may have missed by what was lost): forged ones mostly are not. In
 * front of its SYN was another connection.
 */
static __always_inline int flow_is_far(const struct pkt *p, __u8 state, const struct weir_dir *own)
{
	if (!own->flags)
		return 0;
	if (state < WEIR_ESTABLISHED && (own->flags & TCP_SYN) && (__s32)(p->seq - own->isn) < 0)
		return 1;
	return !flow_is_near(p->seq, own->next_seq);
}

/* Does it acknowledge what the other side has sent, as far as that is known? */
static __always_inline int flow_is_ack_near(const struct pkt *p, const struct weir_dir *peer)
{
	return !peer->flags || flow_is_near(p->ack, peer->next_seq);
}

/*
 * A FIN that is not near to where its sender stands, or only so near that one of a hundred at random
 * would be, and acknowledges what the other side cannot have sent: no end would take it.
 */
static __always_inline int flow_is_doubtful(const struct pkt *p, const struct weir_dir *own,
					    const struct weir_dir *peer)
{
	if (!own->flags || p->seq - own->next_seq + WEIR_SEQ_STEP <= 2 * WEIR_SEQ_STEP)
		return 0;
	return !flow_is_near(p->seq, own->next_seq) || !flow_is_ack_near(p, peer);
}

/*
 * Talk that stands elsewhere than its sender was. If it knows what the other side has sent, some has
 * not been seen, and the sender is followed from here. So it is where both sides have gone elsewhere,
 * or twice where one alone is heard. Else whoever comes next tells: a bystander's guess is followed by
 * a packet that is in step.
 */
static __always_inline void flow_find_again(struct weir_dir *own, struct weir_dir *peer,
					    const struct pkt *p)
{
	__u32 is_peer_lost = peer->hooks & WEIR_DIR_ASTRAY;
	__u32 is_lost = own->hooks & WEIR_DIR_ASTRAY && (is_peer_lost || !peer->flags);

	if (!is_lost && !(peer->flags && flow_is_near(p->ack, peer->next_seq))) {
		own->hooks |= WEIR_DIR_ASTRAY;
		return;
	}
	if (is_lost && is_peer_lost) {
		peer->hooks &= ~WEIR_DIR_ASTRAY;
		if (!peer->end_ns)
			peer->next_seq = p->ack;
	}
	own->hooks &= ~WEIR_DIR_ASTRAY;
	if (!own->end_ns)
		own->next_seq = flow_seq_behind(p);
}

/* Like flow_follow(), of any packet. What comes after the end is compared with what was sent until it. */
static __always_inline void flow_follow_step(struct weir_dir *own, struct weir_dir *peer,
					     const struct pkt *p, __u8 state)
{
	if (state == WEIR_CLOSED && own->flags)
		return;
	if (own->flags && flow_is_talk(p) && !flow_is_in_step(own, p)) {
		flow_find_again(own, peer, p);
		return;
	}
	if (flow_is_talk(p))
		own->hooks &= ~WEIR_DIR_ASTRAY;
	flow_follow(own, p);
}

/* Does it acknowledge the SYN that is known of the other side, and at most what came with it? */
static __always_inline int flow_is_answer(const struct pkt *p, const struct weir_dir *peer)
{
	return !((p->ack - peer->isn - 1) >> WEIR_SYN_REACH_BITS);
}

/*
 * Does it not acknowledge the other side's SYN, though that was seen? Then it answers another one.
 * What was seen of the other side since may be acknowledged with it, if the answer itself took
 * another way.
 */
static __always_inline int flow_is_of_another_syn(const struct pkt *p, const struct weir_dir *peer)
{
	__u32 behind = p->ack - peer->isn - 1, said = peer->next_seq - peer->isn - 1;

	return (peer->flags & TCP_SYN) &&
	       ((~p->tcp_flags & TCP_ACK) | (!flow_is_answer(p, peer) && behind > said));
}

static __always_inline int flow_is_half_open(__u8 state)
{
	return state == WEIR_SYN_RECEIVED || state == WEIR_FIN_EARLY;
}

/*
 * Does the responder's RST answer a SYN, and not what came behind it? Then its number is 0 (RFC 9293,
 * 3.10.7.1). A SYN may find nobody any more that was answered before: its sender has not heard that.
 */
static __always_inline int flow_is_refusal(const struct pkt *p, __u8 state)
{
	return state == WEIR_SYN_SENT ||
	       (!p->seq && (p->tcp_flags & TCP_ACK) && flow_is_half_open(state));
}

/*
 * Does the other side take it only if it acknowledges its SYN? All that answers a SYN but another
 * SYN does, and what answers a SYN-ACK: who has not heard that can only guess its number.
 */
static __always_inline int flow_must_acknowledge(const struct pkt *p, __u32 input, __u8 state,
						 __u32 side)
{
	if (input == WEIR_IN_SYNACK)
		return 1;
	if (side == WEIR_RESPONDER)
		return input == WEIR_IN_RST ? flow_is_refusal(p, state)
					    : state == WEIR_SYN_SENT && input != WEIR_IN_SYN;
	return (input == WEIR_IN_ACK || input == WEIR_IN_FIN) && flow_is_half_open(state);
}

/*
 * Does the responder go on behind its SYN-ACK? Where the initiator's packets take another way, nothing
 * else tells that the connection is established; where they do not, its ACK does.
 */
static __always_inline int flow_is_going_on(__u32 input, __u8 state, __u32 side)
{
	return side == WEIR_RESPONDER && state == WEIR_SYN_RECEIVED && input == WEIR_IN_ACK;
}

/*
 * Does what may do so acknowledge the other side's FIN? The input is then the next one. Without a
 * branch, which would double what the verifier walks from here.
 */
static __always_inline __u32 flow_is_ack_of_fin(const struct pkt *p, __u32 input,
						const struct weir_dir *peer)
{
	__u32 may = ((1U << WEIR_IN_ACK) | (1U << WEIR_IN_FIN)) >> input;
	__u32 is_there = -peer->end_ns >> 63, is_behind = ~(p->ack - peer->next_seq) >> 31;

	return may & is_there & is_behind & 1;
}
_Static_assert(WEIR_IN_ACK_FIN == WEIR_IN_ACK + 1 && WEIR_IN_LAST_FIN == WEIR_IN_FIN + 1,
	       "the next");

/*
 * The same, knowing what both sides have sent so far; end_ns says that a FIN (or a RST) was. What
 * neither side would take for the connection's (RFC 9293, 3.10.7) tells nothing of it: packets
 * without ACK, and those that acknowledge another SYN than the one that they answer.
 */
static __always_inline __u32 flow_input_in(const struct pkt *p, __u32 input, __u8 state, __u32 side,
					   const struct weir_dir *own, const struct weir_dir *peer)
{
	if (p->key.proto == IPPROTO_TCP && !(p->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK)))
		return WEIR_IN_REST;
	if (flow_must_acknowledge(p, input, state, side)) {
		if (flow_is_of_another_syn(p, peer))
			return WEIR_IN_REST;
	} else if (input == WEIR_IN_RST || flow_is_going_on(input, state, side)) {
		if (flow_is_far(p, state, own) ||
		    (input == WEIR_IN_ACK && peer->hooks & WEIR_DIR_HOOKS))
			return WEIR_IN_REST;
	} else if (input == WEIR_IN_FIN && flow_is_doubtful(p, own, peer)) {
		return WEIR_IN_REST;
	}
	if (input == WEIR_IN_FIN && own->end_ns)
		input = WEIR_IN_ACK;
	return input + flow_is_ack_of_fin(p, input, peer);
}

/* Read back, so that all the ways in which it was told look alike to the verifier. */
static __always_inline __u32 flow_input_told(const struct pkt *p)
{
	parse_forget();
	return p->input;
}

/* Direction of the initiator, and how it is told, from the first packet seen. */
static __always_inline __u8 flow_initiator(const struct pkt *p, __u32 input)
{
	if (p->heard & PKT_HEARD_SYNACK)
		return p->dir | WEIR_BY_SYNACK << 1;
	switch (input) {
	case WEIR_IN_PACKET: /* an answer's question was asked by the other side */
		return (p->dir ^ p->is_answer) | WEIR_BY_FIRST << 1;
	case WEIR_IN_SYN:
		return p->dir | WEIR_BY_SYN << 1;
	case WEIR_IN_SYNACK:
		return flow_other(p) | WEIR_BY_SYNACK << 1;
	}
	/* Both ports are in network order: the one that is higher belongs to the client. */
	if (p->key.port[0] == p->key.port[1])
		return p->dir | WEIR_BY_PORTS << 1;
	return (bpf_ntohs(p->key.port[1]) > bpf_ntohs(p->key.port[0])) | WEIR_BY_PORTS << 1;
}

/*
 * A side's SYN. Another one while something goes on may be anybody's until it is answered, and then
 * the entry is renewed: it is only remembered that there was one. So is the first one that is seen of
 * a side when the connection is there already. A SYN-ACK may be another because who sent it remembers
 * nothing (SYN cookies).
 */
static __always_inline void flow_note_syn(struct weir_flow *flow, struct weir_dir *own,
					  const struct pkt *p, __u32 input, __u8 state)
{
	int is_again = own->flags & TCP_SYN, is_other = !is_again || own->isn != p->seq;

	if (input == WEIR_IN_SYN && is_other &&
	    state >= (is_again ? WEIR_SYN_RECEIVED : WEIR_ESTABLISHED)) {
		flow->flags |= WEIR_FLOW_ASKED_0 << (p->dir & 1);
		return;
	}
	if (is_again && is_other && state >= WEIR_ESTABLISHED)
		return;
	own->isn = p->seq;
	if (is_again)
		flow->flags |= WEIR_FLOW_SYN_REPEATED;
	if (is_other && state < WEIR_ESTABLISHED && !own->end_ns)
		own->next_seq = flow_seq_behind(p);
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
		flow_note_syn(flow, own, p, input, state);
		break;
	case WEIR_IN_FIN:
	case WEIR_IN_LAST_FIN:
		own->end_ns = now;
		own->next_seq = p->seq + p->payload + 1;
		if (!flow->close_reason)
			flow_note_close(flow, p, WEIR_CLOSE_FIN);
		break;
	case WEIR_IN_RST:
		if (state == WEIR_CLOSED)
			break;
		if (!own->end_ns)
			own->end_ns = now;
		if (p->seq - own->next_seq <=
		    WEIR_SEQ_STEP) /* what it sent before may come later */
			own->next_seq = p->seq;
		flow_note_close(flow, p, WEIR_CLOSE_RST);
		if (side == WEIR_RESPONDER && flow_is_refusal(p, state))
			flow->close_reason = WEIR_CLOSE_REFUSED;
		break;
	}
}

/*
 * The handshake's answer, which is not any packet of the responder, nor one that comes when it is
 * completed, and its completion, in ns.
 */
static __always_inline void flow_note_times(struct weir_flow *flow, __u32 input, __u32 side,
					    __u8 todo, __u64 now)
{
	if (side == WEIR_RESPONDER && !flow->reply_ns && !flow->established_ns &&
	    (input == WEIR_IN_SYNACK || input == WEIR_IN_PACKET))
		flow->reply_ns = now;
	if ((todo & WEIR_DO_ESTABLISHED) && !flow->established_ns)
		flow->established_ns = now;
}

/* What a flow that begins with it waits for, of WEIR_FLOW_WAITING. */
static __always_inline __u8 flow_waits_as(__u32 input)
{
	if (input == WEIR_IN_SYN || input == WEIR_IN_RST || input == WEIR_IN_PACKET)
		return WEIR_FLOW_UNANSWERED;
	return input == WEIR_IN_SYNACK ? WEIR_FLOW_ANSWERING : WEIR_FLOW_ONE_SIDED;
}

/*
 * Have both directions come in here, and nothing gone out, or the other way round? Whoever is on one side
 * of us may then have sent them all. The loopback, where all goes out, tells nothing by that.
 */
static __always_inline int flow_is_echo(const struct pkt *p, const struct weir_dir *peer)
{
	__u32 by = 1 << (p->hook & 1);

	return (peer->hooks & WEIR_DIR_HOOKS) == by && p->echoes & by;
}

/*
 * Does the packet end a flow's waiting? What is established by one side alone, whose other side is
 * heard of nowhere, waits on until it is heard. A RST answers nothing: it is what any packet of a
 * flood may get. So is a single answer where there is no handshake; who goes on after it has heard it.
 * state: before the packet; todo: of the table.
 */
static __always_inline int flow_is_answered(const struct weir_flow *flow, const struct pkt *p,
					    __u32 input, __u8 state, __u32 side, __u8 todo,
					    const struct weir_dir *peer)
{
	const struct weir_dir *own = &flow->dir[p->dir & 1];
	int is_heard = !(own->hooks & WEIR_DIR_HOOKS) && input != WEIR_IN_RST;

	if (flow_is_echo(p, peer))
		return 0;
	if (p->key.proto != IPPROTO_TCP)
		return state == WEIR_TWO_WAY && side == WEIR_INITIATOR;
	if (flow->flags & (WEIR_FLOW_ANSWERING | WEIR_FLOW_ONE_SIDED) ||
	    (is_heard && state >= WEIR_ESTABLISHED))
		return is_heard;
	return todo & WEIR_DO_ESTABLISHED && peer->hooks & WEIR_DIR_HOOKS;
}

/* The value of an entry that begins with the packet. */
static __always_inline void flow_begin(struct weir_flow *flow, struct pkt *p, __u64 now)
{
	struct weir_dir *own = &flow->dir[p->dir & 1];
	__u32 input, side;

	p->input = flow_input(p);
	flow->start_ns = now;
	flow->initiator = flow_initiator(p, flow_input_told(p));
	p->waits = p->heard ? 0 : flow_waits_as(p->input);
	input = flow_input_told(p);
	side = p->dir != (flow->initiator & 1);
	flow->state = weir_lifecycle[WEIR_STATE_NONE][side & 1][input & 15] & WEIR_STATE_MASK;
	flow->flags |= p->waits;
	own->next_seq = flow_seq_behind(p);
	flow_note(flow, own, p, input, WEIR_STATE_NONE, side, now);
	flow_note_times(flow, input, side, 0, now);
	if (p->heard & PKT_HEARD_SYNACK)
		flow->established_ns = now;
}

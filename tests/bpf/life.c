// SPDX-License-Identifier: BSD-2-Clause
/*
 * A flow entry's life in the words of its documentation (weir/flow.h, docs/design.md).
 */
#include "life.h"

#include <netinet/in.h>

#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

/* Sequence numbers go round; of two that are half of them apart nobody can tell. */
static bool is_before(uint32_t a, uint32_t b)
{
	return a != b && b - a < 0x80000000;
}

static bool has(const struct life_packet *packet, uint8_t flag)
{
	return packet->flags & flag;
}

/* In which direction it is answered. */
static uint8_t answering_dir(const struct life_packet *packet)
{
	return packet->is_to_itself ? packet->dir : !packet->dir;
}

static enum weir_input kind_of(const struct life_packet *packet)
{
	if (packet->proto != IPPROTO_TCP)
		return WEIR_IN_PACKET;
	if (packet->is_rest)
		return WEIR_IN_REST;
	if (has(packet, PKT_RST))
		return WEIR_IN_RST;
	if (has(packet, PKT_SYN))
		return has(packet, PKT_ACK) ? WEIR_IN_SYNACK : WEIR_IN_SYN;
	return has(packet, PKT_FIN) ? WEIR_IN_FIN : WEIR_IN_ACK;
}

uint8_t life_waits_as(const struct life_packet *packet)
{
	switch (kind_of(packet)) {
	case WEIR_IN_SYN:
	case WEIR_IN_RST:
	case WEIR_IN_PACKET:
		return WEIR_FLOW_UNANSWERED;
	case WEIR_IN_SYNACK:
		return WEIR_FLOW_ANSWERING;
	case WEIR_IN_ACK:
	case WEIR_IN_ACK_FIN:
	case WEIR_IN_FIN:
	case WEIR_IN_LAST_FIN:
	case WEIR_IN_REST:
	case WEIR_INPUT_MAX:
		break;
	}
	return WEIR_FLOW_ONE_SIDED;
}

/* Of two sequence numbers: how far they are apart, the shorter way round. */
static uint32_t apart(uint32_t a, uint32_t b)
{
	return a - b < b - a ? a - b : b - a;
}

/* Within 16 MiB of what its sender has sent, before it or behind it; one who was silent may be anywhere. */
static bool is_in_reach(const struct weir_dir *own, const struct life_packet *packet)
{
	return !own->flags || apart(packet->seq, own->next_seq) <= 16 << 20;
}

/* The same of what it acknowledges, and what the other side has sent. */
static bool is_ack_in_reach(const struct weir_dir *peer, const struct life_packet *packet)
{
	return !peer->flags || apart(packet->ack, peer->next_seq) <= 16 << 20;
}

/* At its sender's last byte or before it, by 16 MiB at most, or 64 KiB ahead of it. */
static bool is_in_step(const struct weir_dir *own, const struct life_packet *packet)
{
	uint32_t ahead = packet->seq - own->next_seq, behind = own->next_seq - packet->seq;

	return ahead <= 64 << 10 || behind <= 16 << 20;
}

/* What an end takes for data, or for the acknowledgment of some. */
static bool is_talk(const struct life_packet *packet)
{
	return has(packet, PKT_ACK) && !has(packet, PKT_SYN) && !has(packet, PKT_RST);
}

/* Both sides have not agreed yet: until then there may be more than one SYN about. */
static bool is_opening(uint8_t state)
{
	return state == WEIR_SYN_SENT || state == WEIR_SYN_RECEIVED || state == WEIR_FIN_EARLY;
}

/* Neither side has anything more to say, but for the ACKs of that. */
static bool has_both_fins(uint8_t state)
{
	return state == WEIR_CLOSING || state == WEIR_LAST_ACK_I || state == WEIR_LAST_ACK_R;
}

/* Who has heard a SYN acknowledges it, with its data if it has any, or what was sent since. */
static bool is_answer_to(const struct weir_dir *peer, const struct life_packet *packet)
{
	uint32_t behind = packet->ack - (peer->isn + 1), said = peer->next_seq - (peer->isn + 1);

	if (!(peer->flags & PKT_SYN))
		return true;
	return has(packet, PKT_ACK) && (behind < 64 << 10 || behind <= said);
}

/* Who sends a RST in answer to a SYN knows no number of its own (RFC 9293, 3.10.7.1): it is 0. */
static bool is_refusal(const struct life *life, const struct life_packet *packet, uint8_t state)
{
	if (!has(packet, PKT_RST) || packet->dir == (life->flow.initiator & 1))
		return false;
	return state == WEIR_SYN_SENT ||
	       (is_opening(state) && packet->seq == 0 && has(packet, PKT_ACK));
}

/* Is it the connection's, as its ends would see it? */
static bool is_its_own(const struct life *life, const struct life_packet *packet)
{
	const struct weir_dir *own = &life->flow.dir[packet->dir];
	const struct weir_dir *peer = &life->flow.dir[answering_dir(packet)];
	bool is_responder = packet->dir != (life->flow.initiator & 1);
	enum weir_input input = kind_of(packet);

	if (input == WEIR_IN_PACKET)
		return true;
	if (!(packet->flags & (PKT_SYN | PKT_RST | PKT_ACK)))
		return false;
	if (input == WEIR_IN_SYNACK || is_refusal(life, packet, life->flow.state) ||
	    (life->flow.state == WEIR_SYN_SENT && is_responder && input != WEIR_IN_SYN))
		return is_answer_to(peer, packet);
	if (life->flow.state != WEIR_SYN_SENT && is_opening(life->flow.state) && !is_responder &&
	    (input == WEIR_IN_ACK || input == WEIR_IN_FIN))
		return is_answer_to(peer, packet);
	/* The responder's alone: where the initiator is heard, its own ACK is what counts. */
	if (life->flow.state == WEIR_SYN_RECEIVED && is_responder && input == WEIR_IN_ACK) {
		if (peer->hooks)
			return false;
	} else if (input == WEIR_IN_FIN) { /* its own number will do, or two that are about right */
		return !own->flags || apart(packet->seq, own->next_seq) <= 64 << 10 ||
		       (is_in_reach(own, packet) && is_ack_in_reach(peer, packet));
	} else if (input != WEIR_IN_RST) {
		return true;
	}
	if (is_opening(life->flow.state) && (own->flags & PKT_SYN) &&
	    packet->seq - own->isn >= 0x80000000)
		return false;
	return is_in_reach(own, packet);
}

/* A FIN counts once; it or an ACK may be the one of the other side's FIN. */
static enum weir_input input_of(const struct life *life, const struct life_packet *packet)
{
	const struct weir_dir *own = &life->flow.dir[packet->dir];
	const struct weir_dir *peer = &life->flow.dir[answering_dir(packet)];
	enum weir_input input = kind_of(packet);

	if (!is_its_own(life, packet))
		return WEIR_IN_REST;
	if (input == WEIR_IN_FIN && own->end_ns)
		input = WEIR_IN_ACK;
	if (!peer->end_ns || is_before(packet->ack, peer->next_seq))
		return input;
	return input == WEIR_IN_ACK   ? WEIR_IN_ACK_FIN
	       : input == WEIR_IN_FIN ? WEIR_IN_LAST_FIN
				      : input;
}

/*
 * Is it the answer to a SYN that is not the connection's? Where no SYN of the other side was seen, and
 * after the end, another number than the one so far will do, or that there was none.
 */
static bool is_new_answer(const struct life *life, const struct life_packet *packet, bool is_over)
{
	const struct weir_dir *own = &life->flow.dir[packet->dir];
	const struct weir_dir *peer = &life->flow.dir[answering_dir(packet)];

	if (life->flow.state == WEIR_SYN_SENT)
		return false;
	if ((peer->flags & PKT_SYN) && !is_over)
		return life->flow.flags & WEIR_FLOW_ASKED_0 << answering_dir(packet) &&
		       packet->ack - (peer->isn + 1) >= 64 << 10;
	if (is_opening(life->flow.state))
		return false;
	return own->flags & PKT_SYN ? own->isn != packet->seq : peer->flags & PKT_SYN;
}

/*
 * Data, or their acknowledgment, that are new though it is over: of either side if it ended by FINs, and
 * else of the one that seemed to end it.
 */
static bool is_life_after_the_end(const struct life *life, const struct life_packet *packet)
{
	const struct weir_dir *own = &life->flow.dir[packet->dir];
	const struct weir_dir *peer = &life->flow.dir[answering_dir(packet)];
	bool was_ended_by_1 = life->flow.flags & WEIR_FLOW_CLOSED_BY_1;

	if (!is_talk(packet) || has(packet, PKT_FIN) || !own->flags || !peer->flags)
		return false;
	if (life->flow.close_reason != WEIR_CLOSE_FIN && packet->dir != was_ended_by_1)
		return false;
	return is_in_reach(own, packet) && is_ack_in_reach(peer, packet) &&
	       (is_before(own->next_seq, packet->seq + packet->payload) ||
		is_before(peer->next_seq, packet->ack));
}

/*
 * A connection is over, or its SYN went unheard; or another SYN than its own was answered. One side's SYN
 * again is none, and neither is the other side's first in answer to a SYN: both may open at once.
 */
static bool is_new_connection(const struct life *life, const struct life_packet *packet)
{
	const struct weir_dir *own = &life->flow.dir[packet->dir];
	enum weir_input input = kind_of(packet);
	uint8_t state = life->flow.state;
	bool is_ending = has_both_fins(state) || state == WEIR_CLOSED;

	if (state == WEIR_CLOSED && !has(packet, PKT_SYN))
		return is_life_after_the_end(life, packet);
	if (has(packet, PKT_FIN))
		return false;
	if (input == WEIR_IN_SYNACK)
		return is_new_answer(life, packet, state == WEIR_CLOSED);
	if (input != WEIR_IN_SYN || (!is_ending && state != WEIR_SYN_SENT))
		return false;
	return own->flags & PKT_SYN ? own->isn != packet->seq : is_ending;
}

static uint8_t initiator_of(const struct life_packet *packet)
{
	uint8_t dir = packet->dir, by = WEIR_BY_PORTS;

	if (packet->heard == LIFE_HEARD_SYNACK)
		return dir | WEIR_BY_SYNACK << 1;
	switch (kind_of(packet)) {
	case WEIR_IN_PACKET:
		by = WEIR_BY_FIRST;
		break;
	case WEIR_IN_SYN:
		by = WEIR_BY_SYN;
		break;
	case WEIR_IN_SYNACK:
		by = WEIR_BY_SYNACK;
		dir = answering_dir(packet);
		break;
	case WEIR_IN_ACK:
	case WEIR_IN_ACK_FIN:
	case WEIR_IN_FIN:
	case WEIR_IN_LAST_FIN:
	case WEIR_IN_RST:
	case WEIR_IN_REST:
	case WEIR_INPUT_MAX:
		if (packet->port[0] != packet->port[1])
			dir = packet->port[1] > packet->port[0];
		break;
	}
	return (uint8_t)(dir | by << 1);
}

/* Bytes below the highest one seen were sent again, but for the one of a keep-alive. */
static void follow_data(struct weir_dir *own, const struct life_packet *packet)
{
	uint32_t end = packet->seq + packet->payload;
	bool is_keepalive = packet->payload == 1 && packet->seq + 1 == own->next_seq;

	if (!packet->payload)
		return;
	if (is_before(packet->seq, own->next_seq) && !is_keepalive)
		own->resent += (uint32_t)packet->packets;
	if (!own->end_ns && is_before(own->next_seq, end))
		own->next_seq = end;
}

/*
 * A side's place is taken from a packet out of step if the other side's is right, or both are lost; where
 * there is no other side, from the second one.
 */
static void follow_leap(struct weir_dir *own, struct weir_dir *peer,
			const struct life_packet *packet)
{
	bool are_lost = own->hooks & peer->hooks & WEIR_DIR_ASTRAY;
	bool is_right = peer->flags ? is_ack_in_reach(peer, packet) : own->hooks & WEIR_DIR_ASTRAY;

	if (!are_lost && !is_right) {
		own->hooks |= WEIR_DIR_ASTRAY;
		return;
	}
	if (are_lost) {
		peer->hooks &= (uint8_t)~WEIR_DIR_ASTRAY;
		if (!peer->end_ns)
			peer->next_seq = packet->ack;
	}
	own->hooks &= (uint8_t)~WEIR_DIR_ASTRAY;
	if (!own->end_ns)
		own->next_seq = packet->seq + packet->payload;
}

static void follow(struct life *life, const struct life_packet *packet)
{
	struct weir_dir *own = &life->flow.dir[packet->dir];

	if (packet->proto != IPPROTO_TCP || packet->is_rest)
		return;
	if (!life->has_spoken[packet->dir]) {
		if (packet->flags || !life->is_there)
			own->next_seq = packet->seq + packet->payload + has(packet, PKT_SYN);
		return;
	}
	/* A later SYN is marked, or begins a connection, or belongs to nobody. */
	if (!is_talk(packet) || life->flow.state == WEIR_CLOSED)
		return;
	if (!is_in_step(own, packet)) {
		follow_leap(own, &life->flow.dir[answering_dir(packet)], packet);
		return;
	}
	own->hooks &= (uint8_t)~WEIR_DIR_ASTRAY;
	follow_data(own, packet);
}

static void close_by(struct weir_flow *flow, uint8_t dir, enum weir_close_reason reason)
{
	flow->close_reason = (uint8_t)reason;
	flow->flags &= (uint8_t)~WEIR_FLOW_CLOSED_BY_1;
	flow->flags |= dir ? WEIR_FLOW_CLOSED_BY_1 : 0;
}

static void note_syn(struct life *life, const struct life_packet *packet, uint8_t state)
{
	struct weir_dir *own = &life->flow.dir[packet->dir];
	bool is_first = !(own->flags & PKT_SYN), is_other = is_first || own->isn != packet->seq;
	bool is_open = state != WEIR_STATE_NONE && !is_opening(state);

	/* Another one in the middle may belong to nobody; an answer may be made up once more. */
	if (!has(packet, PKT_ACK) && is_other &&
	    (is_open || (!is_first && is_opening(state) && state != WEIR_SYN_SENT))) {
		life->flow.flags |= (uint8_t)(WEIR_FLOW_ASKED_0 << packet->dir);
		return;
	}
	if (!is_first && is_other && is_open)
		return;
	own->isn = packet->seq;
	if (!is_first)
		life->flow.flags |= WEIR_FLOW_SYN_REPEATED;
	if (is_other && !is_open && !own->end_ns)
		own->next_seq = packet->seq + packet->payload + 1;
}

static void note_rst(struct life *life, const struct life_packet *packet, uint8_t state)
{
	struct weir_dir *own = &life->flow.dir[packet->dir];

	if (state == WEIR_CLOSED)
		return;
	own->end_ns = 1;
	/* What it has sent before comes later, now and then. */
	if (packet->seq - own->next_seq <= 64 << 10)
		own->next_seq = packet->seq;
	close_by(&life->flow, packet->dir,
		 is_refusal(life, packet, state) ? WEIR_CLOSE_REFUSED : WEIR_CLOSE_RST);
}

static void note(struct life *life, const struct life_packet *packet, enum weir_input input,
		 uint8_t state, bool is_responder)
{
	struct weir_dir *own = &life->flow.dir[packet->dir];

	if (input == WEIR_IN_SYN || input == WEIR_IN_SYNACK) {
		note_syn(life, packet, state);
	} else if (input == WEIR_IN_FIN || input == WEIR_IN_LAST_FIN) {
		own->end_ns = 1;
		own->next_seq = packet->seq + packet->payload + 1;
		if (!life->flow.close_reason)
			close_by(&life->flow, packet->dir, WEIR_CLOSE_FIN);
	} else if (input == WEIR_IN_RST) {
		note_rst(life, packet, state);
	}
	if (is_responder && (input == WEIR_IN_SYNACK || input == WEIR_IN_PACKET) &&
	    !life->flow.established_ns)
		life->flow.reply_ns = 1;
}

/* The first packet of a connection; of the tuple's next one, if there was one. */
static void begin(struct life *life, const struct life_packet *packet)
{
	struct weir_flow *flow = &life->flow;
	enum weir_input input = kind_of(packet);
	bool is_responder, goes_on = life->is_there && is_talk(packet);
	uint8_t initiator = flow->initiator, waiting = flow->flags & WEIR_FLOW_WAITING;

	for (size_t i = 0; i < 2; i++) {
		struct weir_dir *dir = &flow->dir[i];

		dir->base_packets = dir->packets;
		dir->base_bytes = dir->bytes;
		dir->flags = dir->hooks = 0;
		dir->zero_windows = 0;
		dir->resent = dir->fragments = 0;
		dir->end_ns = 0;
		dir->isn = dir->next_seq = 0;
		life->has_spoken[i] = false;
	}
	flow->flags = packet->heard ? 0 : life_waits_as(packet);
	flow->close_reason = WEIR_CLOSE_NONE;
	flow->start_ns = 1;
	flow->reply_ns = 0;
	flow->established_ns = packet->heard == LIFE_HEARD_SYNACK;
	flow->initiator = initiator_of(packet);
	is_responder = packet->dir != (flow->initiator & 1);
	flow->state = weir_lifecycle[WEIR_STATE_NONE][is_responder][input] & WEIR_STATE_MASK;
	follow(life, packet);
	note(life, packet, input, WEIR_STATE_NONE, is_responder);
	life->is_there = true;
	if (goes_on) { /* the same two as before */
		flow->initiator = initiator;
		flow->flags = waiting;
	}
}

/*
 * The marks that go. No packet takes one away that takes the only way of the other side's, if that may be one sender's. Without
 * TCP, the third one does: a question, an answer, and who has asked goes on. state: before the packet.
 */
static uint8_t what_is_answered(const struct life *life, const struct life_packet *packet,
				enum weir_input input, uint8_t state, bool is_responder)
{
	const struct weir_flow *flow = &life->flow;
	uint8_t peer_hooks = flow->dir[answering_dir(packet)].hooks & 3;
	bool is_first = !flow->dir[packet->dir].hooks && input != WEIR_IN_RST;
	bool is_mutual =
		weir_lifecycle[state][is_responder][input] & WEIR_DO_ESTABLISHED && peer_hooks;

	if (peer_hooks == 1 << packet->hook && packet->echoes & peer_hooks)
		return 0;
	if (packet->proto != IPPROTO_TCP)
		return state == WEIR_TWO_WAY && !is_responder ? WEIR_FLOW_WAITING : 0;
	return (uint8_t)((is_first ? WEIR_FLOW_ANSWERING | WEIR_FLOW_ONE_SIDED : 0) |
			 (is_mutual || (is_first && state >= WEIR_ESTABLISHED)
				  ? WEIR_FLOW_UNANSWERED
				  : 0));
}

static enum weir_event_type step(struct life *life, const struct life_packet *packet)
{
	struct weir_flow *flow = &life->flow;
	enum weir_input input = input_of(life, packet);
	bool is_responder = packet->dir != (flow->initiator & 1);
	uint8_t state = flow->state, todo = weir_lifecycle[state][is_responder][input];

	follow(life, packet);
	note(life, packet, input, state, is_responder);
	flow->state = WEIR_NEXT(todo, state);
	flow->flags &= (uint8_t)~what_is_answered(life, packet, input, state, is_responder);
	if (todo & WEIR_DO_ESTABLISHED) {
		flow->established_ns = 1;
		return WEIR_EVENT_ESTABLISHED;
	}
	return todo & WEIR_DO_CLOSE ? WEIR_EVENT_CLOSE : WEIR_EVENT_NONE;
}

static void count(struct life *life, const struct life_packet *packet)
{
	struct weir_dir *own = &life->flow.dir[packet->dir];
	bool is_closed_window = packet->is_zero_window && packet->proto == IPPROTO_TCP &&
				!(packet->flags & (PKT_SYN | PKT_FIN | PKT_RST));

	own->packets += packet->packets;
	own->bytes += packet->bytes;
	own->last = 1;
	own->hooks |= 1 << packet->hook;
	own->fragments += packet->is_fragment ? (uint32_t)packet->packets : 0;
	if (packet->proto != IPPROTO_TCP || packet->is_rest)
		return;
	own->flags |= packet->flags;
	own->zero_windows += is_closed_window && own->zero_windows < UINT16_MAX;
	life->has_spoken[packet->dir] |= packet->flags != 0;
}

struct life_told life_see(struct life *life, const struct life_packet *packet)
{
	struct life_told told = { { WEIR_EVENT_NONE, WEIR_EVENT_NONE }, WEIR_CLOSE_NONE };
	bool is_open = life->is_there && life->flow.state != WEIR_CLOSED;

	if (life->is_there && (packet->is_barred || !is_new_connection(life, packet))) {
		told.event[0] = step(life, packet);
	} else {
		told.event[0] = WEIR_EVENT_OPEN;
		if (is_open) {
			told.event[0] = WEIR_EVENT_CLOSE;
			told.event[1] = WEIR_EVENT_OPEN;
			told.old_reason = life->flow.close_reason ? life->flow.close_reason
								  : WEIR_CLOSE_REUSED;
		}
		begin(life, packet);
	}
	count(life, packet);
	life->is_dying = false;
	return told;
}

static void check_dir(const struct weir_dir *is, const struct weir_dir *expected)
{
	assert_int_equal(is->packets, expected->packets);
	assert_int_equal(is->bytes, expected->bytes);
	assert_int_equal(is->base_packets, expected->base_packets);
	assert_int_equal(is->base_bytes, expected->base_bytes);
	assert_int_equal(is->flags, expected->flags);
	assert_int_equal(is->hooks, expected->hooks);
	assert_int_equal(is->zero_windows, expected->zero_windows);
	assert_int_equal(is->isn, expected->isn);
	assert_int_equal(is->next_seq, expected->next_seq);
	assert_int_equal(is->resent, expected->resent);
	assert_int_equal(is->fragments, expected->fragments);
	assert_int_equal(is->last != 0, expected->last);
	assert_int_equal(is->end_ns != 0, expected->end_ns);
}

void life_check(const struct life *life, const struct weir_flow *flow)
{
	const struct weir_flow *expected = &life->flow;

	assert_int_equal(flow->lock, 0);
	assert_int_equal(flow->state, expected->state | (life->is_dying ? WEIR_STATE_DYING : 0));
	assert_int_equal(flow->initiator, expected->initiator);
	assert_int_equal(flow->close_reason, expected->close_reason);
	assert_int_equal(flow->flags, expected->flags);
	assert_true(flow->start_ns > 0);
	assert_int_equal(flow->reply_ns != 0, expected->reply_ns);
	assert_int_equal(flow->established_ns != 0, expected->established_ns);
	check_dir(&flow->dir[0], &expected->dir[0]);
	check_dir(&flow->dir[1], &expected->dir[1]);
}

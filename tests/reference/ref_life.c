// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a packet does to its flow: the life cycle is the table of weir/lifecycle.h, the rest is what
 * include/weir/flow.h says of each field.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/reference/ref_packet.h"
#include "weir/lifecycle.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

/*
 * Sequence numbers go round (RFC 9293, 3.4): what is less than half the circle ahead is later. What
 * is just opposite counts as before.
 */
static int32_t distance(uint32_t to, uint32_t from)
{
	return (int32_t)(to - from);
}

static enum weir_input first_input(const struct ref_packet *p)
{
	if (p->key.proto != IPPROTO_TCP)
		return WEIR_IN_PACKET;
	if (p->part == REF_LATER_FRAGMENT)
		return WEIR_IN_REST;
	if (p->tcp_flags & RST)
		return WEIR_IN_RST;
	if (p->tcp_flags & SYN)
		return p->tcp_flags & ACK ? WEIR_IN_SYNACK : WEIR_IN_SYN;
	return p->tcp_flags & FIN ? WEIR_IN_FIN : WEIR_IN_ACK;
}

/* Whom the packet is for. A socket that is connected to itself is both ends of its connection: end 0. */
static unsigned int receiver(const struct ref_packet *p)
{
	const struct weir_flow_key *key = &p->key;

	if (key->proto == IPPROTO_TCP && key->port[0] == key->port[1] &&
	    !memcmp(key->addr[0], key->addr[1], sizeof(key->addr[0])))
		return p->dir;
	return !p->dir;
}

static enum weir_side side_of(const struct ref_packet *p, const struct weir_flow *flow)
{
	return p->dir == (flow->initiator & 1) ? WEIR_INITIATOR : WEIR_RESPONDER;
}

/* The other side's SYN, and up to 64 KiB with it, or what it was seen to send; as far as that SYN is known. */
static bool acknowledges_syn(const struct ref_packet *p, const struct weir_dir *peer)
{
	uint64_t ack = p->ack, next = peer->next_seq, first = peer->isn + (uint64_t)1;

	if (!(peer->flags & SYN))
		return true;
	/* The numbers may have gone round. */
	if (ack < first)
		ack += (uint64_t)1 << 32;
	if (next < first)
		next += (uint64_t)1 << 32;
	return (p->tcp_flags & ACK) && (ack - first < 1 << WEIR_SYN_REACH_BITS || ack <= next);
}

/* No packet is so much younger or older than what was seen last. */
static bool is_near(uint32_t seq, uint32_t next)
{
	int64_t off = distance(seq, next);

	return off <= WEIR_SEQ_REACH && -off <= WEIR_SEQ_REACH;
}

/* Of who has not been heard, anything may be acknowledged. */
static bool acknowledges_near(const struct ref_packet *p, const struct weir_dir *peer)
{
	return !peer->flags || is_near(p->ack, peer->next_seq);
}

/* Neither end takes it for data, or the acknowledgment of some. */
static bool is_no_talk(const struct ref_packet *p)
{
	return p->tcp_flags & (SYN | RST) || !(p->tcp_flags & ACK);
}

/* A FIN within 64 KiB of its sender's last byte is its sender's; one within reach, if the ACK is right. */
static bool is_fin_forged(const struct ref_packet *p, const struct weir_dir *own,
			  const struct weir_dir *peer)
{
	int64_t off = distance(p->seq, own->next_seq);

	if (!own->flags || (off <= WEIR_SEQ_STEP && -off <= WEIR_SEQ_STEP))
		return false;
	return !is_near(p->seq, own->next_seq) || !acknowledges_near(p, peer);
}

/* Its sender cannot have sent this: nothing so far ahead, or behind, or in front of its SYN. */
static bool is_forged(const struct ref_packet *p, const struct weir_dir *own, enum weir_state state)
{
	bool is_opening =
		state == WEIR_SYN_SENT || state == WEIR_SYN_RECEIVED || state == WEIR_FIN_EARLY;

	if (!own->flags)
		return false;
	return (is_opening && (own->flags & SYN) && distance(p->seq, own->isn) < 0) ||
	       !is_near(p->seq, own->next_seq);
}

/* A RST that answers a SYN; where there was an answer already, one of number 0. */
static bool is_refusal(const struct ref_packet *p, const struct weir_flow *flow,
		       enum weir_state state)
{
	if (first_input(p) != WEIR_IN_RST || side_of(p, flow) == WEIR_INITIATOR)
		return false;
	if (state == WEIR_SYN_RECEIVED || state == WEIR_FIN_EARLY)
		return p->seq == 0 && (p->tcp_flags & ACK);
	return state == WEIR_SYN_SENT;
}

/* What the ends of the connection would not take for its own tells nothing. */
static bool is_foreign(const struct ref_packet *p, const struct weir_flow *flow)
{
	const struct weir_dir *own = &flow->dir[p->dir], *peer = &flow->dir[receiver(p)];
	enum weir_state state = flow->state & WEIR_STATE_MASK;
	enum weir_input input = first_input(p);

	if (p->key.proto != IPPROTO_TCP)
		return false;
	if (!(p->tcp_flags & (SYN | RST | ACK)))
		return true;
	/* An answer to a SYN acknowledges it, unless both open at once. */
	if (input == WEIR_IN_SYNACK || is_refusal(p, flow, state))
		return !acknowledges_syn(p, peer);
	if (state == WEIR_SYN_SENT && side_of(p, flow) == WEIR_RESPONDER)
		return input != WEIR_IN_SYN && !acknowledges_syn(p, peer);
	/* So does an answer to a SYN-ACK, unless it breaks off. */
	if ((state == WEIR_SYN_RECEIVED || state == WEIR_FIN_EARLY) &&
	    side_of(p, flow) == WEIR_INITIATOR && (input == WEIR_IN_ACK || input == WEIR_IN_FIN))
		return !acknowledges_syn(p, peer);
	if (input == WEIR_IN_FIN)
		return is_fin_forged(p, own, peer);
	return input == WEIR_IN_RST && is_forged(p, own, state);
}

/* In SYN_RECEIVED the responder's ACKs say something only where its initiator says nothing. */
static bool is_awaiting_initiator(const struct ref_packet *p, const struct weir_flow *flow)
{
	const struct weir_dir *own = &flow->dir[p->dir], *peer = &flow->dir[receiver(p)];

	return (flow->state & WEIR_STATE_MASK) == WEIR_SYN_RECEIVED &&
	       side_of(p, flow) == WEIR_RESPONDER && first_input(p) == WEIR_IN_ACK &&
	       (peer->hooks || is_forged(p, own, WEIR_SYN_RECEIVED));
}

/* In a flow that is there, a FIN may be one sent again, and what comes be the ACK of the other's. */
static enum weir_input next_input(const struct ref_packet *p, const struct weir_flow *flow)
{
	const struct weir_dir *own = &flow->dir[p->dir], *peer = &flow->dir[receiver(p)];
	enum weir_input input = first_input(p);

	if (is_foreign(p, flow) || is_awaiting_initiator(p, flow))
		return WEIR_IN_REST;
	if (input == WEIR_IN_FIN && own->end_ns)
		input = WEIR_IN_ACK;
	if (peer->end_ns && distance(p->ack, peer->next_seq) >= 0) {
		if (input == WEIR_IN_ACK)
			input = WEIR_IN_ACK_FIN;
		if (input == WEIR_IN_FIN)
			input = WEIR_IN_LAST_FIN;
	}
	return input;
}

static uint8_t find_initiator(const struct ref_packet *p, enum weir_input input)
{
	uint16_t port0 = ntohs(p->key.port[0]), port1 = ntohs(p->key.port[1]);

	if (input == WEIR_IN_PACKET)
		return (uint8_t)((p->is_answer ? !p->dir : p->dir) | WEIR_BY_FIRST << 1);
	if (input == WEIR_IN_SYN)
		return (uint8_t)(p->dir | WEIR_BY_SYN << 1);
	if (input == WEIR_IN_SYNACK)
		return (uint8_t)(receiver(p) | WEIR_BY_SYNACK << 1);
	if (port0 == port1)
		return (uint8_t)(p->dir | WEIR_BY_PORTS << 1);
	return (uint8_t)((port1 > port0) | WEIR_BY_PORTS << 1);
}

static uint32_t seq_behind(const struct ref_packet *p)
{
	return p->seq + p->payload + !!(p->tcp_flags & SYN);
}

/*
 * A packet that is out of step leads its side there if it knows where the other one is, or if both
 * are known to be out of step, or if it is known of it and the other one was never heard.
 */
static void follow_elsewhere(struct weir_dir *own, struct weir_dir *peer,
			     const struct ref_packet *p)
{
	bool again = own->hooks & WEIR_DIR_ASTRAY;
	bool both = again && (peer->hooks & WEIR_DIR_ASTRAY);

	if (both && !peer->end_ns)
		peer->next_seq = p->ack;
	if (both)
		peer->hooks &= (uint8_t)~WEIR_DIR_ASTRAY;
	if (both || (peer->flags ? is_near(p->ack, peer->next_seq) : again)) {
		own->hooks &= (uint8_t)~WEIR_DIR_ASTRAY;
		own->next_seq = own->end_ns ? own->next_seq : seq_behind(p);
	} else {
		own->hooks |= WEIR_DIR_ASTRAY;
	}
}

/*
 * next_seq and resent. No flags yet: the direction's first packet. What a later SYN brings belongs to
 * a connection that nobody has answered yet.
 */
static void follow(struct weir_flow *flow, const struct ref_packet *p, enum weir_state state)
{
	struct weir_dir *own = &flow->dir[p->dir], *peer = &flow->dir[receiver(p)];
	uint32_t behind = seq_behind(p);
	bool is_keepalive = p->payload == 1 && p->seq + 1 == own->next_seq;
	int64_t off = distance(p->seq, own->next_seq);

	if (!own->flags && p->tcp_flags)
		own->next_seq = behind;
	if (!own->flags || is_no_talk(p) || state == WEIR_CLOSED)
		return;
	if (off > WEIR_SEQ_STEP || -off > WEIR_SEQ_REACH) {
		follow_elsewhere(own, peer, p);
		return;
	}
	own->hooks &= (uint8_t)~WEIR_DIR_ASTRAY;
	if (!p->payload)
		return;
	if (off < 0 && !is_keepalive)
		own->resent += (uint32_t)p->segs;
	if (!own->end_ns && distance(behind, own->next_seq) > 0)
		own->next_seq = behind;
}

static void note_close(struct weir_flow *flow, const struct ref_packet *p,
		       enum weir_close_reason reason)
{
	flow->close_reason = reason;
	flow->flags &= (uint8_t)~WEIR_FLOW_CLOSED_BY_1;
	flow->flags |= p->dir ? WEIR_FLOW_CLOSED_BY_1 : 0;
}

static void note_rst(struct weir_flow *flow, const struct ref_packet *p, enum weir_state state,
		     uint64_t now)
{
	struct weir_dir *own = &flow->dir[p->dir];

	if (state == WEIR_CLOSED)
		return;
	if (!own->end_ns)
		own->end_ns = now;
	if ((uint32_t)(p->seq - own->next_seq) <= WEIR_SEQ_STEP)
		own->next_seq = p->seq;
	note_close(flow, p, is_refusal(p, flow, state) ? WEIR_CLOSE_REFUSED : WEIR_CLOSE_RST);
}

static void note_syn(struct weir_flow *flow, const struct ref_packet *p, enum weir_input input,
		     enum weir_state state)
{
	struct weir_dir *own = &flow->dir[p->dir];
	bool is_again = own->flags & SYN, is_same = is_again && own->isn == p->seq;
	bool is_open = state >= WEIR_ESTABLISHED;

	/* Another one in the middle is not the connection's; a SYN-ACK may be made anew. */
	if (input == WEIR_IN_SYN && !is_same && (is_open || (is_again && state > WEIR_SYN_SENT))) {
		flow->flags |= p->dir ? WEIR_FLOW_ASKED_0 << 1 : WEIR_FLOW_ASKED_0;
		return;
	}
	if (is_again && !is_same && is_open)
		return;
	own->isn = p->seq;
	flow->flags |= is_again ? WEIR_FLOW_SYN_REPEATED : 0;
	if (!is_same && !is_open && !own->end_ns)
		own->next_seq = seq_behind(p);
}

/* The fields that tell of SYN, FIN, RST and the first answer. state: before the packet. */
static void note(struct weir_flow *flow, const struct ref_packet *p, enum weir_input input,
		 enum weir_state state, uint64_t now)
{
	struct weir_dir *own = &flow->dir[p->dir];

	if (input == WEIR_IN_SYN || input == WEIR_IN_SYNACK)
		note_syn(flow, p, input, state);
	if (input == WEIR_IN_FIN || input == WEIR_IN_LAST_FIN) {
		own->end_ns = now;
		own->next_seq = p->seq + p->payload + 1;
		if (!flow->close_reason)
			note_close(flow, p, WEIR_CLOSE_FIN);
	}
	if (input == WEIR_IN_RST)
		note_rst(flow, p, state, now);
	if ((input == WEIR_IN_SYNACK || input == WEIR_IN_PACKET) && !flow->reply_ns &&
	    !flow->established_ns && side_of(p, flow) == WEIR_RESPONDER)
		flow->reply_ns = now;
}

static void count(struct weir_flow *flow, const struct ref_packet *p, uint64_t now)
{
	struct weir_dir *own = &flow->dir[p->dir];

	own->packets += p->segs;
	own->bytes += p->wire;
	own->last = (uint32_t)now;
	own->flags |= p->tcp_flags;
	own->hooks |= (uint8_t)(1 << p->hook);
	if (p->is_zero_window && own->zero_windows < UINT16_MAX)
		own->zero_windows++;
	if (p->part != REF_WHOLE)
		own->fragments += (uint32_t)p->segs;
}

/* Among whom a flow waits that begins so. */
static uint8_t waits_as(enum weir_input input)
{
	if (input == WEIR_IN_SYNACK)
		return WEIR_FLOW_ANSWERING;
	return input == WEIR_IN_SYN || input == WEIR_IN_RST || input == WEIR_IN_PACKET
		       ? WEIR_FLOW_UNANSWERED
		       : WEIR_FLOW_ONE_SIDED;
}

/* So many more of those that the flags name. */
static void add_waiting(struct reference *ref, uint8_t flags, int n)
{
	ref->unanswered += flags & WEIR_FLOW_UNANSWERED ? (uint64_t)n : 0;
	ref->answering += flags & WEIR_FLOW_ANSWERING ? (uint64_t)n : 0;
	ref->one_sided += flags & WEIR_FLOW_ONE_SIDED ? (uint64_t)n : 0;
}

/* A connection begins with the packet, in an entry that is new or of which only counters are left. */
static void begin(struct reference *ref, struct weir_flow *flow, const struct ref_packet *p,
		  enum ref_heard heard, uint64_t now)
{
	enum weir_input input = first_input(p);
	uint8_t waits = heard ? 0 : waits_as(input);

	flow->start_ns = now;
	flow->initiator = find_initiator(p, input);
	if (heard == REF_HEARD_SYNACK) {
		flow->initiator = p->dir | WEIR_BY_SYNACK << 1;
		flow->established_ns = now;
	}
	flow->state = weir_lifecycle[WEIR_STATE_NONE][side_of(p, flow)][input] & WEIR_STATE_MASK;
	flow->flags |= waits;
	add_waiting(ref, waits, 1);
	flow->dir[p->dir].next_seq = seq_behind(p);
	note(flow, p, input, WEIR_STATE_NONE, now);
	count(flow, p, now);
	ref->seen_step[WEIR_STATE_NONE][side_of(p, flow)][input]++;
}

static bool is_one_too_many(const struct reference *ref, enum weir_input input)
{
	const struct ref_options *options = &ref->options;

	switch (waits_as(input)) {
	case WEIR_FLOW_UNANSWERED:
		return ref->unanswered >= options->max_unanswered;
	case WEIR_FLOW_ANSWERING:
		return ref->answering >= options->max_answering;
	default:
		return ref->one_sided >= options->max_one_sided;
	}
}

/* It waits for one kind of answer, and would for another, of which there are enough. */
static bool is_barred(const struct reference *ref, const struct weir_flow *flow,
		      const struct ref_packet *p)
{
	uint8_t waits = flow->flags & WEIR_FLOW_WAITING;

	return waits && p->tcp_flags & SYN && waits != waits_as(first_input(p)) &&
	       is_one_too_many(ref, first_input(p));
}

static int create(struct reference *ref, const struct ref_packet *p, uint64_t now)
{
	enum weir_input input = first_input(p);
	enum ref_heard heard = REF_UNHEARD;
	struct ref_entry *entry;
	bool is_taken;

	if (ref->is_refusing) {
		ref->counters[WEIR_FLOWS_REFUSED]++;
		return WEIR_REM_NO_ROOM;
	}
	is_taken = is_one_too_many(ref, input);
	/* What may answer a SYN-ACK that had no room is asked, too. */
	if (is_taken ||
	    (waits_as(input) == WEIR_FLOW_ONE_SIDED && is_one_too_many(ref, WEIR_IN_SYNACK)))
		heard = ref_knock(ref, p);
	if (is_taken && !heard) {
		ref->counters[WEIR_UNANSWERED_REFUSED]++;
		return WEIR_REM_NO_ROOM;
	}
	if (ref->flows == ref->options.max_flows) {
		ref->is_refusing = true;
		ref->counters[WEIR_FLOWS_REFUSED]++;
		return WEIR_REM_NO_ROOM;
	}
	entry = ref_add_entry(ref, &p->key);
	if (!entry)
		return REF_NO_MEMORY;
	ref->counters[WEIR_FLOWS_CREATED]++;
	ref->seen_let_in += heard != REF_UNHEARD;
	begin(ref, &entry->flow, p, heard, now);
	ref_emit_short(ref, &entry->flow, p, now);
	return REF_FLOW;
}

/* Has the end sent a SYN that is not the connection's? */
static bool has_asked_again(const struct weir_flow *flow, unsigned int end)
{
	return flow->flags & (end ? WEIR_FLOW_ASKED_0 << 1 : WEIR_FLOW_ASKED_0);
}

/* After the end: who has ended it by a RST, or either side after FINs, says more than it had said. */
static bool is_alive(const struct weir_flow *flow, const struct ref_packet *p)
{
	const struct weir_dir *own = &flow->dir[p->dir], *peer = &flow->dir[receiver(p)];
	unsigned int who = flow->flags & WEIR_FLOW_CLOSED_BY_1 ? 1 : 0;

	if ((flow->state & WEIR_STATE_MASK) != WEIR_CLOSED || is_no_talk(p) || p->tcp_flags & FIN ||
	    !own->flags || !peer->flags)
		return false;
	if (flow->close_reason != WEIR_CLOSE_FIN && who != p->dir)
		return false;
	return is_near(p->seq, own->next_seq) && is_near(p->ack, peer->next_seq) &&
	       (distance(seq_behind(p), own->next_seq) > 0 || distance(p->ack, peer->next_seq) > 0);
}

/* Does a SYN or SYN-ACK begin a new connection of the same tuple? */
static bool is_renewed(const struct weir_flow *flow, const struct ref_packet *p)
{
	const struct weir_dir *own = &flow->dir[p->dir], *peer = &flow->dir[receiver(p)];
	uint32_t state = 1U << (flow->state & WEIR_STATE_MASK);
	bool is_another = (own->flags & SYN) && own->isn != p->seq;

	if (p->key.proto == IPPROTO_TCP && is_alive(flow, p))
		return true;
	if (p->key.proto != IPPROTO_TCP || (p->tcp_flags & (SYN | FIN | RST)) != SYN)
		return false;
	if (p->tcp_flags & ACK) {
		bool is_answer = !(own->flags & SYN) && (peer->flags & SYN);

		if ((peer->flags & SYN) && (state & WEIR_RENEWABLE_ASKED))
			return has_asked_again(flow, receiver(p)) &&
			       (uint32_t)(p->ack - (peer->isn + 1)) >= 1 << WEIR_SYN_REACH_BITS;
		return (state & WEIR_RENEWABLE_UNASKED) && (is_another || is_answer);
	}
	if (!(state & WEIR_RENEWABLE))
		return false;
	/* In SYN_SENT the other side's SYN is not a new connection: both open at once. */
	return is_another || (!(own->flags & SYN) && !(state & 1U << WEIR_SYN_SENT));
}

static void renew(struct reference *ref, struct weir_flow *flow, const struct ref_packet *p,
		  uint64_t now)
{
	struct weir_flow old = *flow;

	if (old.state & WEIR_STATE_DYING)
		ref->counters[WEIR_FLOWS_REVIVED]++;
	if ((old.state & WEIR_STATE_MASK) != WEIR_CLOSED) {
		if (!old.close_reason)
			old.close_reason = WEIR_CLOSE_REUSED;
		ref_emit(ref, WEIR_EVENT_CLOSE, &old, p, now);
	}
	add_waiting(ref, old.flags, -1);
	*flow = (struct weir_flow){ 0 };
	for (size_t d = 0; d < 2; d++) {
		struct weir_dir *dir = &flow->dir[d];

		dir->packets = dir->base_packets = old.dir[d].packets;
		dir->bytes = dir->base_bytes = old.dir[d].bytes;
		dir->last = old.dir[d].last;
	}
	begin(ref, flow, p, REF_UNHEARD, now);
	if (!(p->tcp_flags & SYN)) {
		flow->initiator = old.initiator;
		add_waiting(ref, flow->flags, -1);
		flow->flags = old.flags & WEIR_FLOW_WAITING;
		add_waiting(ref, flow->flags, 1);
	}
	ref_emit(ref, WEIR_EVENT_OPEN, flow, p, now);
	ref->seen_renewed++;
}

/*
 * Whoever waits for the other side waits no more once it is heard, or has established something; a
 * question that is no TCP's, once who asked goes on after the answer. Both sides on one way in may be one,
 * and so may both on one way out where there is a way in.
 */
static void hear(struct reference *ref, struct weir_flow *flow, const struct ref_packet *p,
		 enum weir_input input, enum weir_state state, uint8_t todo)
{
	uint8_t peer_hooks = flow->dir[receiver(p)].hooks & WEIR_DIR_HOOKS;
	bool is_first = !flow->dir[p->dir].hooks && input != WEIR_IN_RST;
	bool is_mutual = (todo & WEIR_DO_ESTABLISHED) && peer_hooks;
	bool is_over = is_mutual || (is_first && state >= WEIR_ESTABLISHED);
	uint8_t over = 0;

	if (p->key.proto != IPPROTO_TCP)
		is_over = state == WEIR_TWO_WAY && side_of(p, flow) == WEIR_INITIATOR;
	if (peer_hooks == 1 << p->hook && (p->hook == WEIR_INGRESS || ref->options.has_ingress))
		return;
	over |= is_first ? WEIR_FLOW_ANSWERING | WEIR_FLOW_ONE_SIDED : 0;
	over |= is_over ? WEIR_FLOW_UNANSWERED : 0;
	add_waiting(ref, flow->flags & over, -1);
	flow->flags &= (uint8_t)~over;
}

static void step(struct reference *ref, struct weir_flow *flow, const struct ref_packet *p,
		 uint64_t now)
{
	enum weir_state state = flow->state & WEIR_STATE_MASK;
	enum weir_input input = next_input(p, flow);
	uint8_t todo = weir_lifecycle[state][side_of(p, flow)][input];

	if (flow->state & WEIR_STATE_DYING)
		ref->counters[WEIR_FLOWS_REVIVED]++;
	follow(flow, p, state);
	note(flow, p, input, state, now);
	flow->state = WEIR_NEXT(todo, state);
	if ((todo & WEIR_DO_ESTABLISHED) && !flow->established_ns)
		flow->established_ns = now;
	hear(ref, flow, p, input, state, todo);
	count(flow, p, now);
	if (todo & WEIR_DO_CLOSE)
		ref_emit(ref, WEIR_EVENT_CLOSE, flow, p, now);
	else if (todo & WEIR_DO_ESTABLISHED)
		ref_emit(ref, WEIR_EVENT_ESTABLISHED, flow, p, now);
	ref->seen_step[state][side_of(p, flow)][input]++;
}

int ref_observe(struct reference *ref, const struct ref_packet *p, uint64_t now)
{
	struct ref_entry *entry = reference_find(ref, &p->key);

	ref->touched[ref->touched_len++] = (struct ref_touched){ .key = p->key, .dir = p->dir };
	if (p->part != REF_WHOLE)
		ref->seen_fragments++;
	if (!entry)
		return create(ref, p, now);
	if (entry->flow.state & WEIR_STATE_DEAD)
		return WEIR_REM_LATE;
	if (is_renewed(&entry->flow, p) && !is_barred(ref, &entry->flow, p))
		renew(ref, &entry->flow, p, now);
	else
		step(ref, &entry->flow, p, now);
	return REF_FLOW;
}

/* RFC 5927: an error about what its sender has not sent is somebody else's. */
static bool is_quote_forged(const struct ref_packet *q, const struct weir_flow *flow)
{
	const struct weir_dir *sender = &flow->dir[q->dir];

	return q->key.proto == IPPROTO_TCP && sender->flags && !is_near(q->seq, sender->next_seq);
}

void ref_observe_quote(struct reference *ref, const struct ref_packet *q, uint64_t now)
{
	struct ref_entry *entry = reference_find(ref, &q->key);

	ref->touched[ref->touched_len++] =
		(struct ref_touched){ .key = q->key, .dir = q->dir, .is_quoted = true };
	if (!entry || (entry->flow.state & WEIR_STATE_DEAD) ||
	    (entry->flow.flags & WEIR_FLOW_ICMP_ERROR) || is_quote_forged(q, &entry->flow))
		return;
	entry->flow.flags |= WEIR_FLOW_ICMP_ERROR;
	ref_emit(ref, WEIR_EVENT_ICMP_ERROR, &entry->flow, q, now);
	ref->seen_quoted++;
}

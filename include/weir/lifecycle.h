/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The life of a connection as one table: state and input give the next state and what it means.
 * The datapath and the user-space reference of the tests compile the same table.
 *
 * TCP (RFC 9293) as a bystander sees it: both FINs and the ACKs of both end it, or a RST.
 * All other protocols: the first answer makes it two-way; only silence ends it.
 */
#pragma once

#include "weir/types.h"

enum weir_state {
	WEIR_STATE_NONE,
	WEIR_SYN_SENT,
	WEIR_SYN_RECEIVED, /* the SYN-ACK was seen */
	WEIR_FIN_EARLY,	   /* the responder's FIN, before the ACK of the handshake (RFC 7413) */
	WEIR_ESTABLISHED,
	WEIR_FIN_I,	 /* the initiator has sent its FIN, which is not acknowledged yet */
	WEIR_FIN_R,	 /* the other way round */
	WEIR_HALF_I,	 /* it is, and the responder may go on as long as it likes */
	WEIR_HALF_R,	 /* the other way round */
	WEIR_CLOSING,	 /* both FINs, and none of them is acknowledged */
	WEIR_LAST_ACK_I, /* both FINs; the initiator has yet to acknowledge the responder's */
	WEIR_LAST_ACK_R,
	WEIR_CLOSED,
	WEIR_ONE_WAY, /* not TCP: no answer yet */
	WEIR_TWO_WAY,
	WEIR_STATE_MAX,
};

/* Or'ed to the state in weir_flow.state: see command.h. */
#define WEIR_STATE_MASK	 0x0f
#define WEIR_STATE_DYING 0x80
#define WEIR_STATE_DEAD	 0x40

/* What a packet is to the table; the sender's side is the other half of the input. */
enum weir_input {
	WEIR_IN_SYN,
	WEIR_IN_SYNACK,
	WEIR_IN_ACK,	  /* whatever has none of SYN, FIN, RST; also a FIN sent again */
	WEIR_IN_ACK_FIN,  /* the same, and it acknowledges the other side's FIN */
	WEIR_IN_FIN,	  /* the sender's first */
	WEIR_IN_LAST_FIN, /* the same, and it acknowledges the other side's FIN */
	WEIR_IN_RST,
	WEIR_IN_PACKET, /* not TCP */
	WEIR_IN_REST, /* nothing can be told by it: a later fragment of TCP; or it is not the connection's */
	WEIR_INPUT_MAX,
};

/*
 * How far a packet may be from what its sender has sent, or acknowledge from what the other side has,
 * in sequence numbers, to be the connection's; and how far ahead it may be without being asked for more.
 */
#define WEIR_SEQ_REACH (1U << 24)
#define WEIR_SEQ_STEP  (1U << 16)
/* How much a SYN may carry (RFC 7413) that its answer acknowledges with it: 2 to the power of. */
#define WEIR_SYN_REACH_BITS 16

enum weir_side {
	WEIR_INITIATOR,
	WEIR_RESPONDER,
};

/* An entry of the table: the next state in the low bits (0: the same), and what to do. */
#define WEIR_DO_ESTABLISHED	0x10
#define WEIR_DO_CLOSE		0x20
#define WEIR_NEXT(entry, state) ((entry)&WEIR_STATE_MASK ? (entry)&WEIR_STATE_MASK : (state))

/* Behind one side's FIN; behind both. */
#define WEIR_ONE_FIN \
	((1 << WEIR_FIN_I) | (1 << WEIR_FIN_R) | (1 << WEIR_HALF_I) | (1 << WEIR_HALF_R))
#define WEIR_BOTH_FINS ((1 << WEIR_CLOSING) | (1 << WEIR_LAST_ACK_I) | (1 << WEIR_LAST_ACK_R))

/* A SYN of another ISN in one of these states starts a new connection in the same entry. */
#define WEIR_RENEWABLE ((1 << WEIR_SYN_SENT) | WEIR_BOTH_FINS | (1 << WEIR_CLOSED))

/*
 * The same for a SYN-ACK, where the other side's SYN was seen: only if that has since sent another
 * one (WEIR_FLOW_ASKED_0), and it is not the connection's own that is acknowledged.
 */
#define WEIR_RENEWABLE_ASKED                                                          \
	((1 << WEIR_SYN_RECEIVED) | (1 << WEIR_FIN_EARLY) | (1 << WEIR_ESTABLISHED) | \
	 WEIR_ONE_FIN | WEIR_BOTH_FINS)

/* The same where it was not, or all is over: another ISN than its side's, or its side's first in answer. */
#define WEIR_RENEWABLE_UNASKED \
	((1 << WEIR_ESTABLISHED) | WEIR_ONE_FIN | WEIR_BOTH_FINS | (1 << WEIR_CLOSED))

/*
 * A packet without SYN, FIN and RST changes nothing in these states; in ONE_WAY none of the initiator's.
 * Not so behind a FIN that nothing has acknowledged yet: any may be what does.
 */
#define WEIR_STEADY \
	((1 << WEIR_ESTABLISHED) | (1 << WEIR_TWO_WAY) | (1 << WEIR_HALF_I) | (1 << WEIR_HALF_R))
#define WEIR_STEADY_INITIATOR (WEIR_STEADY | (1 << WEIR_ONE_WAY))

#define WEIR_EST_ (WEIR_ESTABLISHED | WEIR_DO_ESTABLISHED)
#define WEIR_END_ (WEIR_CLOSED | WEIR_DO_CLOSE)

/*
 * [state][side][input]. What is not named changes nothing. A FIN_I, for instance, is the state after
 * the initiator's FIN. ACKs of FINs and LAST_FINs are only where the other side's FIN was.
 */
static const __u8 weir_lifecycle[16][2][16] = {
	/* No entry yet: what the first packet seen makes of it. */
	[WEIR_STATE_NONE][WEIR_INITIATOR] = {
		[WEIR_IN_SYN] = WEIR_SYN_SENT,
		[WEIR_IN_SYNACK] = WEIR_SYN_RECEIVED,
		[WEIR_IN_ACK] = WEIR_ESTABLISHED,
		[WEIR_IN_ACK_FIN] = WEIR_ESTABLISHED,
		[WEIR_IN_FIN] = WEIR_FIN_I,
		[WEIR_IN_RST] = WEIR_CLOSED,
		[WEIR_IN_PACKET] = WEIR_ONE_WAY,
		[WEIR_IN_REST] = WEIR_ESTABLISHED,
	},
	[WEIR_STATE_NONE][WEIR_RESPONDER] = {
		[WEIR_IN_SYN] = WEIR_SYN_SENT,
		[WEIR_IN_SYNACK] = WEIR_SYN_RECEIVED,
		[WEIR_IN_ACK] = WEIR_ESTABLISHED,
		[WEIR_IN_ACK_FIN] = WEIR_ESTABLISHED,
		[WEIR_IN_FIN] = WEIR_FIN_R,
		[WEIR_IN_RST] = WEIR_CLOSED,
		[WEIR_IN_PACKET] = WEIR_TWO_WAY, /* ICMP: an answer */
		[WEIR_IN_REST] = WEIR_ESTABLISHED,
	},
	[WEIR_SYN_SENT][WEIR_INITIATOR] = {
		/* Nothing of the responder's was seen: its packets take another way. */
		[WEIR_IN_ACK] = WEIR_EST_,
		[WEIR_IN_ACK_FIN] = WEIR_EST_,
		[WEIR_IN_FIN] = WEIR_FIN_I | WEIR_DO_ESTABLISHED,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_SYN_SENT][WEIR_RESPONDER] = {
		[WEIR_IN_SYN] = WEIR_SYN_RECEIVED, /* both open at once */
		[WEIR_IN_SYNACK] = WEIR_SYN_RECEIVED,
		[WEIR_IN_FIN] = WEIR_FIN_EARLY,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_SYN_RECEIVED][WEIR_INITIATOR] = {
		[WEIR_IN_ACK] = WEIR_EST_,
		[WEIR_IN_ACK_FIN] = WEIR_EST_,
		[WEIR_IN_FIN] = WEIR_FIN_I | WEIR_DO_ESTABLISHED,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_SYN_RECEIVED][WEIR_RESPONDER] = {
		/* Nothing of the initiator's was ever seen, else this is WEIR_IN_REST. */
		[WEIR_IN_ACK] = WEIR_EST_,
		[WEIR_IN_FIN] = WEIR_FIN_EARLY,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_FIN_EARLY][WEIR_INITIATOR] = {
		[WEIR_IN_ACK] = WEIR_FIN_R | WEIR_DO_ESTABLISHED,
		[WEIR_IN_ACK_FIN] = WEIR_HALF_R | WEIR_DO_ESTABLISHED,
		[WEIR_IN_FIN] = WEIR_CLOSING | WEIR_DO_ESTABLISHED,
		[WEIR_IN_LAST_FIN] = WEIR_LAST_ACK_R | WEIR_DO_ESTABLISHED,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_FIN_EARLY][WEIR_RESPONDER] = { [WEIR_IN_RST] = WEIR_END_ },
	[WEIR_ESTABLISHED][WEIR_INITIATOR] = {
		[WEIR_IN_FIN] = WEIR_FIN_I,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_ESTABLISHED][WEIR_RESPONDER] = {
		[WEIR_IN_FIN] = WEIR_FIN_R,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_FIN_I][WEIR_INITIATOR] = {
		[WEIR_IN_ACK_FIN] = WEIR_END_, /* who is connected to itself: there is but one FIN */
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_FIN_I][WEIR_RESPONDER] = {
		[WEIR_IN_ACK_FIN] = WEIR_HALF_I,
		[WEIR_IN_FIN] = WEIR_CLOSING,
		[WEIR_IN_LAST_FIN] = WEIR_LAST_ACK_I,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_FIN_R][WEIR_INITIATOR] = {
		[WEIR_IN_ACK_FIN] = WEIR_HALF_R,
		[WEIR_IN_FIN] = WEIR_CLOSING,
		[WEIR_IN_LAST_FIN] = WEIR_LAST_ACK_R,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_FIN_R][WEIR_RESPONDER] = { [WEIR_IN_RST] = WEIR_END_ },
	/* A FIN may have been overtaken by what its sender has acknowledged later. */
	[WEIR_HALF_I][WEIR_INITIATOR] = { [WEIR_IN_RST] = WEIR_END_ },
	[WEIR_HALF_I][WEIR_RESPONDER] = {
		[WEIR_IN_FIN] = WEIR_LAST_ACK_I,
		[WEIR_IN_LAST_FIN] = WEIR_LAST_ACK_I,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_HALF_R][WEIR_INITIATOR] = {
		[WEIR_IN_FIN] = WEIR_LAST_ACK_R,
		[WEIR_IN_LAST_FIN] = WEIR_LAST_ACK_R,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_HALF_R][WEIR_RESPONDER] = { [WEIR_IN_RST] = WEIR_END_ },
	[WEIR_CLOSING][WEIR_INITIATOR] = {
		[WEIR_IN_ACK_FIN] = WEIR_LAST_ACK_R,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_CLOSING][WEIR_RESPONDER] = {
		[WEIR_IN_ACK_FIN] = WEIR_LAST_ACK_I,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_LAST_ACK_I][WEIR_INITIATOR] = {
		[WEIR_IN_ACK_FIN] = WEIR_END_,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_LAST_ACK_I][WEIR_RESPONDER] = { [WEIR_IN_RST] = WEIR_END_ },
	[WEIR_LAST_ACK_R][WEIR_INITIATOR] = { [WEIR_IN_RST] = WEIR_END_ },
	[WEIR_LAST_ACK_R][WEIR_RESPONDER] = {
		[WEIR_IN_ACK_FIN] = WEIR_END_,
		[WEIR_IN_RST] = WEIR_END_,
	},
	[WEIR_ONE_WAY][WEIR_RESPONDER] = {
		[WEIR_IN_PACKET] = WEIR_TWO_WAY | WEIR_DO_ESTABLISHED,
	},
};

#undef WEIR_EST_
#undef WEIR_END_

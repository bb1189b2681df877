/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a flow entry must be after a row of packets, worked out apart from the datapath: one packet
 * at a time, nothing at the same time, no map. Only the table of states is shared.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/event.h"
#include "weir/flow.h"

/* What a packet answers that begins a flow though its share is taken. */
enum life_heard {
	LIFE_UNHEARD,
	LIFE_HEARD,
	LIFE_HEARD_SYNACK,
};

struct life_packet {
	uint8_t proto;
	uint8_t dir;
	uint8_t hook;  /* enum weir_hook */
	uint8_t flags; /* TCP, and so are the next three */
	uint32_t seq, ack, payload;
	bool is_zero_window;
	bool is_rest;	  /* a later fragment */
	bool is_fragment; /* the first one is one, too */
	bool is_to_itself; /* TCP: of a socket that is connected to itself, which is endpoint 0 alone */
	bool is_barred;	  /* it cannot renew: too many wait for what it would wait for */
	uint8_t echoes;	  /* 1 << hook: by it alone both directions tell nothing */
	uint16_t port[2]; /* of both endpoints */
	enum life_heard heard;
	uint64_t packets, bytes;
};

struct life {
	bool is_there;
	bool is_dying;
	bool has_spoken[2]; /* the present connection's sides, so that there is a next_seq */
	/* Times and `last` are 1 where they are known. */
	struct weir_flow flow;
};

/* What must be told, in this order; at most a close and an open. */
struct life_told {
	enum weir_event_type event[2];
	uint8_t old_reason; /* of the connection that the packet renews, enum weir_close_reason */
};

/* What those packets of a tuple said for which there was no room: the last two of each way. */
struct life_said {
	uint32_t number;
	uint8_t dir;
	bool is_there, is_answer;
};

struct life_knocks {
	struct life_said said[WEIR_HOOK_MAX][2];
};

/* The share of those that begin with the packet is taken. */
enum life_heard life_knock(struct life_knocks *knocks, const struct life_packet *packet);
struct life_told life_see(struct life *life, const struct life_packet *packet);
/* What a flow waits for that begins with the packet: one of WEIR_FLOW_WAITING. */
uint8_t life_waits_as(const struct life_packet *packet);
/* Fails the test that runs if the flow is not what it must be. */
void life_check(const struct life *life, const struct weir_flow *flow);

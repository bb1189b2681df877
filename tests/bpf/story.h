/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stories of connections: who sends what, and what it makes of the flow. Told over IPv4 and IPv6,
 * with the client as either endpoint and with sequence numbers that wrap. After each packet the
 * entry and the events are what the story says, and to the last counter what life.c says.
 */
#pragma once

#include "bpf_env.h"
#include "dialogue.h"
#include "weir/lifecycle.h"

struct CMUnitTest;

#define STEPS_MAX 14

/* One packet, and what it makes of the flow. */
struct step {
	struct segment say;
	enum weir_state state;
	enum weir_event_type event[2];
	enum weir_close_reason reason;	   /* from now on */
	enum weir_close_reason old_reason; /* of the connection that the packet renews */
	bool is_repeated;		   /* WEIR_FLOW_SYN_REPEATED is set from now on */
	enum weir_initiator_by by;	   /* of what it begins; 0: its SYN */
	bool goes_on; /* what it begins has the initiator of what was told to be over */
	/* Its sender's, from now on; 0: as before. */
	uint32_t resent, zero_windows;
};

struct story {
	const char *name;
	uint8_t proto;	    /* 0: TCP */
	bool has_handshake; /* in front of the steps */
	bool is_to_itself;  /* the client, who alone takes steps */
	enum side initiator;
	enum weir_initiator_by by;    /* 0: SYN */
	struct step steps[STEPS_MAX]; /* the one with state 0 ends them */
};

#define C(flags_, state_, ...)                                                                 \
	{                                                                                      \
		.say.from = CLIENT, .say.flags = (flags_), .state = WEIR_##state_, __VA_ARGS__ \
	}
#define S(flags_, state_, ...)                                                                 \
	{                                                                                      \
		.say.from = SERVER, .say.flags = (flags_), .state = WEIR_##state_, __VA_ARGS__ \
	}
#define AGAIN	      .say.is_again = true
#define LATE	      .say.is_late = true
#define NEW	      .say.is_new = true
#define STRAY	      .say.is_stray = true
#define UNNUMBERED    .say.is_zero_seq = true
#define SHUT	      .say.is_zero_window = true
#define DATA(bytes)   .say.payload = (bytes)
#define SHIFT(bytes)  .say.shift = (bytes)
#define ACKS(bytes)   .say.ack_shift = (bytes)
#define ASTRAY(bytes) .say.is_stray = true, .say.shift = (bytes)-1000000
#define OPENS	      .event = { WEIR_EVENT_OPEN }
#define ESTABLISHES   .event = { WEIR_EVENT_ESTABLISHED }
#define CLOSES	      .event = { WEIR_EVENT_CLOSE }
#define RENEWS(was)   .event = { WEIR_EVENT_CLOSE, WEIR_EVENT_OPEN }, .old_reason = WEIR_CLOSE_##was
#define BY_SYNACK     .by = WEIR_BY_SYNACK
#define GOES_ON	      .event = { WEIR_EVENT_OPEN }, .goes_on = true
#define BECAUSE(of)   .reason = WEIR_CLOSE_##of
#define REPEATED      .is_repeated = true
#define RESENT(times) .resent = (times)

/* The body of main(): the stories, and other tests, which find the env in group.h. */
int stories_run(const char *name, const struct story *stories, size_t count,
		const struct CMUnitTest *others, size_t other_count);

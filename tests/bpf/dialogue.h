/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two sides that talk, and their sequence numbers: a test says who sends what, and gets the
 * packet. Client and server are named after their ports, whoever begins.
 */
#pragma once

#include "bpf_env.h"
#include "life.h"
#include "pkt_build.h"
#include "weir/lifecycle.h"

enum side {
	CLIENT,
	SERVER,
};

enum {
	FIN = PKT_FIN,
	SYN = PKT_SYN,
	RST = PKT_RST,
	PSH = PKT_PSH,
	ACK = PKT_ACK,
	URG = PKT_URG,
	ECE = PKT_ECE,
	CWR = PKT_CWR,
};

struct segment {
	enum side from;
	uint8_t flags;
	uint16_t payload;
	bool is_again; /* the sender's last segment once more; a SYN: its SYN */
	bool is_late; /* acknowledges all but the last of what the other side has sent: not its FIN */
	bool is_new;   /* a SYN with an ISN of its own */
	bool is_stray; /* of another sequence number, and the dialogue goes on as if it were not */
	bool is_zero_seq; /* of number 0, as a RST that answers a SYN; it takes no place */
	bool is_zero_window;
	/* TCP: begins so many bytes behind the sender's next one, or before; it goes on from there. */
	int32_t shift;
	int32_t ack_shift; /* acknowledges so much more than the other side has sent, or less */
};

struct dialogue {
	uint8_t family; /* enum weir_family */
	uint8_t proto;
	bool is_swapped;   /* the client is endpoint 1 */
	bool is_to_itself; /* TCP: there is but the client, and its socket is connected to itself */
	uint32_t isn[2];   /* of each side's last SYN, before it the one that it will use */
	uint32_t next[2];  /* sequence number of the side's next byte */
	uint32_t last[2];  /* ... of its last segment */
};

void dialogue_init(struct dialogue *dialogue, uint8_t family, uint8_t proto, bool is_swapped,
		   const uint32_t isn[2]);
/* What the datapath's life of the flow sees in it, of a packet so long. */
struct life_packet dialogue_hear(const struct dialogue *dialogue, const struct segment *segment,
				 const struct pkt_desc *desc, size_t len);
/* The segment's packet; the side stands behind it from now on. */
struct pkt_desc dialogue_say(struct dialogue *dialogue, const struct segment *segment);
/* Endpoint of the key, and so direction of the flow. */
unsigned int dialogue_dir(const struct dialogue *dialogue, enum side side);
/* Each side has a hook, as at a port of a router, and another one where the sides are swapped. */
enum bpf_env_prog dialogue_prog(const struct dialogue *dialogue, enum side side);

/* Segments that lead into a state. */
struct dialogue_path {
	uint8_t proto;
	size_t segments;
	struct segment segment[5];
};

extern const struct dialogue_path dialogue_paths[WEIR_STATE_MAX];

/* An env without other flows, and the dialogue, so far: its flow is returned. */
struct bpf_env_flow dialogue_reach(struct dialogue *dialogue, struct bpf_env *env,
				   enum weir_state state);

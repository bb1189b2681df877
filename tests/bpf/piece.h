/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of datagrams: fragments that a client and a server send each other.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf_env.h"
#include "pkt_build.h"

#define PIECE_BYTES 80 /* of each but the last */

enum piece_kind {
	PIECE_NONE,
	FIRST,
	MIDDLE, /* the second, if it is not told where else it is */
	LAST,	/* the third */
};

struct piece {
	enum piece_kind kind;
	uint16_t lands; /* in the flow of this client's port; 0: in the remainder `fragment` */
	uint16_t port;	/* the client's, or the id of an ICMP echo */
	uint32_t id;
	uint8_t proto; /* 0: UDP */
	uint16_t tag[2];
	uint16_t at;	/* the how manieth it is, if that is not its kind's place */
	bool is_there;	/* at the other hook of the interface */
	bool is_back;	/* from the server to the client */
	bool is_astray; /* to the router */
	bool is_short;	/* not all of the ports: malformed */
	uint16_t cut;	/* layer 4 ends after so many bytes */
	uint16_t payload;
	unsigned int age; /* seconds that pass before it */
};

#define P(kind_, lands_, ...)                                 \
	{                                                     \
		.kind = kind_, .lands = (lands_), __VA_ARGS__ \
	}
#define F(port_, ...)  P(FIRST, port_, .port = (port_), ##__VA_ARGS__)
#define M(lands_, ...) P(MIDDLE, lands_, ##__VA_ARGS__)
#define L(lands_, ...) P(LAST, lands_, ##__VA_ARGS__)
#define ID(id_)	       .id = (id_)
#define OVER(proto_)   .proto = IPPROTO_##proto_

struct pkt_desc piece_describe(const struct piece *piece, bool is_v6);
/* Layer 2 is cut off where the interface has none. How long what was sent is. */
size_t piece_send(enum bpf_env_prog prog, const struct pkt_desc *desc);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a frame is counted, and as what: rows, each of which runs in both directions through every
 * entry point, whole and cut at every length, directly readable and not. Whatever it is, it must
 * land in one flow or one remainder, come out unchanged, and keep flows + remainders = raw + GSO.
 */
#pragma once

struct CMUnitTest;

#include "bpf_env.h"
#include "pkt_build.h"

#define V4 .from = &v4_client, .to = &v4_server
#define V6 .from = &v6_client, .to = &v6_server
#define TCP(flags) \
	.proto = IPPROTO_TCP, .sport = PORT_CLIENT, .dport = PORT_HTTPS, .tcp_flags = (flags)
#define HTTPS TCP(PKT_ACK)
#define DNS   .proto = IPPROTO_UDP, .sport = PORT_CLIENT, .dport = PORT_DNS

#define FLOW		0
#define REMAINDER(name) (1 + WEIR_REM_##name)

#define IS_HTTPS(...) \
	.expect = { .proto = IPPROTO_TCP, .port = { PORT_CLIENT, PORT_HTTPS }, __VA_ARGS__ }
#define IS_DNS(...) \
	.expect = { .proto = IPPROTO_UDP, .port = { PORT_CLIENT, PORT_DNS }, __VA_ARGS__ }
#define IN(name, ...)  .expect = { .landing = REMAINDER(name), __VA_ARGS__ }
#define TAGGED(id)     (WEIR_VLAN_TAGGED | (id))
#define STACKED(inner) (WEIR_VLAN_TAGGED | WEIR_VLAN_STACKED | (inner))

/* What must be counted, and where. */
struct expect {
	uint32_t landing; /* FLOW, or REMAINDER() */
	uint8_t proto;
	uint8_t dir;
	uint16_t port[2]; /* of sender and receiver */
	uint16_t vlan;
	uint32_t vni;
	/* On the wire, with Ethernet; 0: one packet as long as the frame, or as what it carries. */
	uint32_t packets, bytes;
	bool is_cut; /* into IP fragments, on its way out */
};

struct parse_case {
	const char *name;
	struct pkt_desc desc;
	struct expect expect;
	struct expect inner; /* of what it carries; its proto is 0: no flow */
	uint32_t gso_size, gso_segs;
	uint32_t meta_tag;   /* PARSE_META | TCI in the metadata */
	uint16_t meta_proto; /* instead of 8021Q */
	uint32_t needs;	     /* bytes of which less are malformed; 0: up to the end of layer 3 */
	bool is_oneway;	     /* sender and receiver are one and the same */
	bool keeps_ports;    /* on the way back they are the same, as both ends of a tunnel do it */
};

#define PARSE_META 0x10000 /* or'ed to the 16 bits of a tag, which may be 0 */

/* Each a row in one way, in group.h's env. */
void parse_check_whole(const struct parse_case *row);
void parse_check_cut(const struct parse_case *row);
void parse_check_carried_cut(const struct parse_case *row);

struct parse_table {
	const char *name;
	const struct parse_case *cases;
	size_t count;
	const struct CMUnitTest *others; /* tests that are no rows */
	size_t other_count;
};

/* The body of main(): rows that must land, rows cut, all together, and the others. */
int parse_table_run(const struct parse_table *table);

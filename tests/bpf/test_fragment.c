// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments: stories of pieces, over IPv4 and IPv6 and through every entry point. The first piece
 * names the flow of the later ones; what comes before it, or too late, or once the whole has passed,
 * is in a remainder.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "group.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

#define PIECES_MAX  12
#define PIECE_BYTES 80 /* of each but the last */
#define SECONDS	    30 /* that a first fragment is good for */

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

struct story {
	const char *name;
	struct piece pieces[PIECES_MAX];
};

#define P(kind_, lands_, ...)                                 \
	{                                                     \
		.kind = kind_, .lands = (lands_), __VA_ARGS__ \
	}
#define F(port_, ...)  P(FIRST, port_, .port = (port_), ##__VA_ARGS__)
#define M(lands_, ...) P(MIDDLE, lands_, ##__VA_ARGS__)
#define L(lands_, ...) P(LAST, lands_, ##__VA_ARGS__)
#define NOWHERE	       0
#define ID(id_)	       .id = (id_)
#define OVER(proto_)   .proto = IPPROTO_##proto_

/* clang-format off */
static const struct story stories[] = {
	{ "fragments_in_order_are_in_their_flow", { F(100), M(100), M(100), L(100) } },
	{ "fragments_of_any_length_are_in_their_flow",
	  { F(100, .payload = 1400), M(100, .payload = 1480), L(100, .payload = 1) } },
	{ "what_comes_before_the_first_is_in_no_flow",
	  { M(NOWHERE), M(NOWHERE, .at = 2), F(100), L(100, .at = 3) } },
	{ "the_first_alone_is_in_its_flow", { F(100) } },
	{ "later_ones_alone_are_in_no_flow", { M(NOWHERE), L(NOWHERE), L(NOWHERE) } },
	{ "a_fragment_sent_again_is_counted_again",
	  { F(100), F(100), L(100), L(100), M(100) } },
	{ "two_packets_of_two_flows_are_kept_apart",
	  { F(100), F(200, ID(8)), M(100), M(200, ID(8)), L(200, ID(8)), L(100) } },
	{ "two_packets_of_one_flow_share_it",
	  { F(100), F(100, ID(8)), L(100, ID(8)), M(100), L(100) } },
	{ "an_id_at_both_ends_of_its_range_is_an_id",
	  { F(100, ID(0)), F(200, ID(0xffff)), L(100, ID(0)), L(200, ID(0xffff)), L(NOWHERE, ID(0x7fff)) } },
	{ "an_id_used_again_is_the_new_packets",
	  { F(100), M(100), F(200), M(200), L(200) } },
	{ "what_comes_when_the_whole_has_passed_is_in_no_flow",
	  { F(100), M(100), L(100), L(NOWHERE), M(NOWHERE) } },
	{ "so_is_what_comes_when_the_first_was_not_the_first",
	  { L(NOWHERE), F(100), M(100), M(NOWHERE) } },
	{ "so_is_what_comes_when_the_first_was_the_last",
	  { M(NOWHERE), L(NOWHERE), F(100), L(NOWHERE), M(NOWHERE) } },
	{ "so_is_what_comes_when_the_others_have_changed_places",
	  { F(100), L(100, .at = 4), M(100, .at = 3), M(100), M(100, .at = 2), M(NOWHERE) } },
	{ "a_later_fragment_with_an_id_used_again_is_not_the_last_packets",
	  { F(100), M(100), L(100), L(NOWHERE), F(200), M(200), L(NOWHERE), F(300), M(300), M(NOWHERE) } },
	{ "a_fragment_that_came_twice_does_not_stand_for_another_one",
	  { F(100), M(100), M(100), L(100, .at = 3), M(100, .at = 2) } },
	{ "two_of_each_are_in_their_flow", { F(100), F(100), M(100), M(100), L(100), L(100) } },
	{ "an_id_used_again_by_the_same_flow_is_a_new_packet",
	  { F(100), L(100), F(100), M(100), L(100), M(NOWHERE) } },
	{ "a_packet_that_passes_two_hooks_has_its_first_at_both",
	  { F(100), F(100, .is_there = true), M(100), M(100, .is_there = true), L(100),
	    L(100, .is_there = true), L(NOWHERE), L(NOWHERE, .is_there = true) } },
	{ "so_has_one_that_passes_them_one_after_the_other",
	  { F(100), M(100), L(100), F(100, .is_there = true), M(100, .is_there = true),
	    L(100, .is_there = true), M(NOWHERE), M(NOWHERE, .is_there = true) } },
	{ "so_has_one_that_changes_its_order_at_both",
	  { L(NOWHERE), L(NOWHERE, .is_there = true), F(100), F(100, .is_there = true), M(100),
	    M(100, .is_there = true), M(NOWHERE) } },
	{ "two_that_end_at_a_place_do_not_make_up_for_one_that_begins_at_twice_that",
	  { F(100), F(100, .is_there = true), L(100, .at = 2), M(100), M(100, .is_there = true),
	    L(100, .at = 2, .is_there = true), M(NOWHERE) } },
	{ "the_later_ones_of_a_packet_may_come_another_way",
	  { F(100), M(100, .is_there = true), L(100, .is_there = true), L(NOWHERE), F(200), L(200) } },
	{ "another_flows_first_at_another_hook_begins_a_packet",
	  { F(100), M(100), F(200, .is_there = true), M(200, .is_there = true),
	    L(200, .is_there = true), L(NOWHERE) } },
	{ "the_other_direction_with_the_same_id_is_another_packet",
	  { F(100), L(NOWHERE, .is_back = true), F(100, .is_back = true), L(100, .is_back = true), L(100) } },
	{ "another_receiver_with_the_same_id_has_another_packet",
	  { F(100), L(NOWHERE, .is_astray = true), L(100) } },
	{ "another_vlan_with_the_same_id_has_another_packet",
	  { F(100, .tag = { 5 }), L(NOWHERE), L(NOWHERE, .tag = { 6 }), F(200), L(200), L(100, .tag = { 5 }) } },
	{ "another_service_with_the_same_vlan_and_id_has_another_packet",
	  { F(100, .tag = { 1, 5 }), L(NOWHERE, .tag = { 2, 5 }), L(NOWHERE, .tag = { 5 }),
	    L(100, .tag = { 1, 5 }) } },
	{ "a_first_fragment_is_good_for_30_seconds",
	  { F(100), M(100, .age = SECONDS - 1), L(NOWHERE, .age = 2) } },
	{ "a_first_fragment_again_is_good_for_30_seconds_more",
	  { F(100), L(NOWHERE, .age = SECONDS + 2), F(100), L(100), L(NOWHERE, .age = 0x7fffffff) } },
	/* It is when another CPU saves it between this one's looks at the clock and at the map. */
	{ "a_first_fragment_of_the_next_second_is_not_old", { F(100), M(100, .age = -1U), L(100) } },
	{ "a_first_fragment_without_its_ports_helps_nobody",
	  { F(NOWHERE, .is_short = true), M(NOWHERE), L(NOWHERE) } },
	{ "a_first_fragment_that_ends_in_the_header_has_the_ports_of_the_others",
	  { F(100, OVER(TCP), .cut = 8), M(100, OVER(TCP)), L(100, OVER(TCP)),
	    F(200, OVER(SCTP), ID(8), .cut = 8), L(200, OVER(SCTP), ID(8)),
	    F(300, OVER(DCCP), ID(9), .cut = 8), L(300, OVER(DCCP), ID(9)),
	    F(400, ID(10), .cut = 4), L(400, ID(10)) } },
	{ "tcp_in_fragments_is_in_its_flow",
	  { F(100, OVER(TCP)), M(100, OVER(TCP)), L(100, OVER(TCP)) } },
	{ "sctp_in_fragments_is_in_its_flow",
	  { F(100, OVER(SCTP)), M(100, OVER(SCTP)), L(100, OVER(SCTP)) } },
	{ "dccp_in_fragments_is_in_its_flow", { F(100, OVER(DCCP)), L(100, OVER(DCCP)) } },
	{ "udp_lite_in_fragments_is_in_its_flow", { F(100, OVER(UDPLITE)), L(100, OVER(UDPLITE)) } },
	{ "an_echo_in_fragments_is_in_its_flow",
	  { F(100, OVER(ICMP)), M(100, OVER(ICMP)), L(100, OVER(ICMP)) } },
};

static const struct story stories_v4[] = {
	{ "another_protocol_with_the_same_id_is_another_packet_of_ipv4",
	  { F(100, OVER(TCP)), L(NOWHERE), F(200), L(200), L(100, OVER(TCP)) } },
};

static const struct story stories_v6[] = {
	{ "of_ipv6_the_first_fragment_alone_says_what_the_packet_carries",
	  { F(100, OVER(TCP)), L(100), F(200), M(200, OVER(TCP)), L(200, OVER(ESP)) } },
};
/* clang-format on */

/* A tunnel's payload, or a protocol's that has no ports. */
static const struct story portless = {
	"a_protocol_without_ports_in_fragments_is_in_its_flow",
	{ F(0, OVER(ESP)), M(0, OVER(ESP)), F(0, OVER(IPIP), ID(8)), L(0, OVER(IPIP), ID(8)) },
};

static void put_fragment(struct pkt_desc *desc, enum piece_kind kind, uint16_t at)
{
	uint16_t offset = (uint16_t)((at ? at : kind - FIRST) * PIECE_BYTES / 8);

	if (desc->from->family == WEIR_IPV4) {
		desc->frag = (uint16_t)(offset | (kind == LAST ? 0 : 0x2000));
	} else {
		desc->ext[0] = (struct pkt_ext){ .kind = IPPROTO_FRAGMENT,
						 .frag = (uint16_t)(offset << 3 | (kind != LAST)) };
		desc->exts = 1;
	}
}

static struct pkt_desc describe(const struct piece *piece, bool is_v6)
{
	struct pkt_desc desc = {
		.from = is_v6 ? &v6_client : &v4_client,
		.to = is_v6 ? &v6_server : &v4_server,
		.proto = piece->proto ? piece->proto : IPPROTO_UDP,
		.sport = piece->port,
		.dport = 9,
		.tcp_flags = PKT_ACK,
		.icmp_type = is_v6 ? 128 : 8,
		.icmp_id = piece->port,
		.id = piece->id,
		.payload = piece->payload,
		.l4_cut = piece->is_short ? 3 : piece->cut,
	};

	if (!desc.payload)
		desc.payload = piece->kind == LAST ? 60 : PIECE_BYTES;
	if (!piece->payload && !desc.l4_cut && piece->kind != LAST)
		desc.l4_cut = PIECE_BYTES;
	if (is_v6 && desc.proto == IPPROTO_ICMP)
		desc.proto = IPPROTO_ICMPV6;
	for (size_t i = 0; i < 2 && piece->tag[i]; i++)
		desc.shim[i] = (struct pkt_shim)TAG(piece->tag[i]);
	if (piece->is_astray)
		desc.to = is_v6 ? &v6_router : &v4_router;
	if (piece->is_back)
		desc = pkt_reversed(&desc);
	put_fragment(&desc, piece->kind, piece->at);
	return desc;
}

/* The first fragments that are remembered grow older. */
static void age(unsigned int seconds)
{
	struct bpf_env_fragment fragments[PIECES_MAX];
	int n = bpf_env_fragments(env, fragments, PIECES_MAX);

	assert_in_range(n, 0, PIECES_MAX);
	for (int i = 0; i < n; i++) {
		fragments[i].fragment.seconds -= seconds;
		assert_int_equal(bpf_env_set_fragment(env, &fragments[i]), 0);
	}
}

/* What must have been counted so far: per client's port, and apart. */
struct tally {
	struct {
		uint16_t port;
		uint64_t packets, bytes;
	} flow[PIECES_MAX];
	struct weir_count fragment, malformed;
};

static void tally_add(struct tally *tally, const struct piece *piece, uint64_t bytes)
{
	size_t i = 0;

	if (piece->is_short || !piece->lands) {
		struct weir_count *count = piece->is_short ? &tally->malformed : &tally->fragment;

		count->packets++;
		count->bytes += bytes;
		return;
	}
	while (tally->flow[i].port && tally->flow[i].port != piece->lands)
		i++;
	tally->flow[i].port = piece->lands;
	tally->flow[i].packets++;
	tally->flow[i].bytes += bytes;
}

static void check_tally(const struct tally *tally)
{
	struct bpf_env_flow flows[PIECES_MAX];
	int n = bpf_env_flows(env, flows, PIECES_MAX);

	assert_in_range(n, 0, PIECES_MAX);
	for (int i = 0; i < n; i++) {
		const struct weir_dir *dir = flows[i].flow.dir;
		uint16_t port = ntohs(flows[i].key.port[0]);
		size_t at = 0;

		if (port == 9)
			port = ntohs(flows[i].key.port[1]);
		while (tally->flow[at].port != port)
			assert_in_range(++at, 0, PIECES_MAX - 1);
		assert_int_equal(dir[0].packets + dir[1].packets, tally->flow[at].packets);
		assert_int_equal(dir[0].bytes + dir[1].bytes, tally->flow[at].bytes);
		assert_int_equal(dir[0].fragments, dir[0].packets);
		assert_int_equal(dir[1].fragments, dir[1].packets);
		assert_int_equal(dir[0].resent + dir[1].resent, 0);
	}
	assert_true(n == PIECES_MAX || !tally->flow[n].port);
	check_remainder(env, WEIR_REM_FRAGMENT, tally->fragment.packets, tally->fragment.bytes);
	check_remainder(env, WEIR_REM_MALFORMED, tally->malformed.packets, tally->malformed.bytes);
	check_balance(env);
}

/* Layer 2 is cut off where the interface has none. */
static size_t send_to(enum bpf_env_prog prog, const struct pkt_desc *desc)
{
	struct pkt_desc bare = *desc;
	struct packet packet;

	bare.has_no_layer2 = !bpf_env_progs[prog].has_ethernet;
	pkt_build(&packet, &bare);
	send_packet(env, prog, &packet);
	return packet.len;
}

/* Of the same interface. */
static const enum bpf_env_prog there[] = {
	[ENV_TC_IN] = ENV_TC_OUT, [ENV_TC_OUT] = ENV_TC_IN, [ENV_L3_IN] = ENV_L3_OUT,
	[ENV_L3_OUT] = ENV_L3_IN, [ENV_XDP] = ENV_TC_OUT,
};

static void tell(const struct story *story, bool is_v6, enum bpf_env_prog prog)
{
	struct tally tally = { 0 };

	assert_int_equal(bpf_env_reset(env), 0);
	for (size_t i = 0; i < PIECES_MAX && story->pieces[i].kind; i++) {
		const struct piece *piece = &story->pieces[i];
		struct pkt_desc desc = describe(piece, is_v6);

		if (!bpf_env_progs[prog].has_ethernet && piece->tag[0])
			return; /* tags are of Ethernet */
		age(piece->age);
		tally_add(&tally, piece, send_to(piece->is_there ? there[prog] : prog, &desc));
		check_tally(&tally);
	}
}

static void story_of_ipv4_comes_true(void **state)
{
	for (enum bpf_env_prog prog = 0; prog < ENV_COMMAND; prog++)
		tell(*state, false, prog);
}

static void story_of_ipv6_comes_true(void **state)
{
	for (enum bpf_env_prog prog = 0; prog < ENV_COMMAND; prog++)
		tell(*state, true, prog);
}

static void story_comes_true(void **state)
{
	story_of_ipv4_comes_true(state);
	story_of_ipv6_comes_true(state);
}

static void protocols_without_ports_are_in_their_flows(void **state)
{
	struct bpf_env_flow flows[2];

	(void)state;
	for (unsigned int i = 0; i < 2 * ENV_COMMAND; i++) {
		assert_int_equal(bpf_env_reset(env), 0);
		for (size_t j = 0; j < PIECES_MAX && portless.pieces[j].kind; j++) {
			struct pkt_desc desc = describe(&portless.pieces[j], i & 1);

			send_to(i / 2, &desc);
		}
		assert_int_equal(bpf_env_flows(env, flows, 2), 2);
		assert_int_equal(flows[0].flow.dir[0].fragments, 2);
		assert_int_equal(flows[1].flow.dir[0].fragments, 2);
		check_balance(env);
	}
}

/* All that a later fragment is compared by, and all that it gets. */
static void what_is_remembered_of_a_first_fragment_is_what_joins_its_packet(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct piece piece = F(100, ID(i ? 0x12345678 : 0x1234), .tag = { 5, 6 });
		struct pkt_desc desc = describe(&piece, i);
		struct weir_fragment_key key = {
			.id = i ? htonl(0x12345678) : htons(0x1234),
			.vlan = WEIR_VLAN_TAGGED | WEIR_VLAN_STACKED | 6,
			.vni = { 0, 0, 5 },
			.netns = BPF_ENV_NETNS,
			.proto = i ? 0 : IPPROTO_UDP,
		};
		struct bpf_env_fragment first;

		memcpy(key.src, desc.from->bytes, 16);
		memcpy(key.dst, desc.to->bytes, 16);
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &desc);
		assert_int_equal(bpf_env_fragments(env, &first, 1), 1);
		assert_memory_equal(&first.key, &key, sizeof(key));
		assert_int_equal(first.fragment.port[0], htons(100));
		assert_int_equal(first.fragment.port[1], htons(9));
		assert_int_equal(first.fragment.proto, IPPROTO_UDP);
		assert_int_equal(first.fragment.ifindex, BPF_ENV_IFINDEX);
		assert_int_equal(first.fragment.hook, WEIR_INGRESS);
		assert_int_equal(first.fragment.has_first, 1);
		assert_int_not_equal(first.fragment.owed, 0);
	}
}

static void whole_packets_leave_nothing_for_later_ones(void **state)
{
	struct pkt_desc v4 = numbered(0), v6 = v4;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	v4.frag = 0x4000; /* don't fragment */
	v6.from = &v6_client;
	v6.to = &v6_server;
	v6.ext[0].kind = IPPROTO_FRAGMENT; /* an atomic fragment (RFC 6946) */
	v6.exts = 1;
	send_desc(env, ENV_TC_IN, &v4);
	send_desc(env, ENV_TC_IN, &v6);
	assert_int_equal(bpf_env_fragments(env, NULL, 0), 0);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 2);
}

/* RFC 8200: what follows the fragment header may be another one; it is only in the first. */
static void headers_behind_that_of_the_fragment_are_the_first_ones(void **state)
{
	const struct piece first = F(100), last = L(100);
	struct pkt_desc desc = describe(&first, true), later = describe(&last, true);

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	desc.ext[1] = later.ext[1] = (struct pkt_ext){ .kind = IPPROTO_DSTOPTS, .len = 2 };
	desc.exts = later.exts = 2;
	send_desc(env, ENV_TC_IN, &desc);
	send_desc(env, ENV_TC_IN, &later);
	assert_int_equal(the_flow(env).flow.dir[0].fragments, 2);
	assert_int_equal(the_flow(env).key.proto, IPPROTO_UDP);
}

/* Of 32 bits. */
static void the_whole_id_of_ipv6_counts(void **state)
{
	const struct piece first = F(100, ID(0x10007)), other = L(0), last = L(100, ID(0x10007));
	struct pkt_desc desc[3] = { describe(&first, true), describe(&other, true),
				    describe(&last, true) };

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (size_t i = 0; i < ARRAY_SIZE(desc); i++)
		send_desc(env, ENV_XDP, &desc[i]);
	assert_int_equal(the_flow(env).flow.dir[0].fragments, 2);
	check_balance(env);
}

/* A later fragment of TCP has no flags: it neither opens, nor closes, nor establishes. */
static void later_fragments_of_tcp_change_no_state(void **state)
{
	static const uint8_t flags[] = { PKT_SYN, PKT_SYN | PKT_ACK, PKT_ACK, PKT_FIN | PKT_ACK,
					 PKT_RST };
	static const enum weir_state states[] = { WEIR_SYN_SENT, WEIR_SYN_RECEIVED,
						  WEIR_ESTABLISHED, WEIR_FIN_I, WEIR_CLOSED };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		const struct piece first = F(1000, OVER(TCP)), last = L(1000, OVER(TCP));
		struct pkt_desc desc = describe(&first, false), later = describe(&last, false);
		struct bpf_env_flow before, after;
		const struct weir_event *events;

		assert_int_equal(bpf_env_reset(env), 0);
		desc.tcp_flags = flags[i];
		desc.seq = 5000;
		send_desc(env, ENV_TC_IN, &desc);
		before = the_flow(env);
		assert_int_equal(before.flow.state, states[i]);
		send_desc(env, ENV_TC_IN, &later);
		after = the_flow(env);
		assert_int_equal(bpf_env_events(env, &events), 1);
		before.flow.dir[0].packets++;
		before.flow.dir[0].bytes = after.flow.dir[0].bytes;
		before.flow.dir[0].last = after.flow.dir[0].last;
		before.flow.dir[0].fragments++;
		assert_memory_equal(&before, &after, sizeof(after));
	}
}

/* In a connection and to begin one; 8 bytes have the ports, 16 the flags as well, 24 not all options. */
static void a_first_fragment_that_ends_in_tcps_header_changes_no_state(void **state)
{
	static const uint16_t cuts[] = { 8, 16, 24 };
	static const uint8_t flags[] = { PKT_SYN, PKT_ACK, PKT_FIN | PKT_ACK, PKT_RST };
	static const enum weir_state states[] = { WEIR_SYN_SENT, WEIR_ESTABLISHED, WEIR_FIN_I,
						  WEIR_CLOSED };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts) * ARRAY_SIZE(flags); i++) {
		const struct piece first = F(1000, OVER(TCP), .cut = cuts[i / ARRAY_SIZE(flags)]);
		struct pkt_desc cut = describe(&first, i & 1), whole = cut;
		struct weir_flow flow;

		cut.tcp_flags = PKT_SYN | PKT_FIN | PKT_RST;
		cut.tcp_options = 12;
		cut.is_zero_window = true;
		cut.seq = 77;
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &cut);
		flow = the_flow(env).flow;
		assert_int_equal(flow.state, WEIR_ESTABLISHED);
		assert_int_equal(flow.flags, WEIR_FLOW_ONE_SIDED);
		assert_int_equal(flow.initiator,
				 (ntohs(the_flow(env).key.port[1]) == 1000) | WEIR_BY_PORTS << 1);

		whole.frag = 0;
		whole.exts = 0;
		whole.l4_cut = 0;
		whole.seq = 5000;
		whole.tcp_flags = flags[i % ARRAY_SIZE(flags)];
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &whole);
		send_desc(env, ENV_XDP, &cut);
		flow = the_flow(env).flow;
		assert_int_equal(flow.state, states[i % ARRAY_SIZE(flags)]);
		assert_int_equal(flow.dir[0].packets + flow.dir[1].packets, 2);
		assert_int_equal(flow.dir[0].flags | flow.dir[1].flags, whole.tcp_flags);
		assert_int_equal(flow.dir[0].zero_windows + flow.dir[1].zero_windows, 0);
		assert_int_equal(flow.dir[0].fragments + flow.dir[1].fragments, 1);
		check_balance(env);
	}
}

static void the_next_connection_counts_its_fragments_anew(void **state)
{
	const struct piece first = F(1000, OVER(TCP));
	struct pkt_desc desc = describe(&first, false);

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	desc.tcp_flags = PKT_RST;
	send_desc(env, ENV_TC_IN, &desc);
	send_desc(env, ENV_TC_IN, &desc);
	assert_int_equal(the_flow(env).flow.dir[0].fragments, 2);
	desc.tcp_flags = PKT_SYN;
	send_desc(env, ENV_TC_IN, &desc);
	assert_int_equal(the_flow(env).flow.dir[0].base_packets, 2);
	assert_int_equal(the_flow(env).flow.dir[0].fragments, 1);
}

/* Its flow has been removed meanwhile: it begins one, as any packet does. */
static void a_later_fragment_may_begin_a_flow(void **state)
{
	static const struct {
		uint8_t proto;
		enum weir_state state;
		uint8_t flags;
	} cases[] = { { IPPROTO_TCP, WEIR_ESTABLISHED, WEIR_FLOW_ONE_SIDED },
		      { IPPROTO_UDP, WEIR_ONE_WAY, WEIR_FLOW_UNANSWERED } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct piece first = F(1000, .proto = cases[i].proto);
		const struct piece last = L(1000, .proto = cases[i].proto);
		struct pkt_desc desc = describe(&first, false), later = describe(&last, false);
		struct bpf_env_flow flow;

		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &desc);
		flow = the_flow(env);
		assert_int_equal(bpf_env_del_flow(env, &flow.key), 0);
		assert_int_equal(bpf_env_set_unanswered(env, 0), 0);
		send_desc(env, ENV_TC_IN, &later);
		flow = the_flow(env);
		assert_int_equal(flow.flow.state, cases[i].state);
		assert_int_equal(flow.flow.flags, cases[i].flags);
		assert_int_equal(flow.flow.dir[0].fragments, 1);
		assert_int_equal(flow.flow.dir[0].next_seq, 0);
	}
}

/* In a tunnel: the network is part of what joins them, and what is carried alone is compared. */
static void fragments_in_a_tunnel_are_joined_by_their_network(void **state)
{
	static const struct {
		enum piece_kind kind;
		uint32_t vni;
		unsigned int fragments; /* in the flow of network 5 */
	} steps[] = { { LAST, 6, 0 }, { FIRST, 5, 1 },	    { MIDDLE, 5, 2 },
		      { LAST, 6, 2 }, { PIECE_NONE, 0, 2 }, { LAST, 5, 3 } };

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct piece piece = P(steps[i].kind ? steps[i].kind : LAST, 0, .port = 100);
		const struct pkt_desc inner = describe(&piece, false);
		struct pkt_desc outer = { .from = &v4_client,
					  .to = &v4_router,
					  .proto = IPPROTO_UDP,
					  .dport = PORT_VXLAN,
					  .tunnel = { .kind = PKT_CARRY_VXLAN,
						      .vni = steps[i].vni },
					  .inner = &inner };
		struct bpf_env_flow flows[3];
		unsigned int fragments = 0;
		int n;

		send_desc(env, ENV_TC_IN, steps[i].kind ? &outer : &inner);
		n = bpf_env_flows(env, flows, 3);
		assert_int_equal(n, steps[i].fragments ? 2 : 1);
		for (int j = 0; j < n; j++)
			if (flows[j].key.vlan & WEIR_ENCAPSULATED)
				fragments = flows[j].flow.dir[0].fragments;
		assert_int_equal(fragments, steps[i].fragments);
		check_balance(env);
	}
	check_remainder(env, WEIR_REM_FRAGMENT, 1, 14 + 20 + 4 + 60);
}

static void more_first_fragments_than_have_room_push_out_the_oldest(void **state)
{
	const struct piece last = L(100, ID(9999));
	struct pkt_desc later = describe(&last, false);

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (uint32_t id = 0; id < 10000; id++) {
		const struct piece first = F(100, .id = id);
		struct pkt_desc desc = describe(&first, false);

		send_desc(env, ENV_TC_IN, &desc);
	}
	assert_in_range(bpf_env_fragments(env, NULL, 0), 1, 4096);
	assert_int_equal(the_flow(env).flow.dir[0].fragments, 10000);
	send_desc(env, ENV_TC_IN, &later);
	assert_int_equal(the_flow(env).flow.dir[0].fragments, 10001);
	check_balance(env);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(protocols_without_ports_are_in_their_flows),
		TEST(what_is_remembered_of_a_first_fragment_is_what_joins_its_packet),
		TEST(whole_packets_leave_nothing_for_later_ones),
		TEST(headers_behind_that_of_the_fragment_are_the_first_ones),
		TEST(the_whole_id_of_ipv6_counts),
		TEST(later_fragments_of_tcp_change_no_state),
		TEST(a_first_fragment_that_ends_in_tcps_header_changes_no_state),
		TEST(the_next_connection_counts_its_fragments_anew),
		TEST(a_later_fragment_may_begin_a_flow),
		TEST(fragments_in_a_tunnel_are_joined_by_their_network),
		TEST(more_first_fragments_than_have_room_push_out_the_oldest),
	};
#define ROWS(test_, rows_)                                                    \
	{                                                                     \
		.test = (test_), .rows = (rows_), .size = sizeof((rows_)[0]), \
		.count = ARRAY_SIZE(rows_)                                    \
	}
	static const struct group_rows rows[] = {
		ROWS(story_comes_true, stories),
		ROWS(story_of_ipv4_comes_true, stories_v4),
		ROWS(story_of_ipv6_comes_true, stories_v6),
	};

	return group_run("fragment", rows, ARRAY_SIZE(rows), others, ARRAY_SIZE(others));
}

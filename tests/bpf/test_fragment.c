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
#include "piece.h"
#include "pkt_build.h"
#include "tests/harness.h"

#define PIECES_MAX 12
#define SECONDS	   30 /* that a first fragment is good for */

struct story {
	const char *name;
	struct piece pieces[PIECES_MAX];
};

#define NOWHERE 0

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
		struct pkt_desc desc = piece_describe(piece, is_v6);

		if (!bpf_env_progs[prog].has_ethernet && piece->tag[0])
			return; /* tags are of Ethernet */
		age(piece->age);
		tally_add(&tally, piece, piece_send(piece->is_there ? there[prog] : prog, &desc));
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

int main(void)
{
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

	return group_run("fragment", rows, ARRAY_SIZE(rows), NULL, 0);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments: what is remembered of a first one, and what a later one is to its flow, to the state of a
 * connection, and in a tunnel.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "group.h"
#include "piece.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

/* A tunnel's payload, or a protocol's that has no ports. */
static const struct piece portless[] = { F(0, OVER(ESP)), M(0, OVER(ESP)), F(0, OVER(IPIP), ID(8)),
					 L(0, OVER(IPIP), ID(8)) };

static void protocols_without_ports_are_in_their_flows(void **state)
{
	struct bpf_env_flow flows[2];

	(void)state;
	for (unsigned int i = 0; i < 2 * ENV_COMMAND; i++) {
		assert_int_equal(bpf_env_reset(env), 0);
		for (size_t j = 0; j < ARRAY_SIZE(portless); j++) {
			struct pkt_desc desc = piece_describe(&portless[j], i & 1);

			piece_send(i / 2, &desc);
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
		struct pkt_desc desc = piece_describe(&piece, i);
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
	struct pkt_desc desc = piece_describe(&first, true), later = piece_describe(&last, true);

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
	struct pkt_desc desc[3] = { piece_describe(&first, true), piece_describe(&other, true),
				    piece_describe(&last, true) };

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
		struct pkt_desc desc = piece_describe(&first, false),
				later = piece_describe(&last, false);
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
		struct pkt_desc cut = piece_describe(&first, i & 1), whole = cut;
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
	struct pkt_desc desc = piece_describe(&first, false);

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
		struct pkt_desc desc = piece_describe(&first, false),
				later = piece_describe(&last, false);
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
		const struct pkt_desc inner = piece_describe(&piece, false);
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
	struct pkt_desc later = piece_describe(&last, false);

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (uint32_t id = 0; id < 10000; id++) {
		const struct piece first = F(100, .id = id);
		struct pkt_desc desc = piece_describe(&first, false);

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

	return group_run("fragment_entry", NULL, 0, others, ARRAY_SIZE(others));
}

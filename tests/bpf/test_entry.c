// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a packet enters: the slot of its interface, and what is done where there is none.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "group.h"
#include "pkt_build.h"
#include "tests/harness.h"

static void an_interface_is_found_in_each_of_its_places(void **state)
{
	const struct pkt_desc desc = numbered(0);
	struct weir_iface iface;

	(void)state;
	for (uint32_t i = 0; i < WEIR_IFACE_PROBES; i++) {
		uint32_t slot = WEIR_IFACE_PLACE(BPF_ENV_IFINDEX, i, BPF_ENV_SLOTS - 1);

		assert_int_equal(bpf_env_place(env, slot), 0);
		send_desc(env, ENV_TC_IN, &desc);
		send_desc(env, ENV_XDP, &desc);
		assert_int_equal(bpf_env_iface(env, slot, &iface), 0);
		assert_int_equal(iface.raw[WEIR_INGRESS].packets, 2);
	}
}

static void packets_of_an_interface_without_a_slot_are_counted_in_slot_0(void **state)
{
	static const uint32_t slots[] = { 0, WEIR_IFACE_PLACE(BPF_ENV_IFINDEX, WEIR_IFACE_PROBES,
							      BPF_ENV_SLOTS - 1) };
	const struct pkt_desc desc = numbered(0);
	struct weir_iface iface;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		assert_int_equal(bpf_env_reset(env), 0);
		assert_int_equal(bpf_env_place(env, slots[i]), 0);
		for (enum bpf_env_prog prog = 0; prog < ENV_COMMAND; prog++)
			send_desc(env, prog, &desc);
		assert_int_equal(bpf_env_iface(env, 0, &iface), 0);
		check_count(&iface.raw[WEIR_INGRESS], 3, 3 * UINT64_C(100));
		check_count(&iface.raw[WEIR_EGRESS], 2, 2 * UINT64_C(100));
		check_count(&iface.remainder[WEIR_REM_UNKNOWN_INTERFACE], 5, 5 * UINT64_C(100));
		assert_int_equal(bpf_env_flows(env, NULL, 0), 0);
		check_balance(env);
	}
}

/* Packets that fill in as much of what is known of a packet as they can. */
static const struct pkt_desc carried = { .from = &v6_pod,
					 .to = &v6_peer,
					 .proto = IPPROTO_TCP,
					 .tcp_flags = PKT_SYN,
					 .shim = { TAG(7), TAG(8) },
					 .payload = 40,
					 .is_zero_window = true };
static const struct pkt_desc rich[] = {
	{ .from = &v6_client,
	  .to = &v6_server,
	  .proto = IPPROTO_UDP,
	  .dport = PORT_VXLAN,
	  .shim = { SERVICE_TAG(5), TAG(6) },
	  .inner = &carried,
	  .tunnel = { .kind = PKT_CARRY_VXLAN, .vni = 0xffffff } },
	{ .from = &v4_client,
	  .to = &v4_server,
	  .proto = IPPROTO_TCP,
	  .frag = 0x2000,
	  .shim = { TAG(6) },
	  .tcp_flags = PKT_ACK,
	  .seq = 77,
	  .ack = 99,
	  .id = 1234,
	  .payload = 64,
	  .is_zero_window = true },
	{ .from = &v6_client,
	  .to = &v6_server,
	  .proto = IPPROTO_ICMPV6,
	  .icmp_type = 1,
	  .icmp_code = 3,
	  .ext = { { .kind = IPPROTO_FRAGMENT, .frag = 1 } },
	  .exts = 1 },
};

/* The flow and the event of a plain packet, without their times. */
static void see_plain(enum bpf_env_prog prog, struct bpf_env_flow *flow, struct weir_event *event)
{
	const struct pkt_desc plain = numbered(0);
	const struct weir_event *events;

	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, prog, &plain);
	*flow = the_flow(env);
	assert_int_equal(bpf_env_events(env, &events), 1);
	*event = *events;
	check_balance(env);
	flow->flow.start_ns = event->flow.start_ns = event->hdr.time_ns = 0;
	flow->flow.dir[0].last = event->flow.dir[0].last = 0;
}

static void nothing_of_a_packet_is_left_for_the_next(void **state)
{
	static const enum bpf_env_prog progs[] = { ENV_TC_IN, ENV_TC_OUT, ENV_XDP };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(progs) * ARRAY_SIZE(rich); i++) {
		enum bpf_env_prog prog = progs[i % ARRAY_SIZE(progs)];
		struct bpf_env_flow alone, after;
		struct weir_event first, again;

		see_plain(prog, &alone, &first);
		send_desc(env, prog, &rich[i / ARRAY_SIZE(progs)]);
		see_plain(prog, &after, &again);
		assert_memory_equal(&after, &alone, sizeof(after));
		assert_memory_equal(&again, &first, sizeof(again));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(an_interface_is_found_in_each_of_its_places),
		TEST(packets_of_an_interface_without_a_slot_are_counted_in_slot_0),
		TEST(nothing_of_a_packet_is_left_for_the_next),
	};

	return group_run("entry", NULL, 0, tests, ARRAY_SIZE(tests));
}

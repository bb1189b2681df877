// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections that pass several interfaces: whose totals they are told with, and when they end.
 */
#include "conn_world.h"

static void two_legs_are_one_connection(void **state)
{
	auto_world struct world *world = world_new(64);
	struct conn_stats stats;
	struct told open, told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	open = world_take_event(world, "open", RECORD_OPEN);
	assert_string_equal(open.rec.ifname, "veth-a");
	assert_int_equal(open.count, 0);
	told = world_take_event(world, "established", RECORD_ESTABLISHED);
	assert_true(told.rec.conn_id == open.rec.conn_id);
	world_assert_silent(world, "open");
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 2);
	assert_int_equal(stats.connections, 1);
	world->now_ns += INTERVAL;
	SEND(world, pod_and_uplink, 0, .flags = ACK);
	world_sweep(world);
	told = world_take_event(world, "update", RECORD_UPDATE);
	assert_int_equal(told.count, 2);
	world_assert_silent(world, "update");
	FAREWELL(world, pod_and_uplink, 0);
	world_assert_silent(world, "not settled");
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_true(told.rec.conn_id == open.rec.conn_id);
	assert_string_equal(told.rec.ifname, "veth-a");
	assert_int_equal(told.count, 2);
	assert_string_equal(told.legs[0].ifname, "veth-a");
	assert_int_equal(told.legs[0].role, ROLE_ENDPOINT);
	assert_string_equal(told.legs[1].ifname, "eth0");
	assert_int_equal(told.legs[1].role, ROLE_UPLINK);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(told.legs[i].count[0].packets, 5);
		assert_int_equal(told.legs[i].count[1].packets, 2);
	}
	world_assert_silent(world, "close");
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, "reaped");
	world_assert_empty(world);
}

static const struct nearest_case {
	const char *name;
	struct place path[3]; /* as endpoint 0 sends */
	unsigned int places;
	uint8_t from;
	const char *nearest;
} nearest_cases[] = {
	{ "pod to world", { { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } }, 2, 0, "veth-a" },
	{ "world to pod", { { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } }, 2, 1, "eth0" },
	{ "pod to pod", { { POD_A, WEIR_INGRESS }, { POD_B, WEIR_EGRESS } }, 2, 0, "veth-a" },
	{ "and back", { { POD_A, WEIR_INGRESS }, { POD_B, WEIR_EGRESS } }, 2, 1, "veth-b" },
	{ "higher index first",
	  { { POD_B, WEIR_INGRESS }, { POD_A, WEIR_EGRESS } },
	  2,
	  0,
	  "veth-b" },
	{ "virtual machine", { { TAP, WEIR_INGRESS }, { ETH1, WEIR_EGRESS } }, 2, 0, "tap0" },
	{ "loopback and uplink", { { ETH0, WEIR_EGRESS }, { LO, WEIR_EGRESS } }, 2, 0, "lo" },
	{ "two uplinks", { { ETH1, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } }, 2, 0, "eth0" },
	{ "uplink and another", { { DUMMY, WEIR_INGRESS }, { ETH1, WEIR_EGRESS } }, 2, 0, "eth1" },
	{ "neither", { { OTHER, WEIR_INGRESS }, { DUMMY, WEIR_EGRESS } }, 2, 0, "dummy0" },
	{ "pod's far side only",
	  { { OTHER, WEIR_INGRESS }, { POD_A, WEIR_EGRESS } },
	  2,
	  0,
	  "veth-a" },
	{ "three",
	  { { POD_A, WEIR_INGRESS }, { DUMMY, WEIR_EGRESS }, { ETH0, WEIR_EGRESS } },
	  3,
	  0,
	  "veth-a" },
	{ "three, from the world",
	  { { POD_A, WEIR_INGRESS }, { DUMMY, WEIR_EGRESS }, { ETH0, WEIR_EGRESS } },
	  3,
	  1,
	  "eth0" },
	{ "one", { { OTHER, WEIR_INGRESS } }, 1, 1, "vlan7" },
};

/* Each place adds its own number of bytes, which tells whose totals were taken. */
static void check_nearest(const struct nearest_case *of)
{
	auto_world struct world *world = world_new(64);
	const char *name = of->name;
	struct told told;

	for (unsigned int at = 0; at < of->places; at++) {
		const struct place *place = &of->path[at];
		const struct packet packet = { .dir = of->from, .bytes = place->ifindex };

		world_send(world, IPPROTO_UDP, place, 1, &packet);
	}
	world_drop_told(world);
	world->now_ns += INTERVAL;
	world_send_udp(world, of->path, of->places, of->from);
	world_sweep(world);
	told = world_take_event(world, name, RECORD_UPDATE);
	assert_row_int(name, told.count, of->places > 1 ? of->places : 0);
	assert_row_str(name, told.rec.ifname, of->nearest);
	if (told.count)
		assert_row_str(name, told.legs[0].ifname, of->nearest);
	assert_row_int(name, told.rec.count[0].bytes, told.rec.ifindex + FRAME_LEN);
	assert_row_int(name, told.rec.count[0].packets, 2);
	for (unsigned int leg = 0; leg < told.count; leg++)
		assert_row_int(name, told.legs[leg].count[0].bytes,
			       told.legs[leg].ifindex + FRAME_LEN);
	world_assert_silent(world, name);
}

static void totals_are_those_of_the_leg_nearest_the_initiator(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nearest_cases); i++)
		check_nearest(&nearest_cases[i]);
}

static void a_close_waits_a_while_for_all_legs(void **state)
{
	auto_world struct world *world = world_new(64);
	uint64_t closed_ns;
	struct told told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	world_drop_told(world);
	/* Dropped on its way: the uplink doesn't see it. */
	SEND(world, pod, 0, .flags = RST);
	closed_ns = world->now_ns;
	world_assert_silent(world, "one leg has ended");
	assert_int_equal(conn_settle(world->table, closed_ns), closed_ns + CONN_SETTLE_NS);
	assert_int_equal(conn_settle(world->table, closed_ns + CONN_SETTLE_NS - 1),
			 closed_ns + CONN_SETTLE_NS);
	world_assert_silent(world, "not long enough");
	assert_int_equal(conn_settle(world->table, closed_ns + CONN_SETTLE_NS), 0);
	told = world_take_event(world, "settled", RECORD_CLOSE);
	assert_int_equal(told.rec.time_ns, closed_ns);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_RST);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.rec.count[0].packets, 3);
	assert_int_equal(told.legs[1].count[0].packets, 2);
	/* The other leg's end comes late, and is no news. */
	world->now_ns = closed_ns + SEC;
	SEND(world, uplink, 0, .flags = RST);
	world_assert_silent(world, "late");
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, "reaped");
	world_assert_empty(world);
}

static void one_packet_that_begins_and_ends_it_is_one_connection_on_all_legs(void **state)
{
	static const struct place path[] = { { POD_A, WEIR_INGRESS },
					     { DUMMY, WEIR_EGRESS },
					     { ETH0, WEIR_EGRESS } };
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	SEND(world, path, 0, .flags = RST);
	world_take_event(world, "open", RECORD_OPEN);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_RST);
	assert_int_equal(told.count, 3);
	assert_string_equal(told.rec.ifname, "veth-a");
	world_assert_silent(world, "close");
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, "reaped");
	world_assert_empty(world);
}

static void a_connection_goes_on_without_a_leg_whose_interface_has_gone(void **state)
{
	auto_world struct world *world = world_new(64);
	struct conn_stats stats;
	struct told told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	world_drop_told(world);
	world_reap_at(world, IPPROTO_TCP, POD_A, WEIR_CLOSE_INTERFACE_GONE);
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	world_assert_silent(world, "one leg has gone");
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 1);
	assert_int_equal(stats.connections, 1);
	/* The other leg speaks for it now. */
	world->now_ns += INTERVAL;
	SEND(world, uplink, 0, .flags = ACK);
	world_sweep(world);
	told = world_take_event(world, "update", RECORD_UPDATE);
	assert_string_equal(told.rec.ifname, "eth0");
	assert_int_equal(told.rec.count[0].packets, 3);
	world->gone_iface = POD_A;
	FAREWELL(world, uplink, 0);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_FIN);
	assert_string_equal(told.rec.ifname, "eth0");
	assert_int_equal(told.rec.count[0].packets, 5);
	/* What the other had seen to its end is told, under its name. */
	assert_int_equal(told.count, 2);
	assert_string_equal(told.legs[1].ifname, "veth-a");
	assert_int_equal(told.legs[1].count[0].packets, 2);
	world_assert_silent(world, "close");
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_empty(world);
}

/* Its peer, its routes and its addresses go before the interface does. */
static void an_interface_that_goes_is_told_as_what_it_was(void **state)
{
	static const uint32_t bare[] = { 0, POD_A };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bare); i++) {
		auto_world struct world *world = world_new(64);
		struct told open, told;

		HANDSHAKE(world, pod_and_uplink, 0);
		open = world_take_event(world, "open", RECORD_OPEN);
		world_drop_told(world);
		assert_int_equal(open.rec.is_local, 1);
		assert_int_equal(open.rec.role, ROLE_ENDPOINT);
		world->bare_iface = bare[i];
		world->has_no_addrs = true;
		world->now_ns += INTERVAL;
		SEND(world, pod_and_uplink, 0, .flags = ACK);
		world_sweep(world);
		told = world_take_event(world, "update", RECORD_UPDATE);
		assert_int_equal(told.rec.is_local, 1);
		assert_int_equal(told.rec.role, ROLE_ENDPOINT);
		world_reap_all(world, WEIR_CLOSE_INTERFACE_GONE);
		world_settle(world);
		told = world_take_event(world, "close", RECORD_CLOSE);
		assert_int_equal(told.rec.is_local, 1);
		assert_string_equal(told.rec.ifname, "veth-a");
		assert_int_equal(told.rec.role, ROLE_ENDPOINT);
		assert_int_equal(told.legs[0].role, ROLE_ENDPOINT);
		assert_int_equal(told.legs[1].role, ROLE_UPLINK);
		world_assert_silent(world, "close");
		world_assert_empty(world);
	}
}

/* The first end of a pair is there before the second, and its first packet may be, too. */
static void a_role_that_is_known_later_is_told_from_then_on(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	world->bare_iface = POD_A;
	SEND(world, pod, 0, .flags = SYN, .seq = 1);
	assert_int_equal(world_take(world).rec.role, ROLE_OTHER);
	world->bare_iface = 0;
	SEND(world, pod, 1, .flags = SYN | ACK, .seq = 2);
	SEND(world, pod, 0, .flags = ACK);
	assert_int_equal(world_take(world).rec.role, ROLE_ENDPOINT);
	FAREWELL(world, pod, 0);
	world_settle(world);
	assert_int_equal(world_take(world).rec.role, ROLE_ENDPOINT);
}

/* In whatever order the sweep comes to them. */
static void legs_that_end_in_silence_are_told_together(void **state)
{
	static const enum weir_close_reason reasons[] = { WEIR_CLOSE_TIMEOUT, WEIR_CLOSE_RECLAIMED,
							  WEIR_CLOSE_INTERFACE_GONE };

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(reasons); i++) {
		auto_world struct world *world = world_new(64);
		enum weir_close_reason reason = reasons[i / 2];
		struct told told;

		world_send_udp(world, pod_and_uplink, 2, 0);
		world_send_udp(world, pod_and_uplink, 2, 1);
		world_drop_told(world);
		world->now_ns += 180 * SEC;
		world_reap_at(world, IPPROTO_UDP, i % 2 ? POD_A : ETH0, reason);
		world->now_ns += 2 * MS;
		conn_settle(world->table, world->now_ns);
		world_assert_silent(world, "one leg");
		world_reap_at(world, IPPROTO_UDP, i % 2 ? ETH0 : POD_A, reason);
		told = world_take_event(world, "close", RECORD_CLOSE);
		assert_int_equal(told.rec.close_reason, reason);
		assert_int_equal(told.count, 2);
		assert_string_equal(told.rec.ifname, "veth-a");
		assert_string_equal(told.legs[0].ifname, "veth-a");
		assert_string_equal(told.legs[1].ifname, "eth0");
		for (unsigned int leg = 0; leg < 2; leg++) {
			assert_int_equal(told.legs[leg].count[0].packets, 1);
			assert_int_equal(told.legs[leg].count[1].packets, 1);
		}
		world_assert_silent(world, "close");
		world_assert_empty(world);
	}
}

/* Its packets before and after the pause are one leg's. */
static void a_leg_that_comes_back_adds_to_what_it_had(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world_send_udp(world, pod_and_uplink, 2, 0);
	world_drop_told(world);
	for (int i = 0; i < 5; i++) {
		world_reap_at(world, IPPROTO_UDP, POD_A, WEIR_CLOSE_TIMEOUT);
		world->now_ns += 10 * SEC;
		world_send_udp(world, pod_and_uplink, 2, 0);
	}
	world_assert_silent(world, "it goes on");
	world_reap_at(world, IPPROTO_UDP, POD_A, WEIR_CLOSE_TIMEOUT);
	world_reap_at(world, IPPROTO_UDP, ETH0, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.count, 2);
	assert_string_equal(told.rec.ifname, "veth-a");
	assert_int_equal(told.rec.count[0].packets, 6);
	assert_int_equal(told.legs[1].count[0].packets, 6);
	world_assert_empty(world);
}

static void a_leg_that_goes_before_the_end_is_told_is_told_with_it(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	world_drop_told(world);
	/* The pod's leg is reset; the uplink's never hears of it, and goes. */
	SEND(world, pod, 1, .flags = RST);
	world_reap_at(world, IPPROTO_TCP, ETH0, WEIR_CLOSE_INTERFACE_GONE);
	world_assert_silent(world, "not settled");
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_RST);
	assert_int_equal(told.rec.sender, 1);
	assert_int_equal(told.count, 2);
	world_assert_silent(world, "close");
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, "reaped");
	world_assert_empty(world);
}

static void vlans_are_legs_and_namespaces_are_not(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key key = world_key(IPPROTO_UDP, 0, ETH0);
	struct conn_stats stats;
	struct told told;

	(void)state;
	world_pass(world, &key, &(struct packet){ 0 });
	key.vlan = WEIR_VLAN_TAGGED | 100;
	world_pass(world, &key, &(struct packet){ 0 });
	key.vlan = 0;
	key.netns = 1;
	world_pass(world, &key, &(struct packet){ 0 });
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 3);
	assert_int_equal(stats.connections, 2);
	told = world_take_event(world, "first", RECORD_OPEN);
	assert_true(told.rec.conn_id !=
		    world_take_event(world, "the other namespace", RECORD_OPEN).rec.conn_id);
	world_assert_silent(world, "open");
	world->now_ns += INTERVAL;
	key = world_key(IPPROTO_UDP, 0, ETH0);
	world_pass(world, &key, &(struct packet){ 0 });
	world_sweep(world);
	told = world_take_event(world, "update", RECORD_UPDATE);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.legs[0].vlan, 0);
	assert_int_equal(told.legs[1].vlan, WEIR_VLAN_TAGGED | 100);
}

static void networks_of_tunnels_may_use_the_same_addresses(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key key = world_key(IPPROTO_UDP, 0, ETH0);
	struct conn_stats stats;

	(void)state;
	key.vlan = WEIR_ENCAPSULATED;
	for (unsigned int i = 0; i < 6; i++) {
		key.vni[2] = 1 + i % 3;
		world_pass(world, &key, &(struct packet){ 0 });
	}
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 3);
	assert_int_equal(stats.connections, 3);
}

static void a_broadcast_may_pass_hundreds_of_ports(void **state)
{
	auto_world struct world *world = world_new(1024);
	struct conn_stats stats;
	struct told told;

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		struct weir_flow_key key = world_key(IPPROTO_UDP, 0, MANY + i);

		world_pass(world, &key, &(struct packet){ .hook = WEIR_EGRESS });
	}
	world_take_event(world, "open", RECORD_OPEN);
	world_assert_silent(world, "open");
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 400);
	assert_int_equal(stats.connections, 1);
	world->now_ns += 60 * SEC;
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.count, RECORD_LEGS_MAX);
	world_assert_silent(world, "close");
	world_assert_empty(world);
}

/* By the leg whose totals they stand beside; of the initiator's side first. */
static void what_only_few_have_is_told_beside_the_totals(void **state)
{
	struct weir_flow_key pod_key = world_key(IPPROTO_TCP, 0, POD_A);
	struct weir_flow_key uplink_key = world_key(IPPROTO_TCP, 0, ETH0);

	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		struct record_more more;
		struct weir_dir *dir;
		struct told told;

		HANDSHAKE(world, pod_and_uplink, from);
		world_drop_told(world);
		world_find(world, &uplink_key)->flow.dir[0].resent = 99;
		dir = world_find(world, &pod_key)->flow.dir;
		dir[from].resent = 3;
		dir[!from].resent = 70000;
		dir[from].zero_windows = 7;
		dir[!from].fragments = 5;
		FAREWELL(world, pod_and_uplink, from);
		world_settle(world);
		told = world_take_event(world, "close", RECORD_CLOSE);
		assert_true(told.rec.has_more);
		assert_int_equal(told.count, 3);
		more = world_more(&told);
		if (told.legs[0].ifindex == ETH0) { /* who begins comes by the uplink */
			assert_int_equal(more.resent[!from], 0);
			continue;
		}
		assert_int_equal(more.resent[0], 3);
		assert_int_equal(more.resent[1], 70000);
		assert_int_equal(more.zero_windows[0], 7);
		assert_int_equal(more.zero_windows[1], 0);
		assert_int_equal(more.fragments[0], 0);
		assert_int_equal(more.fragments[1], 5);
	}
}

static void what_was_sent_again_is_told_of_who_sent_it(void **state)
{
	static const struct {
		const char *name;
		unsigned int known;
		uint32_t retransmits[2];
		unsigned int slots;
	} cases[] = {
		{ "nobody knows", 0, { 0, 0 }, 0 },
		{ "one is known, of none", 1, { 0, 0 }, 0 },
		{ "both are known", 3, { 4, 70000 }, 2 },
		{ "one is known, and some", 2, { 0, 1 }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		const char *name = cases[i / 2].name;
		auto_world struct world *world = world_new(64);
		unsigned int known = cases[i / 2].known;
		uint8_t from = i % 2;
		struct record_more more;
		struct told told;

		/* By endpoint in the world, by side in the record. */
		world->knows_retransmits = from ? (known >> 1 | known << 1) & 3 : known;
		world->retransmits[from] = cases[i / 2].retransmits[0];
		world->retransmits[!from] = cases[i / 2].retransmits[1];
		HANDSHAKE(world, uplink, from);
		world_drop_told(world);
		world->now_ns += INTERVAL;
		SEND(world, uplink, from, .flags = ACK);
		world_sweep(world);
		told = world_take_event(world, name, RECORD_UPDATE);
		assert_row_int(name, told.rec.knows_retransmits, known);
		assert_row_int(name, world->last_asked, 0);
		FAREWELL(world, uplink, from);
		world_settle(world);
		told = world_take_event(world, name, RECORD_CLOSE);
		more = world_more(&told);
		assert_row_int(name, told.rec.knows_retransmits, known);
		assert_row_int(name, told.count, cases[i / 2].slots);
		assert_row_int(name, more.retransmits[0], cases[i / 2].retransmits[0]);
		assert_row_int(name, more.retransmits[1], cases[i / 2].retransmits[1]);
		assert_row_int(name, world->last_asked, 2);
	}
}

/* Of a leg that went and came back both shares are told. */
static void a_leg_that_comes_back_goes_on_counting_them(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key key = world_key(IPPROTO_UDP, 0, POD_A);
	struct record_more more;
	struct told told;

	(void)state;
	world_send_udp(world, pod_and_uplink, 2, 0);
	world_find(world, &key)->flow.dir[0].fragments = 2;
	world_find(world, &key)->flow.dir[0].zero_windows = 65000;
	world_reap(world, &key, WEIR_CLOSE_TIMEOUT);
	world_send_udp(world, pod_and_uplink, 2, 0);
	world_find(world, &key)->flow.dir[0].fragments = 3;
	world_find(world, &key)->flow.dir[0].zero_windows = 1000;
	world_drop_told(world);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	more = world_more(&told);
	assert_int_equal(more.fragments[0], 5);
	assert_int_equal(more.zero_windows[0], 65535);
	assert_int_equal(told.rec.count[0].packets, 2);
}

int main(void)
{
	return RUN_TESTS(TEST(two_legs_are_one_connection),
			 TEST(totals_are_those_of_the_leg_nearest_the_initiator),
			 TEST(a_close_waits_a_while_for_all_legs),
			 TEST(one_packet_that_begins_and_ends_it_is_one_connection_on_all_legs),
			 TEST(a_connection_goes_on_without_a_leg_whose_interface_has_gone),
			 TEST(an_interface_that_goes_is_told_as_what_it_was),
			 TEST(a_role_that_is_known_later_is_told_from_then_on),
			 TEST(legs_that_end_in_silence_are_told_together),
			 TEST(a_leg_that_comes_back_adds_to_what_it_had),
			 TEST(a_leg_that_goes_before_the_end_is_told_is_told_with_it),
			 TEST(vlans_are_legs_and_namespaces_are_not),
			 TEST(networks_of_tunnels_may_use_the_same_addresses),
			 TEST(a_broadcast_may_pass_hundreds_of_ports),
			 TEST(what_only_few_have_is_told_beside_the_totals),
			 TEST(what_was_sent_again_is_told_of_who_sent_it),
			 TEST(a_leg_that_comes_back_goes_on_counting_them));
}

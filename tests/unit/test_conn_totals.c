// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections whose packets are spread over interfaces: what is added up, and what never is.
 */
#include "conn_world.h"

/* A packet of endpoint `dir` passes one interface. */
#define PASS(world, at, from, by, ...)                                                          \
	do {                                                                                    \
		struct weir_flow_key key_ = world_key(proto, 0, at);                            \
		world_pass(world, &key_,                                                        \
			   &(const struct packet){ .dir = (from), .hook = (by), __VA_ARGS__ }); \
	} while (0)

/* What passes, in this order: how many packets of whom, where. 0 packets: no more. */
struct passing {
	unsigned int packets;
	uint32_t ifindex;
	uint8_t dir, hook, vlan;
};

#define PASSINGS 6

static const struct totals_case {
	const char *name;
	struct passing passings[PASSINGS];
	uint64_t packets[2]; /* of endpoint 0, which is this host and the initiator, and of 1 */
	const char *nearest;
	bool is_of_many;
} totals_cases[] = {
	{ "one interface",
	  { { 5, ETH0, 0, WEIR_EGRESS, 0 }, { 3, ETH0, 1, WEIR_INGRESS, 0 } },
	  { 5, 3 },
	  "eth0",
	  false },
	{ "out by one, in by another",
	  { { 5, ETH0, 0, WEIR_EGRESS, 0 }, { 3, ETH1, 1, WEIR_INGRESS, 0 } },
	  { 5, 3 },
	  "eth0",
	  true },
	{ "out by another, in by one",
	  { { 5, ETH1, 0, WEIR_EGRESS, 0 }, { 3, ETH0, 1, WEIR_INGRESS, 0 } },
	  { 5, 3 },
	  "eth0",
	  true },
	{ "two routes",
	  { { 5, ETH0, 0, WEIR_EGRESS, 0 },
	    { 7, ETH1, 0, WEIR_EGRESS, 0 },
	    { 3, ETH0, 1, WEIR_INGRESS, 0 },
	    { 2, ETH1, 1, WEIR_INGRESS, 0 } },
	  { 12, 5 },
	  "eth0",
	  true },
	{ "two routes, to a pod and to the world",
	  { { 5, POD_A, 0, WEIR_EGRESS, 0 },
	    { 7, ETH1, 0, WEIR_EGRESS, 0 },
	    { 3, POD_A, 1, WEIR_INGRESS, 0 } },
	  { 12, 3 },
	  "eth1",
	  true },
	{ "a VLAN and the card below",
	  { { 5, OTHER, 0, WEIR_EGRESS, 0 },
	    { 5, ETH0, 0, WEIR_EGRESS, 7 },
	    { 3, ETH0, 1, WEIR_INGRESS, 7 },
	    { 3, OTHER, 1, WEIR_INGRESS, 0 } },
	  { 5, 3 },
	  "eth0",
	  false },
	{ "a VLAN and the cards of two routes",
	  { { 5, OTHER, 0, WEIR_EGRESS, 0 },
	    { 5, ETH0, 0, WEIR_EGRESS, 7 },
	    { 4, ETH1, 0, WEIR_EGRESS, 0 } },
	  { 9, 0 },
	  "eth0",
	  true },
	{ "from the one to the other",
	  { { 5, POD_A, 0, WEIR_INGRESS, 0 },
	    { 5, ETH0, 0, WEIR_EGRESS, 0 },
	    { 3, ETH0, 1, WEIR_INGRESS, 0 },
	    { 3, POD_A, 1, WEIR_EGRESS, 0 } },
	  { 5, 3 },
	  "veth-a",
	  false },
	{ "from one out by two",
	  { { 5, POD_A, 0, WEIR_INGRESS, 0 },
	    { 2, ETH0, 0, WEIR_EGRESS, 0 },
	    { 3, ETH1, 0, WEIR_EGRESS, 0 } },
	  { 5, 0 },
	  "veth-a",
	  false },
	{ "sent out, and in again, and out",
	  { { 5, ETH0, 0, WEIR_EGRESS, 0 },
	    { 5, POD_A, 0, WEIR_INGRESS, 0 },
	    { 5, ETH1, 0, WEIR_EGRESS, 0 } },
	  { 5, 0 },
	  "veth-a",
	  false },
	{ "others' packets come in by two, and leave by none that is seen",
	  { { 5, ETH0, 0, WEIR_INGRESS, 0 }, { 5, ETH1, 0, WEIR_INGRESS, 0 } },
	  { 5, 0 },
	  "eth0",
	  false },
	{ "others' packets leave by two",
	  { { 1, ETH0, 0, WEIR_EGRESS, 0 },
	    { 5, ETH0, 1, WEIR_EGRESS, 0 },
	    { 5, ETH1, 1, WEIR_EGRESS, 0 } },
	  { 1, 5 },
	  "eth0",
	  false },
	{ "the ports of a bond",
	  { { 5, PORT_A, 0, WEIR_EGRESS, 0 },
	    { 6, PORT_B, 0, WEIR_EGRESS, 0 },
	    { 3, PORT_B, 1, WEIR_INGRESS, 0 } },
	  { 11, 3 },
	  "port-a",
	  true },
	{ "the ports of a bond, of others' packets",
	  { { 11, POD_A, 0, WEIR_EGRESS, 0 },
	    { 5, PORT_A, 0, WEIR_INGRESS, 0 },
	    { 6, PORT_B, 0, WEIR_INGRESS, 0 },
	    { 3, POD_A, 1, WEIR_INGRESS, 0 },
	    { 1, PORT_A, 1, WEIR_EGRESS, 0 },
	    { 2, PORT_B, 1, WEIR_EGRESS, 0 } },
	  { 11, 3 },
	  "port-a",
	  true },
	{ "in by one port of a bond, out by another",
	  { { 5, PORT_A, 0, WEIR_INGRESS, 0 }, { 5, PORT_B, 0, WEIR_EGRESS, 0 } },
	  { 5, 0 },
	  "port-a",
	  false },
	{ "the ports of a bond, in two VLANs",
	  { { 5, PORT_A, 0, WEIR_INGRESS, 7 }, { 5, PORT_B, 0, WEIR_INGRESS, 8 } },
	  { 5, 0 },
	  "port-a",
	  false },
};

static struct weir_flow_key key_at(const struct passing *passing)
{
	struct weir_flow_key key = world_key(IPPROTO_UDP, 0, passing->ifindex);

	if (passing->vlan)
		key.vlan = WEIR_VLAN_TAGGED | passing->vlan;
	return key;
}

static void check_totals(const struct totals_case *of)
{
	auto_world struct world *world = world_new(64);
	const char *name = of->name;
	unsigned int told_packets[2] = { 0 }, packets[2] = { 0 };
	struct told told;

	for (const struct passing *at = of->passings; at < of->passings + PASSINGS; at++) {
		struct weir_flow_key key = key_at(at);

		for (unsigned int i = 0; i < at->packets; i++)
			world_pass(world, &key,
				   &(struct packet){ .dir = at->dir, .hook = at->hook });
		packets[at->dir] += at->packets;
	}
	world_drop_told(world);
	world->now_ns += SEC;
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, name, RECORD_CLOSE);
	assert_row_str(name, told.rec.ifname, of->nearest);
	assert_row_int(name, told.rec.is_of_many, of->is_of_many);
	for (int side = 0; side < 2; side++) {
		assert_row_int(name, told.rec.count[side].packets, of->packets[side]);
		assert_row_int(name, told.rec.count[side].bytes, of->packets[side] * FRAME_LEN);
	}
	/* Each leg for itself is told as it is. */
	for (unsigned int leg = 0; leg < told.count; leg++) {
		told_packets[0] += told.legs[leg].count[0].packets;
		told_packets[1] += told.legs[leg].count[1].packets;
	}
	if (told.count) {
		assert_row_str(name, told.legs[0].ifname, of->nearest);
		assert_row_int(name, told_packets[0], packets[0]);
		assert_row_int(name, told_packets[1], packets[1]);
	}
	world_assert_silent(world, name);
}

static void what_passes_side_by_side_is_added_up_and_nothing_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(totals_cases); i++)
		check_totals(&totals_cases[i]);
}

/* By hook and role, a record's place is one that the interface has. */
static void a_side_that_the_nearest_has_not_seen_would_pass_it_the_other_way(void **state)
{
	const uint8_t proto = IPPROTO_TCP;

	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		struct told told;

		/* Endpoint 0 is here: what it sends goes out by eth1, and eth0 is where answers come. */
		PASS(world, ETH1, 0, WEIR_EGRESS, .flags = ACK);
		PASS(world, ETH0, 1, WEIR_INGRESS, .flags = ACK);
		PASS(world, from ? ETH0 : ETH1, from, from ? WEIR_INGRESS : WEIR_EGRESS,
		     .flags = RST);
		world_drop_told(world);
		world_settle(world);
		told = world_take_event(world, "close", RECORD_CLOSE);
		assert_string_equal(told.rec.ifname, "eth0");
		assert_int_equal(told.rec.closed_by, from);
		assert_int_equal(told.rec.hook, from ? WEIR_INGRESS : WEIR_EGRESS);
		assert_int_equal(told.rec.count[0].packets, from ? 1 : 2);
		assert_int_equal(told.rec.count[1].packets, from ? 2 : 1);
	}
}

static const struct handshake_case {
	const char *name;
	uint8_t from;
	uint32_t syn, again, reply, ack; /* interfaces; again: a second SYN, 0: none */
	uint64_t rtt_server_us, rtt_client_us;
} handshake_cases[] = {
	{ "one interface", 0, ETH0, 0, ETH0, ETH0, 10, 10 },
	{ "the answer by another", 0, ETH0, 0, ETH1, ETH0, 10, 10 },
	{ "the answer by another, to us", 1, ETH0, 0, ETH1, ETH0, 10, 10 },
	{ "the answer by a nearer one", 0, ETH1, 0, ETH0, ETH1, 10, 10 },
	{ "each by another", 0, PORT_A, 0, PORT_B, PORT_A, 10, 10 },
	{ "the last by another", 0, PORT_A, 0, PORT_A, PORT_B, 10, 10 },
	{ "the last by a third", 0, ETH0, 0, PORT_A, PORT_B, 10, 10 },
	{ "SYN repeated on the same", 0, ETH0, ETH0, ETH1, ETH0, 0, 0 },
	{ "SYN repeated on another", 0, ETH0, ETH1, ETH0, ETH0, 0, 0 },
	{ "SYN repeated on another, which has the answer", 0, PORT_A, PORT_B, PORT_B, PORT_B, 0,
	  0 },
};

static void check_handshake(const struct handshake_case *of)
{
	auto_world struct world *world = world_new(64);
	const uint8_t proto = IPPROTO_TCP, from = of->from;
	const uint8_t out = from ? WEIR_INGRESS : WEIR_EGRESS;
	const char *name = of->name;
	struct told told;

	PASS(world, of->syn, from, out, .flags = SYN, .seq = 1);
	if (of->again)
		PASS(world, of->again, from, out, .flags = SYN, .seq = 1);
	PASS(world, of->reply, !from, !out, .flags = SYN | ACK, .seq = 2);
	PASS(world, of->ack, from, out, .flags = ACK);
	/* Bulk, which takes all ways. */
	for (unsigned int i = 0; i < 4; i++) {
		PASS(world, of->syn, from, out, .flags = ACK);
		PASS(world, of->reply, !from, !out, .flags = ACK);
		PASS(world, of->ack, from, out, .flags = ACK);
	}
	world_sweep(world); /* which hears of both sides where none of the interfaces does */
	world_take_event(world, name, RECORD_OPEN);
	told = world_take_event(world, name, RECORD_ESTABLISHED);
	assert_row_int(name, told.rec.rtt_server_ns, of->rtt_server_us * US);
	world_drop_told(world);
	world->now_ns += SEC;
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, name, RECORD_CLOSE);
	assert_row_int(name, told.rec.initiator_by, WEIR_BY_SYN);
	assert_row_int(name, told.rec.rtt_server_ns, of->rtt_server_us * US);
	assert_row_int(name, told.rec.rtt_client_ns, of->rtt_client_us * US);
	world_assert_silent(world, name);
}

static void the_handshake_is_timed_by_whichever_legs_have_seen_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(handshake_cases); i++)
		check_handshake(&handshake_cases[i]);
}

/* The ring lost the SYN's event, or another CPU's came first. */
static void a_syn_that_is_found_late_is_the_initiators_all_the_same(void **state)
{
	auto_world struct world *world = world_new(64);
	const uint8_t proto = IPPROTO_TCP;
	struct told told;

	(void)state;
	world->loses_events = true;
	PASS(world, ETH0, 0, WEIR_EGRESS, .flags = SYN, .seq = 1);
	world->loses_events = false;
	PASS(world, ETH1, 1, WEIR_INGRESS, .flags = SYN | ACK, .seq = 2);
	told = world_take_event(world, "open", RECORD_OPEN);
	assert_int_equal(told.rec.initiator_by, WEIR_BY_SYNACK);
	PASS(world, ETH0, 0, WEIR_EGRESS, .flags = ACK);
	world_sweep(world);
	told = world_take_event(world, "established", RECORD_ESTABLISHED);
	assert_int_equal(told.rec.initiator_by, WEIR_BY_SYN);
	assert_int_equal(told.rec.rtt_server_ns, 10 * US);
	assert_int_equal(told.rec.rtt_client_ns, 10 * US);
}

static void what_only_few_have_is_added_up_likewise(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key a = world_key(IPPROTO_UDP, 0, PORT_A);
	struct weir_flow_key b = world_key(IPPROTO_UDP, 0, PORT_B);
	const uint8_t proto = IPPROTO_UDP;
	struct record_more more;
	struct told told;

	(void)state;
	PASS(world, PORT_A, 0, WEIR_EGRESS, 0);
	PASS(world, PORT_B, 0, WEIR_EGRESS, 0);
	PASS(world, PORT_B, 1, WEIR_INGRESS, 0);
	world_find(world, &a)->flow.dir[0].fragments = 2;
	world_find(world, &a)->flow.dir[0].zero_windows = 65000;
	world_find(world, &b)->flow.dir[0].fragments = 3;
	world_find(world, &b)->flow.dir[0].zero_windows = 1000;
	world_find(world, &b)->flow.dir[1].resent = 4;
	world_drop_told(world);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "close", RECORD_CLOSE);
	more = world_more(&told);
	assert_int_equal(more.fragments[0], 5);
	assert_int_equal(more.zero_windows[0], 65535);
	assert_int_equal(more.resent[1], 4);
}

/* A route that has gone with its interface had its share. */
static void a_leg_that_has_gone_is_added_up_too(void **state)
{
	auto_world struct world *world = world_new(64);
	const uint8_t proto = IPPROTO_UDP;
	struct told told;

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		PASS(world, ETH0, 0, WEIR_EGRESS, 0);
	world_drop_told(world);
	PASS(world, ETH1, 0, WEIR_EGRESS, 0);
	world_reap_at(world, IPPROTO_UDP, ETH0, WEIR_CLOSE_INTERFACE_GONE);
	world->now_ns += 60 * SEC;
	PASS(world, ETH1, 0, WEIR_EGRESS, 0);
	world_assert_silent(world, "one has gone");
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_string_equal(told.rec.ifname, "eth1");
	assert_int_equal(told.rec.count[0].packets, 7);
	world_assert_empty(world);
}

/* More legs than are told: of those that are not nobody knows whether they are side by side. */
static void of_too_many_legs_nothing_is_added_up(void **state)
{
	auto_world struct world *world = world_new(64);
	const uint8_t proto = IPPROTO_UDP;
	struct told told;

	(void)state;
	PASS(world, ETH0, 0, WEIR_EGRESS, 0);
	PASS(world, ETH1, 0, WEIR_EGRESS, 0);
	for (uint32_t i = 0; i < RECORD_LEGS_MAX; i++)
		PASS(world, MANY + i, 0, WEIR_EGRESS, 0);
	world_drop_told(world);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.count[0].packets, 1);
	assert_int_equal(told.rec.is_of_many, 0);
}

int main(void)
{
	return RUN_TESTS(TEST(what_passes_side_by_side_is_added_up_and_nothing_twice),
			 TEST(a_side_that_the_nearest_has_not_seen_would_pass_it_the_other_way),
			 TEST(the_handshake_is_timed_by_whichever_legs_have_seen_it),
			 TEST(a_syn_that_is_found_late_is_the_initiators_all_the_same),
			 TEST(what_only_few_have_is_added_up_likewise),
			 TEST(a_leg_that_has_gone_is_added_up_too),
			 TEST(of_too_many_legs_nothing_is_added_up));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is said of a connection where only one side of it is seen, or in a tunnel: anybody can say it.
 */
#include "conn_world.h"

/* Nothing is told until the ends of the connection say farewell themselves; that is returned. */
static struct told goes_on_to_its_fin(struct world *world)
{
	struct told told;

	world_settle(world);
	world_sweep(world);
	world_take_event(world, "open", RECORD_OPEN);
	world_take_event(world, "established", RECORD_ESTABLISHED);
	world_assert_silent(world, "what was said elsewhere");
	FAREWELL(world, pod, 0);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_FIN);
	return told;
}

/* Whoever may send to a tunnel's port can put what he likes into it. */
static void what_a_tunnel_carries_ends_no_connection_of_an_interface(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key key = world_key(IPPROTO_TCP, 0, ETH0);
	struct told told;

	(void)state;
	HANDSHAKE(world, pod, 0);
	key.vlan = WEIR_ENCAPSULATED;
	key.vni[2] = 7;
	world_pass(world, &key, &(struct packet){ .dir = 1, .flags = RST });
	told = goes_on_to_its_fin(world);
	assert_int_equal(told.rec.ifindex, POD_A);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.legs[1].vlan, WEIR_ENCAPSULATED);
}

/* Nor what whoever is at another interface sends in the name of an end. */
static void what_one_side_sends_elsewhere_ends_no_connection_that_goes_on(void **state)
{
	auto_world struct world *world = world_new(64);
	const struct weir_flow_key other = world_key(IPPROTO_TCP, 0, POD_B);
	struct weir_flow_key tagged = world_key(IPPROTO_TCP, 0, POD_A);

	(void)state;
	HANDSHAKE(world, pod, 0);
	tagged.vlan = WEIR_VLAN_TAGGED | 5;
	world_pass(world, &other, &(struct packet){ .dir = 0, .flags = RST });
	world_pass(world, &tagged, &(struct packet){ .dir = 1, .flags = RST });
	goes_on_to_its_fin(world);
}

/* Where each side takes a way of its own, either may end it. */
static void what_one_side_sends_ends_what_has_two_ways(void **state)
{
	auto_world struct world *world = world_new(64);
	const struct weir_flow_key there = world_key(IPPROTO_TCP, 0, ETH0);
	const struct weir_flow_key back = world_key(IPPROTO_TCP, 0, ETH1);

	(void)state;
	world_pass(world, &there, &(struct packet){ .dir = 0, .flags = SYN, .seq = 1 });
	world_pass(world, &back, &(struct packet){ .dir = 1, .flags = SYN | ACK, .seq = 5 });
	world_drop_told(world);
	world_pass(world, &there, &(struct packet){ .dir = 0, .flags = RST });
	world_settle(world);
	assert_int_equal(world_take_event(world, "close", RECORD_CLOSE).rec.close_reason,
			 WEIR_CLOSE_RST);
}

/* One side alone may have made it up; two who take ways of their own have not. */
static void what_one_side_says_is_established_when_the_other_is_heard(void **state)
{
	auto_world struct world *world = world_new(64);
	const struct weir_flow_key there = world_key(IPPROTO_TCP, 0, ETH0);
	const struct weir_flow_key back = world_key(IPPROTO_TCP, 0, ETH1);

	(void)state;
	world_pass(world, &there, &(struct packet){ .dir = 0, .flags = SYN, .seq = 1 });
	world_pass(world, &there, &(struct packet){ .dir = 0, .flags = ACK });
	world_sweep(world);
	world_take_event(world, "open", RECORD_OPEN);
	world_assert_silent(world, "one side");
	world_pass(world, &back, &(struct packet){ .dir = 1, .flags = SYN | ACK, .seq = 5 });
	world_sweep(world);
	world_take_event(world, "established", RECORD_ESTABLISHED);
	world_assert_silent(world, "both sides");
}

int main(void)
{
	return RUN_TESTS(TEST(what_a_tunnel_carries_ends_no_connection_of_an_interface),
			 TEST(what_one_side_sends_elsewhere_ends_no_connection_that_goes_on),
			 TEST(what_one_side_sends_ends_what_has_two_ways),
			 TEST(what_one_side_says_is_established_when_the_other_is_heard));
}

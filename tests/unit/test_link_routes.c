// SPDX-License-Identifier: BSD-2-Clause
/*
 * An uplink is where a default route goes, as long as it is there.
 */
#include "tests/unit/link_world.h"

#include "base/cleanup.h"

static void make_two_uplinks(void)
{
	for (int i = 0; i < 2; i++) {
		sh("ip link add u%d type veth peer name p%d", i, i);
		sh("ip addr add 192.0.%d.1/24 dev u%d", i, i);
		sh("ip addr add 2001:db8:%d::1/64 dev u%d nodad", i, i);
		sh("ip link set u%d up && ip link set p%d up", i, i);
	}
}

static void a_default_route_makes_an_uplink_while_it_is_there(void **state)
{
	static const char *const routes[] = { "default via 192.0.0.2",
					      "default via 192.0.0.2 metric 7",
					      "default via 2001:db8::2" };
	struct link_world *world = *state;

	make_two_uplinks();
	link_world_open(world);
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		assert_true(has_role(world, "u0", ROLE_OTHER));
		sh("ip route add %s", routes[i]);
		WAIT_UNTIL(world, has_role(world, "u0", ROLE_UPLINK));
		sh("ip route del %s", routes[i]);
		WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
	}
}

static void one_of_two_default_routes_is_enough(void **state)
{
	struct link_world *world = *state;

	make_two_uplinks();
	sh("ip route add default via 192.0.0.2 && ip route add default via 192.0.0.3 metric 7");
	link_world_open(world);
	assert_true(has_role(world, "u0", ROLE_UPLINK));
	sh("ip route del default via 192.0.0.2 && ip route add default via 192.0.1.2 metric 9");
	WAIT_UNTIL(world, has_role(world, "u1", ROLE_UPLINK));
	assert_true(has_role(world, "u0", ROLE_UPLINK));
}

static void every_hop_of_a_multipath_route_is_an_uplink(void **state)
{
	struct link_world *world = *state;

	make_two_uplinks();
	link_world_open(world);
	sh("ip route add default nexthop via 192.0.0.2 nexthop via 192.0.1.2");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_UPLINK) && has_role(world, "u1", ROLE_UPLINK));
	/* Nothing is notified of the route that was replaced. */
	sh("ip route replace default via 192.0.1.2");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
	assert_true(has_role(world, "u1", ROLE_UPLINK));
}

static void a_default_route_that_goes_in_silence_is_missed(void **state)
{
	struct link_world *world = *state;

	make_two_uplinks();
	sh("ip -6 addr flush dev u0"); /* what goes with these is told */
	sh("ip route add default via 192.0.0.2 src 192.0.0.1");
	link_world_open(world);
	/* Taking the interface down deletes its IPv4 routes, without a word. */
	sh("ip link set u0 down");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
	sh("ip link set u0 up && ip addr add 192.0.0.9/32 dev u0 && "
	   "ip route add default via 192.0.0.2 src 192.0.0.9");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_UPLINK));
	/* So does deleting their source address. */
	sh("ip addr del 192.0.0.9/32 dev u0");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
}

static void a_default_route_of_another_table_does_not_count(void **state)
{
	struct link_world *world = *state;

	make_two_uplinks();
	link_world_open(world);
	sh("ip route add default via 192.0.0.2 table 100 && ip route add 10.0.0.0/8 via 192.0.0.2");
	sh("ip route add unreachable default metric 100 && ip route add default via 192.0.1.2");
	WAIT_UNTIL(world, has_role(world, "u1", ROLE_UPLINK));
	assert_true(has_role(world, "u0", ROLE_OTHER));
}

int main(void)
{
	const char *reason = link_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(NET_TEST(a_default_route_makes_an_uplink_while_it_is_there),
			 NET_TEST(one_of_two_default_routes_is_enough),
			 NET_TEST(every_hop_of_a_multipath_route_is_an_uplink),
			 NET_TEST(a_default_route_that_goes_in_silence_is_missed),
			 NET_TEST(a_default_route_of_another_table_does_not_count));
}

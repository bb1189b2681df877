// SPDX-License-Identifier: BSD-2-Clause
/*
 * An interface goes. What was there ends at once, before its entries have been removed; and what the
 * same addresses and ports say elsewhere later is another connection.
 */
#include "conn_world.h"

#define LEFT_PACKETS 3

static void send_udp(struct world *world, uint32_t ifindex, unsigned int packets)
{
	const struct place path[1] = { { ifindex, WEIR_INGRESS } };

	while (packets--)
		world_send_udp(world, path, 1, 0);
}

/* The agent is told, and some time later the sweep comes by. */
static void leave(struct world *world, uint32_t ifindex)
{
	world->now_ns += MS;
	world->left_iface = ifindex;
	world->left_ns = world->now_ns;
}

static void sweep_gone(struct world *world, uint32_t ifindex)
{
	struct weir_flow_key key = world_key(IPPROTO_UDP, 0, ifindex);
	const struct entry *entry = world_find(world, &key);
	uint64_t last_ns = (uint64_t)entry->flow.dir[0].last * TICK_NS;

	assert_non_null(entry);
	conn_gone(world->table, &key, &entry->flow, last_ns, world->now_ns);
}

static void assert_close(const char *name, const struct told *told, const char *ifname,
			 unsigned int packets)
{
	assert_row_str(name, told->rec.ifname, ifname);
	assert_row_int(name, told->rec.close_reason, WEIR_CLOSE_INTERFACE_GONE);
	assert_row_int(name, told->rec.count[0].packets, packets);
}

static void what_was_at_an_interface_that_goes_ends_before_its_entry_is_removed(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	send_udp(world, POD_A, LEFT_PACKETS);
	world_drop_told(world);
	leave(world, POD_A);
	sweep_gone(world, POD_A);
	world_settle(world);
	told = world_take_event(world, "gone", RECORD_CLOSE);
	assert_close("gone", &told, "veth-a", LEFT_PACKETS);
	sweep_gone(world, POD_A);
	world_reap_at(world, IPPROTO_UDP, POD_A, WEIR_CLOSE_INTERFACE_GONE);
	world_assert_silent(world, "once");
	world_assert_empty(world);
}

static void what_no_event_has_told_of_it_is_told_by_the_sweep(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world->loses_events = true;
	send_udp(world, POD_A, LEFT_PACKETS);
	leave(world, POD_A);
	sweep_gone(world, POD_A);
	world_settle(world);
	(void)world_take_event(world, "open", RECORD_OPEN);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_close("close", &told, "veth-a", LEFT_PACKETS);
	world_assert_silent(world, "close");
}

/* The new one's events may come before the sweep. */
static void the_same_tuple_at_the_next_interface_is_another_connection(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told first, second, told;

	(void)state;
	send_udp(world, POD_A, LEFT_PACKETS);
	first = world_take_event(world, "first", RECORD_OPEN);
	leave(world, POD_A);
	send_udp(world, POD_B, 1);
	second = world_take_event(world, "second", RECORD_OPEN);
	assert_string_equal(second.rec.ifname, "veth-b");
	assert_true(first.rec.conn_id != second.rec.conn_id);
	send_udp(world, POD_B, 1);
	sweep_gone(world, POD_A);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_true(told.rec.conn_id == first.rec.conn_id);
	assert_close("close", &told, "veth-a", LEFT_PACKETS);
	assert_int_equal(told.count, 0);
	world_reap_at(world, IPPROTO_UDP, POD_A, WEIR_CLOSE_INTERFACE_GONE);
	world_assert_silent(world, "the second goes on");
	world_reap_at(world, IPPROTO_UDP, POD_B, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "timeout", RECORD_CLOSE);
	assert_true(told.rec.conn_id == second.rec.conn_id);
	assert_int_equal(told.rec.count[0].packets, 2);
	world_assert_empty(world);
}

/* Its event was lost: the sweep finds it when the first interface has gone. */
static void a_leg_that_began_before_the_other_went_is_of_the_same_connection(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	send_udp(world, POD_A, 1);
	world_drop_told(world);
	world->loses_events = true;
	send_udp(world, ETH0, 1);
	leave(world, POD_A);
	world_sweep(world);
	world_assert_silent(world, "joined");
}

static void a_connection_goes_on_where_its_other_interface_is(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world_send_udp(world, pod_and_uplink, 2, 0);
	world_drop_told(world);
	leave(world, POD_A);
	sweep_gone(world, POD_A);
	world_settle(world);
	world_assert_silent(world, "one of two");
	world_reap_at(world, IPPROTO_UDP, POD_A, WEIR_CLOSE_INTERFACE_GONE);
	send_udp(world, ETH0, 1);
	world_reap_at(world, IPPROTO_UDP, ETH0, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "both", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_TIMEOUT);
	assert_int_equal(told.count, 2);
	world_assert_silent(world, "both");
	world_assert_empty(world);
}

static void where_all_its_interfaces_go_it_ends_once(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world_send_udp(world, pod_and_uplink, 2, 0);
	world_drop_told(world);
	leave(world, POD_A);
	sweep_gone(world, POD_A);
	leave(world, ETH0);
	sweep_gone(world, ETH0);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_close("close", &told, "veth-a", 1);
	assert_int_equal(told.count, 2);
	world_reap_all(world, WEIR_CLOSE_INTERFACE_GONE);
	world_assert_silent(world, "once");
	world_assert_empty(world);
}

int main(void)
{
	return RUN_TESTS(TEST(what_was_at_an_interface_that_goes_ends_before_its_entry_is_removed),
			 TEST(what_no_event_has_told_of_it_is_told_by_the_sweep),
			 TEST(the_same_tuple_at_the_next_interface_is_another_connection),
			 TEST(a_leg_that_began_before_the_other_went_is_of_the_same_connection),
			 TEST(a_connection_goes_on_where_its_other_interface_is),
			 TEST(where_all_its_interfaces_go_it_ends_once));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * An ICMP error that quotes a packet is told with the connection that the packet belongs to.
 */
#include "conn_world.h"

static void check_error(const char *name, const struct told *told, uint8_t quoted, uint8_t type,
			uint8_t code)
{
	struct record_more more = world_more(told);

	assert_row(name, more.has_icmp_error);
	assert_row_int(name, more.icmp_quoted, quoted);
	assert_row_int(name, more.icmp_type, type);
	assert_row_int(name, more.icmp_code, code);
}

/* By whoever's packet is quoted; and the connection stays what it is. */
static void an_icmp_error_is_told_with_the_connection(void **state)
{
	static const struct {
		const char *name;
		uint8_t proto, from, quoted;
	} cases[] = {
		{ "UDP", IPPROTO_UDP, 0, 0 },
		{ "UDP, the other way", IPPROTO_UDP, 1, 1 },
		{ "UDP, the answer", IPPROTO_UDP, 0, 1 },
		{ "TCP", IPPROTO_TCP, 0, 0 },
		{ "TCP, the other way", IPPROTO_TCP, 1, 1 },
		{ "ICMP", IPPROTO_ICMP, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].name;
		struct weir_flow_key key = world_key(cases[i].proto, 0, ETH0);
		const struct packet packet = { .dir = cases[i].from,
					       .flags = SYN,
					       .icmp_type = cases[i].proto == IPPROTO_ICMP ? 8 : 0,
					       .seq = 1 };
		uint8_t quoted = cases[i].quoted != cases[i].from;
		auto_world struct world *world = world_new(64);
		struct told told;

		world_send(world, cases[i].proto, uplink, 1, &packet);
		world_drop_told(world);
		world_icmp_error(world, &key, cases[i].quoted, 3, 3);
		world_icmp_error(world, &key, !cases[i].quoted, 11, 0); /* the first one counts */
		world_assert_silent(world, name);
		world->now_ns += INTERVAL;
		world_send(world, cases[i].proto, uplink, 1, &packet);
		world_sweep(world);
		told = world_take_event(world, name, RECORD_UPDATE);
		check_error(name, &told, quoted, 3, 3);
		assert_row_int(name, told.rec.icmp_type, packet.icmp_type);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_settle(world);
		told = world_take_event(world, name, RECORD_CLOSE);
		check_error(name, &told, quoted, 3, 3);
		assert_row_int(name, told.rec.icmp_type, packet.icmp_type);
		world_assert_empty(world);
	}
}

/* Whichever of them the ring keeps, and in whatever order. */
static void an_icmp_error_may_be_all_that_is_heard_of_it(void **state)
{
	struct weir_flow_key key = world_key(IPPROTO_UDP, 0, ETH0);
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world->loses_events = true;
	world_send_udp(world, uplink, 1, 1);
	world_icmp_error(world, &key, 1, 3, 3);
	told = world_take_event(world, "open", RECORD_OPEN);
	assert_true(!memcmp(world_party(world, &told.rec, 0)->mac, "\0\0\0\0\0\0", 6));
	assert_int_equal(told.rec.icmp_type, 0);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	check_error("close", &told, 0, 3, 3);
	world_assert_empty(world);
}

static void an_icmp_error_before_the_first_packets_event_is_kept(void **state)
{
	struct weir_flow_key key = world_key(IPPROTO_TCP, 0, ETH0);
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world->holds_events = true;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	world_icmp_error(world, &key, 0, 3, 1);
	world_deliver(world);
	(void)world_take_event(world, "open", RECORD_OPEN);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_settle(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	check_error("close", &told, 0, 3, 1);
	assert_int_equal(world_party(world, &told.rec, 0)->mac[5], 5);
}

int main(void)
{
	return RUN_TESTS(TEST(an_icmp_error_is_told_with_the_connection),
			 TEST(an_icmp_error_may_be_all_that_is_heard_of_it),
			 TEST(an_icmp_error_before_the_first_packets_event_is_kept));
}

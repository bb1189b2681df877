// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who is at the ends of a connection: when the table asks for it and with what, what its records
 * say, and that each number it gets is given back when the connection goes.
 */
#include "conn_world.h"

static struct weir_owner owner_of(uint32_t tgid, enum weir_via via, uint64_t cookie)
{
	return (struct weir_owner){ .tgid = tgid, .via = (uint8_t)via, .cookie = cookie };
}

static void own(struct world *world, unsigned int at, uint32_t tgid, enum weir_via via,
		uint64_t cookie)
{
	const struct weir_flow_key key = world_key(IPPROTO_TCP, 0, 0);
	const struct weir_owner owner = owner_of(tgid, via, cookie);

	conn_owned(world->table, &key, at, &owner);
}

static void assert_asked(const struct world *world, const char *name, unsigned int first,
			 unsigned int second)
{
	assert_row_int(name, world->asked[0].count, first);
	assert_row_int(name, world->asked[1].count, second);
}

static uint32_t held(const struct world *world)
{
	struct parties_stats stats;

	parties_get_stats(world->parties, &stats);
	return stats.held;
}

/* Nobody has a number any more: not the table, which is empty, nor what was told. */
static void assert_all_given_back(struct world *world, const char *name)
{
	world_assert_empty(world);
	world_forget_told(world);
	assert_row_int(name, held(world), 0);
}

static void a_beginning_asks_for_both_ends(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		struct record rec;

		world->owners[from] = owner_of(100, WEIR_VIA_USER, 8193);
		SEND(world, uplink, from, .flags = SYN, .seq = 1);
		assert_asked(world, name, 1, 1);
		for (unsigned int at = 0; at < 2; at++) {
			assert_row_int(name, world->asked[at].has_mac, true);
			assert_row_int(name, world->asked[at].has_owner, at == from);
			assert_row_int(name, world->asked[at].ifindex, ETH0);
			/* What endpoint 0 sends goes out: endpoint 1 is the one out there. */
			assert_row_int(name, world->asked[at].is_behind, at == 1);
		}
		rec = world_take_event(world, name, RECORD_OPEN).rec;
		assert_row_int(name, world_party(world, &rec, 0)->netns, 100);
		assert_row_int(name, world_party(world, &rec, 0)->via, WEIR_VIA_USER);
		assert_row_int(name, world_party(world, &rec, 1)->netns, 0);
		assert_row_int(name, rec.cookie, 8193);
	}
}

static void a_beginning_without_an_owner_asks_all_the_same(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	SEND(world, pod, 0, .flags = SYN, .seq = 1);
	assert_asked(world, "open", 1, 1);
	assert_false(world->asked[0].has_owner);
	assert_true(world->asked[0].is_behind);
	assert_false(world->asked[1].is_behind);
	rec = world_take_event(world, "open", RECORD_OPEN).rec;
	assert_int_equal(rec.cookie, 0);
}

static void another_leg_asks_again(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	SEND(world, pod_and_uplink, 0, .flags = SYN, .seq = 1);
	assert_asked(world, "second leg", 2, 2);
	for (unsigned int at = 0; at < 2; at++) {
		assert_false(world->asked[at].has_mac);
		assert_int_equal(world->asked[at].ifindex, ETH0);
		assert_int_equal(world->asked[at].is_behind, at == 1);
	}
}

static void an_answer_asks_again_and_nothing_after_it(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	SEND(world, uplink, 1, .flags = SYN | ACK, .seq = 2);
	assert_asked(world, "SYN-ACK", 1, 1);
	world->owners[0] = owner_of(101, WEIR_VIA_USER, 5);
	SEND(world, uplink, 0, .flags = ACK);
	assert_asked(world, "ACK", 2, 2);
	assert_true(world->asked[0].has_owner);
	assert_false(world->asked[1].has_owner);
	world_take_event(world, "open", RECORD_OPEN);
	rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(world_party(world, &rec, 0)->netns, 101);
	assert_int_equal(world_party(world, &rec, 0)->mac[5], 5);
	assert_int_equal(rec.cookie, 5);
	for (int i = 0; i < 10; i++) {
		SEND(world, uplink, 0, .flags = ACK | PSH);
		SEND(world, uplink, 1, .flags = ACK | PSH);
		world->now_ns += INTERVAL;
		world_sweep(world);
	}
	FAREWELL(world, uplink, 0);
	world_settle(world);
	assert_asked(world, "data and end", 2, 2);
}

static void an_answer_of_udp_brings_its_owner(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record open, rec;

	(void)state;
	world->owners[1] = owner_of(53, WEIR_VIA_EXISTING, 9);
	world_send_udp(world, uplink, 1, 0);
	world_send_udp(world, uplink, 1, 1);
	assert_asked(world, "answer", 2, 2);
	open = world_take_event(world, "open", RECORD_OPEN).rec;
	rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(world_party(world, &open, 1)->netns, 0);
	assert_int_equal(world_party(world, &rec, 1)->netns, 53);
	assert_int_equal(rec.cookie, 9);
}

static void a_later_owner_takes_the_place_in_what_is_told_then(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record open, rec;

	(void)state;
	world->owners[0] = owner_of(100, WEIR_VIA_INHERITED, 7);
	HANDSHAKE(world, uplink, 0);
	assert_asked(world, "handshake", 2, 2);
	own(world, 0, 102, WEIR_VIA_USER, 7);
	assert_asked(world, "its user", 3, 2);
	assert_true(world->asked[0].has_owner);
	assert_false(world->asked[0].has_mac);
	own(world, 1, 103, WEIR_VIA_USER, 0);
	assert_asked(world, "the other end", 3, 3);
	open = world_take_event(world, "open", RECORD_OPEN).rec;
	world_take_event(world, "established", RECORD_ESTABLISHED);
	FAREWELL(world, uplink, 0);
	world_settle(world);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(world_party(world, &open, 0)->netns, 100);
	assert_int_equal(world_party(world, &rec, 0)->netns, 102);
	assert_int_equal(world_party(world, &rec, 0)->via, WEIR_VIA_USER);
	assert_int_equal(world_party(world, &rec, 0)->mac[5], 5);
	assert_int_equal(world_party(world, &rec, 1)->netns, 103);
	assert_int_equal(world_party(world, &rec, 1)->mac[5], 7);
}

static void an_owner_of_no_connection_is_nobodys(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	own(world, 0, 100, WEIR_VIA_USER, 1);
	assert_asked(world, "before it began", 0, 0);
	HANDSHAKE(world, uplink, 0);
	FAREWELL(world, uplink, 0);
	own(world, 0, 100, WEIR_VIA_USER, 1);
	assert_asked(world, "its end is not told yet", 3, 2);
	world_settle(world);
	own(world, 0, 101, WEIR_VIA_USER, 2);
	assert_asked(world, "its end is told", 3, 2);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	own(world, 0, 102, WEIR_VIA_USER, 3);
	assert_asked(world, "it is gone", 3, 2);
	assert_all_given_back(world, "gone");
}

/* The sweep asks with what it has; the event that comes late brings the rest. */
static void without_its_event_a_beginning_is_asked_for_twice(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->owners[0] = owner_of(100, WEIR_VIA_USER, 4);
	world->holds_events = true;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	world_sweep(world);
	assert_asked(world, "sweep", 1, 1);
	assert_false(world->asked[0].has_owner || world->asked[0].has_mac);
	assert_true(world->asked[1].is_behind);
	rec = world_take_event(world, "open", RECORD_OPEN).rec;
	assert_int_equal(rec.party[0], 0);
	world_deliver(world);
	assert_asked(world, "event", 2, 2);
	assert_true(world->asked[0].has_owner && world->asked[0].has_mac);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(world_party(world, &rec, 0)->netns, 100);
	assert_int_equal(world_party(world, &rec, 0)->mac[5], 5);
	assert_int_equal(rec.cookie, 4);
}

static void a_tuple_used_again_is_asked_for_anew(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->owners[0] = owner_of(100, WEIR_VIA_USER, 4);
	HANDSHAKE(world, uplink, 0);
	FAREWELL(world, uplink, 0);
	world_settle(world);
	world_drop_told(world);
	world->owners[0] = owner_of(0, WEIR_VIA_NONE, 0);
	world->now_ns += SEC;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1000);
	rec = world_take_event(world, "open", RECORD_OPEN).rec;
	assert_int_equal(world_party(world, &rec, 0)->netns, 0);
	assert_int_equal(rec.cookie, 0);
}

static void a_cookie_is_that_of_who_began_if_both_are_here(void **state)
{
	static const struct {
		const char *name;
		uint64_t initiators, responders, later; /* of the initiator's socket */
		uint32_t cookie;
	} cases[] = {
		{ "none", 0, 0, 0, 0 },
		{ "of who began", 11, 0, 0, 11 },
		{ "of who answers", 0, 12, 0, 12 },
		{ "both", 11, 12, 0, 11 },
		{ "of who began, known late", 0, 12, 13, 13 },
		{ "the largest", UINT32_MAX, 0, 0, UINT32_MAX },
		{ "too large", 1ULL << 32, 0, 0, 0 },
		{ "too large, at last", 11, 0, 1ULL << 32, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_world struct world *world = world_new(64);
		const char *name = cases[i].name;
		struct record rec;

		world->owners[0] = owner_of(100, WEIR_VIA_USER, cases[i].initiators);
		HANDSHAKE(world, uplink, 0);
		own(world, 1, 101, WEIR_VIA_USER, cases[i].responders);
		own(world, 0, 100, WEIR_VIA_USER, cases[i].later);
		world_drop_told(world);
		FAREWELL(world, uplink, 0);
		world_settle(world);
		rec = world_take_event(world, name, RECORD_CLOSE).rec;
		assert_row_int(name, rec.cookie, cases[i].cookie);
	}
}

static void what_a_connection_has_goes_with_it(void **state)
{
	static const enum weir_close_reason reasons[] = { WEIR_CLOSE_TIMEOUT, WEIR_CLOSE_RECLAIMED,
							  WEIR_CLOSE_INTERFACE_GONE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		auto_world struct world *world = world_new(64);

		world->owners[0] = owner_of(100, WEIR_VIA_USER, 4);
		HANDSHAKE(world, pod_and_uplink, 0);
		own(world, 1, 101, WEIR_VIA_USER, 5);
		own(world, 1, 102, WEIR_VIA_USER, 5);
		world_forget_told(world);
		/* Only the connection holds them: its present ones, each once. */
		assert_int_equal(held(world), 2);
		world_reap_all(world, reasons[i]);
		world_settle(world);
		assert_all_given_back(world, "reaped");
	}
}

/* A packet of one of a few tuples, and whatever else may happen then. */
static void step_at_random(struct world *world)
{
	static const uint8_t flags[] = { SYN, SYN | ACK, ACK, ACK | PSH, FIN | ACK, RST };
	struct weir_flow_key key =
		world_key(IPPROTO_TCP, (unsigned int)rand() % 6, rand() % 2 ? ETH0 : POD_A);
	const struct packet packet = { .dir = (uint8_t)(rand() % 2),
				       .hook = (uint8_t)(rand() % 2),
				       .flags = flags[rand() % 6],
				       .seq = (uint32_t)rand() };
	const struct weir_owner owner = owner_of((uint32_t)rand() % 5, WEIR_VIA_USER, 1);

	world->owners[rand() % 2] = owner;
	world_pass(world, &key, &packet);
	if (rand() % 4 == 0)
		conn_owned(world->table, &key, (unsigned int)rand() % 2, &owner);
	if (rand() % 50 == 0)
		world_sweep(world);
	if (rand() % 100 == 0)
		world_settle(world);
	if (rand() % 20 == 0 && world_find(world, &key))
		world_reap(world, &key, WEIR_CLOSE_TIMEOUT);
}

static void no_number_leaks_at_random(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 30; round++) {
		auto_world struct world *world = world_new(round % 3 ? 256 : 8);

		srand(round);
		world->loss_percent = round % 2 ? 30 : 0;
		for (int step = 0; step < 1500; step++)
			step_at_random(world);
		world_sweep(world);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_settle(world);
		assert_all_given_back(world, "random");
	}
}

int main(void)
{
	return RUN_TESTS(TEST(a_beginning_asks_for_both_ends),
			 TEST(a_beginning_without_an_owner_asks_all_the_same),
			 TEST(another_leg_asks_again),
			 TEST(an_answer_asks_again_and_nothing_after_it),
			 TEST(an_answer_of_udp_brings_its_owner),
			 TEST(a_later_owner_takes_the_place_in_what_is_told_then),
			 TEST(an_owner_of_no_connection_is_nobodys),
			 TEST(without_its_event_a_beginning_is_asked_for_twice),
			 TEST(a_tuple_used_again_is_asked_for_anew),
			 TEST(a_cookie_is_that_of_who_began_if_both_are_here),
			 TEST(what_a_connection_has_goes_with_it), TEST(no_number_leaks_at_random));
}

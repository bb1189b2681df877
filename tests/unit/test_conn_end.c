// SPDX-License-Identifier: BSD-2-Clause
/*
 * How ends are told: some time after, in their order and a few at a time, and all of them when the
 * agent ends.
 */
#include "conn/conn_private.h"
#include "conn_world.h"

/* Data that the peer had under way, and what another CPU was about to count. */
static void packets_until_it_is_told_are_told(void **state)
{
	static const struct place *const ways[] = { uplink, pod_and_uplink };

	(void)state;
	for (unsigned int places = 1; places <= 2; places++) {
		auto_world struct world *world = world_new(64);
		const char *name = places == 1 ? "one leg" : "two legs";
		const struct place *path = ways[places - 1];
		const struct packet rst = { .flags = RST },
				    data = { .dir = 1, .flags = ACK, .bytes = 1500 };
		struct told told;

		world_send(world, IPPROTO_TCP, path, places, &(struct packet){ .flags = ACK });
		world_drop_told(world);
		world_send(world, IPPROTO_TCP, path, places, &rst);
		world_send(world, IPPROTO_TCP, path, places, &data);
		world->now_ns += CONN_SETTLE_NS / 2;
		conn_settle(world->table, world->now_ns);
		world_assert_silent(world, name);
		world_send(world, IPPROTO_TCP, path, places, &data);
		world_send(world, IPPROTO_TCP, path, places, &rst);
		world_settle(world);
		told = world_take_event(world, name, RECORD_CLOSE);
		assert_row_int(name, told.count, places > 1 ? places : 0);
		assert_row_int(name, told.rec.count[0].packets, 3);
		assert_row_int(name, told.rec.count[0].bytes, 3 * FRAME_LEN);
		assert_row_int(name, told.rec.count[1].packets, 2);
		assert_row_int(name, told.rec.count[1].bytes, 3000);
		for (unsigned int i = 0; i < told.count; i++)
			assert_row_int(name, told.legs[i].count[1].bytes, 3000);
		/* What comes still later is in the entry alone. */
		world_send(world, IPPROTO_TCP, path, places, &data);
		world_sweep(world);
		world_settle(world);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_assert_silent(world, name);
		world_assert_empty(world);
	}
}

static void nothing_is_kept_once_the_end_is_told(void **state)
{
	auto_world struct world *world = world_new(64);
	const struct conn *conn = conn_at(&world->table->maps, 1);

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	FAREWELL(world, pod_and_uplink, 0);
	assert_non_null(conn->kept);
	world_settle(world);
	assert_null(conn->kept);
	SEND(world, pod_and_uplink, 0, .flags = SYN, .seq = 9);
	assert_null(conn->kept);
}

static void the_kernel_is_asked_for_each_leg_once_at_the_end(void **state)
{
	static const struct place *const ways[] = { uplink, pod_and_uplink };

	(void)state;
	for (unsigned int places = 1; places <= 2; places++) {
		auto_world struct world *world = world_new(64);

		world_send(world, IPPROTO_TCP, ways[places - 1], places,
			   &(struct packet){ .flags = SYN, .seq = 1 });
		world_send(world, IPPROTO_TCP, ways[places - 1], places,
			   &(struct packet){ .dir = 1, .flags = RST });
		assert_int_equal(world->lookups, 0);
		world_settle(world);
		assert_int_equal(world->lookups, places);
		world_settle(world);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		assert_int_equal(world->lookups, places);
	}
}

static void ends_are_settled_in_their_order(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key keys[4][2];
	uint64_t first_ns = 0;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int leg = 0; leg < 2; leg++) {
			keys[i][leg] = world_key(IPPROTO_TCP, i, leg ? ETH0 : POD_A);
			world_pass(world, &keys[i][leg],
				   &(struct packet){ .flags = SYN, .seq = 1 });
		}
	}
	world_drop_told(world);
	for (unsigned int i = 0; i < 4; i++) {
		world_pass(world, &keys[i][0], &(struct packet){ .flags = RST });
		first_ns = i ? first_ns : world->now_ns;
		world->now_ns += MS;
	}
	/* The second is reaped: it leaves the middle of the list. */
	world_reap(world, &keys[1][0], WEIR_CLOSE_INTERFACE_GONE);
	world_assert_silent(world, "one of two legs");
	world_reap(world, &keys[1][1], WEIR_CLOSE_INTERFACE_GONE);
	assert_int_equal(world_take_event(world, "second", RECORD_CLOSE).rec.port[0], 43211);
	assert_int_equal(conn_settle(world->table, world->now_ns), first_ns + CONN_SETTLE_NS);
	world_assert_silent(world, "not due");
	assert_true(conn_settle(world->table, first_ns + CONN_SETTLE_NS) >
		    first_ns + CONN_SETTLE_NS);
	assert_int_equal(world_take_event(world, "first", RECORD_CLOSE).rec.port[0], 43210);
	world_assert_silent(world, "one was due");
	assert_int_equal(conn_settle(world->table, first_ns + SEC), 0);
	assert_int_equal(world_take_event(world, "third", RECORD_CLOSE).rec.port[0], 43212);
	assert_int_equal(world_take_event(world, "fourth", RECORD_CLOSE).rec.port[0], 43213);
	world_assert_silent(world, "all");
}

/* No callback of the agent may take long. */
static void many_ends_are_told_in_slices(void **state)
{
	auto_world struct world *world = world_new(ENTRIES);
	unsigned int count = ENTRIES / 2, calls = 0;

	(void)state;
	for (unsigned int i = 0; i < count; i++) {
		struct weir_flow_key first = world_key(IPPROTO_TCP, i, POD_A),
				     second = world_key(IPPROTO_TCP, i, ETH0);

		world_pass(world, &first, &(struct packet){ .flags = RST });
		world_pass(world, &second, &(struct packet){ .flags = RST });
	}
	world_drop_told(world);
	world->now_ns += CONN_SETTLE_NS;
	for (bool is_done = false; !is_done; calls++) {
		unsigned int told = world->told_count;

		is_done = conn_settle(world->table, world->now_ns) != world->now_ns;
		assert_true(world->told_count - told <= 256);
		assert_true(is_done || world->told_count > told);
	}
	assert_int_equal(world->told_count, count);
	assert_int_equal(conn_settle(world->table, world->now_ns), 0);
	assert_true(calls >= count / 256);
}

/* One at a time, and in parts: two handshakes, then two ends. */
static void the_log_is_in_the_order_of_what_happened(void **state)
{
	auto_world struct world *world = world_new(ENTRIES);
	uint64_t newest_ns = 0;
	unsigned int count = 500;

	(void)state;
	for (unsigned int i = 0; i < count; i += 2) {
		for (unsigned int at = 0; at < 6; at++) {
			static const struct packet packets[] = {
				{ .flags = SYN, .seq = 1 },
				{ .dir = 1, .flags = SYN | ACK, .seq = 2 },
				{ .flags = ACK },
			}, rst = { .dir = 1, .flags = RST };
			struct weir_flow_key key = world_key(IPPROTO_TCP, i + at % 2, ETH0);

			world_pass(world, &key, &packets[at / 2]);
			if (at == 5)
				world_pass(world, &key, &rst);
			key = world_key(IPPROTO_TCP, i, ETH0);
			if (at == 5)
				world_pass(world, &key, &rst);
		}
		world->now_ns += (uint64_t)rand() % MS;
		(void)conn_settle(world->table, world->now_ns);
	}
	world_settle(world);
	assert_int_equal(world->told_count, 3 * count);
	world_sort_told(world);
	for (unsigned int i = 0; i < world->told_count; i++) {
		const struct record *rec = &world->told[i].rec;

		assert_int_equal(world->told[i].place, i + 1);
		assert_true(rec->time_ns > newest_ns);
		newest_ns = rec->time_ns;
		if (rec->event == RECORD_CLOSE)
			assert_int_equal(rec->time_ns, rec->start_ns + rec->duration_ns);
	}
	assert_int_equal(world->released, 0);
	world_drop_told(world);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, "reaped");
	world_assert_empty(world);
}

/* However long after its end it is told: the place was reserved in time. */
static void what_is_told_in_its_place_has_its_time(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;
	uint64_t end_ns;

	(void)state;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	SEND(world, uplink, 1, .flags = RST);
	end_ns = world->now_ns;
	world_drop_told(world);
	world->now_ns += SEC;
	world_settle(world);
	told = world_take_event(world, "in its place", RECORD_CLOSE);
	assert_int_equal(told.rec.time_ns, end_ns);
	assert_int_equal(told.place, 2);
}

/* So much has come into the log since: it is told at its end, and if that is late, as of then. */
static void what_has_lost_its_place_is_told_all_the_same(void **state)
{
	(void)state;
	for (unsigned int is_late = 0; is_late < 2; is_late++) {
		auto_world struct world *world = world_new(64);
		struct told told;
		uint64_t end_ns;

		SEND(world, uplink, 0, .flags = SYN, .seq = 1);
		SEND(world, uplink, 1, .flags = RST);
		end_ns = world->now_ns;
		world_drop_told(world);
		world->now_ns += is_late * SEC;
		world->overwrites_places = true;
		world_settle(world);
		told = world_take_event(world, "appended", RECORD_CLOSE);
		assert_int_equal(told.rec.time_ns, is_late ? world->now_ns : end_ns);
		assert_int_equal(told.rec.duration_ns, end_ns - told.rec.start_ns);
		assert_int_equal(told.place, 3);
		world_assert_silent(world, "once");
	}
}

/* Its entry has been used again; if nothing tells of that, the log's readers wait no longer. */
static void a_place_is_kept_for_an_event_that_is_in_the_ring(void **state)
{
	(void)state;
	for (unsigned int is_lost = 0; is_lost < 2; is_lost++) {
		auto_world struct world *world = world_new(64);
		uint64_t due_ns;

		SEND(world, uplink, 0, .flags = SYN, .seq = 1);
		SEND(world, uplink, 1, .flags = RST);
		world_drop_told(world);
		due_ns = world->now_ns + CONN_SETTLE_NS;
		world->holds_events = true;
		world->loses_events = is_lost;
		SEND(world, uplink, 0, .flags = SYN, .seq = 9);
		world->now_ns = due_ns;
		assert_int_equal(conn_settle(world->table, due_ns), due_ns + CONN_SETTLE_NS);
		assert_int_equal(world->reserved_count, 1);
		if (!is_lost)
			world_deliver(world);
		assert_int_equal(conn_settle(world->table, due_ns + CONN_SETTLE_NS), 0);
		assert_int_equal(world->released, is_lost);
		assert_int_equal(world->reserved_count, 0);
		world->now_ns += SEC;
		world_sweep(world);
		assert_int_equal(world_take_event(world, "close", RECORD_CLOSE).place,
				 is_lost ? 3 : 2);
		assert_int_equal(world_take_event(world, "open", RECORD_OPEN).place,
				 is_lost ? 4 : 3);
	}
}

/* Another leg brings the answer that the one which ended has not seen. */
static void an_end_stands_behind_all_else_of_its_connection(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key key = world_key(IPPROTO_TCP, 0, ETH0);

	(void)state;
	SEND(world, pod_and_uplink, 0, .flags = SYN, .seq = 1);
	world_drop_told(world);
	SEND(world, pod, 0, .flags = RST);
	world_pass(world, &key, &(struct packet){ .dir = 1, .flags = SYN | ACK, .seq = 2 });
	world_pass(world, &key, &(struct packet){ .flags = ACK });
	world_settle(world);
	assert_int_equal(world_take_event(world, "answer", RECORD_ESTABLISHED).place, 3);
	assert_int_equal(world_take_event(world, "end", RECORD_CLOSE).place, 4);
	assert_int_equal(world->released, 1);
	assert_int_equal(world->reserved_count, 0);
}

static void what_goes_on_when_the_agent_ends_is_told_as_it_is(void **state)
{
	static const struct place *const ways[] = { uplink, pod_and_uplink };

	(void)state;
	for (unsigned int places = 1; places <= 2; places++) {
		auto_world struct world *world = world_new(64);
		const char *name = places == 1 ? "one leg" : "two legs";
		const struct packet packet = { .dir = 0 }, answer = { .dir = 1 };
		struct told open, told;

		world_send(world, IPPROTO_UDP, ways[places - 1], places, &packet);
		open = world_take_event(world, name, RECORD_OPEN);
		world_send(world, IPPROTO_UDP, ways[places - 1], places, &answer);
		world_take_event(world, name, RECORD_ESTABLISHED);
		world_send(world, IPPROTO_UDP, ways[places - 1], places, &answer);
		world->now_ns += SEC;
		assert_true(conn_stop(world->table, world->now_ns));
		told = world_take_event(world, name, RECORD_CLOSE);
		assert_row(name, told.rec.conn_id == open.rec.conn_id);
		assert_row_int(name, told.rec.close_reason, WEIR_CLOSE_AGENT_STOP);
		assert_row_int(name, told.rec.sender, 0);
		assert_row_int(name, told.rec.tcp_flags, 0);
		assert_row_int(name, told.rec.time_ns, world->now_ns);
		assert_row_int(name, told.rec.duration_ns, world->now_ns - open.rec.start_ns);
		world_assert_totals(name, &told, places, 1, 2);
		assert_true(conn_stop(world->table, world->now_ns));
		world_sweep(world);
		world_settle(world);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_assert_silent(world, name);
		world_assert_empty(world);
	}
}

/* Whether it waits to be settled, or for the event of what its entry has begun since. */
static void an_end_that_waits_is_told_when_the_agent_ends(void **state)
{
	(void)state;
	for (int is_reused = 0; is_reused < 2; is_reused++) {
		auto_world struct world *world = world_new(64);
		struct told told;

		HANDSHAKE(world, pod_and_uplink, 0);
		SEND(world, pod_and_uplink, 1, .flags = RST);
		world_drop_told(world);
		SEND(world, pod_and_uplink, 1, .flags = ACK);
		world->holds_events = true;
		if (is_reused) {
			SEND(world, pod_and_uplink, 0, .flags = SYN, .seq = 9);
			world_settle(world);
			world_assert_silent(world, "ahead");
		}
		assert_true(conn_stop(world->table, world->now_ns));
		told = world_take_event(world, "close", RECORD_CLOSE);
		assert_int_equal(told.rec.close_reason, WEIR_CLOSE_RST);
		world_assert_totals("close", &told, 2, 2, 3);
		world_settle(world);
		assert_true(conn_stop(world->table, world->now_ns));
		world_assert_silent(world, "once");
	}
}

static void the_agents_end_is_told_in_slices(void **state)
{
	auto_world struct world *world = world_new(ENTRIES);
	unsigned int calls = 1;

	(void)state;
	for (unsigned int i = 0; i < ENTRIES; i++) {
		struct weir_flow_key key = world_key(IPPROTO_UDP, i, ETH0);

		world_pass(world, &key, &(struct packet){ 0 });
	}
	for (unsigned int i = 0; i < ENTRIES; i += 2)
		world_reap(world, &world->entries[i].key, WEIR_CLOSE_TIMEOUT);
	world_drop_told(world);
	for (; !conn_stop(world->table, world->now_ns); calls++)
		assert_true(world->told_count <= 512 * calls);
	assert_int_equal(calls, ENTRIES / 2 / 512);
	assert_int_equal(world->told_count, ENTRIES / 2);
	for (unsigned int i = 0; i < world->told_count; i++)
		assert_int_equal(world->told[i].rec.close_reason, WEIR_CLOSE_AGENT_STOP);
}

int main(void)
{
	return RUN_TESTS(TEST(packets_until_it_is_told_are_told),
			 TEST(nothing_is_kept_once_the_end_is_told),
			 TEST(the_kernel_is_asked_for_each_leg_once_at_the_end),
			 TEST(ends_are_settled_in_their_order), TEST(many_ends_are_told_in_slices),
			 TEST(the_log_is_in_the_order_of_what_happened),
			 TEST(what_is_told_in_its_place_has_its_time),
			 TEST(what_has_lost_its_place_is_told_all_the_same),
			 TEST(a_place_is_kept_for_an_event_that_is_in_the_ring),
			 TEST(an_end_stands_behind_all_else_of_its_connection),
			 TEST(what_goes_on_when_the_agent_ends_is_told_as_it_is),
			 TEST(an_end_that_waits_is_told_when_the_agent_ends),
			 TEST(the_agents_end_is_told_in_slices));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * A tuple used again, in the same entries of the kernel's map: other connections, each with totals of
 * its own, also where the former one has yet to be told.
 */
#include "conn_world.h"

enum reuse {
	REUSE_TOLD,	  /* all events come */
	REUSE_CLOSE_LOST, /* that of the former's end is lost */
	REUSE_ALL_LOST,	  /* and that of the new one */
};

/* A new SYN over an entry in the state that `before` leaves it in. */
static void check_reuse(const char *name, bool was_closed, enum reuse reuse,
			const struct place *path, size_t places)
{
	auto_world struct world *world = world_new(64);
	struct record first, close, second;

	world_send(world, IPPROTO_TCP, path, places, &(struct packet){ .flags = SYN, .seq = 1 });
	first = world_take_event(world, name, RECORD_OPEN).rec;
	if (was_closed) {
		world_send(world, IPPROTO_TCP, path, places,
			   &(struct packet){ .dir = 1, .flags = RST | ACK });
		world_settle(world);
		close = world_take_event(world, name, RECORD_CLOSE).rec;
		assert_row_int(name, close.close_reason, WEIR_CLOSE_REFUSED);
	}
	world->now_ns += 500 * MS;
	world->holds_events = true;
	world_send(world, IPPROTO_TCP, path, places, &(struct packet){ .flags = SYN, .seq = 9 });
	if (reuse != REUSE_TOLD) {
		for (unsigned int i = 0; i < world->events_end; i++) {
			if (world->events[i].hdr.type == WEIR_EVENT_OPEN && reuse != REUSE_ALL_LOST)
				conn_event(world->table, &world->events[i]);
		}
		world->events_end = 0;
		world_sweep(world);
	}
	world_deliver(world);
	world_settle(world);
	if (!was_closed) {
		close = world_take_event(world, name, RECORD_CLOSE).rec;
		assert_row_int(name, close.close_reason, WEIR_CLOSE_REUSED);
		assert_row_int(name, close.count[0].packets, 1);
		assert_row_int(name, close.count[0].bytes, FRAME_LEN);
		assert_row_int(name, close.count[1].packets, 0);
		assert_row(name, close.duration_ns > 499 * MS && close.duration_ns < 501 * MS);
	}
	assert_row(name, close.conn_id == first.conn_id);
	second = world_take_event(world, name, RECORD_OPEN).rec;
	world_assert_silent(world, name);
	assert_row(name, second.conn_id != first.conn_id);
	assert_row_int(name, second.tcp_flags, SYN);
	assert_row(name, second.start_ns > first.start_ns + 500 * MS);
	/* The second has legs and totals of its own. */
	world->holds_events = false;
	world_send(world, IPPROTO_TCP, path, places,
		   &(struct packet){ .dir = 1, .flags = RST | ACK });
	world_settle(world);
	close = world_take_event(world, name, RECORD_CLOSE).rec;
	world_assert_silent(world, name);
	assert_row(name, close.conn_id == second.conn_id);
	assert_row_int(name, close.close_reason, WEIR_CLOSE_REFUSED);
	assert_row_int(name, close.count[0].packets, 1);
	assert_row_int(name, close.count[1].packets, 1);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, name);
	world_assert_empty(world);
}

static void a_tuple_used_again_is_another_connection(void **state)
{
	static const struct {
		const char *name;
		enum reuse reuse;
	} cases[] = { { "told", REUSE_TOLD },
		      { "close lost", REUSE_CLOSE_LOST },
		      { "all lost", REUSE_ALL_LOST } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int was_closed = 0; was_closed < 2; was_closed++) {
			check_reuse(cases[i].name, was_closed, cases[i].reuse, uplink, 1);
			check_reuse(cases[i].name, was_closed, cases[i].reuse, pod_and_uplink, 2);
		}
	}
}

static void totals_of_the_former_are_told_when_its_event_comes(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	SEND(world, uplink, 0, .flags = FIN | ACK);
	SEND(world, uplink, 1, .flags = FIN | ACK);
	world_drop_told(world);
	SEND(world, uplink, 0, .flags = SYN, .seq = 9);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.close_reason, WEIR_CLOSE_FIN);
	assert_int_equal(rec.count[0].packets, 3);
	assert_int_equal(rec.count[1].packets, 2);
	world_take_event(world, "open", RECORD_OPEN);
	world->now_ns += INTERVAL;
	SEND(world, uplink, 1, .flags = SYN | ACK, .seq = 10);
	world_sweep(world);
	rec = world_take_event(world, "update", RECORD_UPDATE).rec;
	assert_int_equal(rec.count[0].packets, 1);
	assert_int_equal(rec.count[1].packets, 1);
}

static void an_old_event_does_no_harm_to_the_new_connection(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_event old[2];

	(void)state;
	world->holds_events = true;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	SEND(world, uplink, 1, .flags = RST);
	assert_int_equal(world->events_end, 2);
	memcpy(old, world->events, sizeof(old));
	world_deliver(world);
	SEND(world, uplink, 0, .flags = SYN, .seq = 9);
	world_deliver(world);
	world_drop_told(world);
	conn_event(world->table, &old[0]);
	conn_event(world->table, &old[1]);
	world_assert_silent(world, "old events");
	SEND(world, uplink, 1, .flags = RST);
	world_deliver(world);
	world_settle(world);
	world_take_event(world, "close", RECORD_CLOSE);
	world_assert_silent(world, "close");
}

/* How the agent learns that the entry of a connection, whose end it has yet to tell, is another's. */
enum hearing {
	HEARD_AT_ONCE,
	HEARD_AFTER_SETTLING,
	HEARD_OF_BY_THE_SWEEP,
	HEARD_OF_WHEN_REAPED,
};

static void hear(struct world *world, const char *name, enum hearing hearing)
{
	if (hearing != HEARD_AT_ONCE) {
		world_settle(world);
		world_assert_silent(world, name);
	}
	if (hearing >= HEARD_OF_BY_THE_SWEEP) {
		world->events_end = 0;
		world->now_ns += SEC;
	}
	if (hearing == HEARD_OF_BY_THE_SWEEP)
		world_sweep(world);
	if (hearing == HEARD_OF_WHEN_REAPED)
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_deliver(world);
}

/* between: connections that begin and end in the entry, of which nothing is heard. */
static void check_reuse_unsettled(const char *name, enum hearing hearing, unsigned int between,
				  const struct place *path, unsigned int places)
{
	const struct packet syn = { .flags = SYN, .seq = 1 }, rst = { .dir = 1, .flags = RST };
	auto_world struct world *world = world_new(64);
	struct told open, told;

	world_send(world, IPPROTO_TCP, path, places, &syn);
	world_send(world, IPPROTO_TCP, path, places,
		   &(struct packet){ .dir = 1, .flags = SYN | ACK });
	world_send(world, IPPROTO_TCP, path, places, &rst);
	open = world_take(world);
	world->holds_events = true;
	world_send(world, IPPROTO_TCP, path, places, &(struct packet){ .flags = ACK });
	for (unsigned int i = 0; i <= between; i++) {
		world->events_end = 0;
		world_send(world, IPPROTO_TCP, path, places,
			   &(struct packet){ .flags = SYN, .seq = 9 + i });
		if (i < between)
			world_send(world, IPPROTO_TCP, path, places, &rst);
	}
	world_assert_silent(world, name);
	hear(world, name, hearing);
	told = world_take_event(world, name, RECORD_CLOSE);
	assert_row(name, told.rec.conn_id == open.rec.conn_id);
	assert_row_int(name, told.rec.close_reason, WEIR_CLOSE_RST);
	assert_row_int(name, told.rec.sender, 1);
	assert_row_int(name, told.rec.rtt_server_ns, places > 1 ? 30 * US : 10 * US);
	assert_row_str(name, told.rec.ifname, places > 1 ? "veth-a" : "eth0");
	world_assert_totals(name, &told, places, 2 + between, 2 + between);
	open = world_take_event(world, name, RECORD_OPEN);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, name, RECORD_CLOSE);
	assert_row(name, told.rec.conn_id == open.rec.conn_id);
	world_assert_totals(name, &told, places, 1, 0);
	world_assert_silent(world, name);
	world_assert_empty(world);
}

/* What nobody has heard of is told as the one's before it: the sum is what there was. */
static void an_entry_used_again_before_that_keeps_the_totals_apart(void **state)
{
	static const char *const names[] = { "heard at once", "heard after settling",
					     "heard of by the sweep", "heard of when reaped" };

	(void)state;
	for (unsigned int hearing = 0; hearing < ARRAY_SIZE(names); hearing++) {
		for (unsigned int between = 0; between < 3; between++) {
			check_reuse_unsettled(names[hearing], (enum hearing)hearing, between,
					      uplink, 1);
			if (hearing != HEARD_OF_WHEN_REAPED) /* the sweep would have been first */
				check_reuse_unsettled(names[hearing], (enum hearing)hearing,
						      between, pod_and_uplink, 2);
		}
	}
}

static void connections_that_are_heard_of_late_have_totals_of_their_own(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	SEND(world, uplink, 0, .flags = RST);
	world_drop_told(world);
	world->holds_events = true;
	for (unsigned int i = 1; i < 4; i++) {
		SEND(world, uplink, 0, .flags = SYN, .seq = 10 + i);
		for (unsigned int packet = 0; packet < i; packet++)
			SEND(world, uplink, 1, .flags = ACK);
		SEND(world, uplink, 1, .flags = RST);
	}
	world_settle(world);
	world_assert_silent(world, "nothing heard");
	world_deliver(world);
	told = world_take_event(world, "first", RECORD_CLOSE);
	world_assert_totals("first", &told, 1, 3, 1);
	for (unsigned int i = 1; i < 4; i++) {
		world_take_event(world, "another", RECORD_OPEN);
		if (i == 3)
			world_settle(world);
		told = world_take_event(world, "another", RECORD_CLOSE);
		world_assert_totals("another", &told, 1, 1, i + 1);
	}
	world_assert_silent(world, "all");
}

/* While the event was being made another CPU has counted. */
static void the_entry_knows_better_than_the_event_of_its_reuse(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	SEND(world, uplink, 0, .flags = FIN | ACK);
	SEND(world, uplink, 1, .flags = FIN | ACK);
	world_drop_told(world);
	world->holds_events = true;
	SEND(world, uplink, 0, .flags = SYN, .seq = 9);
	assert_int_equal(world->events[0].hdr.type, WEIR_EVENT_CLOSE);
	world->events[0].flow.dir[1].packets--;
	world->events[0].flow.dir[1].bytes -= FRAME_LEN;
	world_deliver(world);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_FIN);
	world_assert_totals("close", &told, 1, 3, 2);
}

/* The counters' base is not kept: it would take room for each connection of the table. */
static void totals_are_unknown_if_the_end_of_a_second_connection_is_lost(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		world->loses_events = false;
		SEND(world, uplink, 0, .flags = SYN, .seq = i);
		if (i) {
			told = world_take_event(world, "close", RECORD_CLOSE);
			assert_int_equal(told.rec.close_reason, WEIR_CLOSE_REUSED);
			assert_int_equal(told.rec.has_counts, i == 1);
			assert_int_equal(told.rec.count[0].packets, i == 1);
			assert_int_equal(told.rec.count[1].packets, i == 1);
		}
		world_take_event(world, "open", RECORD_OPEN);
		world->loses_events = true;
		SEND(world, uplink, 1, .flags = RST);
	}
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "close", RECORD_CLOSE);
	world_assert_totals("close", &told, 1, 1, 1);
	world_assert_silent(world, "all");
}

int main(void)
{
	return RUN_TESTS(TEST(a_tuple_used_again_is_another_connection),
			 TEST(totals_of_the_former_are_told_when_its_event_comes),
			 TEST(an_old_event_does_no_harm_to_the_new_connection),
			 TEST(an_entry_used_again_before_that_keeps_the_totals_apart),
			 TEST(connections_that_are_heard_of_late_have_totals_of_their_own),
			 TEST(the_entry_knows_better_than_the_event_of_its_reuse),
			 TEST(totals_are_unknown_if_the_end_of_a_second_connection_is_lost));
}

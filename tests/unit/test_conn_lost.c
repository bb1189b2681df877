// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lost and late events: the sweep tells what they did not, once.
 */
#include "conn_world.h"

/* A whole connection of which the agent hears only some events, and each of them late or never. */
static void check_losses(unsigned int lost, bool is_late, const struct place *path, size_t places)
{
	auto_world struct world *world = world_new(64);
	struct record open, established, close;
	struct weir_event late[64];
	unsigned int late_count = 0;
	char name[64];

	snprintf(name, sizeof(name), "lost %u, %s, %zu legs", lost, is_late ? "late" : "never",
		 places);
	world->holds_events = true;
	for (unsigned int phase = 0; phase < 3; phase++) {
		if (phase == 0)
			world_send(world, IPPROTO_TCP, path, places,
				   &(struct packet){ .flags = SYN, .seq = 1 });
		if (phase == 1) {
			world_send(world, IPPROTO_TCP, path, places,
				   &(struct packet){ .dir = 1, .flags = SYN | ACK, .seq = 2 });
			world_send(world, IPPROTO_TCP, path, places,
				   &(struct packet){ .flags = ACK });
		}
		if (phase == 2)
			world_send(world, IPPROTO_TCP, path, places,
				   &(struct packet){ .dir = 1, .flags = RST });
		if (lost & 1U << phase) {
			memcpy(late + late_count, world->events, world->events_end * sizeof(*late));
			late_count += world->events_end;
			world->events_end = 0;
			world->now_ns += SEC;
			world_sweep(world);
		}
		world_deliver(world);
	}
	conn_settle(world->table, world->now_ns + SEC);
	if (is_late) {
		memcpy(world->events, late, late_count * sizeof(*late));
		world->events_end = late_count;
		world_deliver(world);
		world_sweep(world);
		conn_settle(world->table, world->now_ns + SEC);
	}
	open = world_take_event(world, name, RECORD_OPEN).rec;
	established = world_take_event(world, name, RECORD_ESTABLISHED).rec;
	close = world_take_event(world, name, RECORD_CLOSE).rec;
	world_assert_silent(world, name);
	assert_row(name, open.conn_id == established.conn_id && open.conn_id == close.conn_id);
	assert_row_int(name, open.sender, 0);
	assert_row_int(name, open.tcp_flags, SYN);
	assert_row_int(name, established.sender, 1);
	assert_row_int(name, established.tcp_flags, SYN | ACK);
	assert_row(name, established.rtt_server_ns && established.rtt_client_ns);
	assert_row_int(name, close.close_reason, WEIR_CLOSE_RST);
	assert_row_int(name, close.sender, 1);
	assert_row_int(name, close.count[0].packets, 2);
	assert_row_int(name, close.count[1].packets, 2);
	assert_row(name, close.duration_ns >= 20 * US && close.duration_ns < 4 * SEC);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, name);
	world_assert_empty(world);
}

static void the_sweep_tells_what_events_did_not(void **state)
{
	(void)state;
	for (unsigned int lost = 0; lost < 8; lost++) {
		for (int is_late = 0; is_late < 2; is_late++) {
			check_losses(lost, is_late, uplink, 1);
			check_losses(lost, is_late, pod_and_uplink, 2);
		}
	}
}

static void what_the_sweep_tells_is_counted(void **state)
{
	auto_world struct world *world = world_new(64);
	struct conn_stats stats;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	world_sweep(world);
	FAREWELL(world, uplink, 0);
	world_sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 0);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world->loses_events = true;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	world_sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 1);
	HANDSHAKE(world, uplink, 0);
	world_sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 2);
	SEND(world, uplink, 0, .flags = RST);
	world_sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 3);
	world_sweep(world);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 3);
}

/* An entry that was never heard of, and is reaped: its whole life is told at once. */
static void a_life_that_nobody_told_is_told_at_its_end(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->loses_events = true;
	world_send_udp(world, uplink, 1, 0);
	world_send_udp(world, uplink, 1, 1);
	world->now_ns += 180 * SEC;
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_take_event(world, "open", RECORD_OPEN);
	world_take_event(world, "established", RECORD_ESTABLISHED);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.close_reason, WEIR_CLOSE_TIMEOUT);
	assert_int_equal(rec.count[1].packets, 1);
	world_assert_silent(world, "close");
	world_assert_empty(world);
}

/* The log is searched by time: what is told late has the time at which it is told. */
static void times_run_on_even_when_events_were_lost(void **state)
{
	static const struct place *const paths[] = { uplink, pod_and_uplink };

	(void)state;
	for (size_t places = 1; places <= 2; places++) {
		auto_world struct world *world = world_new(64);
		uint64_t start_ns = world->now_ns + 10 * US;
		struct record rec;

		world->loses_events = true;
		world_send(world, IPPROTO_TCP, paths[places - 1], places,
			   &(struct packet){ .flags = SYN, .seq = 1 });
		world->now_ns += SEC;
		world_sweep(world);
		rec = world_take_event(world, "open", RECORD_OPEN).rec;
		assert_int_equal(rec.time_ns, world->now_ns);
		assert_int_equal(rec.start_ns, start_ns);
		world_send(world, IPPROTO_TCP, paths[places - 1], places,
			   &(struct packet){ .dir = 1, .flags = SYN | ACK, .seq = 2 });
		world_send(world, IPPROTO_TCP, paths[places - 1], places,
			   &(struct packet){ .flags = ACK });
		world->now_ns += SEC;
		world_sweep(world);
		rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
		assert_int_equal(rec.time_ns, world->now_ns);
		world_send(world, IPPROTO_TCP, paths[places - 1], 1,
			   &(struct packet){ .flags = RST });
		world->now_ns += SEC;
		world_sweep(world);
		conn_settle(world->table, world->now_ns);
		rec = world_take_event(world, "close", RECORD_CLOSE).rec;
		assert_int_equal(rec.time_ns, world->now_ns);
		assert_true(rec.duration_ns > 2 * SEC && rec.duration_ns < 2 * SEC + MS);
	}
}

static void icmp_is_not_taken_for_its_answer_when_events_were_lost(void **state)
{
	static const struct packet ask = { .icmp_type = 128 };
	static const struct packet answer = { .dir = 1, .icmp_type = 129 };
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	/* The answer's event is lost. */
	world_send(world, IPPROTO_ICMPV6, uplink, 1, &ask);
	world_take(world);
	world->loses_events = true;
	world_send(world, IPPROTO_ICMPV6, uplink, 1, &answer);
	world_sweep(world);
	rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.icmp_type, 129);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_drop_told(world);
	/* The question's event is lost. */
	world_send(world, IPPROTO_ICMPV6, uplink, 1, &ask);
	world->loses_events = false;
	world_send(world, IPPROTO_ICMPV6, uplink, 1, &answer);
	rec = world_take_event(world, "open", RECORD_OPEN).rec;
	assert_int_equal(rec.icmp_type, 128);
	assert_int_equal(rec.sender, 0);
	rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.icmp_type, 129);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.icmp_type, 128);
	assert_int_equal(world_party(world, &rec, 0)->mac[5], 5);
}

/* The sweep may be a little ahead of the ring. */
static void an_event_behind_the_sweep_still_tells_who(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->holds_events = true;
	world_send(world, IPPROTO_ICMP, uplink, 1, &(struct packet){ .icmp_type = 8 });
	world_sweep(world);
	world_take_event(world, "open", RECORD_OPEN);
	world_deliver(world);
	world_assert_silent(world, "told already");
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.icmp_type, 8);
	assert_int_equal(world_party(world, &rec, 0)->mac[5], 5);
	assert_int_equal(world_party(world, &rec, 1)->mac[5], 7);
}

int main(void)
{
	return RUN_TESTS(TEST(the_sweep_tells_what_events_did_not),
			 TEST(what_the_sweep_tells_is_counted),
			 TEST(a_life_that_nobody_told_is_told_at_its_end),
			 TEST(times_run_on_even_when_events_were_lost),
			 TEST(icmp_is_not_taken_for_its_answer_when_events_were_lost),
			 TEST(an_event_behind_the_sweep_still_tells_who));
}

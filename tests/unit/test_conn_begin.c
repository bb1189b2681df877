// SPDX-License-Identifier: BSD-2-Clause
/*
 * How a connection begins: by whichever packet comes first, as whose, under which number, and if
 * there is room.
 */
#include "conn_world.h"

static void a_first_packet_of_any_kind_begins_a_connection(void **state)
{
	static const struct {
		const char *name;
		uint8_t from, flags, initiator, by, open_sender;
		bool is_closed;
	} cases[] = {
		{ "SYN-ACK", 1, SYN | ACK, 0, WEIR_BY_SYNACK, 1, false },
		{ "ACK", 0, ACK, 0, WEIR_BY_PORTS, 0, false },
		{ "ACK of the lower port", 1, ACK, 0, WEIR_BY_PORTS, 1, false },
		{ "FIN", 0, FIN | ACK, 0, WEIR_BY_PORTS, 0, false },
		{ "RST", 0, RST, 0, WEIR_BY_PORTS, 0, true },
		{ "RST of the lower port", 1, RST | ACK, 0, WEIR_BY_PORTS, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_world struct world *world = world_new(64);
		const char *name = cases[i].name;
		struct record rec;

		SEND(world, uplink, cases[i].from, .flags = cases[i].flags, .seq = 1);
		rec = world_take_event(world, name, RECORD_OPEN).rec;
		assert_row_int(name, rec.addr[cases[i].initiator][15], 5);
		assert_row_int(name, rec.initiator_by, cases[i].by);
		assert_row_int(name, rec.sender, cases[i].open_sender);
		assert_row_int(name, rec.tcp_flags, cases[i].flags);
		world_settle(world);
		if (!cases[i].is_closed) {
			world_assert_silent(world, name);
			continue;
		}
		rec = world_take_event(world, name, RECORD_CLOSE).rec;
		world_assert_silent(world, name);
		assert_row_int(name, rec.close_reason, WEIR_CLOSE_RST);
		assert_row_int(name, rec.duration_ns, 0);
		assert_row_int(name, rec.count[cases[i].from].packets, 1);
	}
}

static void the_id_is_that_of_tuple_and_start(void **state)
{
	uint64_t ids[6];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		auto_world struct world *world = world_new(64);
		struct weir_flow_key key = world_key(IPPROTO_TCP, i == 1, i == 5 ? POD_A : ETH0);

		world->now_ns += i == 2 ? 1 : 0;
		key.netns = i == 3;
		key.vlan = i == 4 ? WEIR_VLAN_TAGGED | 5 : 0;
		world_pass(world, &key, &(struct packet){ .flags = SYN, .seq = 1 });
		ids[i] = world_take(world).rec.conn_id;
	}
	assert_true(ids[1] != ids[0]);
	assert_true(ids[2] != ids[0]);
	assert_true(ids[3] != ids[0]);
	/* Not of the place where it was seen first. */
	assert_true(ids[4] == ids[0]);
	assert_true(ids[5] == ids[0]);
}

static void what_finds_no_room_is_counted(void **state)
{
	auto_world struct world *world = world_new(2);
	struct conn_stats stats;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct weir_flow_key key = world_key(IPPROTO_UDP, i, ETH0);

		world_pass(world, &key, &(struct packet){ 0 });
	}
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 2);
	assert_int_equal(stats.connections, 2);
	assert_int_equal(stats.no_room, 2);
	world_take_event(world, "first", RECORD_OPEN);
	world_take_event(world, "second", RECORD_OPEN);
	world_assert_silent(world, "no room");
	/* What has had none till its end is never told. */
	world_reap(world, &world->entries[3].key, WEIR_CLOSE_TIMEOUT);
	world_assert_silent(world, "reaped");
	/* Room that is given back is used, and the sweep finds what has had none. */
	world->now_ns += 60 * SEC;
	world_reap(world, &world->entries[0].key, WEIR_CLOSE_TIMEOUT);
	world_take_event(world, "close", RECORD_CLOSE);
	world_sweep(world);
	world_take_event(world, "third", RECORD_OPEN);
	world_assert_silent(world, "full again");
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	world_assert_empty(world);
}

/* The kernel's guess by the ports is that endpoint 0 began. */
static void who_listens_did_not_begin_what_is_older_than_us(void **state)
{
	static const struct {
		const char *name;
		uint8_t first_flags;
		int listener;
		uint8_t initiator, by;
		unsigned int asked;
	} cases[] = {
		{ "nobody knows", ACK, 0, 0, WEIR_BY_PORTS, 1 },
		{ "as the ports have it", ACK, 2, 0, WEIR_BY_LISTENER, 1 },
		{ "the other way round", ACK, 1, 1, WEIR_BY_LISTENER, 1 },
		{ "by a SYN nobody is asked", SYN, 1, 0, WEIR_BY_SYN, 0 },
		{ "nor by a SYN-ACK", SYN | ACK, 2, 1, WEIR_BY_SYNACK, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].name;
		auto_world struct world *world = world_new(64);
		struct told told;

		world->listener = cases[i].listener;
		SEND(world, pod_and_uplink, 0, .flags = cases[i].first_flags, .seq = 1);
		told = world_take_event(world, name, RECORD_OPEN);
		assert_row_int(name, told.rec.initiator_by, cases[i].by);
		assert_row_int(name, told.rec.port[cases[i].initiator], 43210);
		assert_row_int(name, told.rec.sender, cases[i].initiator);
		assert_row_int(name, world->listener_asked, cases[i].asked);
		SEND(world, pod_and_uplink, 1, .flags = ACK);
		SEND(world, pod_and_uplink, 0, .flags = ACK);
		world_drop_told(world);
		FAREWELL(world, pod_and_uplink, 0);
		world_settle(world);
		told = world_take_event(world, name, RECORD_CLOSE);
		assert_row_int(name, told.rec.count[cases[i].initiator].packets, 4);
		assert_row_int(name, told.rec.count[!cases[i].initiator].packets, 2);
		assert_row_int(name, told.rec.closed_by, cases[i].initiator);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_assert_empty(world);
	}
}

/* Endpoint 0 is heard first. */
static void what_is_not_tcp_may_be_older_while_we_are_young(void **state)
{
	static const struct {
		const char *name;
		uint64_t age_ns;
		int listener;
		uint8_t initiator, by;
		unsigned int asked;
	} cases[] = {
		{ "nobody knows", 0, 0, 0, WEIR_BY_FIRST, 1 },
		{ "the other one waits: who was heard first did begin", 0, 2, 0, WEIR_BY_FIRST, 1 },
		{ "who was heard first waits", 0, 1, 1, WEIR_BY_LISTENER, 1 },
		{ "just young enough", YOUNG - MS, 1, 1, WEIR_BY_LISTENER, 1 },
		{ "from then on the first packet is the first", YOUNG, 1, 0, WEIR_BY_FIRST, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].name;
		auto_world struct world *world = world_new(64);
		struct told told;

		world->now_ns += cases[i].age_ns;
		world->listener = cases[i].listener;
		world_send_udp(world, uplink, 1, 0);
		told = world_take_event(world, name, RECORD_OPEN);
		assert_row_int(name, told.rec.initiator_by, cases[i].by);
		assert_row_int(name, told.rec.port[cases[i].initiator], 43210);
		assert_row_int(name, told.rec.sender, cases[i].initiator);
		assert_row_int(name, world->listener_asked, cases[i].asked);
		world_send_udp(world, uplink, 1, 1);
		world_take_event(world, name, RECORD_ESTABLISHED);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_settle(world);
		told = world_take_event(world, name, RECORD_CLOSE);
		assert_row_int(name, told.rec.initiator_by, cases[i].by);
		assert_row_int(name, told.rec.port[cases[i].initiator], 43210);
		assert_row_int(name, told.rec.count[0].packets, 1);
		assert_row_int(name, told.rec.count[1].packets, 1);
		world_assert_empty(world);
	}
}

/* SYN and SYN-ACK found no room in the kernel's map; the ACK between them did. */
static void what_answers_an_unseen_syn_ack_is_established_when_the_other_side_is_heard(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	SEND(world, uplink, 0, .flags = ACK, .answers_unseen = true);
	rec = world_take_event(world, "open", RECORD_OPEN).rec;
	assert_int_equal(rec.addr[0][15], 5);
	assert_int_equal(rec.initiator_by, WEIR_BY_SYNACK);
	assert_int_equal(rec.tcp_flags, ACK);
	world_sweep(world);
	world_assert_silent(world, "one side is anybody's");
	SEND(world, uplink, 1, .flags = ACK | PSH);
	world_sweep(world);
	rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.rtt_server_ns, 0);
	assert_int_equal(rec.rtt_client_ns, 0);
	world_sweep(world);
	world_assert_silent(world, "told already");
	FAREWELL(world, uplink, 0);
	world_settle(world);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.close_reason, WEIR_CLOSE_FIN);
	assert_int_equal(rec.initiator_by, WEIR_BY_SYNACK);
	assert_int_equal(rec.count[0].packets, 3);
	assert_int_equal(rec.count[1].packets, 2);
	assert_int_equal(rec.rtt_server_ns, 0);
	assert_int_equal(rec.rtt_client_ns, 0);
	world_assert_silent(world, "over");
}

int main(void)
{
	return RUN_TESTS(
		TEST(a_first_packet_of_any_kind_begins_a_connection),
		TEST(the_id_is_that_of_tuple_and_start),
		TEST(what_is_not_tcp_may_be_older_while_we_are_young),
		TEST(what_finds_no_room_is_counted),
		TEST(who_listens_did_not_begin_what_is_older_than_us),
		TEST(what_answers_an_unseen_syn_ack_is_established_when_the_other_side_is_heard));
}

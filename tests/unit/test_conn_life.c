// SPDX-License-Identifier: BSD-2-Clause
/*
 * A connection of one leg, from its first packet to its end.
 */
#include "conn_world.h"

static void an_open_tells_who_and_where(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		struct record rec;

		SEND(world, uplink, from, .flags = SYN, .seq = 1);
		rec = world_take_event(world, name, RECORD_OPEN).rec;
		world_assert_silent(world, name);
		assert_row_int(name, rec.time_ns, world->now_ns);
		assert_row_int(name, rec.start_ns, world->now_ns);
		assert_row_int(name, rec.duration_ns, 0);
		assert_row_int(name, rec.addr[from][15], 5);
		assert_row_int(name, rec.addr[!from][15], 7);
		assert_row_int(name, rec.port[from], 43210);
		assert_row_int(name, rec.port[!from], 5432);
		assert_row_int(name, world_party(world, &rec, from)->mac[5], 5);
		assert_row_int(name, world_party(world, &rec, !from)->mac[5], 7);
		assert_row_int(name, rec.is_local, 1 << from);
		assert_row_int(name, rec.initiator_by, WEIR_BY_SYN);
		assert_row_int(name, rec.sender, 0);
		assert_row_int(name, rec.tcp_flags, SYN);
		assert_row_int(name, rec.hook, from ? WEIR_INGRESS : WEIR_EGRESS);
		assert_row_int(name, rec.role, ROLE_UPLINK);
		assert_row_int(name, rec.ifindex, ETH0);
		assert_row_str(name, rec.ifname, "eth0");
		assert_row_int(name, rec.family, WEIR_IPV4);
		assert_row_int(name, rec.proto, IPPROTO_TCP);
		assert_row(name, !rec.has_counts && !rec.legs);
		assert_row(name, !rec.rtt_server_ns && !rec.rtt_client_ns);
	}
}

static void an_established_tells_the_handshakes_time(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		struct record open, rec;

		SEND(world, uplink, from, .flags = SYN, .seq = 1);
		world->now_ns += 300 * US;
		SEND(world, uplink, !from, .flags = SYN | ACK, .seq = 2);
		world->now_ns += 100 * US;
		SEND(world, uplink, from, .flags = ACK);
		open = world_take_event(world, name, RECORD_OPEN).rec;
		rec = world_take_event(world, name, RECORD_ESTABLISHED).rec;
		world_assert_silent(world, name);
		assert_row_int(name, rec.time_ns, world->now_ns);
		assert_row_int(name, rec.start_ns, open.start_ns);
		assert_row(name, rec.conn_id == open.conn_id);
		assert_row_int(name, rec.sender, 1);
		assert_row_int(name, rec.tcp_flags, SYN | ACK);
		assert_row_int(name, rec.hook, from ? WEIR_EGRESS : WEIR_INGRESS);
		assert_row_int(name, rec.addr[from][15], 5);
		assert_row_int(name, rec.rtt_server_ns, 310 * US);
		assert_row_int(name, rec.rtt_client_ns, 110 * US);
		assert_row_str(name, rec.ifname, "eth0");
		assert_row(name, !rec.has_counts);
	}
}

/* By the loopback, where it leaves; what comes in from elsewhere as if it did is forged, and not established. */
static void who_is_connected_to_itself_has_one_side(void **state)
{
	static const struct packet packets[] = {
		{ .flags = SYN, .seq = 1 },
		{ .flags = SYN | ACK, .seq = 1 },
		{ .flags = ACK },
		{ .flags = PSH | ACK, .bytes = 500 },
		{ .flags = FIN | ACK, .seq = 5 },
		{ .flags = ACK, .seq = 6 },
	};

	(void)state;
	for (unsigned int is_forged = 0; is_forged < 2; is_forged++) {
		auto_world struct world *world = world_new(64);
		const char *name = is_forged ? "forged" : "of itself";
		struct weir_flow_key key = world_key(IPPROTO_TCP, 0, is_forged ? ETH0 : LO);
		struct told told;

		memcpy(key.addr[1], key.addr[0], sizeof(key.addr[0]));
		key.port[1] = key.port[0];
		for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
			struct packet packet = packets[i];

			packet.hook = is_forged ? WEIR_INGRESS : WEIR_EGRESS;
			world_pass(world, &key, &packet);
		}
		world_settle(world);
		assert_row_int(name, world_take_event(world, name, RECORD_OPEN).rec.port[1], 43210);
		if (!is_forged)
			world_take_event(world, name, RECORD_ESTABLISHED);
		told = world_take_event(world, name, RECORD_CLOSE);
		world_assert_silent(world, name);
		assert_row_int(name, told.rec.close_reason, WEIR_CLOSE_FIN);
		assert_row_int(name, told.rec.count[0].packets, 6);
		assert_row_int(name, told.rec.count[0].bytes, 5 * FRAME_LEN + 500);
		assert_row_int(name, told.rec.count[1].packets, 0);
	}
}

static void a_repeated_syn_leaves_the_rtt_unknown(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	HANDSHAKE(world, uplink, 0);
	world_take(world);
	rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.rtt_server_ns, 0);
	assert_int_equal(rec.rtt_client_ns, 0);
	FAREWELL(world, uplink, 0);
	world_settle(world);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.rtt_server_ns, 0);
}

static void an_answer_after_hours_leaves_the_rtt_unknown(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	world->now_ns += RECORD_RTT_MAX;
	SEND(world, uplink, 1, .flags = SYN | ACK, .seq = 2);
	world->now_ns += 100 * US;
	SEND(world, uplink, 0, .flags = ACK);
	world_take(world);
	rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.rtt_server_ns, 0);
	assert_int_equal(rec.rtt_client_ns, 110 * US);
}

static void an_update_is_told_at_the_interval_while_it_moves(void **state)
{
	auto_world struct world *world = world_new(64);
	uint64_t start = world->now_ns + 10 * US;
	struct told told;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	world_drop_told(world);
	SEND(world, uplink, 0, .flags = ACK | PSH, .bytes = 1000);
	world_sweep(world);
	world_assert_silent(world, "too early");
	world->now_ns += INTERVAL;
	world_sweep(world);
	told = world_take_event(world, "first", RECORD_UPDATE);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	assert_int_equal(told.rec.start_ns, start);
	assert_int_equal(told.rec.duration_ns, world->now_ns - start);
	assert_int_equal(told.rec.tcp_flags, ACK | PSH);
	assert_int_equal(told.rec.sender, 0);
	assert_true(told.rec.has_counts);
	assert_int_equal(told.rec.count[0].packets, 3);
	assert_int_equal(told.rec.count[0].bytes, 1200);
	assert_int_equal(told.rec.count[1].packets, 1);
	assert_int_equal(told.rec.count[1].bytes, 100);
	assert_true(told.rec.rtt_server_ns && told.rec.rtt_client_ns);
	assert_int_equal(told.count, 0);
	assert_string_equal(told.rec.ifname, "eth0");
	world->now_ns += INTERVAL;
	world_sweep(world);
	world_assert_silent(world, "nothing moved");
	SEND(world, uplink, 1, .flags = ACK);
	world->now_ns += INTERVAL - 20 * US;
	world_sweep(world);
	told = world_take_event(world, "second", RECORD_UPDATE);
	assert_int_equal(told.rec.tcp_flags, ACK);
	assert_int_equal(told.rec.count[1].packets, 2);
	SEND(world, uplink, 1, .flags = ACK);
	world->now_ns += INTERVAL - 20 * US;
	world_sweep(world);
	world_assert_silent(world, "just before the interval");
	world->now_ns += 20 * US;
	world_sweep(world);
	world_take_event(world, "third", RECORD_UPDATE);
}

static void a_close_tells_the_totals_once(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		struct told open, told;
		uint64_t closed_ns;

		HANDSHAKE(world, uplink, from);
		SEND(world, uplink, from, .flags = ACK | PSH, .bytes = 1000);
		SEND(world, uplink, !from, .flags = ACK | PSH, .bytes = 2000);
		FAREWELL(world, uplink, from);
		closed_ns = world->now_ns;
		open = world_take_event(world, name, RECORD_OPEN);
		world_take_event(world, name, RECORD_ESTABLISHED);
		world_assert_silent(world, name);
		world_settle(world);
		told = world_take_event(world, name, RECORD_CLOSE);
		world_assert_silent(world, name);
		assert_row(name, told.rec.conn_id == open.rec.conn_id);
		assert_row_int(name, told.rec.time_ns, closed_ns);
		assert_row_int(name, told.rec.duration_ns, closed_ns - open.rec.start_ns);
		assert_row_int(name, told.rec.count[0].packets, 5);
		assert_row_int(name, told.rec.count[0].bytes, 1400);
		assert_row_int(name, told.rec.count[1].packets, 3);
		assert_row_int(name, told.rec.count[1].bytes, 2200);
		assert_row_int(name, told.count, 0);
		assert_row(name, told.rec.rtt_server_ns && told.rec.rtt_client_ns);
		/* What follows is told no more. */
		SEND(world, uplink, from, .flags = ACK);
		world->now_ns += 10 * INTERVAL;
		world_sweep(world);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_assert_silent(world, name);
		world_assert_empty(world);
	}
}

enum ending {
	FIN_BY_0,
	FIN_BY_1,
	RST_BY_0,
	RST_BY_1,
	REFUSED,
	SILENCE,
	RECLAIMED,
	GONE,
};

static void end_by(struct world *world, enum ending ending)
{
	switch (ending) {
	case FIN_BY_0:
	case FIN_BY_1:
		FAREWELL(world, uplink, ending == FIN_BY_1);
		break;
	case RST_BY_0:
	case RST_BY_1:
		SEND(world, uplink, ending == RST_BY_1, .flags = RST);
		break;
	case REFUSED:
		SEND(world, uplink, 1, .flags = RST | ACK);
		break;
	case SILENCE:
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		break;
	case RECLAIMED:
		world_reap_all(world, WEIR_CLOSE_RECLAIMED);
		break;
	case GONE:
		world_reap_all(world, WEIR_CLOSE_INTERFACE_GONE);
		break;
	}
}

static void each_end_has_its_reason_and_its_author(void **state)
{
	static const struct {
		const char *name;
		enum ending ending;
		bool is_established;
		enum weir_close_reason reason;
		uint8_t tcp_flags, sender, hook;
	} cases[] = {
		{ "FIN", FIN_BY_0, true, WEIR_CLOSE_FIN, FIN | ACK, 0, WEIR_EGRESS },
		{ "FIN of the responder", FIN_BY_1, true, WEIR_CLOSE_FIN, FIN | ACK, 1,
		  WEIR_INGRESS },
		{ "RST", RST_BY_0, true, WEIR_CLOSE_RST, RST, 0, WEIR_EGRESS },
		{ "RST of the responder", RST_BY_1, true, WEIR_CLOSE_RST, RST, 1, WEIR_INGRESS },
		{ "given up", RST_BY_0, false, WEIR_CLOSE_RST, RST, 0, WEIR_EGRESS },
		{ "refused", REFUSED, false, WEIR_CLOSE_REFUSED, RST, 1, WEIR_INGRESS },
		{ "silence", SILENCE, true, WEIR_CLOSE_TIMEOUT, 0, 0, WEIR_EGRESS },
		{ "no answer", SILENCE, false, WEIR_CLOSE_TIMEOUT, 0, 0, WEIR_EGRESS },
		{ "map pressure", RECLAIMED, false, WEIR_CLOSE_RECLAIMED, 0, 0, WEIR_EGRESS },
		{ "interface gone", GONE, true, WEIR_CLOSE_INTERFACE_GONE, 0, 0, WEIR_EGRESS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_world struct world *world = world_new(64);
		const char *name = cases[i].name;
		struct record rec;

		if (cases[i].is_established)
			HANDSHAKE(world, uplink, 0);
		else
			SEND(world, uplink, 0, .flags = SYN, .seq = 1);
		world_drop_told(world);
		end_by(world, cases[i].ending);
		if (cases[i].ending < SILENCE) { /* else what was reaped is final */
			world_assert_silent(world, name);
			world_settle(world);
		}
		rec = world_take_event(world, name, RECORD_CLOSE).rec;
		world_assert_silent(world, name);
		assert_row_int(name, rec.close_reason, cases[i].reason);
		assert_row_int(name, rec.tcp_flags, cases[i].tcp_flags);
		assert_row_int(name, rec.sender, cases[i].sender);
		assert_row_int(name, rec.closed_by, cases[i].sender);
		assert_row_int(name, rec.hook, cases[i].hook);
		assert_row(name, rec.has_counts);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_assert_silent(world, name);
		world_assert_empty(world);
	}
}

static void udp_lives_from_its_first_packet_to_silence(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world_send_udp(world, uplink, 1, 1);
	told = world_take_event(world, "open", RECORD_OPEN);
	assert_int_equal(told.rec.initiator_by, WEIR_BY_FIRST);
	assert_int_equal(told.rec.tcp_flags, 0);
	assert_int_equal(told.rec.port[0], 5432);
	world_send_udp(world, uplink, 1, 1);
	world_assert_silent(world, "the same side again");
	world_send_udp(world, uplink, 1, 0);
	told = world_take_event(world, "established", RECORD_ESTABLISHED);
	assert_int_equal(told.rec.sender, 1);
	assert_int_equal(told.rec.tcp_flags, 0);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	assert_int_equal(told.rec.rtt_server_ns, 0);
	world_send_udp(world, uplink, 1, 0);
	world_assert_silent(world, "the second answer");
	world->now_ns += 180 * SEC;
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = world_take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.count[0].packets, 2);
	assert_int_equal(told.rec.count[1].packets, 2);
	/* It lasted to its last packet, not to the end of the silence. */
	assert_true(told.rec.duration_ns < TICK_NS);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	world_assert_silent(world, "after the close");
	world_assert_empty(world);
}

static void icmp_has_the_type_of_each_side(void **state)
{
	static const struct {
		uint8_t proto, ask, answer;
	} cases[] = { { IPPROTO_ICMP, 8, 0 }, { IPPROTO_ICMPV6, 128, 129 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct packet ask = { .dir = 0, .icmp_type = cases[i].ask };
		const struct packet answer = { .dir = 1, .icmp_type = cases[i].answer };
		auto_world struct world *world = world_new(64);
		struct record rec;

		world_send(world, cases[i].proto, uplink, 1, &ask);
		rec = world_take_event(world, "open", RECORD_OPEN).rec;
		assert_int_equal(rec.icmp_type, cases[i].ask);
		assert_int_equal(rec.port[0], 77);
		world_send(world, cases[i].proto, uplink, 1, &answer);
		rec = world_take_event(world, "established", RECORD_ESTABLISHED).rec;
		assert_int_equal(rec.icmp_type, cases[i].answer);
		assert_int_equal(rec.sender, 1);
		world_send(world, cases[i].proto, uplink, 1, &ask);
		world->now_ns += INTERVAL;
		world_sweep(world);
		rec = world_take_event(world, "update", RECORD_UPDATE).rec;
		assert_int_equal(rec.icmp_type, cases[i].ask);
		assert_int_equal(rec.sender, 0);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		rec = world_take_event(world, "close", RECORD_CLOSE).rec;
		assert_int_equal(rec.icmp_type, cases[i].ask);
		assert_int_equal(rec.sender, 0);
	}
}

/* A tick is coarser than the clock: the last packet may seem older than the first. */
static void a_connection_never_ends_before_it_began(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->now_ns = BEGIN_NS + TICK_NS - 20 * US;
	world_send_udp(world, uplink, 1, 0);
	world_drop_told(world);
	world->now_ns += 60 * SEC;
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	rec = world_take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.duration_ns, 0);
}

int main(void)
{
	return RUN_TESTS(
		TEST(an_open_tells_who_and_where), TEST(an_established_tells_the_handshakes_time),
		TEST(who_is_connected_to_itself_has_one_side),
		TEST(a_repeated_syn_leaves_the_rtt_unknown),
		TEST(an_answer_after_hours_leaves_the_rtt_unknown),
		TEST(an_update_is_told_at_the_interval_while_it_moves),
		TEST(a_close_tells_the_totals_once), TEST(each_end_has_its_reason_and_its_author),
		TEST(udp_lives_from_its_first_packet_to_silence),
		TEST(icmp_has_the_type_of_each_side),
		TEST(a_connection_never_ends_before_it_began));
}

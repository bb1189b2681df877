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
		world_drop_told(world);
		FAREWELL(world, pod_and_uplink, 0);
		world_settle(world);
		told = world_take_event(world, name, RECORD_CLOSE);
		assert_row_int(name, told.rec.count[cases[i].initiator].packets, 3);
		assert_row_int(name, told.rec.count[!cases[i].initiator].packets, 2);
		assert_row_int(name, told.rec.closed_by, cases[i].initiator);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_assert_empty(world);
	}
}

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
	return RUN_TESTS(
		TEST(an_open_tells_who_and_where), TEST(an_established_tells_the_handshakes_time),
		TEST(a_repeated_syn_leaves_the_rtt_unknown),
		TEST(an_answer_after_hours_leaves_the_rtt_unknown),
		TEST(an_update_is_told_at_the_interval_while_it_moves),
		TEST(a_close_tells_the_totals_once), TEST(each_end_has_its_reason_and_its_author),
		TEST(udp_lives_from_its_first_packet_to_silence),
		TEST(icmp_has_the_type_of_each_side), TEST(a_connection_never_ends_before_it_began),
		TEST(a_first_packet_of_any_kind_begins_a_connection),
		TEST(the_id_is_that_of_tuple_and_start), TEST(what_finds_no_room_is_counted),
		TEST(who_listens_did_not_begin_what_is_older_than_us),
		TEST(an_icmp_error_is_told_with_the_connection),
		TEST(an_icmp_error_may_be_all_that_is_heard_of_it),
		TEST(an_icmp_error_before_the_first_packets_event_is_kept));
}

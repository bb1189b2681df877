// SPDX-License-Identifier: BSD-2-Clause
/*
 * Translated connections: when the table asks, with what, what its records say of the answer, and
 * that each number it gets is given back.
 */
#include "conn_world.h"

static void settled(struct world *world, uint32_t number, uint16_t port)
{
	world->nat_state = CONN_NAT_SETTLED;
	world->nat_number = number;
	world->nat_port = port;
}

static void what_is_settled_is_asked_once(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	HANDSHAKE(world, uplink, 0);
	assert_int_equal(world->nat_asked, 1);
	assert_int_equal(world_take_event(world, "open", RECORD_OPEN).rec.nat, 0);
	assert_int_equal(world_take_event(world, "established", RECORD_ESTABLISHED).rec.nat, 0);
}

static void what_is_not_settled_is_asked_before_each_record(void **state)
{
	static const enum conn_nat_state states[] = { CONN_NAT_UNASKED, CONN_NAT_MISSED,
						      CONN_NAT_PUT_OFF };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		auto_world struct world *world = world_new(64);

		world->nat_state = states[i];
		HANDSHAKE(world, uplink, 0);
		assert_int_equal(world->nat_asked, 2);
		assert_int_equal(world->nat_question.state, states[i]);
		settled(world, 17, 40000);
		SEND(world, uplink, 0, .flags = RST);
		world_settle(world);
		assert_int_equal(world->nat_asked, 3);
		world_take_event(world, "open", RECORD_OPEN);
		world_take_event(world, "established", RECORD_ESTABLISHED);
		assert_int_equal(world_take_event(world, "close", RECORD_CLOSE).rec.nat, 17);
	}
}

static void the_question_is_from_the_initiator_on(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		const struct conn_nat *question = &world->nat_question;
		uint64_t began_ns;

		world->owners[from] = (struct weir_owner){ .tgid = 4, .via = WEIR_VIA_USER };
		world->nat_state = CONN_NAT_UNASKED;
		SEND(world, uplink, from, .flags = SYN, .seq = 1);
		assert_row_int(name, question->initiator, from);
		assert_row_int(name, question->is_knocking, true);
		began_ns = world_take_event(world, name, RECORD_OPEN).rec.start_ns;
		assert_row_int(name, question->began_ns, began_ns);
		assert_row_int(name, parties_at(world->parties, question->party[0])->netns, 4);
		assert_row_int(name, parties_at(world->parties, question->party[1])->netns, 0);
		SEND(world, uplink, !from, .flags = SYN | ACK, .seq = 2);
		SEND(world, uplink, from, .flags = ACK);
		assert_row_int(name, question->is_knocking, false);
		assert_row_int(name, question->began_ns, began_ns);
	}
}

static void a_beginning_that_was_not_seen_is_not_told(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	world->nat_state = CONN_NAT_UNASKED;
	SEND(world, uplink, 0, .flags = ACK | PSH, .seq = 1);
	assert_int_equal(world->nat_asked, 1);
	assert_int_equal(world->nat_question.began_ns, 0);
	assert_false(world->nat_question.is_knocking);
	world_send_udp(world, uplink, ARRAY_SIZE(uplink), 0);
	assert_int_equal(world->nat_asked, 2);
	assert_int_equal(world->nat_question.began_ns, 0);
	assert_false(world->nat_question.is_knocking);
}

static void every_record_of_a_translated_connection_tells_of_it(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	settled(world, 4096, 65535);
	HANDSHAKE(world, uplink, 0);
	SEND(world, uplink, 0, .flags = RST);
	world_settle(world);
	/* Its twin may have told more: before each record. */
	assert_int_equal(world->nat_asked, 3);
	for (enum record_event event = RECORD_OPEN; event < RECORD_EVENT_MAX; event++) {
		struct record rec;

		if (event == RECORD_UPDATE)
			continue;
		rec = world_take_event(world, "translated", event).rec;
		assert_int_equal(rec.nat, 4096);
		assert_int_equal(rec.nat_port, 65535);
	}
}

static void a_twin_that_was_seen_stays_so(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	settled(world, 5, 1);
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	assert_false(world_take_event(world, "open", RECORD_OPEN).rec.nat_has_twin);
	world->nat_has_twin = true;
	SEND(world, uplink, 1, .flags = SYN | ACK, .seq = 2);
	SEND(world, uplink, 0, .flags = ACK);
	assert_true(world_take_event(world, "established", RECORD_ESTABLISHED).rec.nat_has_twin);
	/* It has gone before this one does. */
	world->nat_has_twin = false;
	SEND(world, uplink, 0, .flags = RST);
	world_settle(world);
	assert_true(world->nat_question.has_twin);
	assert_true(world_take_event(world, "close", RECORD_CLOSE).rec.nat_has_twin);
}

static void what_a_tunnel_carries_is_not_asked_for(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key key = world_key(IPPROTO_TCP, 0, ETH0);

	(void)state;
	world->nat_state = CONN_NAT_UNASKED;
	key.vlan = WEIR_ENCAPSULATED;
	world_pass(world, &key, &(const struct packet){ .dir = 0, .flags = SYN });
	world_take_event(world, "inner", RECORD_OPEN);
	assert_int_equal(world->nat_asked, 0);
}

static void a_number_is_given_back_with_the_connection(void **state)
{
	static const enum conn_nat_state states[] = { CONN_NAT_MISSED, CONN_NAT_PUT_OFF,
						      CONN_NAT_SETTLED };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		auto_world struct world *world = world_new(64);

		settled(world, 9, 1);
		world->nat_state = states[i];
		HANDSHAKE(world, pod_and_uplink, 0);
		SEND(world, pod_and_uplink, 0, .flags = RST);
		world_settle(world);
		assert_int_equal(world->nat_held, 1);
		world_reap_all(world, WEIR_CLOSE_TIMEOUT);
		world_assert_empty(world);
		assert_int_equal(world->nat_held, 0);
		assert_int_equal(world->nat_dropped[states[i]], 1);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(what_is_settled_is_asked_once),
			 TEST(what_is_not_settled_is_asked_before_each_record),
			 TEST(the_question_is_from_the_initiator_on),
			 TEST(a_beginning_that_was_not_seen_is_not_told),
			 TEST(every_record_of_a_translated_connection_tells_of_it),
			 TEST(a_twin_that_was_seen_stays_so),
			 TEST(what_a_tunnel_carries_is_not_asked_for),
			 TEST(a_number_is_given_back_with_the_connection));
}

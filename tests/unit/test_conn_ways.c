// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections that take two interfaces: each direction one of its own, or one after the other. What
 * they tell is told by whichever leg knows it first, by events alone; and the kernel's map is not asked
 * for what legs have told before.
 */
#include "conn_world.h"

/* Endpoint 0 is this host's: what it sends leaves by eth0, and what it gets comes in by eth1. */
static void there(struct world *world, uint8_t proto, uint8_t flags, uint32_t seq)
{
	const struct weir_flow_key key = world_key(proto, 0, ETH0);

	world_pass(world, &key,
		   &(struct packet){ .dir = 0, .hook = WEIR_EGRESS, .flags = flags, .seq = seq });
}

static void back(struct world *world, uint8_t proto, uint8_t flags, uint32_t seq)
{
	const struct weir_flow_key key = world_key(proto, 0, ETH1);

	world_pass(world, &key,
		   &(struct packet){ .dir = 1, .hook = WEIR_INGRESS, .flags = flags, .seq = seq });
}

/* Nothing has been swept. */
static void what_has_a_way_for_each_side_is_established_by_its_event(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	there(world, IPPROTO_TCP, SYN, 1);
	back(world, IPPROTO_TCP, SYN | ACK, 2);
	world_take_event(world, "open", RECORD_OPEN);
	world_assert_silent(world, "the answer");
	there(world, IPPROTO_TCP, ACK, 2);
	told = world_take_event(world, "established", RECORD_ESTABLISHED);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	assert_int_equal(told.rec.ifindex, ETH0);
	assert_int_equal(told.rec.hook, WEIR_INGRESS); /* of what it is the answer to */
	assert_int_equal(told.rec.sender, 1);
	assert_int_equal(told.rec.rtt_server_ns, 10 * US);
	assert_int_equal(told.rec.rtt_client_ns, 10 * US);
	world_sweep(world);
	world_assert_silent(world, "the sweep");
}

/* What is told of is the answer: if it took another way, it went where the others come from. */
static void who_is_elsewhere_is_answered_that_way(void **state)
{
	auto_world struct world *world = world_new(64);
	const struct weir_flow_key here = world_key(IPPROTO_TCP, 0, ETH0);
	struct told told;

	(void)state;
	world_pass(world, &here, &(struct packet){ .hook = WEIR_INGRESS, .flags = SYN, .seq = 1 });
	back(world, IPPROTO_TCP, SYN | ACK, 2);
	world_take_event(world, "open", RECORD_OPEN);
	world_pass(world, &here, &(struct packet){ .hook = WEIR_INGRESS, .flags = ACK, .seq = 2 });
	told = world_take_event(world, "established", RECORD_ESTABLISHED);
	assert_int_equal(told.rec.ifindex, ETH0);
	assert_int_equal(told.rec.hook, WEIR_EGRESS);
}

/* The other side's packets may be those that come later, or be known of later. */
static void what_is_heard_last_tells_that_it_is_established(void **state)
{
	static const uint8_t flags[] = { SYN | ACK, ACK, PSH | ACK, FIN | ACK };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		auto_world struct world *world = world_new(64);
		struct told told;

		there(world, IPPROTO_TCP, SYN, 1);
		there(world, IPPROTO_TCP, ACK, 2);
		world_take_event(world, "open", RECORD_OPEN);
		world_assert_silent(world, "one side");
		back(world, IPPROTO_TCP, flags[i], 2);
		told = world_take_event(world, "established", RECORD_ESTABLISHED);
		assert_int_equal(told.rec.time_ns, world->now_ns);
		assert_int_equal(told.rec.ifindex, ETH1);
		assert_int_equal(told.rec.hook, WEIR_INGRESS);
		world_assert_silent(world, "both sides");
	}
}

/* The responder goes on behind its answer, and of who began there was but the SYN. */
static void who_answers_alone_is_established_with_whom_it_answers(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	there(world, IPPROTO_TCP, SYN, 1);
	back(world, IPPROTO_TCP, SYN | ACK, 2);
	world_take_event(world, "open", RECORD_OPEN);
	world_assert_silent(world, "the answer");
	back(world, IPPROTO_TCP, PSH | ACK, 3);
	assert_int_equal(world_take_event(world, "established", RECORD_ESTABLISHED).rec.ifindex,
			 ETH1);
}

/* Where the events were lost the sweep tells, and when it was: at the leg that has seen it last. */
static void the_sweep_knows_when_it_was_established(void **state)
{
	auto_world struct world *world = world_new(64);
	uint64_t established_ns;

	(void)state;
	world->loses_events = true;
	there(world, IPPROTO_TCP, SYN, 1);
	back(world, IPPROTO_TCP, SYN | ACK, 2);
	there(world, IPPROTO_TCP, ACK, 2);
	established_ns = world->now_ns;
	world->now_ns += 5 * MS;
	world_sweep(world);
	world_take_event(world, "open", RECORD_OPEN);
	assert_int_equal(world_take_event(world, "established", RECORD_ESTABLISHED).rec.time_ns,
			 established_ns);
}

/* A SYN and an ACK that guesses are refused, by another way. */
static void a_refusal_by_another_way_establishes_nothing(void **state)
{
	static const uint8_t flags[] = { RST, RST | ACK };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		auto_world struct world *world = world_new(64);

		there(world, IPPROTO_TCP, SYN, 1);
		there(world, IPPROTO_TCP, ACK, 2);
		back(world, IPPROTO_TCP, flags[i], 2);
		world_settle(world);
		world_sweep(world);
		world_take_event(world, "open", RECORD_OPEN);
		world_take_event(world, "close", RECORD_CLOSE);
		world_assert_silent(world, "refused");
	}
}

static void without_a_handshake_the_first_answer_establishes_by_any_way(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	there(world, IPPROTO_UDP, 0, 0);
	there(world, IPPROTO_UDP, 0, 0);
	world_take_event(world, "open", RECORD_OPEN);
	world_assert_silent(world, "a question");
	back(world, IPPROTO_UDP, 0, 0);
	told = world_take_event(world, "established", RECORD_ESTABLISHED);
	assert_int_equal(told.rec.ifindex, ETH1);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	world->now_ns += INTERVAL;
	world_sweep(world);
	world_assert_silent(world, "nothing has come since");
}

/* A host that asks itself: an ICMP id stands for both ports, and a question is no answer. */
static void without_a_handshake_a_question_to_oneself_is_no_answer(void **state)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_ICMP };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		auto_world struct world *world = world_new(64);
		struct weir_flow_key key = world_key(protos[i], 0, LO);

		memcpy(key.addr[1], key.addr[0], sizeof(key.addr[1]));
		key.port[1] = key.port[0];
		world_pass(world, &key, &(struct packet){ .hook = WEIR_EGRESS });
		world_take_event(world, "open", RECORD_OPEN);
		world_assert_silent(world, "a question");
	}
}

/* A flood of SYNs and ACKs that is passed on: each of its flows has two legs that wait for an answer. */
static void who_waits_for_the_other_side_asks_the_kernel_nothing(void **state)
{
	auto_world struct world *world = world_new(512);
	static const struct place places[2] = { { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } };

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		const struct place *place = &places[i % 2];
		const struct weir_flow_key key = world_key(IPPROTO_TCP, i / 2, place->ifindex);

		world_pass(world, &key,
			   &(struct packet){ .hook = place->hook, .flags = SYN, .seq = 1 });
		world_pass(world, &key,
			   &(struct packet){ .hook = place->hook, .flags = ACK, .seq = 2 });
	}
	for (unsigned int i = 0; i < 200; i++)
		world_take_event(world, "open", RECORD_OPEN);
	for (unsigned int i = 0; i < 4; i++) {
		world->now_ns += SEC;
		world_sweep(world);
	}
	world_assert_silent(world, "a flood");
	assert_int_equal(world->lookups, 0);
}

/* ---- updates ---- */

/* In both directions, at one of this host's cards. */
static void talk(struct world *world, uint32_t ifindex, unsigned int times)
{
	const struct weir_flow_key key = world_key(IPPROTO_TCP, 0, ifindex);

	for (unsigned int i = 0; i < times; i++) {
		world_pass(world, &key, &(struct packet){ .hook = WEIR_EGRESS, .flags = ACK });
		world_pass(world, &key,
			   &(struct packet){ .dir = 1, .hook = WEIR_INGRESS, .flags = ACK });
	}
}

static void take_update(struct world *world, const char *name, uint64_t forward, uint64_t reverse)
{
	struct told told = world_take_event(world, name, RECORD_UPDATE);

	assert_row_int(name, told.rec.count[0].packets, forward);
	assert_row_int(name, told.rec.count[1].packets, reverse);
	world_assert_silent(world, name);
}

/* The first leg is there until its timeout, and is silent. */
static void updates_go_on_where_the_connection_does(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	HANDSHAKE(world, uplink, 0);
	world_drop_told(world);
	for (unsigned int i = 1; i <= 3; i++) {
		talk(world, ETH1, 10);
		world->now_ns += INTERVAL;
		world_sweep(world);
		take_update(world, "moved", 2 + 10 * i, 1 + 10 * i);
		world_sweep(world);
		world_assert_silent(world, "too soon");
	}
	world->now_ns += INTERVAL;
	world_sweep(world);
	world_assert_silent(world, "nothing came");
	talk(world, ETH0, 1);
	world->now_ns += INTERVAL;
	world_sweep(world);
	take_update(world, "moved back", 33, 32);
}

/* Of what only passes through, legs are not added up; that packets come is told all the same. */
static void updates_go_on_where_nobody_is_of_this_host(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	world->has_no_addrs = true;
	HANDSHAKE(world, uplink, 0);
	world_drop_told(world);
	talk(world, ETH1, 10);
	world->now_ns += SEC;
	talk(world, ETH1, 1);
	world->now_ns += INTERVAL;
	world_sweep(world);
	told = world_take_event(world, "update", RECORD_UPDATE);
	assert_int_equal(told.rec.count[0].packets, 2);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.legs[1].ifindex, ETH1);
	assert_int_equal(told.legs[1].count[0].packets, 11);
	world->now_ns += INTERVAL;
	world_sweep(world);
	world_assert_silent(world, "nothing came");
}

/* And so they do when the first leg has gone. */
static void updates_go_on_when_a_leg_has_gone(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	HANDSHAKE(world, uplink, 0);
	talk(world, ETH1, 10);
	world_drop_told(world);
	world_reap_at(world, IPPROTO_TCP, ETH0, WEIR_CLOSE_TIMEOUT);
	world->now_ns += INTERVAL;
	world_sweep(world);
	take_update(world, "gone", 12, 11);
	world->now_ns += INTERVAL;
	world_sweep(world);
	world_assert_silent(world, "nothing came");
	talk(world, ETH1, 1);
	world->now_ns += INTERVAL;
	world_sweep(world);
	take_update(world, "goes on", 13, 12);
}

/* What came at once with the last record, and nothing since: by its time alone it might be news. */
static void what_other_legs_have_seen_of_the_same_packets_is_no_news(void **state)
{
	auto_world struct world *world = world_new(64);
	unsigned int lookups;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	world_drop_told(world);
	lookups = world->lookups;
	world->now_ns += INTERVAL;
	world_sweep(world);
	world_assert_silent(world, "the handshake");
	assert_int_equal(world->lookups, lookups + 1); /* of the other leg; that one asks no more */
	SEND(world, pod_and_uplink, 0, .flags = PSH | ACK, .seq = 2);
	world->now_ns += INTERVAL;
	world_sweep(world);
	take_update(world, "the question", 3, 1);
	lookups = world->lookups;
	for (unsigned int i = 0; i < 3; i++) {
		world->now_ns += INTERVAL;
		world_sweep(world);
	}
	world_assert_silent(world, "nothing came");
	assert_int_equal(world->lookups, lookups);
	SEND(world, pod_and_uplink, 1, .flags = PSH | ACK, .seq = 3);
	world->now_ns += INTERVAL;
	world_sweep(world);
	take_update(world, "the answer", 3, 2);
}

/* Each side's way alone has fewer packets than were told of both. */
static void updates_are_of_both_ways(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	there(world, IPPROTO_TCP, SYN, 1);
	back(world, IPPROTO_TCP, SYN | ACK, 2);
	there(world, IPPROTO_TCP, ACK, 2);
	world_drop_told(world);
	world->now_ns += INTERVAL;
	world_sweep(world);
	world_assert_silent(world, "nothing came");
	back(world, IPPROTO_TCP, PSH | ACK, 3);
	world->now_ns += INTERVAL;
	world_sweep(world);
	take_update(world, "the answers' way", 2, 2);
	there(world, IPPROTO_TCP, PSH | ACK, 3);
	world->now_ns += INTERVAL;
	world_sweep(world);
	take_update(world, "the questions' way", 3, 2);
}

/* The flags are those of all legs since the last record. */
static void updates_say_what_any_leg_has_seen(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	there(world, IPPROTO_TCP, SYN, 1);
	back(world, IPPROTO_TCP, SYN | ACK, 2);
	there(world, IPPROTO_TCP, ACK, 2);
	world_drop_told(world);
	there(world, IPPROTO_TCP, ACK, 2);
	back(world, IPPROTO_TCP, FIN | ACK, 3);
	world->now_ns += INTERVAL;
	world_sweep(world);
	told = world_take_event(world, "update", RECORD_UPDATE);
	assert_int_equal(told.rec.tcp_flags, FIN | ACK);
}

int main(void)
{
	return RUN_TESTS(TEST(what_has_a_way_for_each_side_is_established_by_its_event),
			 TEST(who_is_elsewhere_is_answered_that_way),
			 TEST(what_is_heard_last_tells_that_it_is_established),
			 TEST(who_answers_alone_is_established_with_whom_it_answers),
			 TEST(the_sweep_knows_when_it_was_established),
			 TEST(a_refusal_by_another_way_establishes_nothing),
			 TEST(without_a_handshake_the_first_answer_establishes_by_any_way),
			 TEST(without_a_handshake_a_question_to_oneself_is_no_answer),
			 TEST(who_waits_for_the_other_side_asks_the_kernel_nothing),
			 TEST(updates_go_on_where_the_connection_does),
			 TEST(updates_go_on_where_nobody_is_of_this_host),
			 TEST(updates_go_on_when_a_leg_has_gone),
			 TEST(what_other_legs_have_seen_of_the_same_packets_is_no_news),
			 TEST(updates_are_of_both_ways), TEST(updates_say_what_any_leg_has_seen));
}

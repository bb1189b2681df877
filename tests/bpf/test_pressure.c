// SPDX-License-Identifier: BSD-2-Clause
/*
 * Too many flows, too many questions, too many events: what does not fit is counted where it belongs.
 */
#include <netinet/in.h>
#include <sched.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "pkt_build.h"
#include "tests/harness.h"

#define FEW_FLOWS	 8
#define REFUSED_FOR_EVER (1 << 30)
#define PATIENCE	 1000000 /* packets: seconds */

/* A refusal is the CPU's own. */
static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static int move_anywhere(void **state)
{
	cpu_set_t set;

	(void)state;
	memset(&set, 0xff, sizeof(set));
	return sched_setaffinity(0, sizeof(set), &set);
}

static void new_flows_that_find_the_map_full_are_counted_as_no_room(void **state)
{
	static const struct bpf_env_options options = { .max_flows = FEW_FLOWS,
							.refuse_jiffies = REFUSED_FOR_EVER };
	auto_bpf_env struct bpf_env *env = NULL;
	const struct weir_event *events;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	stay_on_one_cpu();
	for (unsigned int i = 0; i < FEW_FLOWS + 3; i++) {
		send_numbered(env, i);
		check_balance(env);
	}
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_FLOWS);
	check_remainder(env, WEIR_REM_NO_ROOM, 3, 3 * UINT64_C(100));
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), FEW_FLOWS);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 3);
	assert_int_equal(bpf_env_events(env, &events), FEW_FLOWS);

	/* Flows that are in go on. */
	send_numbered(env, 0);
	check_remainder(env, WEIR_REM_NO_ROOM, 3, 3 * UINT64_C(100));
	check_balance(env);
}

static void nobody_looks_for_room_before_a_refusal_has_ended(void **state)
{
	static const struct bpf_env_options options = { .max_flows = 1,
							.refuse_jiffies = REFUSED_FOR_EVER };
	auto_bpf_env struct bpf_env *env = NULL;
	struct bpf_env_flow first;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	stay_on_one_cpu();
	send_numbered(env, 0);
	send_numbered(env, 1);
	first = the_flow(env);
	assert_int_equal(bpf_env_del_flow(env, &first.key), 0);
	send_numbered(env, 2);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 0);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 2);
	assert_int_equal(bpf_env_end_refusal(env), 0);
	send_numbered(env, 2);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 1);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), 2);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 2);
}

static void a_refusal_ends_by_itself(void **state)
{
	static const struct bpf_env_options options = { .max_flows = 1, .refuse_jiffies = 1 };
	auto_bpf_env struct bpf_env *env = NULL;
	struct bpf_env_flow first;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	stay_on_one_cpu();
	send_numbered(env, 0);
	send_numbered(env, 1);
	first = the_flow(env);
	assert_int_equal(bpf_env_del_flow(env, &first.key), 0);
	for (unsigned int i = 0; i < PATIENCE && bpf_env_flows(env, NULL, 0) == 0; i++)
		send_numbered(env, 2);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), 2);
}

static void events_that_find_the_ring_full_are_counted_and_lose_nothing_else(void **state)
{
	static const struct bpf_env_options options = { .ring_bytes = 4096 };
	const unsigned int flows = 100;
	auto_bpf_env struct bpf_env *env = NULL;
	const struct weir_event *events;
	int read;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	for (unsigned int i = 0; i < flows; i++)
		send_numbered(env, i);
	assert_int_equal(bpf_env_flows(env, NULL, 0), flows);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), flows);
	check_balance(env);
	read = bpf_env_events(env, &events);
	assert_in_range(read, 1, 4096 / WEIR_EVENT_SHORT);
	assert_int_equal(counter(env, WEIR_EVENTS_LOST), flows - (unsigned int)read);
	send_numbered(env, flows);
	assert_int_equal(bpf_env_events(env, &events), 1);
	assert_int_equal(counter(env, WEIR_EVENTS_LOST), flows - (unsigned int)read);
}

static void without_events_flows_are_the_same(void **state)
{
	static const struct bpf_env_options options = { .has_no_events = true };
	auto_bpf_env struct bpf_env *env = NULL;
	const struct weir_event *events;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	send_numbered(env, 0);
	assert_int_equal(the_flow(env).flow.dir[0].packets, 1);
	assert_int_equal(bpf_env_events(env, &events), 0);
	assert_int_equal(counter(env, WEIR_EVENTS_LOST), 0);
}

/* TCP from a port of its own, so that it is a new flow. */
static struct pkt_desc tcp_numbered(unsigned int i, uint8_t flags)
{
	struct pkt_desc desc = numbered(i);

	desc.proto = IPPROTO_TCP;
	desc.tcp_flags = flags;
	desc.payload = 46;
	return desc;
}

#define FEW_UNANSWERED 3

/* As many flows as may wait for an answer, of ports 0 and following. */
static void fill_with_unanswered(struct bpf_env **ret)
{
	static const struct bpf_env_options options = { .max_unanswered = FEW_UNANSWERED };

	assert_int_equal(bpf_env_new(ret, &options), 0);
	for (unsigned int i = 0; i < FEW_UNANSWERED; i++)
		send_numbered(*ret, i);
	assert_int_equal(bpf_env_flows(*ret, NULL, 0), FEW_UNANSWERED);
	check_balance(*ret);
}

static void too_many_questions_without_an_answer_are_refused(void **state)
{
	static const uint8_t questions[] = { PKT_SYN, PKT_RST, PKT_SYN };
	auto_bpf_env struct bpf_env *env = NULL;
	const struct weir_event *events;

	(void)state;
	fill_with_unanswered(&env);
	assert_int_equal(bpf_env_events(env, &events), FEW_UNANSWERED);
	send_numbered(env, 100);
	for (unsigned int i = 0; i < ARRAY_SIZE(questions); i++) {
		struct pkt_desc desc = tcp_numbered(100 + i, questions[i]);

		send_desc(env, ENV_TC_IN, &desc);
	}
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_UNANSWERED);
	check_remainder(env, WEIR_REM_NO_ROOM, 4, 4 * UINT64_C(100));
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 4);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 0);
	assert_int_equal(bpf_env_events(env, &events), 0);
	check_balance(env);
}

static void a_syn_ack_gets_in_where_a_syn_does_not(void **state)
{
	static const struct bpf_env_options options = { .max_unanswered = 1, .max_answering = 1 };
	const struct pkt_desc syn = tcp_numbered(100, PKT_SYN),
			      first = tcp_numbered(101, PKT_SYN | PKT_ACK),
			      second = tcp_numbered(102, PKT_SYN | PKT_ACK);
	auto_bpf_env struct bpf_env *env = NULL;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	send_numbered(env, 0);
	send_desc(env, ENV_TC_IN, &syn);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 1);
	send_desc(env, ENV_TC_IN, &first);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 2);
	send_desc(env, ENV_TC_IN, &second);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 2);
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 2);
	check_balance(env);
}

static void what_has_been_answered_gets_in_whatever_waits(void **state)
{
	static const uint8_t middles[] = { 0, PKT_ACK, PKT_PSH | PKT_ACK, PKT_FIN | PKT_ACK };
	auto_bpf_env struct bpf_env *env = NULL;

	(void)state;
	fill_with_unanswered(&env);
	for (unsigned int i = 0; i < ARRAY_SIZE(middles); i++) {
		struct pkt_desc desc = tcp_numbered(100 + i, middles[i]);

		send_desc(env, ENV_TC_IN, &desc);
	}
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_UNANSWERED + ARRAY_SIZE(middles));
	/* Flows that are in go on. */
	for (unsigned int i = 0; i < FEW_UNANSWERED; i++)
		send_numbered(env, i);
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 0);
	check_balance(env);
}

/* A packet of the flow that tcp_numbered(i) begins, from the other side. */
static void send_back(struct bpf_env *env, unsigned int i, uint8_t flags)
{
	struct pkt_desc desc = tcp_numbered(i, flags), back = pkt_reversed(&desc);

	send_desc(env, ENV_TC_OUT, &back);
}

static void send_tcp(struct bpf_env *env, unsigned int i, uint8_t flags)
{
	const struct pkt_desc desc = tcp_numbered(i, flags);

	send_desc(env, ENV_TC_IN, &desc);
}

static void the_middles_of_connections_have_a_share_of_their_own(void **state)
{
	static const struct bpf_env_options options = { .max_unanswered = 1, .max_one_sided = 3 };
	static const uint8_t middles[] = { 0, PKT_PSH | PKT_ACK, PKT_FIN | PKT_ACK };
	auto_bpf_env struct bpf_env *env = NULL;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(middles); i++)
		send_tcp(env, i, middles[i]);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 3);
	send_tcp(env, 3, PKT_ACK);
	send_tcp(env, 3, PKT_FIN | PKT_ACK);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 3);
	check_remainder(env, WEIR_REM_NO_ROOM, 2, 2 * UINT64_C(100));
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 2);
	send_tcp(env, 3, PKT_SYN); /* these have theirs */
	assert_int_equal(bpf_env_flows(env, NULL, 0), 4);
	send_tcp(env, 4, PKT_SYN);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 4);
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 3);
	check_balance(env);
}

/* Whatever the other side says but RST, in whatever state; and once. */
static void a_middle_is_out_of_its_share_when_the_other_side_is_heard(void **state)
{
	static const struct {
		uint8_t first, back;
		bool is_heard;
	} cases[] = {
		{ PKT_ACK, PKT_ACK, true },
		{ PKT_ACK, PKT_FIN | PKT_ACK, true },
		{ PKT_ACK, PKT_SYN | PKT_ACK, true },
		{ PKT_ACK, PKT_RST, false },
		{ PKT_ACK, PKT_RST | PKT_ACK, false },
		{ PKT_FIN | PKT_ACK, PKT_ACK, true },
		{ PKT_FIN | PKT_ACK, PKT_FIN | PKT_ACK, true },
		{ PKT_FIN | PKT_ACK, PKT_RST, false },
	};
	struct weir_pressure pressure;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_bpf_env struct bpf_env *env = NULL;

		assert_int_equal(bpf_env_new(&env, NULL), 0);
		for (unsigned int n = 0; n < 2; n++)
			send_tcp(env, 0, cases[i].first);
		assert_int_equal(bpf_env_pressure(env, &pressure), 0);
		assert_int_equal(pressure.one_sided, 1);
		for (unsigned int n = 0; n < 2; n++) {
			send_back(env, 0, cases[i].back);
			assert_int_equal(bpf_env_pressure(env, &pressure), 0);
			assert_int_equal(pressure.one_sided, !cases[i].is_heard);
			assert_int_equal(pressure.unanswered, 0);
		}
		check_balance(env);
	}
}

static void who_is_let_in_is_out_of_its_share_when_it_is_heard(void **state)
{
	static const struct {
		uint8_t back;
		bool is_heard;
	} cases[] = { { PKT_ACK, true }, { PKT_FIN | PKT_ACK, true }, { PKT_RST, false } };
	struct weir_pressure pressure;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_bpf_env struct bpf_env *env = NULL;

		assert_int_equal(bpf_env_new(&env, NULL), 0);
		send_tcp(env, 0, PKT_SYN | PKT_ACK);
		assert_int_equal(bpf_env_pressure(env, &pressure), 0);
		assert_int_equal(pressure.answering, 1);
		send_back(env, 0, cases[i].back);
		assert_int_equal(bpf_env_pressure(env, &pressure), 0);
		assert_int_equal(pressure.answering, !cases[i].is_heard);
		assert_int_equal(pressure.unanswered + pressure.one_sided, 0);
		check_balance(env);
	}
}

/* Answers may take another way; and the whole of it may be forged. */
static void who_establishes_alone_waits_until_the_other_side_is_heard(void **state)
{
	static const struct {
		uint8_t first, back;
		bool is_heard;
	} cases[] = {
		{ PKT_SYN, PKT_ACK, true },
		{ PKT_SYN, PKT_FIN | PKT_ACK, true },
		{ PKT_SYN, PKT_RST, false },
	};
	struct weir_pressure pressure;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_bpf_env struct bpf_env *env = NULL;
		const struct weir_event *events;

		assert_int_equal(bpf_env_new(&env, NULL), 0);
		send_tcp(env, 0, cases[i].first);
		for (unsigned int n = 0; n < 2; n++)
			send_tcp(env, 0, PKT_ACK);
		assert_int_equal(bpf_env_events(env, &events), 2);
		assert_int_equal(events[1].hdr.type, WEIR_EVENT_ESTABLISHED);
		assert_int_equal(bpf_env_pressure(env, &pressure), 0);
		assert_int_equal(pressure.unanswered, 1);
		for (unsigned int n = 0; n < 2; n++) {
			send_back(env, 0, cases[i].back);
			assert_int_equal(bpf_env_pressure(env, &pressure), 0);
			assert_int_equal(pressure.unanswered, !cases[i].is_heard);
			assert_int_equal(pressure.one_sided, 0);
		}
		check_balance(env);
	}
}

static void who_goes_on_after_an_answer_makes_room_for_another_question(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	struct pkt_desc question = numbered(0), answer = pkt_reversed(&question);

	(void)state;
	fill_with_unanswered(&env);
	send_desc(env, ENV_TC_OUT, &answer);
	send_desc(env, ENV_TC_OUT, &answer);
	send_numbered(env, 100); /* nobody has heard the answer yet, as far as we know */
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_UNANSWERED);
	send_numbered(env, 0);
	send_numbered(env, 100);
	send_numbered(env, 101);
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_UNANSWERED + 1);
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 2);
	check_balance(env);
}

/* One alone can forge both sides, where all comes in and nothing goes out. */
static void who_answers_on_the_way_on_which_was_asked_makes_no_room(void **state)
{
	static const uint8_t shake[] = { PKT_SYN, PKT_SYN | PKT_ACK, PKT_ACK, PKT_PSH | PKT_ACK };
	auto_bpf_env struct bpf_env *env = NULL;
	struct pkt_desc question = numbered(0), answer = pkt_reversed(&question);
	const enum bpf_env_prog progs[] = { ENV_TC_IN, ENV_XDP };
	struct weir_pressure pressure;

	(void)state;
	assert_int_equal(bpf_env_new(&env, NULL), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(progs) * 2; i++) {
		send_desc(env, progs[i / 2], &question);
		send_desc(env, progs[i % 2], &answer);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(shake); i++) {
		struct pkt_desc desc = tcp_numbered(1, shake[i]), back = pkt_reversed(&desc);

		send_desc(env, ENV_TC_IN, i == 1 ? &back : &desc);
	}
	assert_int_equal(bpf_env_flows(env, NULL, 0), 2);
	assert_int_equal(bpf_env_pressure(env, &pressure), 0);
	assert_int_equal(pressure.unanswered, 2);
	/* What went out and came back may be one's own, or forwarded. */
	send_desc(env, ENV_TC_OUT, &answer);
	send_desc(env, ENV_TC_IN, &question);
	assert_int_equal(bpf_env_pressure(env, &pressure), 0);
	assert_int_equal(pressure.unanswered, 1);
	check_balance(env);
}

static void a_flow_that_is_removed_makes_room_for_another_question(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	struct bpf_env_flow flows[FEW_UNANSWERED];
	struct weir_command command = { 0 };
	uint64_t unanswered;

	(void)state;
	fill_with_unanswered(&env);
	assert_int_equal(bpf_env_flows(env, flows, FEW_UNANSWERED), FEW_UNANSWERED);
	command.key = flows[0].key;
	command.start_ns = flows[0].flow.start_ns;
	command.last[0] = flows[0].flow.dir[0].last;
	for (uint32_t op = WEIR_CMD_MARK_DYING; op <= WEIR_CMD_REAP; op++) {
		command.op = op;
		assert_true(bpf_env_command(env, &command, 1) >= 0);
		assert_int_equal(command.result, WEIR_CMD_DONE);
	}
	assert_int_equal(bpf_env_unanswered(env, &unanswered), 0);
	assert_int_equal(unanswered, FEW_UNANSWERED - 1);
	send_numbered(env, 100);
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 0);
}

/* It needs no entry more. */
static void a_tuple_used_again_is_not_refused(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	uint64_t unanswered;

	(void)state;
	fill_with_unanswered(&env);
	send_tcp(env, 100, PKT_ACK);
	send_back(env, 100, PKT_ACK);
	send_tcp(env, 100, PKT_RST);
	send_tcp(env, 100, PKT_SYN);
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_UNANSWERED + 1);
	assert_int_equal(bpf_env_unanswered(env, &unanswered), 0);
	assert_int_equal(unanswered, FEW_UNANSWERED + 1);
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 0);
	check_balance(env);
}

/* It would leave room for one more of its own kind, and that for the next one. */
static void
what_waits_for_one_answer_does_not_begin_to_wait_for_another_that_enough_wait_for(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	struct weir_pressure pressure;

	(void)state;
	fill_with_unanswered(&env);
	send_tcp(env, 100, PKT_ACK);
	send_tcp(env, 100, PKT_RST);
	send_tcp(env, 100, PKT_SYN);
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_UNANSWERED + 1);
	assert_int_equal(bpf_env_pressure(env, &pressure), 0);
	assert_int_equal(pressure.unanswered, FEW_UNANSWERED);
	assert_int_equal(pressure.one_sided, 1);
	check_balance(env);
}

/* One alone can forge both sides of what is forwarded; but by the loopback all goes out. */
static void both_sides_by_one_way_out_make_no_room_where_there_is_a_way_in(void **state)
{
	const struct pkt_desc syn = tcp_numbered(1, PKT_SYN), ack = tcp_numbered(1, PKT_ACK),
			      answer = tcp_numbered(1, PKT_SYN | PKT_ACK),
			      back = pkt_reversed(&answer);
	struct weir_pressure pressure;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct bpf_env_options options = { .has_ingress = i };
		auto_bpf_env struct bpf_env *env = NULL;

		assert_int_equal(bpf_env_new(&env, &options), 0);
		send_desc(env, ENV_TC_OUT, &syn);
		send_desc(env, ENV_TC_OUT, &back);
		send_desc(env, ENV_TC_OUT, &ack);
		assert_int_equal(bpf_env_pressure(env, &pressure), 0);
		assert_int_equal(pressure.unanswered, i);
		check_balance(env);
	}
}

/* One CPU may count an answer before another one has counted the question. */
static void an_answer_that_is_counted_first_refuses_nobody(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	uint64_t unanswered;

	(void)state;
	assert_int_equal(bpf_env_new(&env, NULL), 0);
	assert_int_equal(bpf_env_set_unanswered(env, UINT64_MAX), 0);
	send_numbered(env, 0);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 1);
	assert_int_equal(bpf_env_unanswered(env, &unanswered), 0);
	assert_int_equal(unanswered, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(new_flows_that_find_the_map_full_are_counted_as_no_room,
					  move_anywhere),
		cmocka_unit_test_teardown(nobody_looks_for_room_before_a_refusal_has_ended,
					  move_anywhere),
		cmocka_unit_test_teardown(a_refusal_ends_by_itself, move_anywhere),
		TEST(events_that_find_the_ring_full_are_counted_and_lose_nothing_else),
		TEST(without_events_flows_are_the_same),
		TEST(too_many_questions_without_an_answer_are_refused),
		TEST(a_syn_ack_gets_in_where_a_syn_does_not),
		TEST(what_has_been_answered_gets_in_whatever_waits),
		TEST(the_middles_of_connections_have_a_share_of_their_own),
		TEST(a_middle_is_out_of_its_share_when_the_other_side_is_heard),
		TEST(who_is_let_in_is_out_of_its_share_when_it_is_heard),
		TEST(who_establishes_alone_waits_until_the_other_side_is_heard),
		TEST(who_goes_on_after_an_answer_makes_room_for_another_question),
		TEST(who_answers_on_the_way_on_which_was_asked_makes_no_room),
		TEST(a_flow_that_is_removed_makes_room_for_another_question),
		TEST(a_tuple_used_again_is_not_refused),
		TEST(what_waits_for_one_answer_does_not_begin_to_wait_for_another_that_enough_wait_for),
		TEST(both_sides_by_one_way_out_make_no_room_where_there_is_a_way_in),
		TEST(an_answer_that_is_counted_first_refuses_nobody),
	};

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	return cmocka_run_group_tests_name("pressure", tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * How connections close, and how they break.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "pkt_build.h"
#include "story.h"
#include "tests/harness.h"

/* clang-format off */
static const struct story stories[] = {
	/* How connections close */
	{ .name = "the_client_closes_first",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(ACK, HALF_I), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_server_closes_first",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(ACK, HALF_R), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "the_fin_of_one_side_acknowledges_the_others",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "both_sides_may_close_at_once",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, CLOSING, LATE),
		     S(ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_ack_of_the_earlier_fin_may_come_last",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, CLOSING, LATE),
		     S(ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_ack_of_the_later_fin_is_no_end_when_the_earlier_one_was_lost",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, CLOSING, LATE),
		     C(ACK, LAST_ACK_R), C(FIN | ACK, LAST_ACK_R, AGAIN),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "nor_when_it_was_the_servers",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, CLOSING, LATE),
		     S(ACK, LAST_ACK_I), S(FIN | ACK, LAST_ACK_I, AGAIN),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_ack_of_a_fin_counts_though_it_overtakes_its_senders_own_fin",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(ACK, HALF_I, SHIFT(1)),
		     S(FIN | ACK, LAST_ACK_I, SHIFT(-1), LATE), C(ACK, CLOSED, CLOSES) } },
	{ .name = "so_does_the_clients",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(ACK, HALF_R, SHIFT(1)),
		     C(FIN | ACK, LAST_ACK_R, SHIFT(-1), LATE), S(ACK, CLOSED, CLOSES) } },
	{ .name = "data_may_acknowledge_a_fin_with_what_came_before_it",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     S(PSH | ACK, FIN_I, DATA(10), LATE), S(PSH | ACK, HALF_I, DATA(10)),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "of_one_side_alone_no_end_is_seen",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(ACK, FIN_I), C(FIN | ACK, FIN_I, AGAIN),
		     C(ACK, FIN_I) } },
	{ .name = "data_after_one_sides_fin_is_counted",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(ACK, HALF_I),
		     S(PSH | ACK, HALF_I, DATA(1000)), C(ACK, HALF_I),
		     S(PSH | ACK, HALF_I, DATA(1)), C(ACK, HALF_I), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "acks_between_the_fins_do_not_close",
	  .has_handshake = true,
	  .steps = { C(FIN | PSH | ACK, FIN_I, BECAUSE(FIN), DATA(100)),
		     S(ACK, FIN_I, LATE), S(ACK, HALF_I),
		     S(FIN | PSH | ACK, LAST_ACK_I, DATA(100)),
		     C(ACK, LAST_ACK_I, LATE), S(ACK, LAST_ACK_I, LATE), S(ACK, LAST_ACK_I),
		     C(ACK, LAST_ACK_I, LATE), C(ACK, CLOSED, CLOSES) } },
	{ .name = "acks_between_the_fins_of_a_connection_that_the_server_closes_do_not_close",
	  .has_handshake = true,
	  .steps = { S(FIN | PSH | ACK, FIN_R, BECAUSE(FIN), DATA(100)),
		     C(ACK, FIN_R, LATE), C(FIN | ACK, CLOSING, LATE),
		     S(ACK, CLOSING, LATE), C(ACK, CLOSING, LATE), C(ACK, LAST_ACK_R),
		     S(ACK, LAST_ACK_R, LATE), S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_packet_without_ack_acknowledges_nothing",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(PSH, LAST_ACK_I), C(0, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_sent_again_is_not_the_other_sides",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(FIN | ACK, FIN_I, AGAIN),
		     S(FIN | ACK, LAST_ACK_I), S(FIN | ACK, LAST_ACK_I, AGAIN),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_sent_again_may_acknowledge_the_other_sides",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, CLOSING, LATE),
		     C(FIN | ACK, LAST_ACK_R, AGAIN), S(FIN | ACK, CLOSED, CLOSES, AGAIN) } },
	{ .name = "a_fin_with_the_last_ack_of_the_handshake_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(FIN | ACK, FIN_I, ESTABLISHES, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_before_the_last_ack_of_the_handshake_closes_one_side",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | ACK, FIN_EARLY, BECAUSE(FIN)), C(ACK, HALF_R, ESTABLISHES),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "the_fins_may_cross_before_the_handshake_is_over",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | ACK, FIN_EARLY, BECAUSE(FIN)), C(FIN | ACK, CLOSING, LATE, ESTABLISHES),
		     S(ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "packets_after_the_end_are_counted_and_tell_nothing",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES), S(FIN | ACK, CLOSED, AGAIN),
		     C(ACK, CLOSED), C(RST, CLOSED), S(RST, CLOSED) } },

	/* How connections break */
	{ .name = "a_rst_in_answer_to_a_syn_refuses",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_rst_far_from_where_its_sender_stands_ends_nothing",
	  .has_handshake = true,
	  .steps = { C(RST, ESTABLISHED, ASTRAY((int32_t)WEIR_SEQ_REACH + 1)),
		     S(RST | ACK, ESTABLISHED, ASTRAY(-(int32_t)WEIR_SEQ_REACH - 1)),
		     C(RST, ESTABLISHED, SHIFT(INT32_MIN)), S(PSH | ACK, ESTABLISHED, DATA(10)),
		     C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(RST, FIN_I, ASTRAY((int32_t)WEIR_SEQ_REACH + 1)),
		     S(FIN | ACK, LAST_ACK_I), S(RST, LAST_ACK_I, ASTRAY((int32_t)WEIR_SEQ_REACH + 1)),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_rst_may_be_as_far_behind_as_what_was_lost",
	  .has_handshake = true,
	  .steps = { C(RST, CLOSED, SHIFT((int32_t)WEIR_SEQ_REACH), CLOSES, BECAUSE(RST)) } },
	{ .name = "and_as_far_before_it",
	  .has_handshake = true,
	  .steps = { S(RST, CLOSED, SHIFT(-(int32_t)WEIR_SEQ_REACH), CLOSES, BECAUSE(RST)) } },
	{ .name = "a_rst_in_answer_to_a_syn_sent_again_refuses",
	  .steps = { C(SYN, SYN_SENT, OPENS),
		     C(SYN, SYN_SENT, AGAIN, REPEATED),
		     S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_syn_sent_again_may_be_refused_though_it_was_answered_before",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(SYN, SYN_RECEIVED, AGAIN, REPEATED),
		     S(RST | ACK, CLOSED, UNNUMBERED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_syn_with_data_may_be_refused_after_its_answer_and_an_early_fin",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | ACK, FIN_EARLY, BECAUSE(FIN)),
		     S(RST | ACK, CLOSED, UNNUMBERED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_rst_of_the_initiator_gives_its_syn_up",
	  .steps = { C(SYN, SYN_SENT, OPENS), C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_client_breaks_a_half_open_connection",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_server_breaks_a_half_open_connection",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_client_breaks_a_connection",
	  .has_handshake = true,
	  .steps = { C(RST | ACK, CLOSED, CLOSES, BECAUSE(RST)), S(ACK, CLOSED) } },
	{ .name = "the_server_breaks_a_connection",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(1)),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_client_breaks_what_it_has_half_closed",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_server_breaks_what_the_client_has_half_closed",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_client_breaks_what_the_server_has_half_closed",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_server_breaks_what_it_has_half_closed",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_client_breaks_what_it_was_to_acknowledge",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "data_and_a_fin_that_a_closed_client_answers_by_rst_are_broken_off",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(PSH | ACK, HALF_I, DATA(1000)),
		     S(FIN | ACK, LAST_ACK_I), C(RST, CLOSED, CLOSES, BECAUSE(RST)), C(RST, CLOSED) } },
	{ .name = "the_server_breaks_it_behind_both_fins",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_client_breaks_it_behind_its_own_fin_that_came_last",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_server_answers_the_last_fin_by_a_rst",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "fins_that_cross_may_be_answered_by_a_rst",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, CLOSING, LATE),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "a_rst_behind_the_acks_of_both_fins_breaks_nothing",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES), C(RST, CLOSED) } },
};
/* clang-format on */

#define ZERO_OF(side, flags_, acks)                                                         \
	{                                                                                   \
		.from = (side), .flags = (flags_), .is_zero_seq = true, .ack_shift = (acks) \
	}

/* The server's numbers are so far from 0 that such a RST can be nothing but the answer to a SYN. */
static void only_a_rst_that_acknowledges_the_syn_refuses_what_was_answered(void **state)
{
	static const struct {
		enum weir_state in;
		struct segment say;
		enum weir_close_reason reason; /* 0: it goes on */
	} cases[] = {
		{ WEIR_SYN_RECEIVED, ZERO_OF(SERVER, RST | ACK, 0), WEIR_CLOSE_REFUSED },
		{ WEIR_SYN_RECEIVED, ZERO_OF(SERVER, RST | ACK, 65535), WEIR_CLOSE_REFUSED },
		{ WEIR_SYN_RECEIVED, ZERO_OF(SERVER, RST | ACK, 65536), WEIR_CLOSE_NONE },
		{ WEIR_SYN_RECEIVED, ZERO_OF(SERVER, RST | ACK, -1), WEIR_CLOSE_NONE },
		{ WEIR_SYN_RECEIVED, ZERO_OF(SERVER, RST, 0), WEIR_CLOSE_NONE },
		{ WEIR_SYN_RECEIVED, ZERO_OF(CLIENT, RST | ACK, 0), WEIR_CLOSE_NONE },
		{ WEIR_FIN_EARLY, ZERO_OF(SERVER, RST | ACK, 0), WEIR_CLOSE_REFUSED },
		{ WEIR_FIN_EARLY, ZERO_OF(SERVER, RST | ACK, -1), WEIR_CLOSE_FIN },
		{ WEIR_ESTABLISHED, ZERO_OF(SERVER, RST | ACK, 0), WEIR_CLOSE_NONE },
		{ WEIR_FIN_I, ZERO_OF(SERVER, RST | ACK, -1), WEIR_CLOSE_FIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is_over = cases[i].reason == WEIR_CLOSE_REFUSED;
		struct dialogue talk;
		struct pkt_desc desc;
		struct weir_flow flow;

		dialogue_reach(&talk, env, cases[i].in);
		desc = dialogue_say(&talk, &cases[i].say);
		send_desc(env, dialogue_prog(&talk, cases[i].say.from), &desc);
		flow = the_flow(env).flow;
		assert_int_equal(flow.state, is_over ? WEIR_CLOSED : cases[i].in);
		assert_int_equal(flow.close_reason, cases[i].reason);
	}
}

static void say(struct dialogue *talk, const struct segment *segment)
{
	struct pkt_desc desc = dialogue_say(talk, segment);

	send_desc(env, dialogue_prog(talk, segment->from), &desc);
}

/* What the entry has counted when it is taken. */
static uint64_t take(const struct bpf_env_flow *entry)
{
	struct weir_command command = { .key = entry->key,
					.start_ns = entry->flow.start_ns,
					.last = { entry->flow.dir[0].last,
						  entry->flow.dir[1].last },
					.op = WEIR_CMD_MARK_DYING };

	assert_true(bpf_env_command(env, &command, 1) >= 0);
	assert_int_equal(command.result, WEIR_CMD_DONE);
	command.op = WEIR_CMD_REAP;
	assert_true(bpf_env_command(env, &command, 1) >= 0);
	assert_int_equal(command.result, WEIR_CMD_DONE);
	return command.flow.dir[0].packets + command.flow.dir[1].packets;
}

/* The last ACK was lost, or TIME_WAIT is left: no remainder has these packets, and no event tells of them. */
static void what_comes_after_the_end_counts_in_the_entry_until_that_is_taken(void **state)
{
	static const struct segment last_ack = { .from = CLIENT, .flags = ACK };
	static const struct segment later[] = {
		{ .from = SERVER, .flags = FIN | ACK, .is_again = true },
		{ .from = CLIENT, .flags = ACK },
		{ .from = SERVER, .flags = ACK },
		{ .from = CLIENT, .flags = ACK, .payload = 1, .shift = -1 },
		{ .from = CLIENT, .flags = RST },
		{ .from = SERVER, .flags = RST | ACK },
	};
	const struct weir_event *events;
	struct dialogue talk;
	struct bpf_env_sums sums;
	struct bpf_env_flow now = dialogue_reach(&talk, env, WEIR_LAST_ACK_I);
	uint64_t packets = now.flow.dir[0].packets + now.flow.dir[1].packets;

	(void)state;
	say(&talk, &last_ack);
	assert_int_equal(bpf_env_events(env, &events), 1);
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		say(&talk, &later[i]);
		now = the_flow(env);
		assert_int_equal(now.flow.state, WEIR_CLOSED);
		assert_int_equal(now.flow.close_reason, WEIR_CLOSE_FIN);
		assert_int_equal(bpf_env_events(env, &events), 0);
		check_balance(env);
	}
	packets += 1 + ARRAY_SIZE(later);
	assert_int_equal(take(&now), packets);
	say(&talk, &later[0]); /* of a connection that nobody knows any more */
	assert_int_equal(the_flow(env).flow.state, WEIR_FIN_R);
	assert_int_equal(bpf_env_events(env, &events), 1);
	assert_int_equal(events->hdr.type, WEIR_EVENT_OPEN);
	assert_int_equal(bpf_env_sums(env, &sums), 0);
	assert_int_equal(sums.flows.packets, 1);
	assert_int_equal(sums.remainders.packets, 0);
	assert_int_equal(sums.raw.packets, packets + 1);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(what_comes_after_the_end_counts_in_the_entry_until_that_is_taken),
		TEST(only_a_rst_that_acknowledges_the_syn_refuses_what_was_answered),
	};

	return stories_run("life_close", stories, ARRAY_SIZE(stories), others, ARRAY_SIZE(others));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * How connections open, also those of which not all is seen, and those that are not TCP.
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
	/* How connections open */
	{ .name = "a_handshake_establishes_and_data_tells_nothing",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES), C(PSH | ACK, ESTABLISHED, DATA(500)),
		     S(ACK, ESTABLISHED), S(PSH | ACK, ESTABLISHED, DATA(1000)),
		     C(ACK, ESTABLISHED) } },
	{ .name = "data_with_the_last_ack_of_the_handshake_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(PSH | ACK, ESTABLISHED, ESTABLISHES, DATA(300)) } },
	{ .name = "data_in_the_syn_changes_nothing",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(PSH | ACK, SYN_RECEIVED, DATA(1000)), C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "a_syn_that_asks_for_ecn_is_a_syn",
	  .steps = { C(SYN | ECE | CWR, SYN_SENT, OPENS), S(SYN | ACK | ECE, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES), C(ACK | CWR | URG, ESTABLISHED) } },
	{ .name = "a_connection_stays_half_open_without_the_last_ack",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(SYN | ACK, SYN_RECEIVED, AGAIN, REPEATED),
		     S(SYN | ACK, SYN_RECEIVED, AGAIN) } },
	{ .name = "a_syn_sent_again_is_marked",
	  .steps = { C(SYN, SYN_SENT, OPENS),
		     C(SYN, SYN_SENT, AGAIN, REPEATED),
		     C(SYN, SYN_SENT, AGAIN), S(SYN | ACK, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "a_syn_ack_seen_first_names_the_initiator",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), C(ACK, ESTABLISHED, ESTABLISHES),
		     S(ACK, ESTABLISHED) } },
	{ .name = "a_syn_seen_after_its_syn_ack_does_not_renew",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), C(SYN, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "both_sides_may_open_at_once",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN, SYN_RECEIVED),
		     C(SYN | ACK, SYN_RECEIVED, AGAIN, REPEATED),
		     S(SYN | ACK, SYN_RECEIVED, AGAIN),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "both_sides_may_open_at_once_and_answer_with_an_ack",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN, SYN_RECEIVED), S(ACK, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "both_sides_may_open_at_once_and_send_their_syns_again",
	  .steps = { C(SYN, SYN_SENT, OPENS), C(SYN, SYN_SENT, AGAIN, REPEATED),
		     S(SYN, SYN_RECEIVED), S(SYN, SYN_RECEIVED, AGAIN),
		     S(SYN | ACK, SYN_RECEIVED, AGAIN), C(SYN | ACK, SYN_RECEIVED, AGAIN),
		     C(ACK, ESTABLISHED, ESTABLISHES), S(SYN | ACK, ESTABLISHED, AGAIN),
		     C(SYN | ACK, ESTABLISHED, AGAIN) } },
	{ .name = "both_sides_may_open_at_once_and_one_gives_up",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN, SYN_RECEIVED),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "a_stray_ack_is_no_answer_to_a_syn",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(ACK, SYN_SENT),
		     S(SYN | ACK, SYN_RECEIVED), C(ACK, ESTABLISHED, ESTABLISHES) } },

	/* Connections of which not all is seen */
	{ .name = "the_higher_port_initiated_what_began_before_us",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(ACK, ESTABLISHED, OPENS), S(PSH | ACK, ESTABLISHED, DATA(10)),
		     C(ACK, ESTABLISHED), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_lower_port_did_not_initiate_what_it_is_seen_to_continue",
	  .by = WEIR_BY_PORTS,
	  .steps = { S(PSH | ACK, ESTABLISHED, OPENS, DATA(10)), C(ACK, ESTABLISHED),
		     S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_packet_without_flags_may_be_the_first",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(0, ESTABLISHED, OPENS), S(0, ESTABLISHED), C(ACK, ESTABLISHED) } },
	{ .name = "a_fin_of_the_client_may_be_the_first",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(FIN | ACK, FIN_I, OPENS, BECAUSE(FIN)), S(ACK, HALF_I),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_of_the_server_may_be_the_first",
	  .by = WEIR_BY_PORTS,
	  .steps = { S(FIN | ACK, FIN_R, OPENS, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_rst_of_the_client_may_be_the_first",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(RST, CLOSED, OPENS, BECAUSE(RST)), S(ACK, CLOSED) } },
	{ .name = "a_rst_of_the_server_may_be_the_first",
	  .by = WEIR_BY_PORTS,
	  .steps = { S(RST | ACK, CLOSED, OPENS, BECAUSE(RST)), C(ACK, CLOSED) } },
	{ .name = "the_initiators_half_alone_is_established",
	  .steps = { C(SYN, SYN_SENT, OPENS), C(ACK, ESTABLISHED, ESTABLISHES),
		     C(PSH | ACK, ESTABLISHED, DATA(10)), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(ACK, FIN_I) } },
	{ .name = "the_initiators_syn_and_fin_alone_are_established_and_half_closed",
	  .steps = { C(SYN, SYN_SENT, OPENS), C(FIN | ACK, FIN_I, ESTABLISHES, BECAUSE(FIN)) } },
	{ .name = "a_fin_in_answer_to_a_syn_closes_one_side_and_its_ack_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(FIN | ACK, FIN_EARLY, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_R, ESTABLISHES), S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_syn_ack_may_be_overtaken_by_the_fin_behind_it",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(FIN | ACK, FIN_EARLY, SHIFT(1), BECAUSE(FIN)),
		     S(SYN | ACK, FIN_EARLY, SHIFT(-2)), C(ACK, HALF_R, ESTABLISHES),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "the_responders_half_alone_is_established_when_it_goes_on",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), S(SYN | ACK, SYN_RECEIVED, AGAIN, REPEATED),
		     S(ACK, ESTABLISHED, ESTABLISHES), S(PSH | ACK, ESTABLISHED, DATA(10)),
		     S(FIN | ACK, FIN_R, BECAUSE(FIN)), S(ACK, FIN_R) } },
	{ .name = "the_responders_half_alone_is_established_by_data_and_goes_on_when_both_are_heard",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS),
		     S(PSH | ACK, ESTABLISHED, DATA(1000), ESTABLISHES), C(ACK, ESTABLISHED),
		     S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "the_responders_half_alone_may_close_at_once",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), S(FIN | ACK, FIN_EARLY, BECAUSE(FIN)),
		     S(ACK, FIN_EARLY) } },
	{ .name = "what_is_not_behind_its_answer_is_not_the_responders",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), S(ACK, SYN_RECEIVED, ASTRAY(-10)),
		     S(ACK, SYN_RECEIVED, ASTRAY((int32_t)WEIR_SEQ_REACH + 1)),
		     S(0, SYN_RECEIVED), S(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "who_has_heard_of_the_initiator_waits_for_its_ack",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), C(SYN, SYN_RECEIVED),
		     S(PSH | ACK, SYN_RECEIVED, DATA(10)), C(ACK, ESTABLISHED, ESTABLISHES) } },

	/* Data in the SYN (RFC 7413): the server may have said all before it hears more */
	{ .name = "an_answer_and_a_fin_may_come_before_the_last_ack_of_the_handshake",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | PSH | ACK, FIN_EARLY, DATA(1000), BECAUSE(FIN)),
		     C(ACK, HALF_R, ESTABLISHES), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "an_early_fin_may_be_answered_by_one_that_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | PSH | ACK, FIN_EARLY, DATA(1000), BECAUSE(FIN)),
		     S(FIN | ACK, FIN_EARLY, AGAIN),
		     C(FIN | ACK, LAST_ACK_R, ESTABLISHES), S(ACK, CLOSED, CLOSES) } },
	{ .name = "data_that_is_acknowledged_before_an_early_fin_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | PSH | ACK, FIN_EARLY, DATA(1000), BECAUSE(FIN)),
		     C(ACK, FIN_R, LATE, ESTABLISHES), C(ACK, HALF_R),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "the_client_may_break_what_the_server_closed_early",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | PSH | ACK, FIN_EARLY, DATA(1000), BECAUSE(FIN)),
		     C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "the_server_may_break_what_it_closed_early",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | PSH | ACK, FIN_EARLY, DATA(1000), BECAUSE(FIN)),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "a_tuple_is_used_again_after_an_early_fin_when_that_is_answered",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | ACK, FIN_EARLY, BECAUSE(FIN)), C(SYN, FIN_EARLY, NEW),
		     S(SYN | ACK, SYN_RECEIVED, NEW, RENEWS(FIN), BY_SYNACK),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "data_in_the_syn_need_not_be_acknowledged",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED, ACKS(-100)),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },

	/* Half-open connections and old copies: RFC 9293, 3.5, figures 8 to 11 */
	{ .name = "the_answer_to_an_old_copy_of_a_syn_is_reset_and_the_new_one_goes_on",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_SENT, STRAY, ACKS(-10)),
		     C(RST, SYN_SENT, ASTRAY(-11)),
		     S(SYN | ACK, SYN_RECEIVED, REPEATED),
		     C(ACK, ESTABLISHED, ESTABLISHES), S(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)) } },
	{ .name = "an_old_copy_of_a_syn_is_reset_before_the_new_one_comes_again",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(SYN, SYN_RECEIVED, STRAY), C(RST, CLOSED, CLOSES, BECAUSE(RST)),
		     C(SYN, SYN_SENT, NEW, OPENS), S(SYN | ACK, SYN_RECEIVED, NEW),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "what_is_left_of_a_connection_that_we_never_saw_is_reset_and_a_new_one_begins",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(ACK, SYN_SENT, STRAY, ACKS(-300)),
		     C(RST, SYN_SENT, ASTRAY(-301)), C(SYN, SYN_SENT, AGAIN, REPEATED),
		     S(SYN | ACK, SYN_RECEIVED), C(ACK, ESTABLISHED, ESTABLISHES),
		     S(PSH | ACK, ESTABLISHED, DATA(100)), S(PSH | ACK, ESTABLISHED, DATA(100)) } },
	{ .name = "data_of_an_old_connection_in_answer_to_a_syn_are_not_of_the_new_one",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(PSH | ACK, SYN_SENT, STRAY, DATA(10), ACKS(-300)),
		     S(FIN | ACK, SYN_SENT, STRAY, ACKS(-300)),
		     C(RST, SYN_SENT, ASTRAY(-301)),
		     S(SYN | ACK, SYN_RECEIVED), C(ACK, ESTABLISHED, ESTABLISHES),
		     S(PSH | ACK, ESTABLISHED, DATA(100)), S(FIN | ACK, FIN_R, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "an_answer_may_be_made_anew_from_a_cookie",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(SYN, SYN_RECEIVED, AGAIN, REPEATED), S(SYN | ACK, SYN_RECEIVED, NEW),
		     C(ACK, ESTABLISHED, ESTABLISHES), S(PSH | ACK, ESTABLISHED, DATA(100)),
		     S(PSH | ACK, ESTABLISHED, DATA(100)) } },
	{ .name = "and_the_new_one_may_be_below_the_old_one",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(SYN | ACK, SYN_RECEIVED, SHIFT(-5000000), REPEATED),
		     C(ACK, ESTABLISHED, ESTABLISHES, ACKS(-4999999)), S(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(-4999999)),
		     S(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(-4999899)) } },
	{ .name = "packets_without_ack_establish_and_close_nothing",
	  .steps = { C(SYN, SYN_SENT, OPENS), C(PSH, SYN_SENT), C(0, SYN_SENT), C(FIN, SYN_SENT),
		     S(SYN | ACK, SYN_RECEIVED), C(FIN | PSH | URG, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES), S(FIN, ESTABLISHED), C(FIN, ESTABLISHED) } },
	{ .name = "who_guesses_the_number_of_an_answer_has_established_nothing",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(ACK, SYN_RECEIVED, ACKS(1 << 30)), S(RST, SYN_RECEIVED, ASTRAY(1 << 30)),
		     C(ACK, SYN_RECEIVED, ACKS(1 << 16)), C(PSH | ACK, SYN_RECEIVED, ACKS(-1)),
		     C(FIN | ACK, SYN_RECEIVED, ACKS(-1)), C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "nor_after_an_early_fin",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | PSH | ACK, FIN_EARLY, DATA(1000), BECAUSE(FIN)),
		     C(ACK, FIN_EARLY, ACKS(-1002)), C(FIN | ACK, FIN_EARLY, ACKS(1 << 16)),
		     C(FIN | ACK, LAST_ACK_R, ESTABLISHES), S(ACK, CLOSED, CLOSES) } },
	{ .name = "what_was_not_seen_behind_an_answer_may_be_acknowledged_with_it",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES, ACKS((1 << 16) - 1)) } },
	{ .name = "nor_need_the_ack_that_is_seen_be_the_first",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(PSH | ACK, SYN_RECEIVED, DATA(100), SHIFT(200000)),
		     C(ACK, SYN_RECEIVED, ACKS(1 << 20)), C(ACK, ESTABLISHED, ESTABLISHES) } },

	/* What is not TCP */
	{ .name = "udp_is_two_way_with_the_first_answer",
	  .proto = IPPROTO_UDP,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS), C(0, ONE_WAY, DATA(9)),
		     S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY), S(0, TWO_WAY, DATA(900)) } },
	{ .name = "the_first_sender_of_udp_is_the_initiator_whatever_its_port",
	  .proto = IPPROTO_UDP,
	  .initiator = SERVER,
	  .by = WEIR_BY_FIRST,
	  .steps = { S(0, ONE_WAY, OPENS), S(0, ONE_WAY), C(0, TWO_WAY, ESTABLISHES),
		     S(0, TWO_WAY) } },
	{ .name = "an_echo_reply_makes_icmp_two_way",
	  .proto = IPPROTO_ICMP,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS, DATA(48)), S(0, TWO_WAY, ESTABLISHES, .say.payload = 48),
		     C(0, TWO_WAY, DATA(48)) } },
	{ .name = "an_answer_makes_any_protocol_two_way",
	  .proto = IPPROTO_GRE,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS), S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY) } },
	{ .name = "an_answer_makes_sctp_two_way",
	  .proto = IPPROTO_SCTP,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS, DATA(20)), S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY) } },
};
/* clang-format on */

static void with_equal_ports_the_first_sender_initiated_what_began_before_us(void **state)
{
	struct pkt_desc there = {
		.from = &v4_client,
		.to = &v4_server,
		.proto = IPPROTO_TCP,
		.sport = 179,
		.dport = 179,
		.tcp_flags = ACK,
	};
	struct pkt_desc back = pkt_reversed(&there);

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &there);
	assert_int_equal(the_flow(env).flow.initiator, 0 | WEIR_BY_PORTS << 1);
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &back);
	assert_int_equal(the_flow(env).flow.initiator, 1 | WEIR_BY_PORTS << 1);
}

/* Its question was in front of us, or takes another way. */
static void an_icmp_answer_seen_first_names_who_asked(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pkt_desc answer = {
			.from = i ? &v6_client : &v4_client,
			.to = i ? &v6_server : &v4_server,
			.proto = i ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
			.icmp_type = i ? 129 : 0,
			.icmp_id = 7,
		};
		struct pkt_desc question = pkt_reversed(&answer);
		const struct weir_event *events;

		question.icmp_type = i ? 128 : 8;
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &answer);
		assert_int_equal(the_flow(env).flow.initiator, 1 | WEIR_BY_FIRST << 1);
		assert_int_equal(the_flow(env).flow.state, WEIR_TWO_WAY);
		send_desc(env, ENV_TC_OUT, &question);
		send_desc(env, ENV_TC_IN, &answer);
		assert_int_equal(the_flow(env).flow.initiator, 1 | WEIR_BY_FIRST << 1);
		assert_int_equal(the_flow(env).flow.state, WEIR_TWO_WAY);
		assert_int_equal(bpf_env_events(env, &events), 1);
		assert_int_equal(events->hdr.type, WEIR_EVENT_OPEN);
		check_balance(env);
	}
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(with_equal_ports_the_first_sender_initiated_what_began_before_us),
		TEST(an_icmp_answer_seen_first_names_who_asked),
	};

	return stories_run("life_open", stories, ARRAY_SIZE(stories), others, ARRAY_SIZE(others));
}

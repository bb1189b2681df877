// SPDX-License-Identifier: BSD-2-Clause
/*
 * What sequence numbers and windows of TCP tell: data sent again, keep-alives, closed windows.
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
	{ .name = "data_sent_again_is_counted",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(2)),
		     S(ACK, ESTABLISHED), C(PSH | ACK, ESTABLISHED, DATA(100)) } },
	{ .name = "the_servers_data_sent_again_is_counted",
	  .has_handshake = true,
	  .steps = { S(PSH | ACK, ESTABLISHED, DATA(1000)),
		     S(PSH | ACK, ESTABLISHED, DATA(1000), AGAIN, RESENT(1)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)) } },
	{ .name = "acks_are_never_sent_again",
	  .has_handshake = true,
	  .steps = { C(ACK, ESTABLISHED), C(ACK, ESTABLISHED, AGAIN), C(ACK, ESTABLISHED, SHIFT(-1)),
		     C(ACK, ESTABLISHED, SHIFT(-1000)), S(ACK, ESTABLISHED, SHIFT(1000)),
		     S(ACK, ESTABLISHED) } },
	{ .name = "data_that_overlaps_what_was_sent_is_counted",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(-50), RESENT(1)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(10), SHIFT(-100), RESENT(2)) } },
	{ .name = "data_that_was_overtaken_is_counted",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(1000)),
		     C(PSH | ACK, ESTABLISHED, DATA(1000), SHIFT(-1100), RESENT(1)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)) } },
	{ .name = "a_keep_alive_is_not_data_sent_again",
	  .has_handshake = true,
	  .steps = { C(ACK, ESTABLISHED, DATA(1), SHIFT(-1)), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(ACK, ESTABLISHED, DATA(1), SHIFT(-1)), C(ACK, ESTABLISHED, SHIFT(-1)),
		     S(ACK, ESTABLISHED, DATA(1), SHIFT(-1)) } },
	{ .name = "two_bytes_are_no_keep_alive",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(ACK, ESTABLISHED, DATA(2), SHIFT(-2), RESENT(1)),
		     C(ACK, ESTABLISHED, DATA(1), SHIFT(-2), RESENT(2)),
		     C(ACK, ESTABLISHED, DATA(2), SHIFT(-1), RESENT(3)) } },
	{ .name = "a_byte_that_probes_a_window_is_new_once",
	  .has_handshake = true,
	  .steps = { S(ACK, ESTABLISHED, SHUT, .zero_windows = 1), C(ACK, ESTABLISHED, DATA(1)),
		     S(ACK, ESTABLISHED, SHUT, .zero_windows = 2), C(ACK, ESTABLISHED, DATA(1), AGAIN),
		     S(ACK, ESTABLISHED) } },
	{ .name = "each_side_may_close_its_window",
	  .has_handshake = true,
	  .steps = { C(ACK, ESTABLISHED, SHUT, .zero_windows = 1),
		     S(PSH | ACK, ESTABLISHED, SHUT, DATA(1), .zero_windows = 1),
		     C(ACK, ESTABLISHED), C(ACK, ESTABLISHED, SHUT, .zero_windows = 2),
		     C(FIN | ACK, FIN_I, SHUT, BECAUSE(FIN)),
		     S(ACK, HALF_I, SHUT, .zero_windows = 2) } },
	{ .name = "a_handshake_without_windows_has_closed_none",
	  .steps = { C(SYN, SYN_SENT, OPENS, SHUT), S(SYN | ACK, SYN_RECEIVED, SHUT),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "a_rst_without_a_window_has_closed_none",
	  .has_handshake = true,
	  .steps = { C(RST | ACK, CLOSED, SHUT, CLOSES, BECAUSE(RST)) } },
	{ .name = "a_first_packet_may_have_closed_a_window",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(ACK, ESTABLISHED, OPENS, SHUT, .zero_windows = 1) } },
	{ .name = "data_in_the_syn_is_followed",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED, DATA(10)),
		     C(PSH | ACK, ESTABLISHED, ESTABLISHES, DATA(100)),
		     S(PSH | ACK, ESTABLISHED, DATA(10)), S(PSH | ACK, ESTABLISHED, DATA(10)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)) } },
	{ .name = "a_syn_sent_again_is_marked_and_not_counted",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), C(SYN, SYN_SENT, AGAIN, DATA(100), REPEATED),
		     S(SYN | ACK, SYN_RECEIVED), C(PSH | ACK, ESTABLISHED, ESTABLISHES, DATA(100)) } },
	{ .name = "data_that_a_server_did_not_take_from_the_syn_is_sent_again",
	  .steps = { C(SYN, SYN_SENT, OPENS, DATA(100)), S(SYN | ACK, SYN_RECEIVED),
		     C(PSH | ACK, ESTABLISHED, ESTABLISHES, DATA(100), SHIFT(-100), RESENT(1)) } },
	{ .name = "data_sent_again_with_the_fin_is_counted",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(FIN | PSH | ACK, FIN_I, DATA(100), SHIFT(-100), RESENT(1), BECAUSE(FIN)),
		     S(FIN | ACK, LAST_ACK_I, DATA(10)), C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_sent_again_is_counted_with_data_only",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(FIN | ACK, FIN_I, AGAIN),
		     S(FIN | PSH | ACK, LAST_ACK_I, DATA(10)),
		     S(FIN | PSH | ACK, LAST_ACK_I, DATA(10), AGAIN, RESENT(1)),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "data_beyond_the_fin_does_not_move_its_acknowledgment",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(PSH | ACK, FIN_I, DATA(50), STRAY),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_new_connection_counts_anew",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)),
		     S(ACK, ESTABLISHED, SHUT, .zero_windows = 1),
		     S(RST, CLOSED, CLOSES, BECAUSE(RST)),
		     C(SYN, SYN_SENT, OPENS, NEW), S(SYN | ACK, SYN_RECEIVED, NEW),
		     C(PSH | ACK, ESTABLISHED, ESTABLISHES, DATA(10)),
		     C(PSH | ACK, ESTABLISHED, DATA(10), AGAIN, RESENT(1)),
		     C(SYN, ESTABLISHED, NEW),
		     S(SYN | ACK, SYN_RECEIVED, NEW, RENEWS(REUSED), BY_SYNACK),
		     C(PSH | ACK, ESTABLISHED, ESTABLISHES, DATA(10)) } },
	{ .name = "what_began_before_us_is_followed_from_its_first_packet",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(PSH | ACK, ESTABLISHED, OPENS, DATA(100)), S(ACK, ESTABLISHED),
		     S(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(-200), RESENT(1)),
		     S(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)) } },
	{ .name = "datagrams_are_never_sent_again",
	  .proto = IPPROTO_UDP, .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS, DATA(9)), C(0, ONE_WAY, DATA(9), AGAIN),
		     S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY, DATA(9), AGAIN) } },
};
/* clang-format on */

/* Super-packets: a segment is a packet. */
static void the_segments_of_data_sent_again_are_counted(void **state)
{
	struct pkt_desc desc = { .from = &v4_client,
				 .to = &v4_server,
				 .proto = IPPROTO_TCP,
				 .tcp_flags = ACK,
				 .seq = 1000,
				 .payload = 1000 };
	struct bpf_env_packet run = { .gso_size = 100 };
	struct bpf_env_result result;
	struct packet packet;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	pkt_build(&packet, &desc);
	run.data = packet.data;
	run.len = packet.len;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(bpf_env_run(env, ENV_TC_OUT, &run, &result), 0);
		assert_int_equal(the_flow(env).flow.dir[0].packets, 10 * (i + 1));
		assert_int_equal(the_flow(env).flow.dir[0].resent, 10 * i);
		assert_int_equal(the_flow(env).flow.dir[0].next_seq, 2000);
	}
	check_balance(env);
}

static void closed_windows_are_counted_to_the_end_of_the_counter(void **state)
{
	struct pkt_desc desc = { .from = &v4_client,
				 .to = &v4_server,
				 .proto = IPPROTO_TCP,
				 .tcp_flags = ACK,
				 .is_zero_window = true };
	struct bpf_env_packet run = { .repeat = 70000 };
	struct bpf_env_result result;
	struct packet packet;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	pkt_build(&packet, &desc);
	run.data = packet.data;
	run.len = packet.len;
	assert_int_equal(bpf_env_run(env, ENV_TC_IN, &run, &result), 0);
	assert_int_equal(the_flow(env).flow.dir[0].packets, 70000);
	assert_int_equal(the_flow(env).flow.dir[0].zero_windows, UINT16_MAX);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(the_segments_of_data_sent_again_are_counted),
		TEST(closed_windows_are_counted_to_the_end_of_the_counter),
	};

	return stories_run("life_data", stories, ARRAY_SIZE(stories), others, ARRAY_SIZE(others));
}

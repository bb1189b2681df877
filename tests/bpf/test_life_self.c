// SPDX-License-Identifier: BSD-2-Clause
/*
 * A socket that is connected to itself (both open at once, RFC 9293, 3.5, and both are one): all of its
 * packets go in one direction, and its one FIN is acknowledged by itself.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "pkt_build.h"
#include "story.h"
#include "tests/harness.h"

#define ITSELF .is_to_itself = true
#define OPENING                                                           \
	C(SYN, SYN_SENT, OPENS), C(SYN | ACK, SYN_SENT, AGAIN, REPEATED), \
		C(ACK, ESTABLISHED, ESTABLISHES)

/* clang-format off */
static const struct story stories[] = {
	{ .name = "its_fin_and_the_ack_of_it_are_the_end",
	  ITSELF,
	  .steps = { OPENING, C(PSH | ACK, ESTABLISHED, DATA(100)), C(ACK, ESTABLISHED),
		     C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(ACK, CLOSED, CLOSES), C(ACK, CLOSED) } },
	{ .name = "data_may_complete_its_opening",
	  ITSELF,
	  .steps = { C(SYN, SYN_SENT, OPENS), C(SYN | ACK, SYN_SENT, AGAIN, REPEATED),
		     C(PSH | ACK, ESTABLISHED, DATA(100), ESTABLISHES),
		     C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(ACK, CLOSED, CLOSES) } },
	{ .name = "its_fin_sent_again_is_no_end",
	  ITSELF,
	  .steps = { OPENING, C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(FIN | ACK, FIN_I, AGAIN, LATE),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "an_ack_of_what_came_before_its_fin_is_no_end",
	  ITSELF,
	  .steps = { OPENING, C(FIN | PSH | ACK, FIN_I, DATA(100), BECAUSE(FIN)), C(ACK, FIN_I, LATE),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "its_rst_breaks_it",
	  ITSELF,
	  .steps = { OPENING, C(RST | ACK, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "its_rst_behind_its_fin_breaks_it",
	  ITSELF,
	  .steps = { OPENING, C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(RST | ACK, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "it_may_go_on_behind_a_rst_of_somebody_else",
	  ITSELF,
	  .steps = { OPENING, C(RST, CLOSED, ASTRAY(0), CLOSES, BECAUSE(RST)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), GOES_ON) } },
	{ .name = "it_may_be_connected_to_itself_again",
	  ITSELF,
	  .steps = { OPENING, C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(ACK, CLOSED, CLOSES),
		     C(SYN, SYN_SENT, OPENS, NEW), C(SYN | ACK, SYN_SENT, AGAIN, REPEATED),
		     C(ACK, ESTABLISHED, ESTABLISHES), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "its_answer_may_be_the_first_that_is_seen",
	  ITSELF,
	  .by = WEIR_BY_SYNACK,
	  .steps = { C(SYN | ACK, SYN_RECEIVED, OPENS), C(ACK, ESTABLISHED, ESTABLISHES),
		     C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(ACK, CLOSED, CLOSES) } },
	{ .name = "it_may_be_older_than_we_are",
	  ITSELF,
	  .by = WEIR_BY_PORTS,
	  .steps = { C(PSH | ACK, ESTABLISHED, OPENS, DATA(10)), C(ACK, ESTABLISHED),
		     C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(ACK, CLOSED, CLOSES) } },
	{ .name = "its_fin_may_be_the_first_that_is_seen",
	  ITSELF,
	  .by = WEIR_BY_PORTS,
	  .steps = { C(FIN | ACK, FIN_I, OPENS, BECAUSE(FIN)), C(ACK, CLOSED, CLOSES) } },
};
/* clang-format on */

/* Of two sockets, one side's ACK says nothing of its own FIN, however alike their addresses are. */
static void who_shares_an_address_or_a_port_is_not_connected_to_itself(void **state)
{
	struct pkt_addr v4_next = v4_client, v6_next = v6_client, v6_distant = v6_client;
	const struct {
		const struct pkt_addr *from, *to;
		uint16_t sport, dport;
		enum weir_state end;
	} cases[] = {
		{ &v4_client, &v4_client, 80, 80, WEIR_CLOSED },
		{ &v6_client, &v6_client, 80, 80, WEIR_CLOSED },
		{ &v4_client, &v4_client, 81, 80, WEIR_FIN_I },
		{ &v6_client, &v6_client, 81, 80, WEIR_FIN_I },
		{ &v4_client, &v4_next, 80, 80, WEIR_FIN_I },
		{ &v6_client, &v6_next, 80, 80, WEIR_FIN_I },
		{ &v6_client, &v6_distant, 80, 80, WEIR_FIN_I },
	};

	(void)state;
	v4_next.bytes[15] ^= 1;
	v6_next.bytes[15] ^= 1;
	v6_distant.bytes[0] ^= 1;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pkt_desc fin = { .from = cases[i].from,
					.to = cases[i].to,
					.proto = IPPROTO_TCP,
					.sport = cases[i].sport,
					.dport = cases[i].dport,
					.tcp_flags = FIN | ACK,
					.seq = 1000,
					.ack = 1000 };
		struct pkt_desc ack = fin;

		ack.tcp_flags = ACK;
		ack.seq = ack.ack = 1001;
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_OUT, &fin);
		send_desc(env, ENV_TC_OUT, &ack);
		assert_int_equal(the_flow(env).flow.state, cases[i].end);
		check_balance(env);
	}
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(who_shares_an_address_or_a_port_is_not_connected_to_itself),
	};

	return stories_run("life_self", stories, ARRAY_SIZE(stories), others, ARRAY_SIZE(others));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * The life of flow entries: stories of packets, told over IPv4 and IPv6, with the client as either
 * endpoint and with sequence numbers that wrap. After each packet the entry and the events are
 * what the story says, to the last counter.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "dialogue.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

#define STEPS_MAX 12

/* One packet, and what it makes of the flow. */
struct step {
	struct segment say;
	enum weir_state state;
	enum weir_event_type event[2];
	enum weir_close_reason reason;	   /* from now on */
	enum weir_close_reason old_reason; /* of the connection that the packet renews */
	bool is_repeated;		   /* WEIR_FLOW_SYN_REPEATED is set from now on */
};

struct story {
	const char *name;
	uint8_t proto;	    /* 0: TCP */
	bool has_handshake; /* in front of the steps */
	enum side initiator;
	enum weir_initiator_by by;    /* 0: SYN */
	struct step steps[STEPS_MAX]; /* the one with state 0 ends them */
};

#define C(flags_, state_, ...)                                                                 \
	{                                                                                      \
		.say.from = CLIENT, .say.flags = (flags_), .state = WEIR_##state_, __VA_ARGS__ \
	}
#define S(flags_, state_, ...)                                                                 \
	{                                                                                      \
		.say.from = SERVER, .say.flags = (flags_), .state = WEIR_##state_, __VA_ARGS__ \
	}
#define AGAIN	    .say.is_again = true
#define LATE	    .say.is_late = true
#define NEW	    .say.is_new = true
#define OPENS	    .event = { WEIR_EVENT_OPEN }
#define ESTABLISHES .event = { WEIR_EVENT_ESTABLISHED }
#define CLOSES	    .event = { WEIR_EVENT_CLOSE }
#define RENEWS(was) .event = { WEIR_EVENT_CLOSE, WEIR_EVENT_OPEN }, .old_reason = WEIR_CLOSE_##was
#define BECAUSE(of) .reason = WEIR_CLOSE_##of
#define REPEATED    .is_repeated = true

static const struct step handshake[] = {
	C(SYN, SYN_SENT, OPENS),
	S(SYN | ACK, SYN_RECEIVED),
	C(ACK, ESTABLISHED, ESTABLISHES),
};

/* clang-format off */
static const struct story stories[] = {
	/* How connections open */
	{ .name = "a_handshake_establishes_and_data_tells_nothing",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES), C(PSH | ACK, ESTABLISHED, .say.payload = 500),
		     S(ACK, ESTABLISHED), S(PSH | ACK, ESTABLISHED, .say.payload = 1000),
		     C(ACK, ESTABLISHED) } },
	{ .name = "data_with_the_last_ack_of_the_handshake_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(PSH | ACK, ESTABLISHED, ESTABLISHES, .say.payload = 300) } },
	{ .name = "data_in_the_syn_changes_nothing",
	  .steps = { C(SYN, SYN_SENT, OPENS, .say.payload = 100), S(SYN | ACK, SYN_RECEIVED),
		     S(PSH | ACK, SYN_RECEIVED, .say.payload = 1000), C(ACK, ESTABLISHED, ESTABLISHES) } },
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
	{ .name = "a_stray_ack_is_no_answer_to_a_syn",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(ACK, SYN_SENT),
		     S(SYN | ACK, SYN_RECEIVED), C(ACK, ESTABLISHED, ESTABLISHES) } },

	/* Connections of which not all is seen */
	{ .name = "the_higher_port_initiated_what_began_before_us",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(ACK, ESTABLISHED, OPENS), S(PSH | ACK, ESTABLISHED, .say.payload = 10),
		     C(ACK, ESTABLISHED), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_lower_port_did_not_initiate_what_it_is_seen_to_continue",
	  .by = WEIR_BY_PORTS,
	  .steps = { S(PSH | ACK, ESTABLISHED, OPENS, .say.payload = 10), C(ACK, ESTABLISHED),
		     S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_packet_without_flags_may_be_the_first",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(0, ESTABLISHED, OPENS), S(0, ESTABLISHED), C(ACK, ESTABLISHED) } },
	{ .name = "a_fin_of_the_client_may_be_the_first",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(FIN | ACK, FIN_I, OPENS, BECAUSE(FIN)), S(ACK, FIN_I),
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
		     C(PSH | ACK, ESTABLISHED, .say.payload = 10), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(ACK, FIN_I) } },
	{ .name = "the_initiators_syn_and_fin_alone_are_half_closed",
	  .steps = { C(SYN, SYN_SENT, OPENS), C(FIN | ACK, FIN_I, BECAUSE(FIN)) } },
	{ .name = "a_fin_in_answer_to_a_syn_closes_one_side",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(FIN | ACK, FIN_R, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "the_responders_half_alone_is_never_established",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), S(ACK, SYN_RECEIVED, .say.payload = 10),
		     S(FIN | ACK, FIN_R, BECAUSE(FIN)), S(ACK, FIN_R) } },

	/* How connections close */
	{ .name = "the_client_closes_first",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(ACK, FIN_I), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_server_closes_first",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(ACK, FIN_R), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "the_fin_of_one_side_acknowledges_the_others",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "both_sides_may_close_at_once",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I, LATE),
		     S(ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_ack_of_the_earlier_fin_may_come_last",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R, LATE),
		     S(ACK, CLOSED, CLOSES), C(ACK, CLOSED) } },
	{ .name = "data_after_one_sides_fin_is_counted",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(ACK, FIN_I),
		     S(PSH | ACK, FIN_I, .say.payload = 1000), C(ACK, FIN_I),
		     S(PSH | ACK, FIN_I, .say.payload = 1), C(ACK, FIN_I), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "acks_between_the_fins_do_not_close",
	  .has_handshake = true,
	  .steps = { C(FIN | PSH | ACK, FIN_I, BECAUSE(FIN), .say.payload = 100),
		     S(ACK, FIN_I, LATE), S(ACK, FIN_I),
		     S(FIN | PSH | ACK, LAST_ACK_I, .say.payload = 100),
		     C(ACK, LAST_ACK_I, LATE), S(ACK, LAST_ACK_I, LATE), S(ACK, LAST_ACK_I),
		     C(ACK, LAST_ACK_I, LATE), C(ACK, CLOSED, CLOSES) } },
	{ .name = "acks_between_the_fins_of_a_connection_that_the_server_closes_do_not_close",
	  .has_handshake = true,
	  .steps = { S(FIN | PSH | ACK, FIN_R, BECAUSE(FIN), .say.payload = 100),
		     C(ACK, FIN_R, LATE), C(FIN | ACK, LAST_ACK_R, LATE),
		     S(ACK, LAST_ACK_R, LATE), C(ACK, LAST_ACK_R, LATE), C(ACK, LAST_ACK_R),
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
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I, LATE),
		     C(FIN | ACK, CLOSED, CLOSES, AGAIN) } },
	{ .name = "a_fin_with_the_last_ack_of_the_handshake_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(FIN | ACK, FIN_I, ESTABLISHES, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_before_the_last_ack_of_the_handshake_closes_one_side",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(ACK, FIN_R), C(FIN | ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "packets_after_the_end_are_counted_and_tell_nothing",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES), S(FIN | ACK, CLOSED, AGAIN),
		     C(ACK, CLOSED), C(RST, CLOSED), S(RST, CLOSED) } },

	/* How connections break */
	{ .name = "a_rst_in_answer_to_a_syn_refuses",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_rst_in_answer_to_a_syn_sent_again_refuses",
	  .steps = { C(SYN, SYN_SENT, OPENS),
		     C(SYN, SYN_SENT, AGAIN, REPEATED),
		     S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)) } },
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
	  .steps = { C(PSH | ACK, ESTABLISHED, .say.payload = 1),
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
	{ .name = "a_rst_of_the_client_after_both_fins_is_a_close_by_fin",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(RST, CLOSED, CLOSES) } },
	{ .name = "a_rst_of_the_server_after_both_fins_is_a_close_by_fin",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     S(RST, CLOSED, CLOSES) } },
	{ .name = "a_rst_of_the_client_in_answer_to_its_own_fin_is_a_close_by_fin",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     C(RST, CLOSED, CLOSES) } },
	{ .name = "a_rst_of_the_server_to_the_clients_last_fin_is_a_close_by_fin",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(RST, CLOSED, CLOSES) } },

	/* The same addresses and ports once more */
	{ .name = "a_tuple_is_used_again_after_the_end",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES), C(SYN, SYN_SENT, OPENS, NEW),
		     S(SYN | ACK, SYN_RECEIVED, NEW), C(ACK, ESTABLISHED, ESTABLISHES),
		     C(PSH | ACK, ESTABLISHED, .say.payload = 7), S(FIN | ACK, FIN_R, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_tuple_is_used_again_and_again",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)),
		     C(SYN, SYN_SENT, OPENS, NEW),
		     S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)),
		     C(SYN, SYN_SENT, OPENS, NEW),
		     S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_tuple_is_used_again_after_a_rst",
	  .has_handshake = true,
	  .steps = { S(RST, CLOSED, CLOSES, BECAUSE(RST)),
		     C(SYN, SYN_SENT, OPENS, NEW),
		     S(SYN | ACK, SYN_RECEIVED, NEW),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "the_other_side_may_use_the_tuple_again",
	  .has_handshake = true,
	  .steps = { C(RST, CLOSED, CLOSES, BECAUSE(RST)),
		     S(SYN, SYN_SENT, OPENS, NEW),
		     C(SYN | ACK, SYN_RECEIVED, NEW),
		     S(ACK, ESTABLISHED, ESTABLISHES), S(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_I), S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_tuple_is_used_again_after_a_syn_without_answer",
	  .steps = { C(SYN, SYN_SENT, OPENS),
		     C(SYN, SYN_SENT, AGAIN, REPEATED),
		     C(SYN, SYN_SENT, RENEWS(REUSED), NEW),
		     S(SYN | ACK, SYN_RECEIVED), C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "a_tuple_is_used_again_after_the_initiators_fin",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(SYN, SYN_SENT, RENEWS(FIN), NEW) } },
	{ .name = "a_tuple_is_used_again_after_the_responders_fin",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)),
		     C(SYN, SYN_SENT, RENEWS(FIN), NEW) } },
	{ .name = "a_tuple_is_used_again_before_the_initiators_last_ack",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(SYN, SYN_SENT, RENEWS(FIN), NEW) } },
	{ .name = "a_tuple_is_used_again_before_the_responders_last_ack",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(SYN, SYN_SENT, RENEWS(FIN), NEW) } },
	{ .name = "a_tuple_is_used_again_after_a_connection_that_began_before_us",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(RST, CLOSED, OPENS, BECAUSE(RST)),
		     C(SYN, SYN_SENT, OPENS, NEW) } },
	{ .name = "the_same_syn_after_the_end_is_a_late_copy",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)),
		     C(SYN, CLOSED, AGAIN, REPEATED) } },
	{ .name = "a_syn_within_a_connection_does_not_renew_it",
	  .has_handshake = true,
	  .steps = { C(SYN, ESTABLISHED, NEW, REPEATED),
		     S(ACK, ESTABLISHED) } },
	{ .name = "a_syn_within_a_half_open_connection_does_not_renew_it",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(SYN, SYN_RECEIVED, NEW, REPEATED) } },

	/* What is not TCP */
	{ .name = "udp_is_two_way_with_the_first_answer",
	  .proto = IPPROTO_UDP,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS), C(0, ONE_WAY, .say.payload = 9),
		     S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY), S(0, TWO_WAY, .say.payload = 900) } },
	{ .name = "the_first_sender_of_udp_is_the_initiator_whatever_its_port",
	  .proto = IPPROTO_UDP,
	  .initiator = SERVER,
	  .by = WEIR_BY_FIRST,
	  .steps = { S(0, ONE_WAY, OPENS), S(0, ONE_WAY), C(0, TWO_WAY, ESTABLISHES),
		     S(0, TWO_WAY) } },
	{ .name = "an_echo_reply_makes_icmp_two_way",
	  .proto = IPPROTO_ICMP,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS, .say.payload = 48), S(0, TWO_WAY, ESTABLISHES, .say.payload = 48),
		     C(0, TWO_WAY, .say.payload = 48) } },
	{ .name = "an_answer_makes_any_protocol_two_way",
	  .proto = IPPROTO_GRE,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS), S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY) } },
};
/* clang-format on */

/* Some connections close at sequence number 0, or just before or behind. */
static const uint32_t isns[][2] = {
	{ 1000, 0x80000000 },	    { 0x7fffffff, 5 },		{ 0xffffffff, 0xfffffffe },
	{ 0xfffffffe, 0xffffffff }, { 0xffffff9a, 0xffffff9a },
};

/* What the flow entry must be, kept up packet by packet. */
struct model {
	struct dialogue talk;
	bool is_there;
	struct weir_flow_key key;
	struct weir_flow flow;	 /* times, last and end_ns: 0 or not 0 */
	struct weir_flow before; /* the entry as it was before the packet */
	struct weir_flow now;	 /* the entry */
	uint64_t time_ns;	 /* of the last event */
};

static struct bpf_env *env;

static int setup_group(void **state)
{
	(void)state;
	return bpf_env_new(&env, NULL);
}

static int teardown_group(void **state)
{
	(void)state;
	bpf_env_free(&env);
	return 0;
}

static void model_rebase(struct weir_dir *dir)
{
	dir->base_packets = dir->packets;
	dir->base_bytes = dir->bytes;
	dir->flags = 0;
	dir->hooks = 0;
	dir->end_ns = 0;
}

/* The first packet of a connection, of the entry or of the tuple's next one. */
static void model_begin(struct model *model, enum side initiator, enum weir_initiator_by by)
{
	struct weir_flow *flow = &model->flow;

	flow->initiator = (uint8_t)(dialogue_dir(&model->talk, initiator) | by << 1);
	flow->flags = 0;
	flow->close_reason = WEIR_CLOSE_NONE;
	flow->start_ns = 1;
	flow->reply_ns = 0;
	flow->established_ns = 0;
	model_rebase(&flow->dir[0]);
	model_rebase(&flow->dir[1]);
}

static void model_tcp(const struct model *model, const struct pkt_desc *desc, struct weir_dir *own)
{
	uint8_t flags = desc->tcp_flags;
	uint32_t next = desc->seq + desc->payload + !!(flags & SYN);
	int32_t ahead = (int32_t)(desc->seq - own->next_seq);

	if (desc->proto != IPPROTO_TCP)
		return;
	if (!own->flags) {
		if (flags || desc->payload || !model->is_there)
			own->next_seq = next;
	} else if (desc->payload) {
		own->resent += ahead < 0;
		if (!own->end_ns && (int32_t)(next - own->next_seq) > 0)
			own->next_seq = next;
	}
	if (flags & RST) {
		if (model->now.state != WEIR_CLOSED || !model->is_there)
			own->end_ns = 1;
	} else if (flags & SYN) {
		if (!(own->flags & SYN) || model->now.state < WEIR_ESTABLISHED)
			own->isn = desc->seq;
	} else if (flags & FIN && !own->end_ns) {
		own->end_ns = 1;
		own->next_seq = next + 1;
	}
}

static void model_packet(struct model *model, enum side from, const struct pkt_desc *desc)
{
	struct weir_dir *own = &model->flow.dir[dialogue_dir(&model->talk, from)];
	struct packet packet;

	pkt_build(&packet, desc);
	model_tcp(model, desc, own);
	own->packets++;
	own->bytes += packet.len;
	own->last = 1;
	own->flags |= desc->tcp_flags;
	own->hooks |= 1 << bpf_env_progs[dialogue_prog(&model->talk, from)].hook;
}

/* The answer is the SYN-ACK, or whatever comes back first where there is none. */
static bool is_answer(const struct model *model, const struct segment *say)
{
	if (dialogue_dir(&model->talk, say->from) == (model->flow.initiator & 1))
		return false;
	return model->talk.proto != IPPROTO_TCP || (say->flags & (SYN | ACK | RST)) == (SYN | ACK);
}

static void model_apply(struct model *model, const struct step *step)
{
	struct weir_flow *flow = &model->flow;

	flow->state = step->state;
	if (is_answer(model, &step->say))
		flow->reply_ns = 1;
	if (step->event[0] == WEIR_EVENT_ESTABLISHED) {
		flow->established_ns = 1;
		flow->flags &= (uint8_t)~WEIR_FLOW_UNANSWERED;
	}
	if (step->is_repeated)
		flow->flags |= WEIR_FLOW_SYN_REPEATED;
	if (step->reason) {
		flow->close_reason = step->reason;
		flow->flags &= (uint8_t)~WEIR_FLOW_CLOSED_BY_1;
		if (dialogue_dir(&model->talk, step->say.from))
			flow->flags |= WEIR_FLOW_CLOSED_BY_1;
	}
}

static void check_dir(const struct weir_dir *is, const struct weir_dir *expected)
{
	assert_int_equal(is->packets, expected->packets);
	assert_int_equal(is->bytes, expected->bytes);
	assert_int_equal(is->base_packets, expected->base_packets);
	assert_int_equal(is->base_bytes, expected->base_bytes);
	assert_int_equal(is->flags, expected->flags);
	assert_int_equal(is->hooks, expected->hooks);
	assert_int_equal(is->isn, expected->isn);
	assert_int_equal(is->next_seq, expected->next_seq);
	assert_int_equal(is->resent, expected->resent);
	assert_int_equal(is->last != 0, expected->last != 0);
	assert_int_equal(is->end_ns != 0, expected->end_ns != 0);
}

/* Times grow along the handshake; none that was known changes. */
static void check_times(const struct model *model, bool is_begin)
{
	const struct weir_flow *now = &model->now, *before = &model->before;

	assert_int_equal(now->reply_ns != 0, model->flow.reply_ns != 0);
	assert_int_equal(now->established_ns != 0, model->flow.established_ns != 0);
	assert_true(now->start_ns > 0);
	assert_true(!now->reply_ns || now->reply_ns >= now->start_ns);
	assert_true(!now->established_ns || now->established_ns >= now->start_ns);
	assert_true(!now->established_ns || now->established_ns >= now->reply_ns);
	for (size_t i = 0; i < 2; i++)
		assert_true(!now->dir[i].end_ns || now->dir[i].end_ns >= now->start_ns);
	if (is_begin) {
		assert_true(now->start_ns > before->start_ns);
		return;
	}
	assert_int_equal(now->start_ns, before->start_ns);
	assert_true(!before->reply_ns || now->reply_ns == before->reply_ns);
	assert_true(!before->established_ns || now->established_ns == before->established_ns);
	for (size_t i = 0; i < 2; i++)
		assert_true(!before->dir[i].end_ns || now->dir[i].end_ns == before->dir[i].end_ns);
}

static void check_entry(struct model *model, bool is_begin)
{
	struct bpf_env_flow entry = the_flow(env);

	if (model->is_there)
		assert_memory_equal(&entry.key, &model->key, sizeof(entry.key));
	model->key = entry.key;
	model->before = model->now;
	model->now = entry.flow;
	model->is_there = true;
	assert_int_equal(model->now.lock, 0);
	assert_int_equal(model->now.state, model->flow.state);
	assert_int_equal(model->now.initiator, model->flow.initiator);
	assert_int_equal(model->now.close_reason, model->flow.close_reason);
	assert_int_equal(model->now.flags, model->flow.flags);
	check_dir(&model->now.dir[0], &model->flow.dir[0]);
	check_dir(&model->now.dir[1], &model->flow.dir[1]);
	check_times(model, is_begin);
}

static void check_event(struct model *model, const struct weir_event *event,
			const struct segment *say)
{
	const struct weir_event_hdr *hdr = &event->hdr;

	assert_int_equal(hdr->len, sizeof(*event));
	assert_int_equal(hdr->version, WEIR_EVENT_VERSION);
	assert_int_equal(hdr->hook, bpf_env_progs[dialogue_prog(&model->talk, say->from)].hook);
	assert_int_equal(hdr->dir, dialogue_dir(&model->talk, say->from));
	assert_int_equal(hdr->tcp_flags, say->flags);
	assert_true(hdr->time_ns >= model->time_ns);
	model->time_ns = hdr->time_ns;
	if (hdr->type == WEIR_EVENT_OPEN)
		assert_int_equal(hdr->time_ns, model->now.start_ns);
	if (hdr->type == WEIR_EVENT_ESTABLISHED)
		assert_int_equal(hdr->time_ns, model->now.established_ns);
	assert_memory_equal(&event->key, &model->key, sizeof(model->key));
}

/* An event holds the entry as the packet left it; the end of the old connection, as it found it. */
static void check_events(struct model *model, const struct step *step)
{
	const struct weir_event *events;
	int n = !!step->event[0] + !!step->event[1];

	assert_int_equal(bpf_env_events(env, &events), n);
	for (int i = 0; i < n; i++) {
		struct weir_flow flow = model->now;

		if (i == 0 && n == 2) {
			flow = model->before;
			flow.close_reason = (uint8_t)step->old_reason;
		}
		assert_int_equal(events[i].hdr.type, step->event[i]);
		check_event(model, &events[i], &step->say);
		assert_memory_equal(&events[i].flow, &flow, sizeof(flow));
	}
}

/* TCP that is seen in its middle has been answered. */
static bool is_asking(const struct pkt_desc *desc)
{
	return desc->proto != IPPROTO_TCP || (desc->tcp_flags & (SYN | RST));
}

static void model_step(struct model *model, const struct step *step)
{
	bool is_begin = step->event[0] == WEIR_EVENT_OPEN || step->event[1] == WEIR_EVENT_OPEN;
	struct pkt_desc desc;

	if (is_begin && model->is_there)
		model_begin(model, step->say.from, WEIR_BY_SYN);
	desc = dialogue_say(&model->talk, &step->say);
	send_desc(env, dialogue_prog(&model->talk, step->say.from), &desc);
	if (is_begin && is_asking(&desc))
		model->flow.flags |= WEIR_FLOW_UNANSWERED;
	model_packet(model, step->say.from, &desc);
	model_apply(model, step);
	check_entry(model, is_begin);
	check_events(model, step);
	check_balance(env);
}

static void tell(const struct story *story, struct model *model)
{
	assert_int_equal(bpf_env_reset(env), 0);
	model_begin(model, story->initiator, story->by ? story->by : WEIR_BY_SYN);
	for (size_t i = 0; story->has_handshake && i < ARRAY_SIZE(handshake); i++)
		model_step(model, &handshake[i]);
	for (size_t i = 0; i < STEPS_MAX && story->steps[i].state; i++)
		model_step(model, &story->steps[i]);
}

static void story_comes_true(void **state)
{
	const struct story *story = *state;

	for (size_t i = 0; i < 4 * ARRAY_SIZE(isns); i++) {
		struct model model = { 0 };

		dialogue_init(&model.talk, i & 1 ? WEIR_IPV6 : WEIR_IPV4,
			      story->proto ? story->proto : IPPROTO_TCP, i & 2, isns[i / 4]);
		tell(story, &model);
	}
}

static bool has_fin(enum weir_state state, enum side side)
{
	const struct dialogue_path *path = &dialogue_paths[state];

	for (size_t i = 0; i < path->segments; i++)
		if (path->segment[i].from == side && path->segment[i].flags & FIN)
			return true;
	return false;
}

/*
 * The segment by which the side makes the input in the state: false if there is none. A SYN is
 * the one that the side has sent before, if any: another one would renew the entry.
 */
static bool input_segment(enum weir_state state, enum side side, enum weir_input input,
			  struct segment *ret)
{
	static const uint8_t flags[WEIR_INPUT_MAX] = {
		[WEIR_IN_SYN] = SYN,	 [WEIR_IN_SYNACK] = SYN | ACK, [WEIR_IN_ACK] = ACK,
		[WEIR_IN_ACK_FIN] = ACK, [WEIR_IN_FIN] = FIN | ACK,    [WEIR_IN_RST] = RST,
		[WEIR_IN_PACKET] = 0,
	};
	bool is_tcp = dialogue_paths[state].proto == IPPROTO_TCP;
	bool has_syn = side == CLIENT || state != WEIR_SYN_SENT;

	if ((input == WEIR_IN_PACKET) == is_tcp || input == WEIR_IN_REST)
		return false;
	if ((input == WEIR_IN_ACK_FIN && !has_fin(state, !side)) ||
	    (input == WEIR_IN_FIN && has_fin(state, side)))
		return false;
	*ret = (struct segment){
		.from = side,
		.flags = flags[input],
		.is_again = (flags[input] & SYN) && has_syn,
		.is_late = input == WEIR_IN_ACK && has_fin(state, !side),
	};
	return true;
}

static void check_transition(enum weir_state state, enum weir_input input,
			     const struct segment *segment)
{
	uint8_t todo = weir_lifecycle[state][segment->from][input];
	const struct weir_event *events;
	struct dialogue talk;
	struct pkt_desc desc;

	dialogue_reach(&talk, env, state);
	desc = dialogue_say(&talk, segment);
	send_desc(env, dialogue_prog(&talk, segment->from), &desc);
	assert_int_equal(the_flow(env).flow.state, WEIR_NEXT(todo, state));
	if (!(todo & (WEIR_DO_CLOSE | WEIR_DO_ESTABLISHED))) {
		assert_int_equal(bpf_env_events(env, &events), 0);
		return;
	}
	assert_int_equal(bpf_env_events(env, &events), 1);
	assert_int_equal(events->hdr.type,
			 todo & WEIR_DO_CLOSE ? WEIR_EVENT_CLOSE : WEIR_EVENT_ESTABLISHED);
}

/* In the paths the client is the initiator. */
static void every_transition_of_the_table_that_packets_can_make_is_made(void **state)
{
	unsigned int made = 0;

	(void)state;
	for (enum weir_state from = WEIR_STATE_NONE + 1; from < WEIR_STATE_MAX; from++) {
		for (unsigned int i = 0; i < 2 * WEIR_INPUT_MAX; i++) {
			enum weir_input input = i / 2;
			struct segment segment;

			if (!input_segment(from, i % 2 ? SERVER : CLIENT, input, &segment))
				continue;
			check_transition(from, input, &segment);
			made++;
		}
	}
	assert_int_equal(made, 84); /* none has fallen out of the loops */
}

/* A network may bring an old copy at any time. */
static void a_syn_or_syn_ack_sent_again_changes_no_state(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4 * (WEIR_CLOSED + 1); i++) {
		enum weir_state in = i / 4;
		const struct segment again = {
			.from = i & 1 ? SERVER : CLIENT,
			.flags = i & 2 ? SYN | ACK : SYN,
			.is_again = true,
		};
		const struct weir_event *events;
		struct dialogue talk;
		struct pkt_desc desc;

		/* The first SYN of the other side, if it answers or not, is no copy. */
		if (in == WEIR_STATE_NONE || (in == WEIR_SYN_SENT && again.from == SERVER))
			continue;
		dialogue_reach(&talk, env, in);
		desc = dialogue_say(&talk, &again);
		send_desc(env, dialogue_prog(&talk, again.from), &desc);
		assert_int_equal(the_flow(env).flow.state, in);
		assert_int_equal(bpf_env_events(env, &events), 0);
	}
}

/* The datapath leaves such packets out without asking the table. */
static void steady_states_are_steady_in_the_table(void **state)
{
	static const enum weir_input inputs[] = { WEIR_IN_ACK, WEIR_IN_ACK_FIN, WEIR_IN_PACKET };

	(void)state;
	for (unsigned int from = WEIR_STATE_NONE + 1; from < WEIR_STATE_MAX; from++) {
		for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
			if (WEIR_STEADY & 1U << from)
				assert_int_equal(weir_lifecycle[from][WEIR_RESPONDER][inputs[i]],
						 0);
			if (WEIR_STEADY_INITIATOR & 1U << from)
				assert_int_equal(weir_lifecycle[from][WEIR_INITIATOR][inputs[i]],
						 0);
		}
	}
	/* Nothing leads from TCP to other protocols, or back to no state, or out of CLOSED. */
	for (unsigned int from = WEIR_STATE_NONE + 1; from < WEIR_STATE_MAX; from++) {
		for (unsigned int i = 0; i < 2 * WEIR_INPUT_MAX; i++) {
			uint8_t to = WEIR_NEXT(weir_lifecycle[from][i % 2][i / 2], from);

			assert_in_range(to, WEIR_SYN_SENT, WEIR_STATE_MAX - 1);
			assert_int_equal(to >= WEIR_ONE_WAY, from >= WEIR_ONE_WAY);
			assert_true(from != WEIR_CLOSED || to == WEIR_CLOSED);
		}
	}
}

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

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(every_transition_of_the_table_that_packets_can_make_is_made),
		TEST(a_syn_or_syn_ack_sent_again_changes_no_state),
		TEST(steady_states_are_steady_in_the_table),
		TEST(with_equal_ports_the_first_sender_initiated_what_began_before_us),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(stories) + ARRAY_SIZE(others)];
	size_t n = 0;

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	for (; n < ARRAY_SIZE(stories); n++) {
		tests[n] = (struct CMUnitTest)cmocka_unit_test_prestate(story_comes_true,
									(void *)&stories[n]);
		tests[n].name = stories[n].name;
	}
	memcpy(&tests[n], others, sizeof(others));
	n += ARRAY_SIZE(others);
	return _cmocka_run_group_tests("lifecycle", tests, n, setup_group, teardown_group);
}

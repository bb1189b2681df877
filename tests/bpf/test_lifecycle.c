// SPDX-License-Identifier: BSD-2-Clause
/*
 * The life of flow entries: stories of packets, told over IPv4 and IPv6, with the client as either
 * endpoint and with sequence numbers that wrap. After each packet the entry and the events are
 * what the story says, to the last counter.
 */
#include "bpf_env.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>

#include "base/cleanup.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

enum {
	FIN = PKT_FIN,
	SYN = PKT_SYN,
	RST = PKT_RST,
	PSH = PKT_PSH,
	ACK = PKT_ACK,
	URG = PKT_URG,
	ECE = PKT_ECE,
	CWR = PKT_CWR,
};

enum side {
	CLIENT,
	SERVER,
};

/* One packet, and what it makes of the flow. */
struct step {
	enum side from;
	uint8_t flags;
	uint16_t payload;
	bool is_again; /* the sender's last segment once more; a SYN: its SYN */
	bool is_late; /* acknowledges all but the last of what the other side has sent: not its FIN */
	bool is_new; /* a SYN with an ISN of its own */

	enum weir_state state;
	enum weir_event_type event[2];
	enum weir_close_reason reason;	   /* from now on */
	enum weir_close_reason old_reason; /* of the connection that the packet renews */
	bool is_repeated;		   /* WEIR_FLOW_SYN_REPEATED is set from now on */
};

#define STEPS_MAX 12

struct story {
	const char *name;
	uint8_t proto;	    /* 0: TCP */
	bool has_handshake; /* in front of the steps */
	enum side initiator;
	enum weir_initiator_by by;    /* 0: SYN */
	struct step steps[STEPS_MAX]; /* the one with state 0 ends them */
};

#define C(flags_, state_, ...)                                                         \
	{                                                                              \
		.from = CLIENT, .flags = (flags_), .state = WEIR_##state_, __VA_ARGS__ \
	}
#define S(flags_, state_, ...)                                                         \
	{                                                                              \
		.from = SERVER, .flags = (flags_), .state = WEIR_##state_, __VA_ARGS__ \
	}
#define OPENS	    .event = { WEIR_EVENT_OPEN }
#define ESTABLISHES .event = { WEIR_EVENT_ESTABLISHED }
#define CLOSES	    .event = { WEIR_EVENT_CLOSE }
#define RENEWS(was) .event = { WEIR_EVENT_CLOSE, WEIR_EVENT_OPEN }, .old_reason = WEIR_CLOSE_##was
#define BECAUSE(of) .reason = WEIR_CLOSE_##of

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
		     C(ACK, ESTABLISHED, ESTABLISHES), C(PSH | ACK, ESTABLISHED, .payload = 500),
		     S(ACK, ESTABLISHED), S(PSH | ACK, ESTABLISHED, .payload = 1000),
		     C(ACK, ESTABLISHED) } },
	{ .name = "data_with_the_last_ack_of_the_handshake_establishes",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(PSH | ACK, ESTABLISHED, ESTABLISHES, .payload = 300) } },
	{ .name = "data_in_the_syn_changes_nothing",
	  .steps = { C(SYN, SYN_SENT, OPENS, .payload = 100), S(SYN | ACK, SYN_RECEIVED),
		     S(PSH | ACK, SYN_RECEIVED, .payload = 1000), C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "a_syn_that_asks_for_ecn_is_a_syn",
	  .steps = { C(SYN | ECE | CWR, SYN_SENT, OPENS), S(SYN | ACK | ECE, SYN_RECEIVED),
		     C(ACK, ESTABLISHED, ESTABLISHES), C(ACK | CWR | URG, ESTABLISHED) } },
	{ .name = "a_connection_stays_half_open_without_the_last_ack",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     S(SYN | ACK, SYN_RECEIVED, .is_again = true, .is_repeated = true),
		     S(SYN | ACK, SYN_RECEIVED, .is_again = true) } },
	{ .name = "a_syn_sent_again_is_marked",
	  .steps = { C(SYN, SYN_SENT, OPENS),
		     C(SYN, SYN_SENT, .is_again = true, .is_repeated = true),
		     C(SYN, SYN_SENT, .is_again = true), S(SYN | ACK, SYN_RECEIVED),
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
		     C(SYN | ACK, SYN_RECEIVED, .is_again = true, .is_repeated = true),
		     S(SYN | ACK, SYN_RECEIVED, .is_again = true),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "a_stray_ack_is_no_answer_to_a_syn",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(ACK, SYN_SENT),
		     S(SYN | ACK, SYN_RECEIVED), C(ACK, ESTABLISHED, ESTABLISHES) } },

	/* Connections of which not all is seen */
	{ .name = "the_higher_port_initiated_what_began_before_us",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(ACK, ESTABLISHED, OPENS), S(PSH | ACK, ESTABLISHED, .payload = 10),
		     C(ACK, ESTABLISHED), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_lower_port_did_not_initiate_what_it_is_seen_to_continue",
	  .by = WEIR_BY_PORTS,
	  .steps = { S(PSH | ACK, ESTABLISHED, OPENS, .payload = 10), C(ACK, ESTABLISHED),
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
		     C(PSH | ACK, ESTABLISHED, .payload = 10), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(ACK, FIN_I) } },
	{ .name = "the_initiators_syn_and_fin_alone_are_half_closed",
	  .steps = { C(SYN, SYN_SENT, OPENS), C(FIN | ACK, FIN_I, BECAUSE(FIN)) } },
	{ .name = "the_responders_half_alone_is_never_established",
	  .by = WEIR_BY_SYNACK,
	  .steps = { S(SYN | ACK, SYN_RECEIVED, OPENS), S(ACK, SYN_RECEIVED, .payload = 10),
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
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I, .is_late = true),
		     S(ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "the_ack_of_the_earlier_fin_may_come_last",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R, .is_late = true),
		     S(ACK, CLOSED, CLOSES), C(ACK, CLOSED) } },
	{ .name = "data_after_one_sides_fin_is_counted",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(ACK, FIN_I),
		     S(PSH | ACK, FIN_I, .payload = 1000), C(ACK, FIN_I),
		     S(PSH | ACK, FIN_I, .payload = 1), C(ACK, FIN_I), S(FIN | ACK, LAST_ACK_I),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "acks_between_the_fins_do_not_close",
	  .has_handshake = true,
	  .steps = { C(FIN | PSH | ACK, FIN_I, BECAUSE(FIN), .payload = 100),
		     S(ACK, FIN_I, .is_late = true), S(ACK, FIN_I),
		     S(FIN | PSH | ACK, LAST_ACK_I, .payload = 100),
		     C(ACK, LAST_ACK_I, .is_late = true), S(ACK, LAST_ACK_I),
		     C(ACK, LAST_ACK_I, .is_late = true), C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_packet_without_ack_acknowledges_nothing",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(PSH, LAST_ACK_I), C(0, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_sent_again_is_not_the_other_sides",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), C(FIN | ACK, FIN_I, .is_again = true),
		     S(FIN | ACK, LAST_ACK_I), S(FIN | ACK, LAST_ACK_I, .is_again = true),
		     C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_sent_again_may_acknowledge_the_other_sides",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I, .is_late = true),
		     C(FIN | ACK, CLOSED, CLOSES, .is_again = true) } },
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
		     C(ACK, CLOSED, CLOSES), S(FIN | ACK, CLOSED, .is_again = true),
		     C(ACK, CLOSED), C(RST, CLOSED), S(RST, CLOSED) } },

	/* How connections break */
	{ .name = "a_rst_in_answer_to_a_syn_refuses",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_rst_in_answer_to_a_syn_sent_again_refuses",
	  .steps = { C(SYN, SYN_SENT, OPENS),
		     C(SYN, SYN_SENT, .is_again = true, .is_repeated = true),
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
	  .steps = { C(PSH | ACK, ESTABLISHED, .payload = 1),
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
		     C(ACK, CLOSED, CLOSES), C(SYN, SYN_SENT, OPENS, .is_new = true),
		     S(SYN | ACK, SYN_RECEIVED, .is_new = true), C(ACK, ESTABLISHED, ESTABLISHES),
		     C(PSH | ACK, ESTABLISHED, .payload = 7), S(FIN | ACK, FIN_R, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_tuple_is_used_again_and_again",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)),
		     C(SYN, SYN_SENT, OPENS, .is_new = true),
		     S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)),
		     C(SYN, SYN_SENT, OPENS, .is_new = true),
		     S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)) } },
	{ .name = "a_tuple_is_used_again_after_a_rst",
	  .has_handshake = true,
	  .steps = { S(RST, CLOSED, CLOSES, BECAUSE(RST)),
		     C(SYN, SYN_SENT, OPENS, .is_new = true),
		     S(SYN | ACK, SYN_RECEIVED, .is_new = true),
		     C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "the_other_side_may_use_the_tuple_again",
	  .has_handshake = true,
	  .steps = { C(RST, CLOSED, CLOSES, BECAUSE(RST)),
		     S(SYN, SYN_SENT, OPENS, .is_new = true),
		     C(SYN | ACK, SYN_RECEIVED, .is_new = true),
		     S(ACK, ESTABLISHED, ESTABLISHES), S(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_I), S(ACK, CLOSED, CLOSES) } },
	{ .name = "a_tuple_is_used_again_after_a_syn_without_answer",
	  .steps = { C(SYN, SYN_SENT, OPENS),
		     C(SYN, SYN_SENT, .is_again = true, .is_repeated = true),
		     C(SYN, SYN_SENT, RENEWS(REUSED), .is_new = true),
		     S(SYN | ACK, SYN_RECEIVED), C(ACK, ESTABLISHED, ESTABLISHES) } },
	{ .name = "a_tuple_is_used_again_after_the_initiators_fin",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     C(SYN, SYN_SENT, RENEWS(FIN), .is_new = true) } },
	{ .name = "a_tuple_is_used_again_after_the_responders_fin",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)),
		     C(SYN, SYN_SENT, RENEWS(FIN), .is_new = true) } },
	{ .name = "a_tuple_is_used_again_before_the_initiators_last_ack",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I),
		     C(SYN, SYN_SENT, RENEWS(FIN), .is_new = true) } },
	{ .name = "a_tuple_is_used_again_before_the_responders_last_ack",
	  .has_handshake = true,
	  .steps = { S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R),
		     S(SYN, SYN_SENT, RENEWS(FIN), .is_new = true) } },
	{ .name = "a_tuple_is_used_again_after_a_connection_that_began_before_us",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(RST, CLOSED, OPENS, BECAUSE(RST)),
		     C(SYN, SYN_SENT, OPENS, .is_new = true) } },
	{ .name = "the_same_syn_after_the_end_is_a_late_copy",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(RST | ACK, CLOSED, CLOSES, BECAUSE(REFUSED)),
		     C(SYN, CLOSED, .is_again = true, .is_repeated = true) } },
	{ .name = "a_syn_within_a_connection_does_not_renew_it",
	  .has_handshake = true,
	  .steps = { C(SYN, ESTABLISHED, .is_new = true, .is_repeated = true),
		     S(ACK, ESTABLISHED) } },
	{ .name = "a_syn_within_a_half_open_connection_does_not_renew_it",
	  .steps = { C(SYN, SYN_SENT, OPENS), S(SYN | ACK, SYN_RECEIVED),
		     C(SYN, SYN_RECEIVED, .is_new = true, .is_repeated = true) } },

	/* What is not TCP */
	{ .name = "udp_is_two_way_with_the_first_answer",
	  .proto = IPPROTO_UDP,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS), C(0, ONE_WAY, .payload = 9),
		     S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY), S(0, TWO_WAY, .payload = 900) } },
	{ .name = "the_first_sender_of_udp_is_the_initiator_whatever_its_port",
	  .proto = IPPROTO_UDP,
	  .initiator = SERVER,
	  .by = WEIR_BY_FIRST,
	  .steps = { S(0, ONE_WAY, OPENS), S(0, ONE_WAY), C(0, TWO_WAY, ESTABLISHES),
		     S(0, TWO_WAY) } },
	{ .name = "an_echo_reply_makes_icmp_two_way",
	  .proto = IPPROTO_ICMP,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS, .payload = 48), S(0, TWO_WAY, ESTABLISHES, .payload = 48),
		     C(0, TWO_WAY, .payload = 48) } },
	{ .name = "an_answer_makes_any_protocol_two_way",
	  .proto = IPPROTO_GRE,
	  .by = WEIR_BY_FIRST,
	  .steps = { C(0, ONE_WAY, OPENS), S(0, TWO_WAY, ESTABLISHES), C(0, TWO_WAY) } },
};
/* clang-format on */

/* How a story is told. */
struct telling {
	uint8_t family;
	bool is_swapped; /* the client is endpoint 1 */
	uint32_t isn[2]; /* of client and server */
};

/* Some connections close at sequence number 0. */
static const uint32_t isns[][2] = {
	{ 1000, 0x80000000 },	    { 0x7fffffff, 5 },		{ 0xffffffff, 0xfffffffe },
	{ 0xfffffffe, 0xffffffff }, { 0xfffffff0, 0xffffff00 },
};

/* What the flow entry must be, kept up packet by packet. */
struct model {
	struct bpf_env *env;
	struct telling telling;
	uint8_t proto;
	bool is_there;
	uint32_t next[2]; /* sequence number of the side's next byte */
	uint32_t last[2]; /* ... of its last segment */
	struct weir_flow_key key;
	struct weir_flow flow;	 /* dir as in the map; times, last and end_ns: 0 or not 0 */
	struct weir_flow before; /* the entry as it was before the packet */
	struct weir_flow now;	 /* the entry */
};

static struct bpf_env *env_of_group;

static int setup_group(void **state)
{
	(void)state;
	return bpf_env_new(&env_of_group, NULL);
}

static int teardown_group(void **state)
{
	(void)state;
	bpf_env_free(&env_of_group);
	return 0;
}

static unsigned int dir_of(const struct model *model, enum side side)
{
	return (side == SERVER) != model->telling.is_swapped;
}

/* Each side has its hook, as at a port of a router. */
static enum bpf_env_prog prog_of(const struct model *model, enum side side)
{
	if (!model->telling.is_swapped)
		return side == CLIENT ? ENV_TC_IN : ENV_TC_OUT;
	return side == CLIENT ? ENV_TC_OUT : ENV_XDP;
}

static struct pkt_desc model_packet(const struct model *model, const struct step *step)
{
	bool is_v4 = model->telling.family == WEIR_IPV4;
	bool is_dir1 = dir_of(model, step->from);
	const struct pkt_addr *first = is_v4 ? &v4_client : &v6_client;
	const struct pkt_addr *second = is_v4 ? &v4_server : &v6_server;
	struct pkt_desc desc = {
		.is_reverse = step->from == SERVER,
		.from = is_dir1 ? second : first,
		.to = is_dir1 ? first : second,
		.proto = model->proto,
		.sport = step->from == CLIENT ? PORT_CLIENT : PORT_HTTPS,
		.dport = step->from == CLIENT ? PORT_HTTPS : PORT_CLIENT,
		.tcp_flags = step->flags,
		.payload = step->payload,
		.icmp_id = 77,
	};

	if (model->proto == IPPROTO_ICMP && is_v4)
		desc.icmp_type = step->from == CLIENT ? 8 : 0;
	if (model->proto == IPPROTO_ICMP && !is_v4) {
		desc.proto = IPPROTO_ICMPV6;
		desc.icmp_type = step->from == CLIENT ? 128 : 129;
	}
	return desc;
}

/* Sequence and acknowledgment number of the segment, and where the sender stands after it. */
static void model_sequence(struct model *model, const struct step *step, struct pkt_desc *desc)
{
	enum side from = step->from, to = !from;
	struct weir_dir *own = &model->flow.dir[dir_of(model, from)];

	if (step->is_new)
		model->next[from] += 1000000;
	desc->seq = model->next[from];
	if (step->is_again)
		desc->seq = step->flags & SYN ? own->isn : model->last[from];
	if (step->flags & ACK)
		desc->ack = model->next[to] - step->is_late;
	if (step->is_again)
		return;
	model->last[from] = desc->seq;
	model->next[from] += step->payload + !!(step->flags & SYN) + !!(step->flags & FIN);
}

static void model_rebase(struct weir_dir *dir)
{
	dir->base_packets = dir->packets;
	dir->base_bytes = dir->bytes;
	dir->flags = 0;
	dir->hooks = 0;
	dir->end_ns = 0;
	dir->fin_seq = 0;
}

/* The first packet of a connection, of the entry or of the tuple's next one. */
static void model_begin(struct model *model, enum side initiator, enum weir_initiator_by by)
{
	struct weir_flow *flow = &model->flow;

	flow->initiator = (uint8_t)(dir_of(model, initiator) | by << 1);
	flow->flags = 0;
	flow->close_reason = WEIR_CLOSE_NONE;
	flow->start_ns = 1;
	flow->reply_ns = 0;
	flow->established_ns = 0;
	model_rebase(&flow->dir[0]);
	model_rebase(&flow->dir[1]);
}

static void model_tcp(struct model *model, const struct step *step, const struct pkt_desc *desc,
		      struct weir_dir *own)
{
	if (step->flags & RST) {
		if (model->now.state != WEIR_CLOSED || !model->is_there)
			own->end_ns = 1;
	} else if (step->flags & SYN) {
		own->isn = desc->seq;
	} else if (step->flags & FIN && !own->end_ns) {
		own->end_ns = 1;
		own->fin_seq = desc->seq + step->payload + 1;
	}
}

static void model_apply(struct model *model, const struct step *step, const struct pkt_desc *desc,
			size_t len)
{
	struct weir_flow *flow = &model->flow;
	struct weir_dir *own = &flow->dir[dir_of(model, step->from)];

	model_tcp(model, step, desc, own);
	own->packets++;
	own->bytes += len;
	own->last = 1;
	own->flags |= step->flags;
	own->hooks |= 1 << bpf_env_progs[prog_of(model, step->from)].hook;
	flow->state = step->state;
	if (dir_of(model, step->from) != (flow->initiator & 1) &&
	    (model->proto != IPPROTO_TCP || (step->flags & (SYN | ACK | RST)) == (SYN | ACK)))
		flow->reply_ns = 1;
	if (step->event[0] == WEIR_EVENT_ESTABLISHED)
		flow->established_ns = 1;
	if (step->is_repeated)
		flow->flags |= WEIR_FLOW_SYN_REPEATED;
	if (step->reason) {
		flow->close_reason = step->reason;
		flow->flags &= (uint8_t)~WEIR_FLOW_CLOSED_BY_1;
		if (dir_of(model, step->from))
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
	assert_int_equal(is->fin_seq, expected->fin_seq);
	assert_int_equal(is->retransmits, 0);
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
	struct bpf_env_flow entry;

	assert_int_equal(bpf_env_flows(model->env, &entry, 1), 1);
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

/* The value that an event must carry: the entry as the packet left it, or found it. */
static struct weir_flow expected_value(const struct model *model, const struct step *step, size_t i)
{
	struct weir_flow flow = model->now;

	if (!i && step->event[1]) {
		flow = model->before;
		flow.close_reason = step->old_reason;
	}
	return flow;
}

static void check_events(const struct model *model, const struct step *step, uint64_t *time_ns)
{
	const struct weir_event *events;
	int n = !!step->event[0] + !!step->event[1];

	assert_int_equal(bpf_env_events(model->env, &events), n);
	for (int i = 0; i < n; i++) {
		const struct weir_event_hdr *hdr = &events[i].hdr;
		struct weir_flow flow = expected_value(model, step, (size_t)i);

		assert_int_equal(hdr->type, step->event[i]);
		assert_int_equal(hdr->len, sizeof(events[i]));
		assert_int_equal(hdr->version, WEIR_EVENT_VERSION);
		assert_int_equal(hdr->hook, bpf_env_progs[prog_of(model, step->from)].hook);
		assert_int_equal(hdr->dir, dir_of(model, step->from));
		assert_int_equal(hdr->tcp_flags, step->flags);
		assert_true(hdr->time_ns >= *time_ns);
		*time_ns = hdr->time_ns;
		assert_memory_equal(&events[i].key, &model->key, sizeof(model->key));
		assert_memory_equal(&events[i].flow, &flow, sizeof(flow));
		if (hdr->type == WEIR_EVENT_OPEN)
			assert_int_equal(hdr->time_ns, model->now.start_ns);
		if (hdr->type == WEIR_EVENT_ESTABLISHED)
			assert_int_equal(hdr->time_ns, model->now.established_ns);
	}
}

static void check_balance(const struct bpf_env *env)
{
	struct bpf_env_sums sums;

	assert_int_equal(bpf_env_sums(env, &sums), 0);
	assert_int_equal(sums.flows.packets + sums.remainders.packets,
			 sums.raw.packets + sums.gso.packets);
	assert_int_equal(sums.flows.bytes + sums.remainders.bytes, sums.raw.bytes + sums.gso.bytes);
}

static void run_packet(struct bpf_env *env, enum bpf_env_prog prog, const struct packet *packet)
{
	struct bpf_env_packet run = { .data = packet->data, .len = packet->len };
	struct bpf_env_result result;

	assert_int_equal(bpf_env_run(env, prog, &run, &result), 0);
	assert_int_equal(result.verdict, bpf_env_progs[prog].verdict);
	assert_true(result.is_unchanged);
}

static void model_init(struct model *model, const struct telling *telling, uint8_t proto)
{
	*model = (struct model){
		.env = env_of_group,
		.telling = *telling,
		.proto = proto ? proto : IPPROTO_TCP,
		.next = { telling->isn[0], telling->isn[1] },
	};
	assert_int_equal(bpf_env_reset(model->env), 0);
}

/* Sends the packet without looking at what comes of it. */
static struct packet model_send(struct model *model, const struct step *step,
				struct pkt_desc *ret_desc)
{
	struct packet packet;

	*ret_desc = model_packet(model, step);
	model_sequence(model, step, ret_desc);
	pkt_build(&packet, ret_desc);
	run_packet(model->env, prog_of(model, step->from), &packet);
	return packet;
}

static void model_step(struct model *model, const struct step *step, uint64_t *time_ns)
{
	bool is_begin = step->event[0] == WEIR_EVENT_OPEN || step->event[1] == WEIR_EVENT_OPEN;
	struct pkt_desc desc;
	struct packet packet;

	if (is_begin && model->is_there)
		model_begin(model, step->from, WEIR_BY_SYN);
	packet = model_send(model, step, &desc);
	model_apply(model, step, &desc, packet.len);
	check_entry(model, is_begin);
	check_events(model, step, time_ns);
	check_balance(model->env);
}

static void tell(const struct story *story, const struct telling *telling)
{
	struct model model;
	uint64_t time_ns = 0;

	model_init(&model, telling, story->proto);
	model_begin(&model, story->initiator, story->by ? story->by : WEIR_BY_SYN);
	for (size_t i = 0; story->has_handshake && i < ARRAY_SIZE(handshake); i++)
		model_step(&model, &handshake[i], &time_ns);
	for (size_t i = 0; i < STEPS_MAX && story->steps[i].state; i++)
		model_step(&model, &story->steps[i], &time_ns);
}

static void story_comes_true(void **state)
{
	for (size_t i = 0; i < 4 * ARRAY_SIZE(isns); i++) {
		struct telling telling = {
			.family = i & 1 ? WEIR_IPV6 : WEIR_IPV4,
			.is_swapped = i & 2,
			.isn = { isns[i / 4][0], isns[i / 4][1] },
		};

		tell(*state, &telling);
	}
}

/* A way into each state. The FINs of both sides do not acknowledge each other. */
struct path {
	uint8_t proto;
	bool has_handshake;
	struct step steps[3];
};

static const struct path paths[WEIR_STATE_MAX] = {
	[WEIR_SYN_SENT] = { .steps = { C(SYN, SYN_SENT) } },
	[WEIR_SYN_RECEIVED] = { .steps = { C(SYN, SYN_SENT), S(SYN | ACK, SYN_RECEIVED) } },
	[WEIR_ESTABLISHED] = { .has_handshake = true },
	[WEIR_FIN_I] = { .has_handshake = true, .steps = { C(FIN | ACK, FIN_I) } },
	[WEIR_FIN_R] = { .has_handshake = true, .steps = { S(FIN | ACK, FIN_R) } },
	[WEIR_LAST_ACK_I] = { .has_handshake = true,
			      .steps = { C(FIN | ACK, FIN_I),
					 S(FIN | ACK, LAST_ACK_I, .is_late = true) } },
	[WEIR_LAST_ACK_R] = { .has_handshake = true,
			      .steps = { S(FIN | ACK, FIN_R),
					 C(FIN | ACK, LAST_ACK_R, .is_late = true) } },
	[WEIR_CLOSED] = { .has_handshake = true, .steps = { C(FIN | ACK, FIN_I), S(RST, CLOSED) } },
	[WEIR_ONE_WAY] = { .proto = IPPROTO_UDP, .steps = { C(0, ONE_WAY) } },
	[WEIR_TWO_WAY] = { .proto = IPPROTO_UDP, .steps = { C(0, ONE_WAY), S(0, TWO_WAY) } },
};

/*
 * The packet by which the side makes the input in the state: false if there is none. A SYN is
 * the one the side has sent before, if any: another one would renew the entry.
 */
static bool input_packet(enum weir_state state, enum side side, enum weir_input input,
			 struct step *ret)
{
	bool is_tcp = !paths[state].proto, has_fin[2] = { false, false };
	static const uint8_t flags[WEIR_INPUT_MAX] = {
		[WEIR_IN_SYN] = SYN,	 [WEIR_IN_SYNACK] = SYN | ACK, [WEIR_IN_ACK] = ACK,
		[WEIR_IN_ACK_FIN] = ACK, [WEIR_IN_FIN] = FIN | ACK,    [WEIR_IN_RST] = RST,
	};

	if ((input == WEIR_IN_PACKET) == is_tcp && state != WEIR_STATE_NONE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(paths[state].steps); i++)
		if (paths[state].steps[i].flags & FIN)
			has_fin[paths[state].steps[i].from] = true;
	if ((input == WEIR_IN_ACK_FIN && !has_fin[!side]) ||
	    (input == WEIR_IN_FIN && has_fin[side]))
		return false;
	*ret = (struct step){
		.from = side,
		.flags = flags[input],
		.is_again = (flags[input] & SYN) && state != WEIR_STATE_NONE &&
			    (side == CLIENT || state != WEIR_SYN_SENT),
		.is_late = input == WEIR_IN_ACK && has_fin[!side],
	};
	return true;
}

/* A new entry, brought into the state by its path; no events are left. */
static struct bpf_env_flow go_into(struct model *model, enum weir_state state, uint8_t proto)
{
	static const struct telling telling = { .family = WEIR_IPV4, .isn = { 1000, 2000 } };
	struct bpf_env_flow entry = { 0 };
	const struct weir_event *events;
	struct pkt_desc desc;

	model_init(model, &telling, proto);
	for (size_t i = 0; paths[state].has_handshake && i < ARRAY_SIZE(handshake); i++)
		model_send(model, &handshake[i], &desc);
	for (size_t i = 0; i < ARRAY_SIZE(paths[state].steps); i++)
		if (paths[state].steps[i].state)
			model_send(model, &paths[state].steps[i], &desc);
	model->flow.dir[0].isn = telling.isn[0];
	model->flow.dir[1].isn = telling.isn[1];
	if (state != WEIR_STATE_NONE) {
		assert_int_equal(bpf_env_flows(model->env, &entry, 1), 1);
		assert_int_equal(entry.flow.state, state);
	}
	bpf_env_events(model->env, &events);
	return entry;
}

/* Into the state, and one packet more. */
static void check_transition(enum weir_state state, enum side side, enum weir_input input,
			     const struct step *step)
{
	uint8_t todo = weir_lifecycle[state][side][input];
	struct bpf_env_flow entry;
	const struct weir_event *events;
	struct pkt_desc desc;
	struct model model;
	int n = 0;

	go_into(&model, state, input == WEIR_IN_PACKET ? IPPROTO_UDP : IPPROTO_TCP);

	model_send(&model, step, &desc);
	assert_int_equal(bpf_env_flows(model.env, &entry, 1), 1);
	assert_int_equal(entry.flow.state, todo & WEIR_STATE_MASK);
	n = bpf_env_events(model.env, &events);
	assert_int_equal(n, state == WEIR_STATE_NONE || todo > WEIR_STATE_MASK);
	if (state == WEIR_STATE_NONE)
		assert_int_equal(events->hdr.type, WEIR_EVENT_OPEN);
	else if (n)
		assert_int_equal(events->hdr.type,
				 todo & WEIR_DO_CLOSE ? WEIR_EVENT_CLOSE : WEIR_EVENT_ESTABLISHED);
}

static void every_transition_of_the_table_that_packets_can_make_is_made(void **state)
{
	unsigned int made = 0;

	(void)state;
	for (enum weir_state from = 0; from < WEIR_STATE_MAX; from++) {
		for (unsigned int i = 0; i < 2 * WEIR_INPUT_MAX; i++) {
			enum side side = i % 2 ? SERVER : CLIENT;
			enum weir_input input = i / 2;
			struct step step;

			/* The first packet's sender is the initiator, unless it answers. */
			if (from == WEIR_STATE_NONE &&
			    ((side == SERVER && input == WEIR_IN_SYN) ||
			     (side == CLIENT && input == WEIR_IN_SYNACK) ||
			     (side == SERVER && input == WEIR_IN_PACKET)))
				continue;
			if (!input_packet(from, side, input, &step))
				continue;
			check_transition(from, side, input, &step);
			made++;
		}
	}
	assert_int_equal(made, 93); /* none has fallen out of the loops */
}

/* The datapath leaves such packets out without asking the table. */
static void steady_states_are_steady_in_the_table(void **state)
{
	static const enum weir_input inputs[] = { WEIR_IN_ACK, WEIR_IN_ACK_FIN, WEIR_IN_PACKET };

	(void)state;
	for (uint8_t from = WEIR_STATE_NONE + 1; from < WEIR_STATE_MAX; from++) {
		for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
			if (WEIR_STEADY & 1 << from)
				assert_int_equal(weir_lifecycle[from][WEIR_RESPONDER][inputs[i]],
						 from);
			if (WEIR_STEADY_INITIATOR & 1 << from)
				assert_int_equal(weir_lifecycle[from][WEIR_INITIATOR][inputs[i]],
						 from);
		}
	}
	/* Nothing leads from TCP to other protocols, or back to no state, or out of CLOSED. */
	for (uint8_t from = WEIR_STATE_NONE + 1; from < WEIR_STATE_MAX; from++) {
		for (size_t i = 0; i < 2 * WEIR_INPUT_MAX; i++) {
			uint8_t to = weir_lifecycle[from][i % 2][i / 2] & WEIR_STATE_MASK;

			assert_in_range(to, WEIR_SYN_SENT, WEIR_STATE_MAX - 1);
			assert_int_equal(to >= WEIR_ONE_WAY, from >= WEIR_ONE_WAY);
			assert_true(from != WEIR_CLOSED || to == WEIR_CLOSED);
		}
	}
}

/* A packet of the connection number i, which the client sends. */
static struct pkt_desc numbered(unsigned int i)
{
	return (struct pkt_desc){
		.from = &v4_client,
		.to = &v4_server,
		.proto = IPPROTO_UDP,
		.sport = (uint16_t)(1024 + i),
		.dport = PORT_DNS,
		.payload = 58,
	};
}

static void send_desc(struct bpf_env *env, enum bpf_env_prog prog, const struct pkt_desc *desc)
{
	struct packet packet;

	pkt_build(&packet, desc);
	run_packet(env, prog, &packet);
}

static void send_numbered(struct bpf_env *env, unsigned int i)
{
	struct pkt_desc desc = numbered(i);

	send_desc(env, ENV_TC_IN, &desc);
}

static uint64_t counter(const struct bpf_env *env, enum weir_counter which)
{
	uint64_t value;

	assert_int_equal(bpf_env_counter(env, which, &value), 0);
	return value;
}

static void with_equal_ports_the_first_sender_initiated_what_began_before_us(void **state)
{
	struct bpf_env *env = env_of_group;
	struct pkt_desc there = {
		.from = &v4_client,
		.to = &v4_server,
		.proto = IPPROTO_TCP,
		.sport = 179,
		.dport = 179,
		.tcp_flags = ACK,
	};
	struct pkt_desc back = pkt_reversed(&there);
	struct bpf_env_flow entry;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &there);
	assert_int_equal(bpf_env_flows(env, &entry, 1), 1);
	assert_int_equal(entry.flow.initiator, 0 | WEIR_BY_PORTS << 1);
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &back);
	assert_int_equal(bpf_env_flows(env, &entry, 1), 1);
	assert_int_equal(entry.flow.initiator, 1 | WEIR_BY_PORTS << 1);
}

/* Else a flow that cannot get in, and its price, may move between CPUs. */
static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void move_anywhere(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

#define FEW_FLOWS 8
#define PATIENCE  1000000 /* packets: seconds */

static void new_flows_that_find_the_map_full_are_counted_as_no_room(void **state)
{
	static const struct bpf_env_options options = {
		.max_flows = FEW_FLOWS,
		.refuse_jiffies = 1 << 30,
	};
	auto_bpf_env struct bpf_env *env = NULL;
	struct bpf_env_flow flows[FEW_FLOWS + 1];
	struct weir_iface iface;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	stay_on_one_cpu();
	for (unsigned int i = 0; i < FEW_FLOWS + 3; i++)
		send_numbered(env, i);
	assert_int_equal(bpf_env_flows(env, flows, FEW_FLOWS + 1), FEW_FLOWS);
	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	assert_int_equal(iface.remainder[WEIR_REM_NO_ROOM].packets, 3);
	assert_int_equal(iface.remainder[WEIR_REM_NO_ROOM].bytes, 3 * 100);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), FEW_FLOWS);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 3);

	/* Flows that are in go on. */
	send_numbered(env, 0);
	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	assert_int_equal(iface.remainder[WEIR_REM_NO_ROOM].packets, 3);

	/* There is room again, but nobody looks before the refusal has ended. */
	assert_int_equal(bpf_env_del_flow(env, &flows[0].key), 0);
	send_numbered(env, 1000);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 4);
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_FLOWS - 1);
	assert_int_equal(bpf_env_end_refusal(env), 0);
	send_numbered(env, 1000);
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_FLOWS);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), FEW_FLOWS + 1);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 4);
	move_anywhere();
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
	assert_int_equal(bpf_env_flows(env, &first, 1), 1);
	assert_int_equal(bpf_env_del_flow(env, &first.key), 0);
	for (unsigned int i = 0; i < PATIENCE && bpf_env_flows(env, NULL, 0) == 0; i++)
		send_numbered(env, 2);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), 2);
	move_anywhere();
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
	check_balance(env);
	read = bpf_env_events(env, &events);
	assert_in_range(read, 1, 4096 / sizeof(*events));
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
	assert_int_equal(bpf_env_flows(env, NULL, 0), 1);
	assert_int_equal(bpf_env_events(env, &events), 0);
	assert_int_equal(counter(env, WEIR_EVENTS_LOST), 0);
}

static struct weir_command command_of(uint32_t op, const struct bpf_env_flow *entry)
{
	return (struct weir_command){
		.key = entry->key,
		.start_ns = entry->flow.start_ns,
		.last = { entry->flow.dir[0].last, entry->flow.dir[1].last },
		.op = op,
		.result = UINT32_MAX,
	};
}

/* The result of one command on the entry. */
static uint32_t command(uint32_t op, const struct bpf_env_flow *entry)
{
	struct weir_command one = command_of(op, entry);

	assert_true(bpf_env_command(env_of_group, &one, 1) >= 0);
	return one.result;
}

static struct bpf_env_flow the_entry(void)
{
	struct bpf_env_flow entry;

	assert_int_equal(bpf_env_flows(env_of_group, &entry, 1), 1);
	return entry;
}

static void an_idle_entry_is_marked_and_then_taken_with_its_final_value(void **state)
{
	(void)state;
	for (enum weir_state in = WEIR_STATE_NONE + 1; in < WEIR_STATE_MAX; in++) {
		struct model model;
		struct bpf_env_flow entry = go_into(&model, in, paths[in].proto);
		struct weir_command reap;

		assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
		assert_int_equal(the_entry().flow.state, in | WEIR_STATE_DYING);
		reap = command_of(WEIR_CMD_REAP, &entry);
		assert_true(bpf_env_command(model.env, &reap, 1) >= 0);
		assert_int_equal(reap.result, WEIR_CMD_DONE);
		assert_int_equal(reap.flow.state & WEIR_STATE_MASK, in);
		reap.flow.state = in;
		assert_memory_equal(&reap.flow, &entry.flow, sizeof(entry.flow));
		assert_int_equal(bpf_env_flows(model.env, NULL, 0), 0);
		assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_GONE);
		assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_GONE);
	}
}

static void an_entry_that_has_moved_is_not_marked(void **state)
{
	struct model model;
	struct bpf_env_flow entry = go_into(&model, WEIR_ESTABLISHED, 0), stale;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		stale = entry;
		stale.flow.dir[i].last--;
		assert_int_equal(command(WEIR_CMD_MARK_DYING, &stale), WEIR_CMD_ALIVE);
		assert_int_equal(the_entry().flow.state, WEIR_ESTABLISHED);
	}
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
}

static void an_entry_that_was_not_marked_is_not_taken(void **state)
{
	struct model model;
	struct bpf_env_flow entry = go_into(&model, WEIR_ESTABLISHED, 0), now;

	(void)state;
	assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_ALIVE);
	now = the_entry();
	assert_memory_equal(&now, &entry, sizeof(entry));
}

static void another_connection_of_the_same_key_is_left_alone(void **state)
{
	struct model model;
	struct bpf_env_flow entry = go_into(&model, WEIR_ESTABLISHED, 0), other = entry;

	(void)state;
	other.flow.start_ns--;
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &other), WEIR_CMD_GONE);
	assert_int_equal(the_entry().flow.state, WEIR_ESTABLISHED);
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
	assert_int_equal(command(WEIR_CMD_REAP, &other), WEIR_CMD_GONE);
	assert_int_equal(the_entry().flow.state, WEIR_ESTABLISHED | WEIR_STATE_DYING);
}

/* In every state, by a packet of either side; what the packet means is as ever. */
static void a_packet_revives_a_marked_entry(void **state)
{
	(void)state;
	for (size_t i = 2; i < 2 * WEIR_STATE_MAX; i++) {
		enum weir_state in = (enum weir_state)(i / 2);
		bool is_tcp = !paths[in].proto;
		struct step step = {
			.from = i % 2 ? SERVER : CLIENT,
			.flags = is_tcp ? ACK : 0,
			.is_late = is_tcp,
		};
		enum weir_input input = is_tcp ? WEIR_IN_ACK : WEIR_IN_PACKET;
		uint8_t next = weir_lifecycle[in][step.from][input] & WEIR_STATE_MASK;
		unsigned int dir = step.from;
		struct model model;
		struct bpf_env_flow entry = go_into(&model, in, paths[in].proto), now;
		struct pkt_desc desc;

		assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
		model_send(&model, &step, &desc);
		now = the_entry();
		assert_int_equal(now.flow.state, next);
		assert_int_equal(now.flow.dir[dir].packets, entry.flow.dir[dir].packets + 1);
		assert_int_equal(counter(model.env, WEIR_FLOWS_REVIVED), 1);
		check_balance(model.env);
		assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_ALIVE);
	}
}

static void a_new_connection_revives_a_marked_entry(void **state)
{
	struct step syn = { .from = CLIENT, .flags = SYN, .is_new = true };
	struct model model;
	struct bpf_env_flow entry = go_into(&model, WEIR_CLOSED, 0), now;
	struct pkt_desc desc;

	(void)state;
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
	model_send(&model, &syn, &desc);
	now = the_entry();
	assert_int_equal(now.flow.state, WEIR_SYN_SENT);
	assert_true(now.flow.start_ns > entry.flow.start_ns);
	assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_GONE);
	assert_int_equal(command(WEIR_CMD_REAP, &now), WEIR_CMD_ALIVE);
}

/* What a packet finds between the two halves of REAP: nothing that it could hold on to. */
static void a_packet_of_an_entry_being_removed_is_late(void **state)
{
	static const struct step steps[] = {
		{ .from = CLIENT, .flags = ACK, .payload = 46 },
		{ .from = SERVER, .flags = FIN | ACK, .payload = 46 },
		{ .from = CLIENT, .flags = SYN, .is_new = true, .payload = 46 },
	};

	(void)state;
	for (enum weir_state in = WEIR_STATE_NONE + 1; in < WEIR_ONE_WAY; in++) {
		for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
			struct model model;
			struct bpf_env_flow dead = go_into(&model, in, 0), now;
			const struct weir_event *events;
			struct weir_iface iface;
			struct pkt_desc desc;

			dead.flow.state |= WEIR_STATE_DYING | WEIR_STATE_DEAD;
			assert_int_equal(bpf_env_set_flow(model.env, &dead), 0);
			model_send(&model, &steps[i], &desc);
			now = the_entry();
			assert_memory_equal(&now, &dead, sizeof(dead));
			assert_int_equal(bpf_env_iface(model.env, BPF_ENV_IFINDEX, &iface), 0);
			assert_int_equal(iface.remainder[WEIR_REM_LATE].packets, 1);
			assert_int_equal(iface.remainder[WEIR_REM_LATE].bytes, 100);
			assert_int_equal(bpf_env_events(model.env, &events), 0);
			check_balance(model.env);
		}
	}
}

static void many_commands_run_at_once_and_none_beyond_the_table(void **state)
{
	struct bpf_env *env = env_of_group;
	struct bpf_env_flow flows[WEIR_COMMANDS_MAX + 1];
	struct weir_command commands[WEIR_COMMANDS_MAX];

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(flows); i++)
		send_numbered(env, i);
	assert_int_equal(bpf_env_flows(env, flows, ARRAY_SIZE(flows)), ARRAY_SIZE(flows));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		commands[i] = command_of(WEIR_CMD_MARK_DYING, &flows[i]);
	assert_true(bpf_env_command(env, commands, UINT32_MAX) >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		assert_int_equal(commands[i].result, WEIR_CMD_DONE);
		commands[i] = command_of(i % 2 ? WEIR_CMD_REAP : WEIR_CMD_NONE, &flows[i]);
	}
	assert_true(bpf_env_command(env, commands, ARRAY_SIZE(commands) - 1) >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(commands) - 1; i++)
		assert_int_equal(commands[i].result, i % 2 ? WEIR_CMD_DONE : UINT32_MAX);
	assert_int_equal(bpf_env_flows(env, NULL, 0),
			 ARRAY_SIZE(flows) - WEIR_COMMANDS_MAX / 2 + 1);
}

static void commands_return_the_clock_of_the_last_packet(void **state)
{
	struct bpf_env *env = env_of_group;
	int64_t before, after;
	uint32_t last;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	before = bpf_env_command(env, NULL, 0);
	send_numbered(env, 0);
	after = bpf_env_command(env, NULL, 0);
	last = (uint32_t)the_entry().flow.dir[0].last;
	assert_in_range(last - (uint32_t)before, 0, (uint32_t)after - (uint32_t)before);
}

/* Two CPUs that send packets of the same flows, in both directions. */
#define RACE_FLOWS  8
#define RACE_SWEEPS 100	 /* at least */
#define RACE_LIMIT  3000 /* sweeps, if packets and sweeps do not meet */
#define RACE_BURST  512	 /* packets of a flow in a row; then it rests, and may be taken */

struct racer {
	struct bpf_env *env;
	bool is_back;
	pthread_t thread;
	const bool *is_over; /* atomic */
	uint64_t sent;	     /* atomic: packets */
	unsigned int failed; /* when the thread has ended */
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	struct packet packets[RACE_FLOWS];

	for (unsigned int i = 0; i < RACE_FLOWS; i++) {
		struct pkt_desc desc = numbered(i);

		if (racer->is_back)
			desc = pkt_reversed(&desc);
		pkt_build(&packets[i], &desc);
	}
	for (uint64_t i = 0; !__atomic_load_n(racer->is_over, __ATOMIC_SEQ_CST); i++) {
		const struct packet *packet = &packets[i / RACE_BURST % RACE_FLOWS];
		struct bpf_env_packet run = { .data = packet->data, .len = packet->len };
		struct bpf_env_result result;

		if (bpf_env_run(racer->env, racer->is_back ? ENV_TC_OUT : ENV_TC_IN, &run, &result))
			racer->failed++;
		__atomic_add_fetch(&racer->sent, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* Until whatever packet was under way has been done: what a sweep's period is to the agent. */
static void let_packets_pass(const struct racer racers[2])
{
	for (size_t i = 0; i < 2; i++) {
		uint64_t sent = __atomic_load_n(&racers[i].sent, __ATOMIC_SEQ_CST);

		while (__atomic_load_n(&racers[i].sent, __ATOMIC_SEQ_CST) < sent + 2)
			sched_yield();
	}
}

struct swept {
	struct weir_count sum; /* of the entries removed */
	unsigned int reaped, opened;
};

static void count_opened(struct bpf_env *env, struct swept *swept)
{
	const struct weir_event *events;
	int n = bpf_env_events(env, &events);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++)
		swept->opened += events[i].hdr.type == WEIR_EVENT_OPEN;
}

static void sweep(struct bpf_env *env, const struct racer racers[2], struct swept *swept)
{
	struct bpf_env_flow flows[RACE_FLOWS];
	struct weir_command commands[RACE_FLOWS];
	int n = bpf_env_flows(env, flows, RACE_FLOWS);

	assert_in_range(n, 0, RACE_FLOWS);
	for (int i = 0; i < n; i++)
		commands[i] = command_of(WEIR_CMD_MARK_DYING, &flows[i]);
	assert_true(bpf_env_command(env, commands, (size_t)n) >= 0);
	let_packets_pass(racers);
	for (int i = 0; i < n; i++)
		commands[i] = command_of(WEIR_CMD_REAP, &flows[i]);
	assert_true(bpf_env_command(env, commands, (size_t)n) >= 0);
	for (int i = 0; i < n; i++) {
		if (commands[i].result != WEIR_CMD_DONE)
			continue;
		swept->reaped++;
		for (size_t d = 0; d < 2; d++) {
			swept->sum.packets += commands[i].flow.dir[d].packets;
			swept->sum.bytes += commands[i].flow.dir[d].bytes;
		}
	}
	count_opened(env, swept);
}

static void no_packet_is_lost_between_two_cpus_and_a_sweep(void **state)
{
	struct bpf_env *env = env_of_group;
	bool is_over = false;
	struct racer racers[2] = {
		{ .env = env, .is_over = &is_over },
		{ .env = env, .is_over = &is_over, .is_back = true },
	};
	struct swept swept = { 0 };
	struct bpf_env_sums sums;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (unsigned int i = 0; i < RACE_LIMIT; i++) {
		sweep(env, racers, &swept);
		if (i > RACE_SWEEPS && swept.reaped > RACE_FLOWS &&
		    counter(env, WEIR_FLOWS_REVIVED) > RACE_FLOWS)
			break;
	}
	__atomic_store_n(&is_over, true, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < 2; i++)
		pthread_join(racers[i].thread, NULL);
	count_opened(env, &swept);
	assert_int_equal(racers[0].failed + racers[1].failed, 0);
	assert_int_equal(bpf_env_sums(env, &sums), 0);
	assert_int_equal(sums.raw.packets, racers[0].sent + racers[1].sent);
	assert_int_equal(swept.sum.packets + sums.flows.packets + sums.remainders.packets,
			 sums.raw.packets);
	assert_int_equal(swept.sum.bytes + sums.flows.bytes + sums.remainders.bytes,
			 sums.raw.bytes);
	assert_true(swept.reaped > RACE_FLOWS);
	assert_true(counter(env, WEIR_FLOWS_REVIVED) > RACE_FLOWS);
	assert_int_equal(counter(env, WEIR_EVENTS_LOST), 0);
	assert_int_equal(swept.opened, counter(env, WEIR_FLOWS_CREATED));
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(every_transition_of_the_table_that_packets_can_make_is_made),
		TEST(steady_states_are_steady_in_the_table),
		TEST(with_equal_ports_the_first_sender_initiated_what_began_before_us),
		TEST(new_flows_that_find_the_map_full_are_counted_as_no_room),
		TEST(a_refusal_ends_by_itself),
		TEST(events_that_find_the_ring_full_are_counted_and_lose_nothing_else),
		TEST(without_events_flows_are_the_same),
		TEST(an_idle_entry_is_marked_and_then_taken_with_its_final_value),
		TEST(an_entry_that_has_moved_is_not_marked),
		TEST(an_entry_that_was_not_marked_is_not_taken),
		TEST(another_connection_of_the_same_key_is_left_alone),
		TEST(a_packet_revives_a_marked_entry),
		TEST(a_new_connection_revives_a_marked_entry),
		TEST(a_packet_of_an_entry_being_removed_is_late),
		TEST(many_commands_run_at_once_and_none_beyond_the_table),
		TEST(commands_return_the_clock_of_the_last_packet),
		TEST(no_packet_is_lost_between_two_cpus_and_a_sweep),
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

// SPDX-License-Identifier: BSD-2-Clause
#include <netinet/in.h>

#include "conn/timeouts.h"
#include "tests/harness.h"

#include "weir/lifecycle.h"

#define S    1000000000ULL
#define ROOM 1000

static const struct timeouts timeouts = { .syn_ns = 30 * S,
					  .tcp_ns = 3600 * S,
					  .closing_ns = 40 * S,
					  .udp_ns = 60 * S,
					  .icmp_ns = 20 * S,
					  .other_ns = 50 * S };

/* A flow, how full the map is, and what follows. */
struct row {
	const char *name;
	uint64_t used, unanswered; /* as many one-sided ones, if it is one */
	uint64_t ns;
	uint8_t proto, state, flags;
	bool is_one_sided;
	uint8_t reason;
};

static const struct row rows[] = {
	/* By state, where there is room */
	{ "a SYN", 0, 0, 30 * S, IPPROTO_TCP, WEIR_SYN_SENT, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "a SYN-ACK", 0, 0, 30 * S, IPPROTO_TCP, WEIR_SYN_RECEIVED, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "established", 0, 0, 3600 * S, IPPROTO_TCP, WEIR_ESTABLISHED, 0, false,
	  WEIR_CLOSE_TIMEOUT },
	{ "one FIN", 0, 0, 40 * S, IPPROTO_TCP, WEIR_FIN_I, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "half closed", 0, 0, 40 * S, IPPROTO_TCP, WEIR_HALF_R, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "closing", 0, 0, 40 * S, IPPROTO_TCP, WEIR_CLOSING, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "last ACK", 0, 0, 40 * S, IPPROTO_TCP, WEIR_LAST_ACK_R, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "closed", 0, 0, 40 * S, IPPROTO_TCP, WEIR_CLOSED, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "UDP", 0, 0, 60 * S, IPPROTO_UDP, WEIR_ONE_WAY, 0, true, WEIR_CLOSE_TIMEOUT },
	{ "UDP, answered", 0, 0, 180 * S, IPPROTO_UDP, WEIR_TWO_WAY, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "UDP-Lite, answered", 0, 0, 180 * S, IPPROTO_UDPLITE, WEIR_TWO_WAY, 0, false,
	  WEIR_CLOSE_TIMEOUT },
	{ "ICMP", 0, 0, 20 * S, IPPROTO_ICMP, WEIR_TWO_WAY, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "ICMPv6", 0, 0, 20 * S, IPPROTO_ICMPV6, WEIR_ONE_WAY, 0, true, WEIR_CLOSE_TIMEOUT },
	{ "SCTP", 0, 0, 50 * S, IPPROTO_SCTP, WEIR_TWO_WAY, 0, false, WEIR_CLOSE_TIMEOUT },
	{ "dying", 0, 0, 3600 * S, IPPROTO_TCP, WEIR_ESTABLISHED | WEIR_STATE_DYING, 0, false,
	  WEIR_CLOSE_TIMEOUT },

	/* Where it gets narrow */
	{ "closed, half full", 500, 0, 40 * S, IPPROTO_TCP, WEIR_CLOSED, 0, false,
	  WEIR_CLOSE_TIMEOUT },
	{ "closed, more than half full", 501, 0, 2 * S, IPPROTO_TCP, WEIR_CLOSED, 0, false,
	  WEIR_CLOSE_TIMEOUT },
	{ "unanswered, with few others", 600, 600, 30 * S, IPPROTO_TCP, WEIR_SYN_SENT,
	  WEIR_FLOW_UNANSWERED, true, WEIR_CLOSE_TIMEOUT },
	{ "unanswered, with many others", 601, 601, 3 * S, IPPROTO_TCP, WEIR_SYN_SENT,
	  WEIR_FLOW_UNANSWERED, true, WEIR_CLOSE_RECLAIMED },
	{ "UDP, unanswered, with many others", 601, 601, 3 * S, IPPROTO_UDP, WEIR_ONE_WAY,
	  WEIR_FLOW_UNANSWERED, true, WEIR_CLOSE_RECLAIMED },
	{ "answered, beside many who are not", 900, 900, 3600 * S, IPPROTO_TCP, WEIR_ESTABLISHED, 0,
	  false, WEIR_CLOSE_TIMEOUT },
	{ "one side, nearly full", 900, 0, 3600 * S, IPPROTO_TCP, WEIR_ESTABLISHED, 0, true,
	  WEIR_CLOSE_TIMEOUT },
	{ "one side, all but full", 901, 0, 3 * S, IPPROTO_TCP, WEIR_ESTABLISHED, 0, true,
	  WEIR_CLOSE_RECLAIMED },
	{ "joined in the middle, one of few", 1000, 100, 3600 * S, IPPROTO_TCP, WEIR_ESTABLISHED,
	  WEIR_FLOW_ONE_SIDED, false, WEIR_CLOSE_TIMEOUT },
	{ "joined in the middle, one of many", 101, 101, 3 * S, IPPROTO_TCP, WEIR_ESTABLISHED,
	  WEIR_FLOW_ONE_SIDED, false, WEIR_CLOSE_RECLAIMED },
	{ "let in, one of few", 1000, 50, 30 * S, IPPROTO_TCP, WEIR_SYN_RECEIVED,
	  WEIR_FLOW_ANSWERING, false, WEIR_CLOSE_TIMEOUT },
	{ "let in, one of many", 51, 51, 3 * S, IPPROTO_TCP, WEIR_SYN_RECEIVED, WEIR_FLOW_ANSWERING,
	  false, WEIR_CLOSE_RECLAIMED },
	{ "both sides, full", 1000, 0, 3600 * S, IPPROTO_TCP, WEIR_ESTABLISHED, 0, false,
	  WEIR_CLOSE_TIMEOUT },
	/* The shortest counts; what is closed has been told, whoever else it is. */
	{ "closed and unanswered, full", 1000, 1000, 2 * S, IPPROTO_TCP, WEIR_CLOSED,
	  WEIR_FLOW_UNANSWERED, true, WEIR_CLOSE_TIMEOUT },
};

static void the_state_and_the_room_tell_how_long(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct fill fill = {
			.used = row->used,
			.unanswered = row->unanswered,
			.answering = row->flags & WEIR_FLOW_ANSWERING ? row->unanswered : 0,
			.one_sided = row->flags & WEIR_FLOW_ONE_SIDED ? row->unanswered : 0,
			.room = ROOM,
		};
		const struct weir_flow_key key = { .proto = row->proto };
		struct weir_flow flow = { .state = row->state, .flags = row->flags };
		uint8_t reason = 0;

		flow.dir[0].hooks = 1;
		flow.dir[1].hooks = !row->is_one_sided;
		assert_row_int(row->name, timeout_of(&timeouts, &fill, &key, &flow, &reason),
			       row->ns);
		assert_row_int(row->name, reason, row->reason);
	}
}

/* Who asks for less than the pressure allows keeps it. */
static void pressure_makes_no_timeout_longer(void **state)
{
	struct timeouts shorter = timeouts;
	const struct fill fill = { ROOM, ROOM, ROOM, ROOM, ROOM };
	const struct weir_flow_key key = { .proto = IPPROTO_TCP };
	struct weir_flow flow = { .state = WEIR_SYN_SENT, .flags = WEIR_FLOW_UNANSWERED };
	uint8_t reason;

	(void)state;
	shorter.syn_ns = 1 * S;
	assert_int_equal(timeout_of(&shorter, &fill, &key, &flow, &reason), 1 * S);
	assert_int_equal(reason, WEIR_CLOSE_TIMEOUT);
}

int main(void)
{
	return RUN_TESTS(TEST(the_state_and_the_room_tell_how_long),
			 TEST(pressure_makes_no_timeout_longer));
}

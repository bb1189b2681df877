// SPDX-License-Identifier: BSD-2-Clause
/*
 * All shares for new flows are taken, and yet there are two who really talk: they get an entry when
 * one has answered what it can have only from the other. See weir/knock.h.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/knock.h"
#include "weir/lifecycle.h"

#define FULL	  3 /* flows that take all the shares */
#define STEPS_MAX 6
#define BYTES	  54 /* of a packet of TCP without data */

enum who {
	CLIENT,
	SERVER
};

/* A packet on its way: the client's come in and the server's go out, unless told. */
struct step {
	uint8_t flags; /* 0: there are no more */
	enum who from;
	uint32_t seq, ack;
	uint16_t payload;
	bool is_elsewhere; /* the way of the other side's */
	bool is_other;	   /* of another connection */
};

#define C(flags_, seq_, ack_, ...)                                                           \
	{                                                                                    \
		.flags = (flags_), .from = CLIENT, .seq = (seq_), .ack = (ack_), __VA_ARGS__ \
	}
#define S(flags_, seq_, ack_, ...)                                                           \
	{                                                                                    \
		.flags = (flags_), .from = SERVER, .seq = (seq_), .ack = (ack_), __VA_ARGS__ \
	}
#define BY_SYNACK(who) ((who) | WEIR_BY_SYNACK << 1)
#define BY_PORTS(who)  ((who) | WEIR_BY_PORTS << 1)
#define SHAKE	       C(PKT_SYN, 1000, 0), S(PKT_SYN | PKT_ACK, 5000, 1001)

/* *env: NULL, or one of the same number of places, which begins anew. */
static void fill_shares_at(struct bpf_env **env, uint32_t places, bool has_ingress)
{
	const struct bpf_env_options options = { .max_flows = 1024,
						 .has_ingress = has_ingress,
						 .max_unanswered = 1,
						 .max_answering = 1,
						 .max_one_sided = 1,
						 .knock_places = places };
	static const uint8_t flags[FULL] = { PKT_SYN, PKT_SYN | PKT_ACK, PKT_ACK };
	struct weir_pressure pressure;
	const struct weir_event *events;

	assert_int_equal(*env ? bpf_env_reset(*env) : bpf_env_new(env, &options), 0);
	for (unsigned int i = 0; i < FULL; i++) {
		struct pkt_desc desc = numbered(10000 + i);

		desc.proto = IPPROTO_TCP;
		desc.tcp_flags = flags[i];
		send_desc(*env, ENV_TC_IN, &desc);
	}
	assert_int_equal(bpf_env_pressure(*env, &pressure), 0);
	assert_int_equal(pressure.unanswered, 1);
	assert_int_equal(pressure.answering, 1);
	assert_int_equal(pressure.one_sided, 1);
	assert_int_equal(bpf_env_events(*env, &events), FULL);
}

static void fill_shares(struct bpf_env **env, uint32_t places)
{
	fill_shares_at(env, places, true);
}

static struct pkt_desc desc_of(uint8_t proto, enum who from)
{
	struct pkt_desc desc = { .from = &v4_client,
				 .to = &v4_server,
				 .proto = proto,
				 .sport = PORT_CLIENT,
				 .dport = PORT_HTTPS };

	return from == CLIENT ? desc : pkt_reversed(&desc);
}

static void send_step(struct bpf_env *env, const struct step *step)
{
	struct pkt_desc desc = desc_of(IPPROTO_TCP, step->from);
	bool is_in = (step->from == CLIENT) != step->is_elsewhere;

	desc.tcp_flags = step->flags;
	desc.seq = step->seq;
	desc.ack = step->ack;
	desc.payload = step->payload;
	if (step->is_other)
		*(step->from == CLIENT ? &desc.sport : &desc.dport) = PORT_CLIENT + 1;
	send_desc(env, is_in ? ENV_TC_IN : ENV_TC_OUT, &desc);
	check_balance(env);
}

/* The flow that the test is about, if it is there. */
static bool find_flow(const struct bpf_env *env, struct bpf_env_flow *ret)
{
	struct bpf_env_flow flows[FULL + 2];
	int n = bpf_env_flows(env, flows, ARRAY_SIZE(flows));

	assert_in_range(n, FULL, FULL + 1);
	for (int i = 0; i < n; i++)
		if (flows[i].key.port[1] == htons(PORT_HTTPS))
			*ret = flows[i];
	return n == FULL + 1;
}

static void send_refused(struct bpf_env *env, const char *name, const struct step *step,
			 unsigned int refused)
{
	struct bpf_env_flow found;

	send_step(env, step);
	assert_row_int(name, find_flow(env, &found), false);
	assert_row_int(name, counter(env, WEIR_UNANSWERED_REFUSED), refused);
}

/* The packet has made a flow that waits for nobody. initiator: and how it is told. */
static void check_let_in(struct bpf_env *env, const char *name, const struct step *step,
			 uint8_t initiator)
{
	const struct weir_event *events;
	struct weir_pressure pressure;
	struct bpf_env_flow found;

	assert_row_int(name, find_flow(env, &found), true);
	assert_row_int(name, found.flow.initiator, initiator);
	assert_row_int(name, found.flow.state,
		       step->flags & PKT_FIN ? WEIR_FIN_I : WEIR_ESTABLISHED);
	assert_row_int(name, found.flow.flags & WEIR_FLOW_WAITING, 0);
	assert_row_int(name, found.flow.established_ns,
		       initiator >> 1 == WEIR_BY_SYNACK ? found.flow.start_ns : 0);
	assert_row_int(name, found.flow.reply_ns, 0);
	assert_row_int(name, found.flow.dir[step->from].packets, 1);
	assert_row_int(name, found.flow.dir[!step->from].packets, 0);
	assert_row_int(name, bpf_env_events(env, &events), 1);
	assert_row_int(name, events->hdr.type, WEIR_EVENT_OPEN);
	assert_row_int(name, events->flow.initiator, found.flow.initiator);
	assert_int_equal(bpf_env_pressure(env, &pressure), 0);
	assert_row_int(name, pressure.unanswered + pressure.answering + pressure.one_sided, FULL);
}

static const struct {
	const char *name;
	struct step steps[STEPS_MAX]; /* all but the last one are refused */
	uint8_t initiator;	      /* and how it is told */
} heard[] = {
	{ "a handshake", { SHAKE, C(PKT_ACK, 1001, 5001) }, BY_SYNACK(CLIENT) },
	{ "its last ACK brings data",
	  { SHAKE, C(PKT_ACK | PKT_PSH, 1001, 5001, .payload = 80) },
	  BY_SYNACK(CLIENT) },
	{ "its last ACK brings the end",
	  { SHAKE, C(PKT_ACK | PKT_FIN, 1001, 5001) },
	  BY_SYNACK(CLIENT) },
	{ "the lower port's, who has begun",
	  { S(PKT_SYN, 1000, 0), C(PKT_SYN | PKT_ACK, 5000, 1001), S(PKT_ACK, 1001, 5001) },
	  BY_SYNACK(SERVER) },
	{ "the SYN-ACK brings data",
	  { S(PKT_SYN | PKT_ACK, 5000, 1001, .payload = 20), C(PKT_ACK, 1001, 5021) },
	  BY_SYNACK(CLIENT) },
	{ "a SYN-ACK that was sent again",
	  { SHAKE, S(PKT_SYN | PKT_ACK, 5000, 1001), C(PKT_ACK, 1001, 5001) },
	  BY_SYNACK(CLIENT) },
	{ "another packet between",
	  { SHAKE, S(PKT_ACK, 5001, 1001), C(PKT_ACK, 1001, 5001) },
	  BY_SYNACK(CLIENT) },
	{ "data, and the ACK of it",
	  { C(PKT_ACK | PKT_PSH, 1001, 777, .payload = 100), S(PKT_ACK, 5001, 1101) },
	  BY_PORTS(CLIENT) },
	{ "the end, and the ACK of it",
	  { S(PKT_ACK | PKT_FIN, 5001, 1, .payload = 10), C(PKT_ACK, 1, 5012) },
	  BY_PORTS(CLIENT) },
	{ "numbers that go round",
	  { S(PKT_SYN | PKT_ACK, UINT32_MAX, 1001), C(PKT_ACK, 1001, 0) },
	  BY_SYNACK(CLIENT) },
};

static void who_has_heard_the_other_side_gets_in(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heard); i++) {
		const struct step *step = heard[i].steps;
		const char *name = heard[i].name;
		unsigned int refused = 0;

		fill_shares(&env, 0);
		for (; step[1].flags; step++)
			send_refused(env, name, step, ++refused);
		send_step(env, step);
		check_let_in(env, name, step, heard[i].initiator);
		assert_row_int(name, counter(env, WEIR_UNANSWERED_REFUSED), refused);
	}
}

/* All of it goes out, of both sides: an answer by the loopback, an echo where there is a way in. */
static void what_goes_out_is_heard_by_what_goes_out_on_the_loopback_alone(void **state)
{
	static const struct step steps[] = { C(PKT_SYN, 1000, 0, .is_elsewhere = true),
					     S(PKT_SYN | PKT_ACK, 5000, 1001) },
				 last = C(PKT_ACK, 1001, 5001, .is_elsewhere = true);

	(void)state;
	for (unsigned int has_ingress = 0; has_ingress < 2; has_ingress++) {
		const char *name = has_ingress ? "a way in" : "the loopback";
		auto_bpf_env struct bpf_env *env = NULL;

		fill_shares_at(&env, 0, has_ingress);
		for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++)
			send_refused(env, name, &steps[i], i + 1);
		if (has_ingress) {
			send_refused(env, name, &last, ARRAY_SIZE(steps) + 1);
			continue;
		}
		send_step(env, &last);
		check_let_in(env, name, &last, BY_SYNACK(CLIENT));
	}
}

static const struct {
	const char *name;
	struct step steps[STEPS_MAX];
} unheard[] = {
	{ "a SYN and its answer", { SHAKE, SHAKE } },
	{ "the wrong number", { SHAKE, C(PKT_ACK, 1001, 5000), C(PKT_ACK, 1001, 5002) } },
	{ "it breaks off", { SHAKE, C(PKT_RST | PKT_ACK, 1001, 5001) } },
	{ "nothing is acknowledged", { SHAKE, C(PKT_PSH, 1001, 5001) } },
	{ "a RST was the answer",
	  { C(PKT_ACK, 1001, 5001), S(PKT_RST | PKT_ACK, 5001, 1001), C(PKT_ACK, 2001, 5001) } },
	{ "a SYN-ACK acknowledges what another packet said",
	  { C(PKT_ACK, 1001, 77), S(PKT_SYN | PKT_ACK, 5000, 1001) } },
	{ "the same side's own number",
	  { S(PKT_SYN | PKT_ACK, 5000, 1001), S(PKT_ACK, 5001, 5001) } },
	{ "of another connection", { SHAKE, C(PKT_ACK, 1001, 5001, .is_other = true) } },
	{ "both come in",
	  { C(PKT_SYN, 1000, 0), S(PKT_SYN | PKT_ACK, 5000, 1001, .is_elsewhere = true),
	    C(PKT_ACK, 1001, 5001), S(PKT_ACK | PKT_PSH, 5001, 1001, .is_elsewhere = true) } },
	{ "one side alone",
	  { C(PKT_SYN, 1000, 0), C(PKT_ACK, 1001, 5001), C(PKT_ACK, 1002, 1001) } },
};

static void who_has_not_is_refused(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unheard); i++) {
		unsigned int refused = 0;

		fill_shares(&env, 0);
		for (const struct step *step = unheard[i].steps; step->flags; step++)
			send_refused(env, unheard[i].name, step, ++refused);
	}
}

/* Whoever asks, and goes on when it was answered. */
static const struct {
	const char *name;
	enum who from[STEPS_MAX];
	unsigned int packets;
	bool is_echo, gets_in; /* with the last packet */
} plain[] = {
	{ "asked and answered", { CLIENT, SERVER }, 2, false, false },
	{ "and it goes on", { CLIENT, SERVER, CLIENT }, 3, false, true },
	{ "two answers", { CLIENT, SERVER, SERVER, CLIENT }, 4, false, true },
	{ "asked twice", { CLIENT, CLIENT, SERVER, CLIENT }, 4, false, true },
	{ "the other way", { SERVER, CLIENT, SERVER }, 3, false, true },
	{ "nobody answers", { CLIENT, CLIENT, CLIENT, CLIENT }, 4, false, false },
	{ "an echo", { CLIENT, SERVER, CLIENT, SERVER }, 4, true, false },
};

/* Returns whether there is a flow then. */
static bool send_plain(struct bpf_env *env, enum who from, bool is_echo, struct bpf_env_flow *ret)
{
	struct pkt_desc desc = desc_of(IPPROTO_UDP, from);

	send_desc(env, from == CLIENT || is_echo ? ENV_TC_IN : ENV_TC_OUT, &desc);
	check_balance(env);
	return find_flow(env, ret);
}

static void without_numbers_the_third_packet_gets_in(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		const char *name = plain[i].name;
		struct bpf_env_flow found;
		bool is_in = false;

		fill_shares(&env, 0);
		for (unsigned int n = 0; n < plain[i].packets; n++) {
			assert_false(is_in);
			is_in = send_plain(env, plain[i].from[n], plain[i].is_echo, &found);
		}
		assert_row_int(name, is_in, plain[i].gets_in);
		if (!is_in)
			continue;
		assert_row_int(name, found.flow.initiator,
			       plain[i].from[plain[i].packets - 1] | WEIR_BY_FIRST << 1);
		assert_row_int(name, found.flow.state, WEIR_ONE_WAY);
		assert_row_int(name, found.flow.flags, 0);
	}
}

/* Its share has room, but the SYN-ACK had none: what is known is told. */
static void what_answers_a_syn_ack_without_room_is_no_middle(void **state)
{
	static const struct bpf_env_options options = { .max_unanswered = 1,
							.max_answering = 1,
							.has_ingress = true };
	static const struct step steps[] = { S(PKT_SYN | PKT_ACK, 1, 1, .is_other = true), SHAKE,
					     C(PKT_ACK, 1001, 5001) };
	auto_bpf_env struct bpf_env *env = NULL;
	struct bpf_env_flow flows[3];

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	send_numbered(env, 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		send_step(env, &steps[i]);
	assert_int_equal(bpf_env_flows(env, flows, ARRAY_SIZE(flows)), 3);
	assert_int_equal(counter(env, WEIR_UNANSWERED_REFUSED), 2);
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		if (flows[i].key.port[0] != htons(PORT_CLIENT))
			continue;
		assert_int_equal(flows[i].flow.initiator, BY_SYNACK(CLIENT));
		assert_int_equal(flows[i].flow.flags, 0);
		assert_int_equal(flows[i].flow.established_ns, flows[i].flow.start_ns);
		return;
	}
	fail_msg("it is not there");
}

/* What has got in is a connection like others. */
static void what_got_in_goes_on_to_its_end(void **state)
{
	static const struct step steps[] = {
		SHAKE,
		C(PKT_ACK, 1001, 5001),
		C(PKT_ACK | PKT_PSH, 1001, 5001, .payload = 100),
		S(PKT_ACK | PKT_FIN, 5001, 1101),
		C(PKT_ACK | PKT_FIN, 1101, 5002),
		S(PKT_ACK, 5002, 1102),
	};
	auto_bpf_env struct bpf_env *env = NULL;
	const struct weir_event *events;
	struct bpf_env_flow found;

	(void)state;
	fill_shares(&env, 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		send_step(env, &steps[i]);
	assert_true(find_flow(env, &found));
	assert_int_equal(found.flow.state, WEIR_CLOSED);
	assert_int_equal(found.flow.close_reason, WEIR_CLOSE_FIN);
	assert_int_equal(found.flow.dir[CLIENT].packets, 3);
	assert_int_equal(found.flow.dir[SERVER].packets, 2);
	assert_int_equal(bpf_env_events(env, &events), 2);
	assert_int_equal(events[0].hdr.type, WEIR_EVENT_OPEN);
	assert_int_equal(events[1].hdr.type, WEIR_EVENT_CLOSE);
	check_remainder(env, WEIR_REM_NO_ROOM, 2, 2 * (uint64_t)BYTES);
}

/* A place remembers two of each way; that of a key is not the other's word. */
static void of_one_place_the_last_two_are_remembered(void **state)
{
	static const struct step shake[] = { SHAKE }, answer = C(PKT_ACK, 1001, 5001);

	(void)state;
	for (unsigned int others = 0; others <= 2; others++) {
		auto_bpf_env struct bpf_env *env = NULL;
		struct bpf_env_flow found;

		fill_shares(&env, 1);
		for (size_t i = 0; i < ARRAY_SIZE(shake); i++)
			send_step(env, &shake[i]);
		for (unsigned int i = 0; i < others; i++) {
			struct step other = S(PKT_SYN | PKT_ACK, 0, 1001, .is_other = true);

			other.seq = 5000 + i; /* the first one's words differ by the key alone */
			send_step(env, &other);
		}
		/* What comes in takes no place of what goes out. */
		for (uint32_t i = 0; i < 10; i++) {
			struct step flood = C(PKT_ACK, 0, 1, .is_other = true);

			flood.seq = i;
			send_step(env, &flood);
		}
		send_step(env, &answer);
		assert_int_equal(find_flow(env, &found), others < 2);
	}
}

#define SHAKING	  500  /* handshakes under way at a time */
#define PORT_MANY 1024 /* theirs, and above */

static void send_from(struct bpf_env *env, enum bpf_env_prog prog, const struct step *step,
		      unsigned int port)
{
	struct pkt_desc desc = desc_of(IPPROTO_TCP, step->from);

	*(step->from == CLIENT ? &desc.sport : &desc.dport) = (uint16_t)port;
	desc.tcp_flags = step->flags;
	desc.seq = step->seq;
	desc.ack = step->ack;
	send_desc(env, prog, &desc);
}

/*
 * A million knocks a second are 50,000 in 50 ms, while a handshake goes on. Those on the other way do
 * not matter, as in front of a server; those on the same one (a router has both) push some out, who get
 * in with what they say next. The keys are the same in each run, and so are their places.
 */
static void most_handshakes_outlast_a_flood(void **state)
{
	static const struct {
		const char *name;
		unsigned int knocks, least;
		bool is_same_way;
	} cases[] = {
		{ "1 ms", 1000, 495, true },
		{ "10 ms", 10000, 420, true },
		{ "50 ms", 50000, 70, true },
		{ "50 ms, the other way", 50000, SHAKING, false },
	};
	static const struct step synack = S(PKT_SYN | PKT_ACK, 5000, 1001),
				 ack = C(PKT_ACK, 1001, 5001), flood = C(PKT_ACK, 7, 9);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum bpf_env_prog back = cases[i].is_same_way ? ENV_TC_IN : ENV_TC_OUT;
		enum bpf_env_prog there = cases[i].is_same_way ? ENV_TC_OUT : ENV_TC_IN;
		auto_bpf_env struct bpf_env *env = NULL;
		int in;

		fill_shares(&env, WEIR_KNOCK_PLACES);
		for (unsigned int n = 0; n < SHAKING; n++)
			send_from(env, back, &synack, PORT_MANY + n);
		for (unsigned int n = 0; n < cases[i].knocks; n++)
			send_from(env, ENV_TC_IN, &flood, PORT_MANY + SHAKING + n);
		for (unsigned int n = 0; n < SHAKING; n++)
			send_from(env, there, &ack, PORT_MANY + n);
		in = bpf_env_flows(env, NULL, 0) - FULL;
		printf("# %s: %d of %d\n", cases[i].name, in, SHAKING);
		assert_in_range(in, cases[i].least, SHAKING);
		check_balance(env);
	}
}

/* Nothing of it is for those that find room, nor where the whole map is full. */
static void where_there_is_room_nothing_is_left(void **state)
{
	static const struct bpf_env_options options = { .max_flows = 1, .refuse_jiffies = 1 << 30 };
	static const struct step steps[] = { SHAKE, C(PKT_ACK, 1001, 5001) };
	auto_bpf_env struct bpf_env *env = NULL, *full = NULL;

	(void)state;
	assert_int_equal(bpf_env_new(&env, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		send_step(env, &steps[i]);
	assert_int_equal(the_flow(env).flow.initiator, CLIENT | WEIR_BY_SYN << 1);
	assert_int_equal(bpf_env_knocks(env), 0);

	assert_int_equal(bpf_env_new(&full, &options), 0);
	send_numbered(full, 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		send_step(full, &steps[i]);
	assert_int_equal(bpf_env_flows(full, NULL, 0), 1);
	assert_int_equal(counter(full, WEIR_FLOWS_REFUSED), ARRAY_SIZE(steps));
	assert_int_equal(bpf_env_knocks(full), 0);
}

int main(void)
{
	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	return RUN_TESTS(
		TEST(who_has_heard_the_other_side_gets_in),
		TEST(what_goes_out_is_heard_by_what_goes_out_on_the_loopback_alone),
		TEST(who_has_not_is_refused), TEST(without_numbers_the_third_packet_gets_in),
		TEST(what_answers_a_syn_ack_without_room_is_no_middle),
		TEST(what_got_in_goes_on_to_its_end),
		TEST(of_one_place_the_last_two_are_remembered),
		TEST(most_handshakes_outlast_a_flood), TEST(where_there_is_room_nothing_is_left));
}

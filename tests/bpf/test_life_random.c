// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets of a few connections at random, thousands of them, with sweeps between them: each entry
 * is after each packet what life.c says, and the number of flows that nobody has answered is the
 * number of those that are marked so. The seeds are fixed.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "life.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/knock.h"
#include "weir/lifecycle.h"

#define TUPLES 14 /* the last two are of sockets that are connected to themselves */
#define OF_TWO 12
#define STEPS  15000
#define FEW    3

struct tuple {
	struct life life;
	struct life_knocks knocks;
	struct pkt_desc desc; /* of what endpoint 0 sends */
	struct weir_flow_key key;
	uint32_t isn[2];
	uint64_t start_ns;
	bool is_to_itself;
};

struct world {
	struct bpf_env *env;
	struct tuple tuples[TUPLES];
	uint64_t random;
	uint64_t refused, barred, let_in;
	unsigned int max_waiting; /* of each kind; 0: as many as there are */
	unsigned int seen[WEIR_EVENT_MAX], renewed, reaped;
};

/* xorshift64 (Marsaglia) */
static uint32_t roll(struct world *world, uint32_t sides)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (uint32_t)(world->random >> 32) % sides;
}

static bool one_in(struct world *world, uint32_t n)
{
	return roll(world, n) == 0;
}

static void world_init(struct world *world, uint64_t seed, unsigned int max_waiting)
{
	const struct bpf_env_options options = { .max_unanswered = max_waiting,
						 .max_answering = max_waiting,
						 .max_one_sided = max_waiting,
						 .has_ingress = max_waiting != 0,
						 .knock_places = WEIR_KNOCK_PLACES };

	*world = (struct world){ .random = seed, .max_waiting = max_waiting };
	assert_int_equal(bpf_env_new(&world->env, &options), 0);
	for (unsigned int i = 0; i < TUPLES; i++) {
		bool is_v6 = i & 1, is_udp = i % 4 == 3;
		struct tuple *tuple = &world->tuples[i];

		tuple->desc = (struct pkt_desc){
			.from = is_v6 ? &v6_client : &v4_client,
			.to = is_v6 ? &v6_server : &v4_server,
			.proto = is_udp ? IPPROTO_UDP : IPPROTO_TCP,
			.sport = i & 2 ? 80 : (uint16_t)(50000 + i),
			.dport = i & 2 ? (uint16_t)(50000 + i) : 80,
		};
		if (i >= OF_TWO) {
			tuple->desc.to = tuple->desc.from;
			tuple->desc.dport = tuple->desc.sport;
			tuple->is_to_itself = true;
		}
		tuple->isn[0] = UINT32_MAX - 500 * i;
		tuple->isn[1] = 0x80000000 - 500 * i;
	}
}

/* What TCP does, most of the time. */
static uint8_t roll_flags(struct world *world)
{
	static const uint8_t usual[] = { PKT_SYN, PKT_SYN,	     PKT_SYN | PKT_ACK,
					 PKT_ACK, PKT_ACK,	     PKT_PSH | PKT_ACK,
					 PKT_ACK, PKT_FIN | PKT_ACK, PKT_FIN | PKT_ACK,
					 PKT_RST };

	if (one_in(world, 16))
		return (uint8_t)roll(world, 256);
	return usual[roll(world, ARRAY_SIZE(usual))];
}

/* Near what was sent and acknowledged so far, so that all comparisons come out both ways. */
static uint32_t roll_near(struct world *world, uint32_t seq)
{
	static const uint32_t steps[] = {
		0,	    0,	       0, 1, 2, 100, UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 99,
		0x70000000, 0x90000000
	};

	return seq + steps[one_in(world, 2) ? 0 : roll(world, ARRAY_SIZE(steps))];
}

/* The next packet of the tuple, from endpoint dir. */
static struct pkt_desc roll_packet(struct world *world, struct tuple *tuple, unsigned int dir)
{
	struct pkt_desc desc = dir ? pkt_reversed(&tuple->desc) : tuple->desc;
	const struct weir_dir *own = &tuple->life.flow.dir[dir];
	const struct weir_dir *peer = &tuple->life.flow.dir[tuple->is_to_itself ? dir : !dir];

	desc.payload = one_in(world, 2) ? 0 : (uint16_t)(1 + roll(world, 3) * 50);
	if (desc.proto != IPPROTO_TCP)
		return desc;
	desc.tcp_flags = roll_flags(world);
	desc.is_zero_window = one_in(world, 8);
	desc.ack = roll_near(world, peer->next_seq);
	desc.seq = roll_near(world, own->next_seq);
	if (desc.tcp_flags & PKT_SYN) {
		tuple->isn[dir] += one_in(world, 3) ? 77777 : 0;
		desc.seq = tuple->isn[dir];
	}
	return desc;
}

static struct life_packet packet_of(const struct tuple *tuple, const struct pkt_desc *desc,
				    unsigned int dir, enum bpf_env_prog prog, size_t len)
{
	return (struct life_packet){
		.proto = desc->proto,
		.dir = (uint8_t)dir,
		.hook = bpf_env_progs[prog].hook,
		.flags = desc->tcp_flags,
		.seq = desc->seq,
		.ack = desc->ack,
		.payload = desc->payload,
		.is_zero_window = desc->is_zero_window,
		.is_to_itself = tuple->is_to_itself,
		.port = { dir ? desc->dport : desc->sport, dir ? desc->sport : desc->dport },
		.packets = 1,
		.bytes = len,
	};
}

static unsigned int count_marked(const struct world *world, uint8_t flag)
{
	unsigned int n = 0;

	for (size_t i = 0; i < TUPLES; i++)
		n += world->tuples[i].life.is_there && world->tuples[i].life.flow.flags & flag;
	return n;
}

static bool is_refused(const struct world *world, const struct tuple *tuple,
		       const struct life_packet *packet)
{
	if (!world->max_waiting || tuple->life.is_there)
		return false;
	return count_marked(world, life_waits_as(packet)) >= world->max_waiting;
}

/* It is there, and would wait for what enough do already. */
static bool is_barred(const struct world *world, const struct tuple *tuple,
		      const struct life_packet *packet)
{
	uint8_t waits = tuple->life.flow.flags & WEIR_FLOW_WAITING, would = life_waits_as(packet);

	return world->max_waiting && tuple->life.is_there && packet->flags & PKT_SYN && waits &&
	       waits != would && count_marked(world, would) >= world->max_waiting;
}

/* So is what may answer a SYN-ACK while there is no room for those. */
static bool is_asked(const struct world *world, const struct tuple *tuple,
		     const struct life_packet *packet)
{
	if (is_refused(world, tuple, packet))
		return true;
	return world->max_waiting && !tuple->life.is_there &&
	       life_waits_as(packet) == WEIR_FLOW_ONE_SIDED &&
	       count_marked(world, WEIR_FLOW_ANSWERING) >= world->max_waiting;
}

static void check_events(struct world *world, const struct life_told *told)
{
	const struct weir_event *events;
	int n = !!told->event[0] + !!told->event[1];

	assert_int_equal(bpf_env_events(world->env, &events), n);
	for (int i = 0; i < n; i++) {
		assert_int_equal(events[i].hdr.type, told->event[i]);
		world->seen[told->event[i]]++;
	}
	if (n == 2) {
		assert_int_equal(events[0].flow.close_reason, told->old_reason);
		world->renewed++;
	}
}

static void step_packet(struct world *world)
{
	static const enum bpf_env_prog progs[] = { ENV_TC_IN, ENV_TC_OUT, ENV_XDP };
	enum bpf_env_prog prog = progs[roll(world, ARRAY_SIZE(progs))];
	struct tuple *tuple = &world->tuples[roll(world, TUPLES)];
	unsigned int dir = tuple->is_to_itself ? 0 : roll(world, 2);
	struct pkt_desc desc = roll_packet(world, tuple, dir);
	struct life_told told = { 0 };
	struct life_packet heard;
	struct packet packet;
	bool is_out;

	pkt_build(&packet, &desc);
	heard = packet_of(tuple, &desc, dir, prog, packet.len);
	heard.echoes = BPF_ENV_ECHOES(world->max_waiting != 0);
	heard.is_barred = is_barred(world, tuple, &heard);
	world->barred += heard.is_barred;
	is_out = is_refused(world, tuple, &heard);
	if (is_asked(world, tuple, &heard))
		heard.heard = life_knock(&tuple->knocks, &heard);
	world->refused += is_out && !heard.heard;
	world->let_in += heard.heard != LIFE_UNHEARD;
	if (!is_out || heard.heard)
		told = life_see(&tuple->life, &heard);
	send_packet(world->env, prog, &packet);
	check_events(world, &told);
}

/* Which tuple's flow is it? */
static struct tuple *tuple_of(struct world *world, const struct weir_flow_key *key)
{
	for (size_t i = 0; i < TUPLES; i++) {
		struct tuple *tuple = &world->tuples[i];

		if (key->family == tuple->desc.from->family &&
		    key->port[0] == htons(tuple->desc.sport) &&
		    key->port[1] == htons(tuple->desc.dport))
			return tuple;
	}
	fail_msg("a flow of nobody's");
	return NULL;
}

static void check_world(struct world *world)
{
	struct bpf_env_flow flows[TUPLES];
	int n = bpf_env_flows(world->env, flows, TUPLES), there = 0;
	struct weir_pressure pressure;

	for (size_t i = 0; i < TUPLES; i++)
		there += world->tuples[i].life.is_there;
	assert_int_equal(n, there);
	for (int i = 0; i < n; i++) {
		struct tuple *tuple = tuple_of(world, &flows[i].key);

		life_check(&tuple->life, &flows[i].flow);
		tuple->key = flows[i].key;
		tuple->start_ns = flows[i].flow.start_ns;
	}
	assert_int_equal(bpf_env_pressure(world->env, &pressure), 0);
	assert_int_equal(pressure.unanswered, count_marked(world, WEIR_FLOW_UNANSWERED));
	assert_int_equal(pressure.answering, count_marked(world, WEIR_FLOW_ANSWERING));
	assert_int_equal(pressure.one_sided, count_marked(world, WEIR_FLOW_ONE_SIDED));
	assert_int_equal(counter(world->env, WEIR_UNANSWERED_REFUSED), world->refused);
}

/* The flow as it stands in the map is to be marked, or taken. */
static void command(struct world *world, uint32_t op, const struct bpf_env_flow *flow)
{
	struct tuple *tuple = tuple_of(world, &flow->key);
	struct weir_command one = {
		.key = flow->key,
		.start_ns = flow->flow.start_ns,
		.last = { flow->flow.dir[0].last, flow->flow.dir[1].last },
		.op = op,
	};

	assert_true(bpf_env_command(world->env, &one, 1) >= 0);
	if (op == WEIR_CMD_MARK_DYING) {
		assert_int_equal(one.result, WEIR_CMD_DONE);
		tuple->life.is_dying = true;
	} else if (tuple->life.is_dying) {
		assert_int_equal(one.result, WEIR_CMD_DONE);
		one.flow.state &= WEIR_STATE_MASK | WEIR_STATE_DYING;
		life_check(&tuple->life, &one.flow);
		tuple->life = (struct life){ 0 };
		world->reaped++;
	} else {
		assert_int_equal(one.result, WEIR_CMD_ALIVE);
	}
}

/* Any flow that is there. Not by its place in the map, which is another one in every run. */
static void step_sweep(struct world *world)
{
	const struct tuple *tuple = &world->tuples[roll(world, TUPLES)];
	struct bpf_env_flow flows[TUPLES];
	int n = bpf_env_flows(world->env, flows, TUPLES);
	const struct bpf_env_flow *flow = NULL;

	for (int i = 0; i < n; i++) {
		if (tuple_of(world, &flows[i].key) == tuple)
			flow = &flows[i];
	}
	if (!flow)
		return;
	if (one_in(world, 2))
		command(world, WEIR_CMD_MARK_DYING, flow);
	if (one_in(world, 2))
		command(world, WEIR_CMD_REAP, flow);
}

static void run(uint64_t seed, unsigned int max_waiting)
{
	const unsigned int heard = max_waiting == 1 ? STEPS / 3 : STEPS; /* most is refused else */
	struct world world;

	world_init(&world, seed, max_waiting);
	for (unsigned int i = 0; i < STEPS; i++) {
		if (one_in(&world, 4))
			step_sweep(&world);
		else
			step_packet(&world);
		check_world(&world);
	}
	assert_int_equal(counter(world.env, WEIR_EVENTS_LOST), 0);
	assert_int_equal(counter(world.env, WEIR_FLOWS_REFUSED), 0);
	/* All of it has happened, and often. */
	assert_true(world.seen[WEIR_EVENT_OPEN] > heard / 50);
	assert_true(world.seen[WEIR_EVENT_ESTABLISHED] > heard / 50);
	assert_true(world.seen[WEIR_EVENT_CLOSE] > heard / 50);
	assert_true(world.renewed > heard / 150 && world.reaped > heard / 100);
	assert_true(!max_waiting || (world.refused > STEPS / 50 && world.let_in > STEPS / 200));
	assert_true(!max_waiting || world.barred > STEPS / 500);
	bpf_env_free(&world.env);
}

static void entries_are_what_the_packets_made_of_them(void **state)
{
	(void)state;
	run(0x1234567890abcdef, 0);
	run(0xfedcba0987654321, 0);
}

/* Flows that are in are not refused. */
static void no_more_flows_than_allowed_wait_for_an_answer(void **state)
{
	(void)state;
	run(0x0123456789abcdef, FEW);
	run(0xdeadbeefcafef00d, 1);
}

int main(void)
{
	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	return RUN_TESTS(TEST(entries_are_what_the_packets_made_of_them),
			 TEST(no_more_flows_than_allowed_wait_for_an_answer));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two CPUs at the same entry: nothing is counted twice or not at all, and nothing told twice.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "pkt_build.h"
#include "tests/harness.h"

#define SPINS	  10000 /* then the other one may need our CPU */
#define TCP_FLOWS 4

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static int move_anywhere(void **state)
{
	cpu_set_t set;

	(void)state;
	memset(&set, 0xff, sizeof(set));
	return sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Two threads that meet before each of their packets, or series of packets, so that these run at
 * the same time where there are two CPUs.
 */
struct pair {
	struct bpf_env *env;
	unsigned int rounds, repeat;
	/* What the thread sends in the round. */
	struct pkt_desc (*packet)(unsigned int self, unsigned int round);
	unsigned int met[2]; /* atomic: rounds begun */
	unsigned int failed; /* atomic */
};

static bool has_come(const struct pair *pair, unsigned int other, unsigned int round)
{
	return __atomic_load_n(&pair->met[other], __ATOMIC_SEQ_CST) > round;
}

static void pair_run(struct pair *pair, unsigned int self)
{
	stay_on((int)self);
	for (unsigned int i = 0; i < pair->rounds; i++) {
		struct pkt_desc desc = pair->packet(self, i);
		struct packet packet;
		struct bpf_env_packet run = { .data = packet.data, .repeat = pair->repeat };
		struct bpf_env_result result;

		pkt_build(&packet, &desc);
		run.len = packet.len;
		__atomic_store_n(&pair->met[self], i + 1, __ATOMIC_SEQ_CST);
		for (unsigned int spins = 1; !has_come(pair, !self, i); spins++)
			if (spins % SPINS == 0)
				sched_yield();
		if (bpf_env_run(pair->env, ENV_TC_IN, &run, &result))
			__atomic_add_fetch(&pair->failed, 1, __ATOMIC_SEQ_CST);
	}
}

static void *pair_thread(void *arg)
{
	pair_run(arg, 1);
	return NULL;
}

static void run_pair(struct pair *pair)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, pair_thread, pair), 0);
	pair_run(pair, 0);
	pthread_join(thread, NULL);
	assert_int_equal(pair->failed, 0);
}

/* A flow a round, of which both see the same packet; then both the first answer. */
static struct pkt_desc one_question(unsigned int self, unsigned int round)
{
	(void)self;
	return numbered(round);
}

static struct pkt_desc one_answer(unsigned int self, unsigned int round)
{
	struct pkt_desc question = one_question(self, round);

	return pkt_reversed(&question);
}

static struct pkt_desc one_flow(unsigned int self, unsigned int round)
{
	(void)self;
	(void)round;
	return numbered(0);
}

static unsigned int events_of_type(struct bpf_env *env, enum weir_event_type type)
{
	const struct weir_event *events;
	unsigned int found = 0;
	int n = bpf_env_events(env, &events);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++)
		found += events[i].hdr.type == type;
	return found;
}

static void two_cpus_that_see_a_flow_first_make_one_entry_and_tell_it_once(void **state)
{
	static const struct bpf_env_options options = { .max_flows = 4096, .ring_bytes = 2 << 20 };
	static struct bpf_env_flow flows[3000];
	auto_bpf_env struct bpf_env *env = NULL;
	struct pair there = { .rounds = ARRAY_SIZE(flows), .packet = one_question };
	struct pair back = { .rounds = ARRAY_SIZE(flows), .packet = one_answer };

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	there.env = back.env = env;
	run_pair(&there);
	assert_int_equal(bpf_env_flows(env, flows, ARRAY_SIZE(flows)), ARRAY_SIZE(flows));
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++)
		assert_int_equal(flows[i].flow.dir[0].packets, 2);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), ARRAY_SIZE(flows));
	assert_int_equal(events_of_type(env, WEIR_EVENT_OPEN), ARRAY_SIZE(flows));

	/* The first answer changes the state, and only one is the first. */
	run_pair(&back);
	assert_int_equal(events_of_type(env, WEIR_EVENT_ESTABLISHED), ARRAY_SIZE(flows));
	check_balance(env);
}

static void two_cpus_that_count_into_one_flow_lose_no_packet(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	struct pair pair = { .rounds = 20, .repeat = 20000, .packet = one_flow };
	const uint64_t sent = UINT64_C(2) * pair.rounds * pair.repeat;
	struct bpf_env_flow flow;

	(void)state;
	assert_int_equal(bpf_env_new(&env, NULL), 0);
	pair.env = env;
	run_pair(&pair);
	flow = the_flow(env);
	assert_int_equal(flow.flow.dir[0].packets, sent);
	assert_int_equal(flow.flow.dir[0].bytes, sent * 100);
	check_balance(env);
}

/*
 * Of few connections, what may end one and begin another: each thread has its own ISNs, so that
 * its SYNs and SYN-ACKs are always new to the entry.
 */
static struct pkt_desc ends_and_begins(unsigned int self, unsigned int round)
{
	static const uint8_t flags[][2] = {
		{ PKT_SYN, PKT_RST },		{ PKT_SYN, PKT_SYN },
		{ PKT_ACK, PKT_SYN },		{ PKT_SYN | PKT_ACK, PKT_SYN | PKT_ACK },
		{ PKT_SYN, PKT_FIN | PKT_ACK }, { PKT_RST, PKT_RST },
		{ PKT_ACK, PKT_ACK },		{ PKT_SYN | PKT_ACK, PKT_SYN },
	};
	uint8_t flag = flags[round / TCP_FLOWS * 7 % 64 % ARRAY_SIZE(flags)][self];
	struct pkt_desc desc = numbered(round % TCP_FLOWS);

	desc.proto = IPPROTO_TCP;
	desc.tcp_flags = flag;
	desc.seq = round * 2 + self;
	desc.ack = round * 2 + self;
	return flag == (PKT_SYN | PKT_ACK) || round / TCP_FLOWS & 8 ? pkt_reversed(&desc) : desc;
}

static int compare_events(const void *a, const void *b)
{
	const struct weir_event *x = a, *y = b;
	int by_key = memcmp(&x->key, &y->key, sizeof(x->key));

	if (by_key)
		return by_key;
	if (x->flow.start_ns != y->flow.start_ns)
		return x->flow.start_ns < y->flow.start_ns ? -1 : 1;
	return x->hdr.type - y->hdr.type;
}

/* Of each connection each event is told at most once, and its beginning is told. */
static void check_told_once(const struct weir_event *events, size_t n)
{
	auto_free struct weir_event *sorted = calloc(n, sizeof(*sorted));
	size_t opened = 0;

	assert_non_null(sorted);
	memcpy(sorted, events, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_events);
	for (size_t i = 0; i < n; i++) {
		opened += sorted[i].hdr.type == WEIR_EVENT_OPEN;
		if (i && !compare_events(&sorted[i], &sorted[i - 1]))
			fail_msg("event %u was told twice", sorted[i].hdr.type);
	}
	assert_true(opened > 100);
}

static void two_cpus_that_end_and_begin_connections_tell_each_once(void **state)
{
	static const struct bpf_env_options options = { .ring_bytes = 32 << 20 };
	auto_bpf_env struct bpf_env *env = NULL;
	struct pair pair = { .rounds = 20000, .packet = ends_and_begins };
	const struct weir_event *events;
	int n;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	pair.env = env;
	run_pair(&pair);
	/* Those that were overtaken by the next connection's first packet. */
	assert_in_range(counter(env, WEIR_EVENTS_LOST), 0, pair.rounds / 10);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), TCP_FLOWS);
	check_balance(env);
	n = bpf_env_events(env, &events);
	assert_true(n > 0);
	check_told_once(events, (size_t)n);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			two_cpus_that_see_a_flow_first_make_one_entry_and_tell_it_once,
			move_anywhere),
		cmocka_unit_test_teardown(two_cpus_that_count_into_one_flow_lose_no_packet,
					  move_anywhere),
		cmocka_unit_test_teardown(two_cpus_that_end_and_begin_connections_tell_each_once,
					  move_anywhere),
	};

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}

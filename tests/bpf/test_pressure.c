// SPDX-License-Identifier: BSD-2-Clause
/*
 * Too many flows, too many events, and two CPUs at the same entry: what does not fit is counted
 * where it belongs, and nothing is counted twice or not at all.
 */
#include <pthread.h>
#include <sched.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "pkt_build.h"
#include "tests/harness.h"

#define FEW_FLOWS	 8
#define REFUSED_FOR_EVER (1 << 30)
#define PATIENCE	 1000000 /* packets: seconds */
#define SPINS		 10000	 /* then the other one may need our CPU */

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

/* A refusal is the CPU's own. */
static void stay_on_one_cpu(void)
{
	stay_on(sched_getcpu());
}

static int move_anywhere(void **state)
{
	cpu_set_t set;

	(void)state;
	memset(&set, 0xff, sizeof(set));
	return sched_setaffinity(0, sizeof(set), &set);
}

static void new_flows_that_find_the_map_full_are_counted_as_no_room(void **state)
{
	static const struct bpf_env_options options = { .max_flows = FEW_FLOWS,
							.refuse_jiffies = REFUSED_FOR_EVER };
	auto_bpf_env struct bpf_env *env = NULL;
	const struct weir_event *events;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	stay_on_one_cpu();
	for (unsigned int i = 0; i < FEW_FLOWS + 3; i++) {
		send_numbered(env, i);
		check_balance(env);
	}
	assert_int_equal(bpf_env_flows(env, NULL, 0), FEW_FLOWS);
	check_remainder(env, WEIR_REM_NO_ROOM, 3, 3 * UINT64_C(100));
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), FEW_FLOWS);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 3);
	assert_int_equal(bpf_env_events(env, &events), FEW_FLOWS);

	/* Flows that are in go on. */
	send_numbered(env, 0);
	check_remainder(env, WEIR_REM_NO_ROOM, 3, 3 * UINT64_C(100));
	check_balance(env);
}

static void nobody_looks_for_room_before_a_refusal_has_ended(void **state)
{
	static const struct bpf_env_options options = { .max_flows = 1,
							.refuse_jiffies = REFUSED_FOR_EVER };
	auto_bpf_env struct bpf_env *env = NULL;
	struct bpf_env_flow first;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	stay_on_one_cpu();
	send_numbered(env, 0);
	send_numbered(env, 1);
	first = the_flow(env);
	assert_int_equal(bpf_env_del_flow(env, &first.key), 0);
	send_numbered(env, 2);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 0);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 2);
	assert_int_equal(bpf_env_end_refusal(env), 0);
	send_numbered(env, 2);
	assert_int_equal(bpf_env_flows(env, NULL, 0), 1);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), 2);
	assert_int_equal(counter(env, WEIR_FLOWS_REFUSED), 2);
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
	first = the_flow(env);
	assert_int_equal(bpf_env_del_flow(env, &first.key), 0);
	for (unsigned int i = 0; i < PATIENCE && bpf_env_flows(env, NULL, 0) == 0; i++)
		send_numbered(env, 2);
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), 2);
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
	assert_int_equal(counter(env, WEIR_FLOWS_CREATED), flows);
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
	assert_int_equal(the_flow(env).flow.dir[0].packets, 1);
	assert_int_equal(bpf_env_events(env, &events), 0);
	assert_int_equal(counter(env, WEIR_EVENTS_LOST), 0);
}

/*
 * Two threads that meet before each of their packets, or series of packets, so that these run at
 * the same time where there are two CPUs.
 */
struct pair {
	struct bpf_env *env;
	unsigned int rounds, repeat;
	bool is_one_flow;    /* else a flow a round */
	bool is_back;	     /* in the direction of the answers */
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
		struct pkt_desc desc = numbered(pair->is_one_flow ? 0 : i);
		struct packet packet;
		struct bpf_env_packet run = { .data = packet.data, .repeat = pair->repeat };
		struct bpf_env_result result;

		if (pair->is_back)
			desc = pkt_reversed(&desc);
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
	struct pair there = { .rounds = ARRAY_SIZE(flows) }, back = there;

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
	back.is_back = true;
	run_pair(&back);
	assert_int_equal(events_of_type(env, WEIR_EVENT_ESTABLISHED), ARRAY_SIZE(flows));
	check_balance(env);
}

static void two_cpus_that_count_into_one_flow_lose_no_packet(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	struct pair pair = { .rounds = 20, .repeat = 20000, .is_one_flow = true };
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(new_flows_that_find_the_map_full_are_counted_as_no_room,
					  move_anywhere),
		cmocka_unit_test_teardown(nobody_looks_for_room_before_a_refusal_has_ended,
					  move_anywhere),
		cmocka_unit_test_teardown(a_refusal_ends_by_itself, move_anywhere),
		TEST(events_that_find_the_ring_full_are_counted_and_lose_nothing_else),
		TEST(without_events_flows_are_the_same),
		cmocka_unit_test_teardown(
			two_cpus_that_see_a_flow_first_make_one_entry_and_tell_it_once,
			move_anywhere),
		cmocka_unit_test_teardown(two_cpus_that_count_into_one_flow_lose_no_packet,
					  move_anywhere),
	};

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	return cmocka_run_group_tests_name("pressure", tests, NULL, NULL);
}

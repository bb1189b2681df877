// SPDX-License-Identifier: BSD-2-Clause
/*
 * The note of which keys may be in the flow map: the agent's side of it (kernel/present.c) and the
 * packet programs', on one map.
 */
#include "tests/harness.h"

#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent/kernel/present.h"
#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "pkt_build.h"

#include "weir/config.h"
#include "weir/present.h"

#include "weir.skel.h"

#define FEW_FLOWS	 8
#define REFUSED_FOR_EVER (1 << 30)
#define WORDS		 64 /* of a half, in the object as it was built */

struct scene {
	struct bpf_env *env;
	struct present *present;
	int map_fd;
};

/* What refuses is the CPU's own. */
static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static int set_up(void **state)
{
	static const struct bpf_env_options options = { .max_flows = FEW_FLOWS,
							.refuse_jiffies = REFUSED_FOR_EVER };
	static struct scene scene;

	scene = (struct scene){ 0 };
	*state = &scene;
	stay_on_one_cpu();
	assert_int_equal(bpf_env_new(&scene.env, &options), 0);
	scene.map_fd = bpf_map__fd(bpf_env_skel(scene.env)->maps.present);
	return present_new(&scene.present, scene.map_fd, WORDS);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	cpu_set_t set;

	present_free(&scene->present);
	bpf_env_free(&scene->env);
	memset(&set, 0xff, sizeof(set));
	return sched_setaffinity(0, sizeof(set), &set);
}

static uint64_t word(const struct scene *scene, uint32_t index)
{
	uint64_t value;

	assert_int_equal(bpf_map_lookup_elem(scene->map_fd, &index, &value), 0);
	return value;
}

/* The byte of the key in a half. */
static unsigned int noted(const struct scene *scene, const struct weir_flow_key *key, uint32_t half)
{
	__u64 words[6], hash;

	memcpy(words, key, sizeof(words));
	hash = weir_present_hash(words);
	return word(scene, (uint32_t)(WEIR_PRESENT_FIRST + half * WORDS + (hash >> 3) % WORDS)) >>
		       8 * (hash & 7) &
	       0xff;
}

/* A pass of the sweep over the flow map. */
static void pass(struct scene *scene, bool is_wanted, bool is_whole)
{
	struct bpf_env_flow flows[FEW_FLOWS];
	int count = bpf_env_flows(scene->env, flows, FEW_FLOWS);

	assert_in_range(count, 0, FEW_FLOWS);
	present_begin(scene->present, is_wanted);
	for (int i = 0; i < count; i++)
		present_add(scene->present, &flows[i].key);
	present_end(scene->present, is_whole);
}

static void fill(struct scene *scene)
{
	for (unsigned int i = 0; i < FEW_FLOWS; i++)
		send_numbered(scene->env, i);
	assert_int_equal(bpf_env_flows(scene->env, NULL, 0), FEW_FLOWS);
}

static void a_note_is_asked_from_the_end_of_its_second_pass_on(void **state)
{
	struct scene *scene = *state;

	fill(scene);
	pass(scene, false, true);
	assert_int_equal(word(scene, 0), 0);
	pass(scene, true, true);
	assert_int_equal(word(scene, 0), WEIR_PRESENT_NOTED);
	pass(scene, true, true);
	assert_int_equal(word(scene, 0),
			 WEIR_PRESENT_NOTED | WEIR_PRESENT_ASKED | WEIR_PRESENT_HALF);
	pass(scene, true, true);
	assert_int_equal(word(scene, 0), WEIR_PRESENT_NOTED | WEIR_PRESENT_ASKED);
	pass(scene, false, true);
	assert_int_equal(word(scene, 0), 0);
}

static void a_pass_that_fails_leaves_the_half_before_it(void **state)
{
	struct scene *scene = *state;
	uint64_t use;

	fill(scene);
	pass(scene, true, true);
	pass(scene, true, false);
	assert_int_equal(word(scene, 0), WEIR_PRESENT_NOTED);
	pass(scene, true, true);
	use = word(scene, 0);
	pass(scene, true, false);
	assert_int_equal(word(scene, 0), use);
}

static void agent_and_programs_note_the_same_bytes(void **state)
{
	struct scene *scene = *state;
	struct bpf_env_flow flows[FEW_FLOWS];

	pass(scene, true, true);
	fill(scene); /* noted by the programs, in both halves */
	assert_int_equal(bpf_env_flows(scene->env, flows, FEW_FLOWS), FEW_FLOWS);
	for (unsigned int i = 0; i < FEW_FLOWS; i++) {
		assert_int_equal(noted(scene, &flows[i].key, 0), 1);
		assert_int_equal(noted(scene, &flows[i].key, 1), 1);
	}
	pass(scene, true, true); /* by the agent, in the second */
	for (unsigned int i = 0; i < FEW_FLOWS; i++)
		assert_int_equal(noted(scene, &flows[i].key, 1), 1);
}

static void what_is_not_noted_is_in_neither_half(void **state)
{
	struct scene *scene = *state;

	fill(scene);
	for (uint32_t index = 0; index < WEIR_PRESENT_FIRST + 2 * WORDS; index++)
		assert_int_equal(word(scene, index), 0);
}

/* Refused ones are told from known ones, by the note and without it. */
static void with_a_note_every_packet_is_counted_where_it_is_without(void **state)
{
	const uint64_t refused = UINT64_C(4) * 3 * FEW_FLOWS;
	struct scene *scene = *state;

	fill(scene);
	for (int turn = 0; turn < 4; turn++) {
		for (unsigned int i = 0; i < 4 * FEW_FLOWS; i++) {
			send_numbered(scene->env, i);
			check_balance(scene->env);
		}
		pass(scene, true, true);
	}
	check_remainder(scene->env, WEIR_REM_NO_ROOM, refused, refused * 100);
	assert_int_equal(counter(scene->env, WEIR_FLOWS_REFUSED), refused);
	assert_int_equal(counter(scene->env, WEIR_FLOWS_CREATED), FEW_FLOWS);
}

/* That it is asked at all shows where it is wrong: a half that nobody has filled. */
static void a_packet_that_the_note_does_not_know_is_not_looked_for(void **state)
{
	struct scene *scene = *state;

	fill(scene);
	present_begin(scene->present, true);
	present_begin(scene->present, true);
	present_end(scene->present, true);
	send_numbered(scene->env, 0); /* nothing has been refused: it is looked for */
	check_remainder(scene->env, WEIR_REM_NO_ROOM, 0, 0);
	send_numbered(scene->env, FEW_FLOWS); /* finds no room, and the next one need not try */
	send_numbered(scene->env, FEW_FLOWS);
	check_remainder(scene->env, WEIR_REM_NO_ROOM, 2, 200);
	send_numbered(scene->env, 0);
	check_remainder(scene->env, WEIR_REM_NO_ROOM, 3, 300);
	check_balance(scene->env);
}

/* Whatever the note says, an entry that is there is found before a second one is made. */
static void a_wrong_note_makes_no_second_entry(void **state)
{
	struct scene *scene = *state;
	struct pkt_desc ack = numbered(0);

	ack.proto = 6;
	ack.tcp_flags = PKT_ACK;
	send_desc(scene->env, ENV_TC_IN, &ack); /* one in the middle, which is let in */
	assert_int_equal(bpf_env_set_unanswered(scene->env, 1 << 30), 0);
	present_begin(scene->present, true);
	present_begin(scene->present, true);
	present_end(scene->present, true);
	send_numbered(scene->env, 1); /* too many wait */
	assert_int_equal(counter(scene->env, WEIR_UNANSWERED_REFUSED), 1);
	send_desc(scene->env, ENV_TC_IN, &ack);
	assert_int_equal(bpf_env_flows(scene->env, NULL, 0), 1);
	assert_int_equal(the_flow(scene->env).flow.dir[0].packets +
				 the_flow(scene->env).flow.dir[1].packets,
			 2);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(a_note_is_asked_from_the_end_of_its_second_pass_on),
		SCENE(a_pass_that_fails_leaves_the_half_before_it),
		SCENE(agent_and_programs_note_the_same_bytes),
		SCENE(what_is_not_noted_is_in_neither_half),
		SCENE(with_a_note_every_packet_is_counted_where_it_is_without),
		SCENE(a_packet_that_the_note_does_not_know_is_not_looked_for),
		SCENE(a_wrong_note_makes_no_second_entry),
	};

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	return cmocka_run_group_tests_name("present", tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * How entries leave the flow map: MARK_DYING, REAP, and packets that come in between, one by one
 * and from two CPUs at once.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "dialogue.h"
#include "group.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

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

	assert_true(bpf_env_command(env, &one, 1) >= 0);
	return one.result;
}

static void say(struct dialogue *talk, const struct segment *segment)
{
	struct pkt_desc desc = dialogue_say(talk, segment);

	send_desc(env, dialogue_prog(talk, segment->from), &desc);
}

static void an_idle_entry_is_marked_and_then_taken_with_its_final_value(void **state)
{
	(void)state;
	for (enum weir_state in = WEIR_STATE_NONE + 1; in < WEIR_STATE_MAX; in++) {
		struct dialogue talk;
		struct bpf_env_flow entry = dialogue_reach(&talk, env, in);
		struct weir_command reap;

		assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
		assert_int_equal(the_flow(env).flow.state, in | WEIR_STATE_DYING);
		reap = command_of(WEIR_CMD_REAP, &entry);
		assert_true(bpf_env_command(env, &reap, 1) >= 0);
		assert_int_equal(reap.result, WEIR_CMD_DONE);
		assert_int_equal(reap.flow.state & WEIR_STATE_MASK, in);
		reap.flow.state = in;
		assert_memory_equal(&reap.flow, &entry.flow, sizeof(entry.flow));
		assert_int_equal(bpf_env_flows(env, NULL, 0), 0);
		check_unanswered(env);
		assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_GONE);
		assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_GONE);
	}
}

static void an_entry_that_has_moved_is_not_marked(void **state)
{
	struct dialogue talk;
	struct bpf_env_flow entry = dialogue_reach(&talk, env, WEIR_ESTABLISHED), stale;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		stale = entry;
		stale.flow.dir[i].last--;
		assert_int_equal(command(WEIR_CMD_MARK_DYING, &stale), WEIR_CMD_ALIVE);
		assert_int_equal(the_flow(env).flow.state, WEIR_ESTABLISHED);
	}
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
}

static void an_entry_that_was_not_marked_is_not_taken(void **state)
{
	struct dialogue talk;
	struct bpf_env_flow entry = dialogue_reach(&talk, env, WEIR_ESTABLISHED), now;

	(void)state;
	assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_ALIVE);
	now = the_flow(env);
	assert_memory_equal(&now, &entry, sizeof(entry));
}

static void another_connection_of_the_same_key_is_left_alone(void **state)
{
	struct dialogue talk;
	struct bpf_env_flow entry = dialogue_reach(&talk, env, WEIR_ESTABLISHED), other = entry;

	(void)state;
	other.flow.start_ns--;
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &other), WEIR_CMD_GONE);
	assert_int_equal(the_flow(env).flow.state, WEIR_ESTABLISHED);
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
	assert_int_equal(command(WEIR_CMD_REAP, &other), WEIR_CMD_GONE);
	assert_int_equal(the_flow(env).flow.state, WEIR_ESTABLISHED | WEIR_STATE_DYING);
}

/* In the state, by a packet of the side; what the packet means is as ever. */
static void check_revival(enum weir_state in, enum side side)
{
	bool is_tcp = dialogue_paths[in].proto == IPPROTO_TCP;
	/* It acknowledges no FIN, but a SYN-ACK, which it has to; who has sent that waits for it. */
	struct segment segment = { .from = side,
				   .flags = is_tcp ? ACK : 0,
				   .is_late = is_tcp && in != WEIR_SYN_RECEIVED };
	bool is_waiting = in == WEIR_SYN_RECEIVED && side == SERVER;
	enum weir_input input = is_waiting ? WEIR_IN_REST : is_tcp ? WEIR_IN_ACK : WEIR_IN_PACKET;
	uint8_t next = weir_lifecycle[in][side][input];
	struct dialogue talk;
	struct bpf_env_flow entry = dialogue_reach(&talk, env, in), now;
	unsigned int dir = dialogue_dir(&talk, side);

	assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
	say(&talk, &segment);
	now = the_flow(env);
	assert_int_equal(now.flow.state, WEIR_NEXT(next, in));
	assert_int_equal(now.flow.dir[dir].packets, entry.flow.dir[dir].packets + 1);
	assert_int_equal(counter(env, WEIR_FLOWS_REVIVED), 1);
	check_balance(env);
	assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_ALIVE);
}

static void a_packet_revives_a_marked_entry(void **state)
{
	(void)state;
	for (enum weir_state in = WEIR_STATE_NONE + 1; in < WEIR_STATE_MAX; in++) {
		check_revival(in, CLIENT);
		check_revival(in, SERVER);
	}
}

static void a_new_connection_revives_a_marked_entry(void **state)
{
	const struct segment syn = { .from = CLIENT, .flags = SYN, .is_new = true };
	struct dialogue talk;
	struct bpf_env_flow entry = dialogue_reach(&talk, env, WEIR_CLOSED), now;

	(void)state;
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &entry), WEIR_CMD_DONE);
	say(&talk, &syn);
	now = the_flow(env);
	assert_int_equal(now.flow.state, WEIR_SYN_SENT);
	assert_true(now.flow.start_ns > entry.flow.start_ns);
	assert_int_equal(counter(env, WEIR_FLOWS_REVIVED), 1);
	assert_int_equal(command(WEIR_CMD_REAP, &entry), WEIR_CMD_GONE);
	assert_int_equal(command(WEIR_CMD_REAP, &now), WEIR_CMD_ALIVE);
}

static void check_late(enum weir_state in, const struct segment *segment)
{
	struct dialogue talk;
	struct bpf_env_flow dead = dialogue_reach(&talk, env, in), now;
	const struct weir_event *events;

	dead.flow.state |= WEIR_STATE_DYING | WEIR_STATE_DEAD;
	assert_int_equal(bpf_env_set_flow(env, &dead), 0);
	say(&talk, segment);
	now = the_flow(env);
	assert_memory_equal(&now, &dead, sizeof(dead));
	check_remainder(env, WEIR_REM_LATE, 1, 100);
	assert_int_equal(bpf_env_events(env, &events), 0);
	check_balance(env);
}

/* What it finds between the two halves of REAP. */
static void a_packet_of_an_entry_being_removed_is_late(void **state)
{
	static const struct segment segments[] = {
		{ .from = CLIENT, .flags = ACK, .payload = 46 },
		{ .from = SERVER, .flags = FIN | ACK, .payload = 46 },
		{ .from = CLIENT, .flags = SYN, .is_new = true, .payload = 46 },
	};
	static const struct segment datagram = { .from = SERVER, .payload = 58 };

	(void)state;
	for (enum weir_state in = WEIR_STATE_NONE + 1; in < WEIR_ONE_WAY; in++)
		for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
			check_late(in, &segments[i]);
	check_late(WEIR_ONE_WAY, &datagram);
	check_late(WEIR_TWO_WAY, &datagram);
}

static void many_commands_run_at_once_and_none_beyond_the_table(void **state)
{
	struct bpf_env_flow flows[WEIR_COMMANDS_MAX + 1];
	struct weir_command commands[WEIR_COMMANDS_MAX];
	const size_t all = ARRAY_SIZE(commands);

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(flows); i++)
		send_numbered(env, i);
	assert_int_equal(bpf_env_flows(env, flows, ARRAY_SIZE(flows)), ARRAY_SIZE(flows));
	for (size_t i = 0; i < all; i++)
		commands[i] = command_of(WEIR_CMD_MARK_DYING, &flows[i]);
	assert_true(bpf_env_command(env, commands, UINT32_MAX) >= 0);
	for (size_t i = 0; i < all; i++) {
		assert_int_equal(commands[i].result, WEIR_CMD_DONE);
		commands[i] = command_of(i % 2 ? WEIR_CMD_REAP : WEIR_CMD_NONE, &flows[i]);
	}
	/* All but the last, which would be a REAP. */
	assert_true(bpf_env_command(env, commands, all - 1) >= 0);
	for (size_t i = 0; i < all - 1; i++)
		assert_int_equal(commands[i].result, i % 2 ? WEIR_CMD_DONE : UINT32_MAX);
	assert_int_equal(bpf_env_flows(env, NULL, 0), ARRAY_SIZE(flows) - (all / 2 - 1));
}

static void commands_return_the_clock_of_the_last_packet(void **state)
{
	int64_t before, after;
	uint32_t last;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	before = bpf_env_command(env, NULL, 0);
	send_numbered(env, 0);
	after = bpf_env_command(env, NULL, 0);
	assert_true(before >= 0 && after >= 0);
	last = (uint32_t)the_flow(env).flow.dir[0].last;
	assert_in_range(last - (uint32_t)before, 0, (uint32_t)after - (uint32_t)before);
}

/* Two threads send packets of the same flows, in both directions, while a third sweeps. */
#define RACE_FLOWS  8
#define RACE_BURST  512	 /* packets of a flow in a row; then it rests, and may be taken */
#define RACE_SWEEPS 100	 /* at least */
#define RACE_LIMIT  3000 /* sweeps, if packets and sweeps do not meet */

struct racer {
	bool is_back;
	pthread_t thread;
	const bool *is_over; /* atomic */
	uint64_t sent;	     /* atomic: packets */
	uint64_t failed;     /* when the thread has ended */
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	enum bpf_env_prog prog = racer->is_back ? ENV_TC_OUT : ENV_TC_IN;
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

		racer->failed += bpf_env_run(env, prog, &run, &result) != 0;
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
	uint64_t reaped, opened, errors;
};

static void count_opened(struct swept *swept)
{
	const struct weir_event *events;
	int n = bpf_env_events(env, &events);

	swept->errors += n < 0;
	for (int i = 0; i < n; i++)
		swept->opened += events[i].hdr.type == WEIR_EVENT_OPEN;
}

static void count_reaped(struct swept *swept, const struct weir_command *command)
{
	if (command->result != WEIR_CMD_DONE)
		return;
	swept->reaped++;
	for (size_t d = 0; d < 2; d++) {
		swept->sum.packets += command->flow.dir[d].packets;
		swept->sum.bytes += command->flow.dir[d].bytes;
	}
}

/* Nothing here may end the test: the racers use its memory. */
static void sweep(const struct racer racers[2], struct swept *swept)
{
	struct bpf_env_flow flows[RACE_FLOWS];
	struct weir_command commands[RACE_FLOWS];
	int n = bpf_env_flows(env, flows, RACE_FLOWS);

	if (n < 0 || n > RACE_FLOWS) {
		swept->errors++;
		return;
	}
	for (int i = 0; i < n; i++)
		commands[i] = command_of(WEIR_CMD_MARK_DYING, &flows[i]);
	swept->errors += bpf_env_command(env, commands, (size_t)n) < 0;
	let_packets_pass(racers);
	for (int i = 0; i < n; i++)
		commands[i] = command_of(WEIR_CMD_REAP, &flows[i]);
	swept->errors += bpf_env_command(env, commands, (size_t)n) < 0;
	for (int i = 0; i < n; i++)
		count_reaped(swept, &commands[i]);
	count_opened(swept);
}

static void sweep_until_all_has_happened(const struct racer racers[2], struct swept *swept)
{
	uint64_t revived = 0;

	for (unsigned int i = 0; i < RACE_LIMIT; i++) {
		sweep(racers, swept);
		swept->errors += bpf_env_counter(env, WEIR_FLOWS_REVIVED, &revived) != 0;
		if (i > RACE_SWEEPS && swept->reaped > RACE_FLOWS && revived > RACE_FLOWS)
			return;
	}
}

static void no_packet_is_lost_between_two_cpus_and_a_sweep(void **state)
{
	bool is_over = false;
	struct racer racers[2] = { { .is_over = &is_over },
				   { .is_over = &is_over, .is_back = true } };
	struct swept swept = { 0 };
	struct bpf_env_sums sums;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(pthread_create(&racers[0].thread, NULL, race, &racers[0]), 0);
	assert_int_equal(pthread_create(&racers[1].thread, NULL, race, &racers[1]), 0);
	sweep_until_all_has_happened(racers, &swept);
	__atomic_store_n(&is_over, true, __ATOMIC_SEQ_CST);
	pthread_join(racers[0].thread, NULL);
	pthread_join(racers[1].thread, NULL);
	count_opened(&swept);
	assert_int_equal(swept.errors + racers[0].failed + racers[1].failed, 0);
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
	check_unanswered(env);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
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

	return group_run("sweep", NULL, 0, tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two CPUs send packets of the same few flows, of every kind and in any order, while a third thread
 * marks and reaps entries under them. Whatever becomes of a packet, it is counted once:
 * flows + reaped flows + remainders = raw + GSO, to the byte, and so many entries wait for an
 * answer as say so. TEST_SECONDS says how long (5).
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "bpf_env.h"
#include "checks.h"
#include "pkt_build.h"
#include "tests/harness.h"

#include "weir/config.h"
#include "weir/lifecycle.h"

#include "weir.skel.h"

#define SECONDS	 5
#define TUPLES	 300 /* more than there is room for, now and then */
#define ROOM	 256
#define SENDERS	 2
#define BATCH	 64
#define L4	 (14 + 20)
#define TCP_SEQ	 (L4 + 4)
#define TCP_BITS (L4 + 13)

struct sender {
	pthread_t thread;
	struct bpf_env *env;
	unsigned int number;
	uint64_t sent;
	int error;
};

struct sweeper {
	pthread_t thread;
	struct bpf_env *env;
	struct weir_count reaped;
	uint64_t reaps, marks;
	uint64_t random;
	struct weir_command commands[WEIR_COMMANDS_MAX];
	size_t count;
	int error;
};

static bool is_over; /* atomic */

static bool must_stop(void)
{
	return __atomic_load_n(&is_over, __ATOMIC_RELAXED);
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 33);
}

/* A packet of one of the tuples, with flags and numbers at random; one in four is UDP. */
static void patch(struct packet packets[2][2], uint64_t *random, struct packet **ret)
{
	static const uint8_t flags[] = { PKT_SYN,	    PKT_SYN | PKT_ACK, PKT_ACK,
					 PKT_ACK,	    PKT_PSH | PKT_ACK, PKT_ACK,
					 PKT_FIN | PKT_ACK, PKT_RST,	       PKT_RST | PKT_ACK };
	bool is_udp = next_random(random) % 4 == 0, is_reverse = next_random(random) & 1;
	struct packet *packet = &packets[is_udp][is_reverse];
	uint16_t port = (uint16_t)(10000 + next_random(random) % TUPLES);
	uint8_t *sport = packet->data + L4 + (is_reverse ? 2 : 0);
	uint32_t seq = next_random(random) % 4;

	sport[0] = (uint8_t)(port >> 8);
	sport[1] = (uint8_t)port;
	if (!is_udp) {
		packet->data[TCP_SEQ + 3] = (uint8_t)seq;
		packet->data[TCP_BITS] = flags[next_random(random) % sizeof(flags)];
	}
	*ret = packet;
}

static void make_templates(struct packet packets[2][2])
{
	for (int is_udp = 0; is_udp < 2; is_udp++) {
		for (int is_reverse = 0; is_reverse < 2; is_reverse++) {
			struct pkt_desc desc = {
				.is_reverse = is_reverse,
				.from = is_reverse ? &v4_server : &v4_client,
				.to = is_reverse ? &v4_client : &v4_server,
				.proto = is_udp ? IPPROTO_UDP : IPPROTO_TCP,
				.sport = PORT_HTTPS,
				.dport = PORT_HTTPS,
				.tcp_flags = is_udp ? 0 : PKT_ACK,
				.payload = 30,
			};

			pkt_build(&packets[is_udp][is_reverse], &desc);
		}
	}
}

static void *send_all(void *arg)
{
	struct sender *sender = arg;
	struct packet packets[2][2];
	uint64_t random = sender->number + 1;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sender->number, &set);
	(void)sched_setaffinity(0, sizeof(set), &set); /* a machine of one CPU tests less */
	make_templates(packets);
	while (!must_stop() && !sender->error) {
		enum bpf_env_prog prog = next_random(&random) & 1 ? ENV_TC_OUT : ENV_TC_IN;
		struct packet *packet;

		patch(packets, &random, &packet);
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->data,
			    .data_size_in = (uint32_t)packet->len,
			    .repeat = 1 + (int)(next_random(&random) % 8));
		sender->error = bpf_prog_test_run_opts(bpf_env_prog_fd(sender->env, prog), &opts);
		sender->sent += (uint64_t)opts.repeat;
	}
	return NULL;
}

static void sweeper_run(struct sweeper *sweeper, struct weir_command *commands, size_t count)
{
	if (bpf_env_command(sweeper->env, commands, count) < 0)
		sweeper->error = -EIO;
	for (size_t i = 0; i < count; i++) {
		const struct weir_command *command = &commands[i];

		if (command->result != WEIR_CMD_DONE)
			continue;
		if (command->op == WEIR_CMD_MARK_DYING) {
			sweeper->marks++;
			continue;
		}
		sweeper->reaps++;
		for (int dir = 0; dir < 2; dir++) {
			sweeper->reaped.packets += command->flow.dir[dir].packets;
			sweeper->reaped.bytes += command->flow.dir[dir].bytes;
		}
	}
}

/* A third of what was read, in commands of their own. */
static void sweeper_look(struct sweeper *sweeper, const struct weir_flow_key *keys,
			 const struct weir_flow *flows, uint32_t found)
{
	for (uint32_t i = 0; i < found; i++) {
		if (next_random(&sweeper->random) % 3)
			continue;
		sweeper->commands[sweeper->count++] = (struct weir_command){
			.key = keys[i],
			.start_ns = flows[i].start_ns,
			.last = { flows[i].dir[0].last, flows[i].dir[1].last },
			.op = flows[i].state & WEIR_STATE_DYING ? WEIR_CMD_REAP
								: WEIR_CMD_MARK_DYING,
		};
		if (sweeper->count == WEIR_COMMANDS_MAX) {
			sweeper_run(sweeper, sweeper->commands, sweeper->count);
			sweeper->count = 0;
		}
	}
}

/* The whole map once. */
static void sweep_once(struct sweeper *sweeper, int fd)
{
	struct weir_flow_key keys[BATCH];
	struct weir_flow flows[BATCH];
	uint32_t cursor, found;
	bool is_first = true;
	int r = 0;

	while (!r && !must_stop()) {
		LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = BPF_F_LOCK);

		found = BATCH;
		r = bpf_map_lookup_batch(fd, is_first ? NULL : &cursor, &cursor, keys, flows,
					 &found, &opts);
		is_first = false;
		if (!r || r == -ENOENT)
			sweeper_look(sweeper, keys, flows, found);
	}
	if (r && r != -ENOENT)
		sweeper->error = r;
}

static void *sweep_all(void *arg)
{
	struct sweeper *sweeper = arg;
	int fd = bpf_map__fd(bpf_env_skel(sweeper->env)->maps.flows);

	while (!must_stop() && !sweeper->error) {
		sweep_once(sweeper, fd);
		sched_yield();
	}
	return NULL;
}

/* How long; it is what is tested. */
static time_t stress_seconds(void)
{
	const char *text = getenv("TEST_SECONDS");
	uint64_t seconds = SECONDS;

	if (text)
		assert_int_equal(num_parse_u64(text, UINT32_MAX, &seconds), 0);
	return (time_t)seconds;
}

static void every_packet_is_counted_once_whatever_is_reaped_under_it(void **state)
{
	static const struct bpf_env_options options = { .max_flows = ROOM,
							.ring_bytes = 4096,
							.refuse_jiffies = 1 };
	const struct timespec duration = { .tv_sec = stress_seconds() };
	auto_bpf_env struct bpf_env *env = NULL;
	struct sender senders[SENDERS];
	struct sweeper sweeper = { .random = 77 };
	struct bpf_env_sums sums;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	sweeper.env = env;
	assert_int_equal(pthread_create(&sweeper.thread, NULL, sweep_all, &sweeper), 0);
	for (unsigned int i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ .env = env, .number = i };
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]),
				 0);
	}
	nanosleep(&duration, NULL);
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	pthread_join(sweeper.thread, NULL);
	assert_int_equal(sweeper.error, 0);
	for (unsigned int i = 0; i < SENDERS; i++) {
		pthread_join(senders[i].thread, NULL);
		assert_int_equal(senders[i].error, 0);
	}
	assert_int_equal(bpf_env_sums(env, &sums), 0);
	printf("# %" PRIu64 " packets, %" PRIu64 " marked, %" PRIu64 " reaped, %" PRIu64
	       " in remainders\n",
	       senders[0].sent + senders[1].sent, sweeper.marks, sweeper.reaps,
	       (uint64_t)sums.remainders.packets);
	assert_int_equal(sums.raw.packets, senders[0].sent + senders[1].sent);
	assert_int_equal(sums.flows.packets + sweeper.reaped.packets + sums.remainders.packets,
			 sums.raw.packets + sums.gso.packets);
	assert_int_equal(sums.flows.bytes + sweeper.reaped.bytes + sums.remainders.bytes,
			 sums.raw.bytes + sums.gso.bytes);
	assert_true(sweeper.reaps > 1000);
	assert_true(counter(env, WEIR_FLOWS_REVIVED) > 0);
	check_unanswered(env);
}

int main(void)
{
	if (!bpf_env_is_permitted())
		return skip_all("needs to load BPF programs");
	return RUN_TESTS(TEST(every_packet_is_counted_once_whatever_is_reaped_under_it));
}

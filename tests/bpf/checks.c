// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sending packets and checking sums, for the tests that do so packet by packet.
 */
#include "checks.h"

#include <netinet/in.h>

#include "tests/harness.h"

void send_packet(struct bpf_env *env, enum bpf_env_prog prog, const struct packet *packet)
{
	struct bpf_env_packet run = { .data = packet->data, .len = packet->len };
	struct bpf_env_result result;

	assert_int_equal(bpf_env_run(env, prog, &run, &result), 0);
	assert_int_equal(result.verdict, bpf_env_progs[prog].verdict);
	assert_true(result.is_unchanged);
}

void send_desc(struct bpf_env *env, enum bpf_env_prog prog, const struct pkt_desc *desc)
{
	struct packet packet;

	pkt_build(&packet, desc);
	send_packet(env, prog, &packet);
}

struct pkt_desc numbered(unsigned int i)
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

void send_numbered(struct bpf_env *env, unsigned int i)
{
	struct pkt_desc desc = numbered(i);

	send_desc(env, ENV_TC_IN, &desc);
}

static void compare_pressure(const struct bpf_env *env, const struct bpf_env_sums *sums)
{
	struct weir_pressure pressure;

	assert_int_equal(bpf_env_pressure(env, &pressure), 0);
	assert_int_equal(pressure.unanswered, sums->marked.unanswered);
	assert_int_equal(pressure.answering, sums->marked.answering);
	assert_int_equal(pressure.one_sided, sums->marked.one_sided);
}

void check_unanswered(const struct bpf_env *env)
{
	struct bpf_env_sums sums;

	assert_int_equal(bpf_env_sums(env, &sums), 0);
	compare_pressure(env, &sums);
}

void check_balance(const struct bpf_env *env)
{
	struct bpf_env_sums sums;

	assert_int_equal(bpf_env_sums(env, &sums), 0);
	assert_int_equal(sums.flows.packets + sums.remainders.packets,
			 sums.raw.packets + sums.gso.packets);
	assert_int_equal(sums.flows.bytes + sums.remainders.bytes, sums.raw.bytes + sums.gso.bytes);
	compare_pressure(env, &sums);
}

void check_count(const struct weir_count *count, uint64_t packets, uint64_t bytes)
{
	assert_int_equal(count->packets, packets);
	assert_int_equal(count->bytes, bytes);
}

void check_remainder(const struct bpf_env *env, enum weir_remainder remainder, uint64_t packets,
		     uint64_t bytes)
{
	struct weir_iface iface;

	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	check_count(&iface.remainder[remainder], packets, bytes);
}

uint64_t counter(const struct bpf_env *env, enum weir_counter which)
{
	uint64_t value;

	assert_int_equal(bpf_env_counter(env, which, &value), 0);
	return value;
}

struct bpf_env_flow the_flow(const struct bpf_env *env)
{
	struct bpf_env_flow flow;

	assert_int_equal(bpf_env_flows(env, &flow, 1), 1);
	return flow;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sequence and acknowledgment numbers as two well-behaved ends would have them, but for what a
 * segment asks to be otherwise.
 */
#include "dialogue.h"

#include <netinet/in.h>

#include "base/cleanup.h"
#include "checks.h"
#include "tests/harness.h"

void dialogue_init(struct dialogue *dialogue, uint8_t family, uint8_t proto, bool is_swapped,
		   const uint32_t isn[2])
{
	*dialogue = (struct dialogue){
		.family = family,
		.proto = proto,
		.is_swapped = is_swapped,
		.isn = { isn[0], isn[1] },
		.next = { isn[0], isn[1] },
	};
}

unsigned int dialogue_dir(const struct dialogue *dialogue, enum side side)
{
	return !dialogue->is_to_itself && (side == SERVER) != dialogue->is_swapped;
}

enum bpf_env_prog dialogue_prog(const struct dialogue *dialogue, enum side side)
{
	if (!dialogue->is_swapped)
		return side == CLIENT ? ENV_TC_IN : ENV_TC_OUT;
	return side == CLIENT ? ENV_TC_OUT : ENV_XDP;
}

static void say_sequence(struct dialogue *dialogue, const struct segment *segment,
			 struct pkt_desc *desc)
{
	enum side from = segment->from, to = dialogue->is_to_itself ? from : !from;
	bool is_syn = segment->flags & SYN, is_fin = segment->flags & FIN;
	uint32_t end;

	if (segment->is_new)
		dialogue->next[from] += 1000000;
	desc->seq = dialogue->next[from] + (uint32_t)segment->shift;
	if (segment->is_again)
		desc->seq = is_syn ? dialogue->isn[from] : dialogue->last[from];
	if (segment->flags & ACK)
		desc->ack = dialogue->next[to] - segment->is_late + (uint32_t)segment->ack_shift;
	if (segment->is_zero_seq) {
		desc->seq = 0;
		return;
	}
	if (segment->is_stray) {
		desc->seq += 1000000;
		return;
	}
	if (is_syn)
		dialogue->isn[from] = desc->seq;
	if (segment->is_again)
		return;
	dialogue->last[from] = desc->seq;
	end = desc->seq + segment->payload + is_syn + is_fin;
	if ((int32_t)(end - dialogue->next[from]) > 0)
		dialogue->next[from] = end;
}

struct pkt_desc dialogue_say(struct dialogue *dialogue, const struct segment *segment)
{
	bool is_v4 = dialogue->family == WEIR_IPV4, is_client = segment->from == CLIENT;
	bool is_dir1 = dialogue_dir(dialogue, segment->from);
	const struct pkt_addr *first = is_v4 ? &v4_client : &v6_client;
	const struct pkt_addr *second = is_v4 ? &v4_server : &v6_server;
	struct pkt_desc desc = {
		.is_reverse = !is_client,
		.from = is_dir1 ? second : first,
		.to = is_dir1 ? first : second,
		.proto = dialogue->proto,
		.sport = is_client ? PORT_CLIENT : PORT_HTTPS,
		.dport = is_client ? PORT_HTTPS : PORT_CLIENT,
		.tcp_flags = segment->flags,
		.payload = segment->payload,
		.is_zero_window = segment->is_zero_window,
		.icmp_id = 77,
	};

	if (dialogue->proto == IPPROTO_ICMP && is_v4) {
		desc.icmp_type = is_client ? 8 : 0;
	} else if (dialogue->proto == IPPROTO_ICMP) {
		desc.proto = IPPROTO_ICMPV6;
		desc.icmp_type = is_client ? 128 : 129;
	}
	if (dialogue->is_to_itself) {
		desc.to = desc.from = first;
		desc.dport = desc.sport;
	}
	say_sequence(dialogue, segment, &desc);
	return desc;
}

struct life_packet dialogue_hear(const struct dialogue *dialogue, const struct segment *segment,
				 const struct pkt_desc *desc, size_t len)
{
	unsigned int dir = dialogue_dir(dialogue, segment->from);

	return (struct life_packet){
		.proto = desc->proto,
		.dir = (uint8_t)dir,
		.hook = bpf_env_progs[dialogue_prog(dialogue, segment->from)].hook,
		.flags = desc->tcp_flags,
		.seq = desc->seq,
		.ack = desc->ack,
		.payload = desc->payload,
		.is_zero_window = desc->is_zero_window,
		.is_to_itself = dialogue->is_to_itself,
		.echoes = BPF_ENV_ECHOES(false),
		.port = { dir ? desc->dport : desc->sport, dir ? desc->sport : desc->dport },
		.packets = 1,
		.bytes = len,
	};
}

#define C(flags_)                                 \
	{                                         \
		.from = CLIENT, .flags = (flags_) \
	}
#define S(flags_)                                 \
	{                                         \
		.from = SERVER, .flags = (flags_) \
	}
#define S_LATE(flags_)                                             \
	{                                                          \
		.from = SERVER, .flags = (flags_), .is_late = true \
	}
#define HANDSHAKE C(SYN), S(SYN | ACK), C(ACK)

const struct dialogue_path dialogue_paths[WEIR_STATE_MAX] = {
	[WEIR_SYN_SENT] = { IPPROTO_TCP, 1, { C(SYN) } },
	[WEIR_SYN_RECEIVED] = { IPPROTO_TCP, 2, { C(SYN), S(SYN | ACK) } },
	[WEIR_FIN_EARLY] = { IPPROTO_TCP, 3, { C(SYN), S(SYN | ACK), S(FIN | ACK) } },
	[WEIR_ESTABLISHED] = { IPPROTO_TCP, 3, { HANDSHAKE } },
	[WEIR_FIN_I] = { IPPROTO_TCP, 4, { HANDSHAKE, C(FIN | ACK) } },
	[WEIR_FIN_R] = { IPPROTO_TCP, 4, { HANDSHAKE, S(FIN | ACK) } },
	[WEIR_HALF_I] = { IPPROTO_TCP, 5, { HANDSHAKE, C(FIN | ACK), S(ACK) } },
	[WEIR_HALF_R] = { IPPROTO_TCP, 5, { HANDSHAKE, S(FIN | ACK), C(ACK) } },
	[WEIR_CLOSING] = { IPPROTO_TCP, 5, { HANDSHAKE, C(FIN | ACK), S_LATE(FIN | ACK) } },
	[WEIR_LAST_ACK_I] = { IPPROTO_TCP, 5, { HANDSHAKE, C(FIN | ACK), S(FIN | ACK) } },
	[WEIR_LAST_ACK_R] = { IPPROTO_TCP, 5, { HANDSHAKE, S(FIN | ACK), C(FIN | ACK) } },
	[WEIR_CLOSED] = { IPPROTO_TCP, 5, { HANDSHAKE, C(FIN | ACK), S(RST) } },
	[WEIR_ONE_WAY] = { IPPROTO_UDP, 1, { C(0) } },
	[WEIR_TWO_WAY] = { IPPROTO_UDP, 2, { C(0), S(0) } },
};

struct bpf_env_flow dialogue_reach(struct dialogue *dialogue, struct bpf_env *env,
				   enum weir_state state)
{
	static const uint32_t isn[2] = { 1000, 0x40000000 };
	const struct dialogue_path *path = &dialogue_paths[state];
	const struct weir_event *events;
	struct bpf_env_flow flow;

	assert_int_equal(bpf_env_reset(env), 0);
	dialogue_init(dialogue, WEIR_IPV4, path->proto, false, isn);
	for (size_t i = 0; i < path->segments; i++) {
		struct pkt_desc desc = dialogue_say(dialogue, &path->segment[i]);

		send_desc(env, dialogue_prog(dialogue, path->segment[i].from), &desc);
	}
	flow = the_flow(env);
	assert_int_equal(flow.flow.state, state);
	assert_true(bpf_env_events(env, &events) >= 0);
	return flow;
}

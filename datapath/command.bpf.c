// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the agent wants done to flow entries, done where packets cannot race it. Run by
 * BPF_PROG_TEST_RUN, never attached; weir/command.h tells the protocol.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "counters.h"
#include "emit.h"
#include "maps.h"
#include "weir/command.h"
#include "weir/lifecycle.h"

static __always_inline __u32 command_mark(const struct weir_command *command,
					  struct weir_flow *flow)
{
	__u32 result = WEIR_CMD_ALIVE;
	__u32 last0 = command->last[0], last1 = command->last[1];
	__u64 start = command->start_ns;

	flow_lock(flow);
	if (flow->start_ns != start) {
		result = WEIR_CMD_GONE;
	} else if (flow->dir[0].last == last0 && flow->dir[1].last == last1) {
		flow->state |= WEIR_STATE_DYING;
		result = WEIR_CMD_DONE;
	}
	flow_unlock(flow);
	return result;
}

/* A dying entry's counters are at rest: every packet since takes the lock and revives it first. */
static __always_inline __u32 command_reap(struct weir_command *command, struct weir_flow *flow)
{
	__u64 start = command->start_ns;
	__u32 result = WEIR_CMD_ALIVE;

	flow_lock(flow);
	if (flow->start_ns != start) {
		result = WEIR_CMD_GONE;
	} else if (flow->state & WEIR_STATE_DYING) {
		flow->state |= WEIR_STATE_DEAD;
		result = WEIR_CMD_DONE;
	}
	flow_unlock(flow);
	if (result != WEIR_CMD_DONE)
		return result;
	event_copy_flow(&command->flow, flow);
	pressure_add(command->flow.flags, -1);
	bpf_map_delete_elem(&flows, &command->key);
	return WEIR_CMD_DONE;
}

static __noinline int command_run(__u32 index)
{
	struct weir_command *command = bpf_map_lookup_elem(&commands, &index);
	struct weir_flow *flow;

	if (!command || command->op == WEIR_CMD_NONE)
		return 0;
	flow = bpf_map_lookup_elem(&flows, &command->key);
	if (!flow)
		command->result = WEIR_CMD_GONE;
	else if (command->op == WEIR_CMD_MARK_DYING)
		command->result = command_mark(command, flow);
	else
		command->result = command_reap(command, flow);
	return 1;
}

/* The packet's first word is the number of commands. Returns the clock of weir_dir.last. */
SEC("tc")
int weir_command(struct __sk_buff *skb)
{
	__u32 count;

	if (bpf_skb_load_bytes(skb, 0, &count, sizeof(count)))
		count = 0;
	for (__u32 i = 0; i < WEIR_COMMANDS_MAX; i++) {
		if (i >= count)
			break;
		command_run(i);
	}
	return (int)bpf_jiffies64();
}

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * User space never writes a live flow entry. What it wants done to one, it writes into `commands`
 * and runs the program weir_command, which does it under the entry's lock.
 *
 * An entry is removed in two steps at least one sweep apart: MARK_DYING, after which every packet
 * takes the lock (and revives the entry), then REAP, which finds the counters at rest, returns
 * them and deletes the entry.
 */
#pragma once

#include "weir/flow.h"

#define WEIR_COMMANDS_MAX 32 /* a run; the verifier walks each */

enum weir_command_op {
	WEIR_CMD_NONE,
	WEIR_CMD_MARK_DYING, /* if no packet came since `last` */
	WEIR_CMD_REAP,	     /* if still dying */
};

enum weir_command_result {
	WEIR_CMD_DONE,
	WEIR_CMD_GONE,	/* no such entry, or another connection (start_ns differs) */
	WEIR_CMD_ALIVE, /* a packet came in between: nothing was done */
};

struct weir_command {
	struct weir_flow_key key;
	__u64 start_ns;
	__u32 last[2];	       /* MARK_DYING: weir_dir.last as the agent saw them */
	__u32 op;	       /* enum weir_command_op */
	__u32 result;	       /* enum weir_command_result, written by the program */
	struct weir_flow flow; /* REAP: the final value, written by the program */
};
WEIR_ASSERT_SIZE(struct weir_command, 232);

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the programs at the kernel's tracepoints must know of it, set once before they are loaded.
 * The verifier knows them as constants: an argument that a tracepoint lacks is not asked for.
 */
#pragma once

#include "weir/types.h"

struct weir_trace_config {
	__u32 netns;	       /* inode of the agent's network namespace */
	__u32 retransmit_args; /* how many tcp_retransmit_skb has */
};
WEIR_ASSERT_SIZE(struct weir_trace_config, 8);

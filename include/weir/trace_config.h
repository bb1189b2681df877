/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the programs at the kernel's tracepoints must know, set once before they are loaded.
 */
#pragma once

#include "weir/types.h"

struct weir_trace_config {
	__u32 netns; /* inode of the agent's network namespace */
	__u8 users;  /* each use of a socket is seen: so what program it is that uses it is known */
	__u8 pad[3];
};
WEIR_ASSERT_SIZE(struct weir_trace_config, 8);

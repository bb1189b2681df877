/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Segments of the agent's network namespace that TCP has counted as sent and the kernel dropped on
 * their way out: key and places of the map `unsent`, whose values are __u64.
 */
#pragma once

#include "weir/types.h"

#define WEIR_UNSENT_MAX 512

enum weir_unsent_place {
	WEIR_UNSENT_BEFORE, /* no device had it yet, or netfilter dropped it: before any hook */
	WEIR_UNSENT_FILTER, /* a filter at the device's egress, before our hook or behind it */
	WEIR_UNSENT_DEVICE, /* by the device or its qdisc: behind the hook, if it has one */
};

struct weir_unsent_key {
	__u32 ifindex; /* BEFORE: 0 */
	__u32 place;   /* enum weir_unsent_place */
};
WEIR_ASSERT_SIZE(struct weir_unsent_key, 8);

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets of the agent's network namespace that the kernel dropped where no hook sees them, and has in
 * a counter that is compared: segments that TCP has counted as sent, and frames that an interface has
 * counted as received. Key and places of the map `unseen`, whose values are struct weir_count.
 */
#pragma once

#include "weir/types.h"

#define WEIR_UNSEEN_MAX 512

enum weir_unseen_place {
	WEIR_UNSEEN_BEFORE, /* no device had it yet, or netfilter dropped it: before any hook */
	WEIR_UNSEEN_FILTER, /* a filter at the device's egress, before our hook or behind it */
	WEIR_UNSEEN_DEVICE, /* by the device or its qdisc: behind the hook, if it has one */
	WEIR_UNSEEN_TAG,    /* received, with a VLAN tag that is cut short: before the hook */
};

struct weir_unseen_key {
	__u32 ifindex; /* BEFORE: 0 */
	__u32 place;   /* enum weir_unseen_place */
};
WEIR_ASSERT_SIZE(struct weir_unseen_key, 8);

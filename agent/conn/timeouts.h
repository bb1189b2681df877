/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a flow entry may be silent before the sweep takes it out, and what its end is then
 * called. Where the map fills, entries that nobody has answered go first: a flood of first packets
 * must not push out real connections.
 */
#pragma once

#include <stdint.h>

#include "weir/flow.h"

struct timeouts {
	uint64_t syn_ns;     /* TCP, not established */
	uint64_t tcp_ns;     /* TCP, established */
	uint64_t closing_ns; /* TCP, from the first FIN or RST on, and after the end */
	uint64_t udp_ns;     /* three times as long once answered */
	uint64_t icmp_ns;
	uint64_t other_ns;
};

/* How full the map is, in entries. */
struct fill {
	uint64_t used;
	uint64_t unanswered; /* those of WEIR_FLOW_UNANSWERED */
	uint64_t answering;  /* those of WEIR_FLOW_ANSWERING */
	uint64_t one_sided;  /* those of WEIR_FLOW_ONE_SIDED */
	uint64_t room;
};

/* *ret_reason: enum weir_close_reason. */
uint64_t timeout_of(const struct timeouts *timeouts, const struct fill *fill,
		    const struct weir_flow_key *key, const struct weir_flow *flow,
		    uint8_t *ret_reason);

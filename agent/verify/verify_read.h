/* SPDX-License-Identifier: BSD-2-Clause */
/* What Verify asks of an interface: weir's counters, the kernel's, what stands between them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "verify/verify_judge.h"

struct agent;
struct weir_flow_key;

/* Both hooks at this moment. False: the interface has gone. */
bool verify_read_hooks(const struct agent *agent, uint32_t key_ifindex,
		       struct verify_reading ret[static WEIR_HOOK_MAX]);

/* What does not change all the time. */
struct verify_scene {
	uint32_t features; /* of the device; opaque */
	bool is_resized;   /* it takes other super-packets than the datapath knows */
	bool has_others;   /* programs or filters stand behind our egress hook */
	bool takes_others; /* it takes in packets to other addresses than its own */
	bool has_macvlans; /* which it does for them, or for some of them */
};
void verify_read_scene(const struct agent *agent, uint32_t key_ifindex, struct verify_scene *ret);

/* The kinds of super-packets that a flow may consist of, as bits. */
uint32_t verify_kinds_of(const struct weir_flow_key *key);
/* Of these kinds, does the device take some and not others? */
bool verify_is_mixed(uint32_t kinds, uint32_t features);
/* Does it join what comes in? */
bool verify_joins(uint32_t features);

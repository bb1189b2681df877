/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a packet was seen, in Hubble's words: schema.md's table of roles and hooks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct observation {
	const char *name; /* TraceObservationPoint */
	uint8_t sub_type; /* of event_type; differs from the enum for TO_ENDPOINT alone */
	bool is_egress;	  /* traffic direction as the local endpoint sees it */
};

/* role: enum iface_role; hook: enum weir_hook. */
const struct observation *observation_of(unsigned int role, unsigned int hook);

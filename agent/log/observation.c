// SPDX-License-Identifier: BSD-2-Clause
/*
 * Role and hook to Hubble's observation point.
 */
#include "log/observation.h"

#include "link/iface.h"

#include "weir/flow.h"

static const struct observation points[ROLE_MAX][WEIR_HOOK_MAX] = {
	[ROLE_OTHER] = { { "FROM_STACK", 8, false }, { "TO_STACK", 3, true } },
	[ROLE_ENDPOINT] = { { "FROM_ENDPOINT", 5, true }, { "TO_ENDPOINT", 0, false } },
	[ROLE_UPLINK] = { { "FROM_NETWORK", 10, false }, { "TO_NETWORK", 11, true } },
	[ROLE_LOOPBACK] = { { "TO_HOST", 2, true }, { "TO_HOST", 2, true } },
	[ROLE_TUNNEL] = { { "FROM_OVERLAY", 9, false }, { "TO_OVERLAY", 4, true } },
};

const struct observation *observation_of(unsigned int role, unsigned int hook)
{
	return &points[role < ROLE_MAX ? role : ROLE_OTHER][hook & 1];
}

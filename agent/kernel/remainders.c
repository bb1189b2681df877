// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/remainders.h"

#include "base/cleanup.h"

static const char *const names[] = {
	[WEIR_REM_NO_ROOM] = "no_room",
	[WEIR_REM_FRAGMENT] = "fragment",
	[WEIR_REM_MALFORMED] = "malformed",
	[WEIR_REM_LATE] = "late",
	[WEIR_REM_UNKNOWN_INTERFACE] = "unknown_interface",
	[WEIR_REM_ARP] = "arp",
	[WEIR_REM_NON_IP] = "non_ip",
};
_Static_assert(ARRAY_SIZE(names) == WEIR_REM_MAX, "a name for each remainder");

const char *remainder_name(unsigned int remainder)
{
	return names[remainder];
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * The order: what runs there, then what it is called from afar, then where it is.
 */
#include "best_name.h"

#include <string.h>

static bool begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(text, with, strlen(with));
}

static bool ends(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(text + len - strlen(with), with, strlen(with));
}

/*
 * Does the unit say who it is? A service does; a session's scope, a slice, or the service that
 * manages a user's session holds anything, and the process says more.
 */
static bool is_telling(const char *unit, size_t len)
{
	return unit && ends(unit, len, ".service") && len > strlen(".service") &&
	       !begins(unit, len, "user@");
}

enum best_name best_name_pick(const struct best_name_facts *facts)
{
	const bool is_known[] = {
		[BEST_NAME_POD] = facts->has_pod,
		[BEST_NAME_SERVICE] = facts->has_service,
		[BEST_NAME_CONTAINER] = facts->has_container,
		[BEST_NAME_UNIT] = is_telling(facts->unit, facts->unit_len),
		[BEST_NAME_COMM] = facts->has_comm,
		[BEST_NAME_DNS] = facts->has_dns,
		[BEST_NAME_ADDRESS] = true,
	};
	enum best_name best = BEST_NAME_POD;

	while (!is_known[best])
		best++;
	return best;
}

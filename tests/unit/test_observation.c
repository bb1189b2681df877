// SPDX-License-Identifier: BSD-2-Clause
/*
 * The contract's table of roles and hooks, cell by cell.
 */
#include "log/observation.h"

#include "base/cleanup.h"
#include "link/iface.h"
#include "tests/harness.h"

#include "weir/flow.h"

static void each_role_and_hook_has_its_point_and_direction(void **state)
{
	static const struct {
		enum iface_role role;
		enum weir_hook hook;
		const char *point;
		unsigned int sub_type; /* of TraceObservationPoint, but 0 for TO_ENDPOINT */
		bool is_egress;
	} cases[] = {
		{ ROLE_ENDPOINT, WEIR_INGRESS, "FROM_ENDPOINT", 5, true },
		{ ROLE_ENDPOINT, WEIR_EGRESS, "TO_ENDPOINT", 0, false },
		{ ROLE_UPLINK, WEIR_INGRESS, "FROM_NETWORK", 10, false },
		{ ROLE_UPLINK, WEIR_EGRESS, "TO_NETWORK", 11, true },
		{ ROLE_LOOPBACK, WEIR_EGRESS, "TO_HOST", 2, true },
		{ ROLE_TUNNEL, WEIR_INGRESS, "FROM_OVERLAY", 9, false },
		{ ROLE_TUNNEL, WEIR_EGRESS, "TO_OVERLAY", 4, true },
		{ ROLE_OTHER, WEIR_INGRESS, "FROM_STACK", 8, false },
		{ ROLE_OTHER, WEIR_EGRESS, "TO_STACK", 3, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct observation *point = observation_of(cases[i].role, cases[i].hook);

		assert_row_str(cases[i].point, point->name, cases[i].point);
		assert_row_int(cases[i].point, point->sub_type, cases[i].sub_type);
		assert_row_int(cases[i].point, point->is_egress, cases[i].is_egress);
	}
}

static void what_is_no_role_or_hook_is_still_answered(void **state)
{
	(void)state;
	for (unsigned int role = 0; role < 256; role++) {
		for (unsigned int hook = 0; hook < 256; hook++)
			assert_non_null(observation_of(role, hook)->name);
	}
	assert_ptr_equal(observation_of(ROLE_MAX, WEIR_EGRESS),
			 observation_of(ROLE_OTHER, WEIR_EGRESS));
}

int main(void)
{
	return RUN_TESTS(TEST(each_role_and_hook_has_its_point_and_direction),
			 TEST(what_is_no_role_or_hook_is_still_answered));
}

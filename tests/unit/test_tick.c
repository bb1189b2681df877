// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/tick.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define NS_PER_MS 1000000ULL
#define BEGAN_NS  (77 * NS_PER_MS)

static void the_rate_nearest_to_what_passed_is_the_kernels(void **state)
{
	static const struct {
		const char *name;
		uint32_t first, jiffies; /* of a clock that may run over */
		uint64_t after_ms, expect_ns;
	} cases[] = {
		{ "100 a second", 1000, 1100, 1000, 10 * NS_PER_MS },
		{ "250 a second", 1000, 1250, 1000, 4 * NS_PER_MS },
		{ "300 a second", 1000, 1300, 1000, 3333333 },
		{ "1000 a second", 1000, 2000, 1000, NS_PER_MS },
		{ "a tick too many", 1000, 1126, 500, 4 * NS_PER_MS },
		{ "a tick too few", 1000, 1149, 500, 3333333 },
		{ "a clock that runs over", UINT32_MAX - 99, 150, 1000, 4 * NS_PER_MS },
		{ "too soon to tell", 1000, 1124, 499, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tick tick = { 0 };

		tick_measure(&tick, cases[i].first, BEGAN_NS);
		assert_row_int(cases[i].name, tick.ns, 0);
		tick_measure(&tick, cases[i].jiffies, BEGAN_NS + cases[i].after_ms * NS_PER_MS);
		assert_row_int(cases[i].name, tick.ns, cases[i].expect_ns);
	}
}

static void what_has_been_found_stays(void **state)
{
	struct tick tick = { 0 };

	(void)state;
	tick_measure(&tick, 0, BEGAN_NS);
	tick_measure(&tick, 250, BEGAN_NS + 1000 * NS_PER_MS);
	tick_measure(&tick, 250, BEGAN_NS + 9000 * NS_PER_MS); /* as of a machine that slept */
	assert_int_equal(tick.ns, 4 * NS_PER_MS);
}

int main(void)
{
	return RUN_TESTS(TEST(the_rate_nearest_to_what_passed_is_the_kernels),
			 TEST(what_has_been_found_stays));
}

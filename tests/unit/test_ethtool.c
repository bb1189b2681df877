// SPDX-License-Identifier: BSD-2-Clause
/* Features of devices, against what ethtool changes of a veth in a network namespace of its own. */
#include "kernel/ethtool.h"

#include <sched.h>

#include "base/cleanup.h"
#include "tests/harness.h"

static const char *const names[] = { "tx-tcp-segmentation", "tx-tcp6-segmentation",
				     "tx-udp-segmentation", "no-such-feature" };

static void features_are_those_of_ethtool(void **state)
{
	static const struct {
		const char *command;
		uint32_t features;
	} cases[] = {
		{ "ethtool -K v0 tso on tx-udp-segmentation on", 7 },
		{ "ethtool -K v0 tx-tcp6-segmentation off", 5 },
		{ "ethtool -K v0 tso off", 4 },
		{ "ethtool -K v0 tx-udp-segmentation off", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char command[128];
		uint32_t features = 99;

		snprintf(command, sizeof(command), "%s >/dev/null", cases[i].command);
		/* NOLINTNEXTLINE(cert-env33-c): a test's own words */
		assert_row_int(cases[i].command, system(command), 0);
		assert_row_int(cases[i].command,
			       ethtool_features("v0", names, ARRAY_SIZE(names), &features), 0);
		assert_row_int(cases[i].command, features, cases[i].features);
	}
}

static void a_device_that_is_gone_has_none(void **state)
{
	uint32_t features = 99;

	(void)state;
	assert_int_equal(ethtool_features("nowhere", names, ARRAY_SIZE(names), &features), -ENODEV);
	assert_int_equal(features, 99);
}

/* Why these can't run here; NULL if they can. */
static const char *why_not(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return "needs CAP_SYS_ADMIN, for network namespaces";
	if (system("ip link add v0 type veth peer name v1") != 0) /* NOLINT(cert-env33-c) */
		return "needs veth";
	if (system("ethtool -k v0 >/dev/null 2>&1") != 0) /* NOLINT(cert-env33-c) */
		return "needs ethtool";
	return NULL;
}

int main(void)
{
	const char *reason = why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(TEST(features_are_those_of_ethtool), TEST(a_device_that_is_gone_has_none));
}

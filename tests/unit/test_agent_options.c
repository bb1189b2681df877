// SPDX-License-Identifier: BSD-2-Clause
/* What the agent's own options may be. */
#include "agent.h"

#include <errno.h>
#include <string.h>

#include "tests/harness.h"

static void the_name_of_a_node_is_not_cut(void **state)
{
	char name[NODE_NAME_MAX + 2] = "", reason[OPTION_REASON_SIZE] = "";

	(void)state;
	memset(name, 'x', NODE_NAME_MAX);
	assert_int_equal(agent_check_node_name(name, reason), 0);
	assert_string_equal(reason, "");
	name[NODE_NAME_MAX] = 'x';
	assert_int_equal(agent_check_node_name(name, reason), -EINVAL);
	assert_string_equal(reason, "longer than 255 bytes");
}

int main(void)
{
	return RUN_TESTS(TEST(the_name_of_a_node_is_not_cut));
}

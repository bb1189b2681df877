// SPDX-License-Identifier: BSD-2-Clause
/* The command's keys of a FlowFilter are the agent's; test_cli_filter_raw.c says it the other way. */
#include "agent/filter/filter.h"
#include "cli/filter_key.h"
#include "cli/json_in.h"
#include "tests/harness.h"

/* What compiling a filter with this key alone, which asks for nothing, returns. */
static int compile(const char *key)
{
	auto_json struct json_object *request = NULL;
	struct filter_lists lists = {};
	struct filter *filter = NULL;
	struct filter_error error;
	char text[128];
	int r;

	snprintf(text, sizeof(text), "{\"list\":[{\"%s\":[]}]}", key);
	assert_int_equal(json_in_parse(text, strlen(text), &request), 0);
	lists.allow = json_in_array(request, "list");
	r = filter_compile(&filter, &lists, &error);
	filter_free(&filter);
	return r;
}

static void every_key_of_the_command_is_one_of_the_agent(void **state)
{
	(void)state;
	for (enum filter_key key = 0; key < FILTER_KEY_MAX; key++)
		assert_row_int(filter_key_row(key)->name, compile(filter_key_row(key)->name), 0);
	assert_int_equal(compile("foo"), -EINVAL);
}

int main(void)
{
	return RUN_TESTS(TEST(every_key_of_the_command_is_one_of_the_agent));
}

// SPDX-License-Identifier: BSD-2-Clause
/* The filters of GetFlows: which requests have one, and which are refused before any flow is sent. */
#include "socket/request.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static int parse(const char *params, struct request *ret, struct request_error *error)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "{\"method\":\"GetFlows\",\"params\":%s}", params);

	assert_true(len < (int)sizeof(line));
	return request_parse(line, (size_t)len, ret, error);
}

/* So that one who asks for all pays for no filter. */
static void only_who_asks_for_something_has_a_filter(void **state)
{
	static const struct {
		const char *params;
		bool has_filter;
	} cases[] = {
		{ "{}", false },
		{ "{\"whitelist\":null,\"blacklist\":null,\"extensions\":null}", false },
		{ "{\"whitelist\":[{\"verdict\":[\"DROPPED\"]}]}", true },
		{ "{\"blacklist\":[{\"source_port\":[\"22\"]}],\"number\":\"5\"}", true },
		{ "{\"extensions\":{\"port\":[\"8000-8100\"],\"where\":\"rtt > 5ms\"}}", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request request = { 0 };
		struct request_error error;

		assert_row_int(cases[i].params, parse(cases[i].params, &request, &error), 0);
		assert_row_int(cases[i].params, request.flows.filter != NULL, cases[i].has_filter);
		request_done(&request);
		assert_row(cases[i].params, !request.flows.filter);
		request_done(&request);
	}
}

static void a_filter_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *params, *message;
	} cases[] = {
		{ "{\"whitelist\":{}}", "{} is not a list of FlowFilters" },
		{ "{\"blacklist\":[{\"foo\":1}]}", "unknown field \"foo\" in a FlowFilter" },
		{ "{\"extensions\":{\"kind\":\"pods\"}}", "unknown field \"kind\" in extensions" },
		{ "{\"whitelist\":[{\"protocol\":[\"foo\"]}],\"number\":1}",
		  "invalid protocol filter: unknown protocol: \"foo\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request request = { 0 };
		struct request_error error;

		assert_row_int(cases[i].params, parse(cases[i].params, &request, &error), -EINVAL);
		assert_row_str(cases[i].params, error.code, "INVALID_ARGUMENT");
		assert_row_str(cases[i].params, error.message, cases[i].message);
		assert_row(cases[i].params, !request.flows.filter);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(only_who_asks_for_something_has_a_filter),
			 TEST(a_filter_that_is_none_is_refused));
}

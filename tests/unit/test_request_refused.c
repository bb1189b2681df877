// SPDX-License-Identifier: BSD-2-Clause
/*
 * Methods, parameters and values that there are not.
 */
#include "tests/unit/request_lines.h"

#include <string.h>

#include "base/num.h"

static void what_is_asked_for_must_be_known(void **state)
{
	static const struct refusal cases[] = {
		{ "{}", "the request has no \"method\"" },
		{ "{\"params\":{}}", "the request has no \"method\"" },
		{ "{\"method\":null}", "the request has no \"method\"" },
		{ "{\"method\":1}", "method 1 is not a string" },
		{ "{\"method\":[\"GetFlows\"]}", "method [ \"GetFlows\" ] is not a string" },
		{ "{\"method\":\"GetFlows\",\"parms\":{}}",
		  "parms: a request has \"method\" and \"params\"" },
		{ "{\"Method\":\"GetFlows\"}", "Method: a request has \"method\" and \"params\"" },
		{ "{\"method\":\"GetFlows\",\"params\":[]}", "params is not an object" },
		{ "{\"method\":\"GetFlows\",\"params\":\"number\"}", "params is not an object" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"last\":5}}",
		  "params.last: GetFlows does not know it" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"Number\":5}}",
		  "params.Number: GetFlows does not know it" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"white_list\":[]}}",
		  "params.white_list: GetFlows does not know it" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"for\":\"5s\"}}",
		  "params.for: GetFlows does not know it" },
		{ "{\"method\":\"ServerStatus\",\"params\":{\"number\":5}}",
		  "params.number: ServerStatus does not know it" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"\":null}}",
		  "params.: GetFlows does not know it" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"number\":5,\"nope\":1}}",
		  "params.nope: GetFlows does not know it" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"first\":true,\"follow\":true}}",
		  "first cannot be specified with follow" },
		{ "{\"method\":\"GetAgentEvents\",\"params\":{\"first\":true,\"follow\":true}}",
		  "first cannot be specified with follow" },
		{ "{\"method\":\"GetAgentEvents\",\"params\":{\"whitelist\":[]}}",
		  "params.whitelist: GetAgentEvents does not know it" },
		{ "{\"method\":\"GetDebugEvents\",\"params\":{\"extensions\":{}}}",
		  "params.extensions: GetDebugEvents does not know it" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_SIZE(cases), "INVALID_ARGUMENT");
}

static void a_key_stands_once_in_an_object(void **state)
{
	static const struct refusal cases[] = {
		{ "{\"method\":\"GetFlows\",\"method\":\"ServerStatus\"}",
		  "\"method\" stands twice (byte 21)" },
		{ "{\"method\":\"GetFlows\", \"\\u006dethod\" :\"GetFlows\"}",
		  "\"\\u006dethod\" stands twice (byte 22)" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"number\":1,\"number\":1}}",
		  "\"number\" stands twice (byte 42)" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"whitelist\":[{},{\"uuid\":[],\"uuid\":[]}]}}",
		  "\"uuid\" stands twice (byte 58)" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"first\":null,\"first\":null}}",
		  "\"first\" stands twice (byte 44)" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_SIZE(cases), "INVALID_ARGUMENT");
}

static void what_stands_behind_a_nul_is_looked_at(void **state)
{
	static const struct refusal cases[] = {
		{ "{\"method\\u0000x\":\"GetFlows\"}", "\"method\\u0000x\" holds a NUL (byte 1)" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"number\\u0000x\":1}}",
		  "\"number\\u0000x\" holds a NUL (byte 31)" },
		{ "{\"method\":\"GetFlows\",\"params\":{\"number\":\"1\\u00002\"}}",
		  "params.number: \"1\\u00002\" is not " NUM_U64_IS },
		{ "{\"method\":\"GetFlows\",\"params\":{\"since\":\"2026-11-22T00:00:00Z\\u0000\"}}",
		  "params.since: \"2026-11-22T00:00:00Z\\u0000\" is not an RFC 3339 time" },
		{ "{\"method\":\"Verify\",\"params\":{\"for\":\"5s\\u0000\"}}",
		  "params.for: \"5s\\u0000\" is not a duration between 1ms and 1h" },
		{ "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"pods\\u0000\"}}}",
		  "params.extensions: {\"kind\":\"pods\\u0000\"} is not {\"kind\": one of endpoints, pods, "
		  "containers, netns, listeners}" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_SIZE(cases), "INVALID_ARGUMENT");
}

/* In another object it is another one, and in a string none. */
static void the_same_word_may_stand_elsewhere(void **state)
{
	static const char *const lines[] = {
		"{\"method\":\"GetFlows\",\"params\":{\"whitelist\":[{\"uuid\":[\"uuid\"]},{\"uuid\":[]}],"
		"\"blacklist\":[{\"uuid\":[]}]}}",
		"{\"method\":\"GetFlows\",\"params\":{\"whitelist\":[{\"uuid\":[\"\\\"uuid\\\":\"]}]}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct request request;
		struct request_error error;

		if (parse_line(lines[i], strlen(lines[i]), &request, &error))
			fail_msg("%s: %s", lines[i], error.message);
		request_done(&request);
	}
}

static void a_method_that_is_not_known_is_not_implemented(void **state)
{
	static const struct refusal cases[] = {
		{ "{\"method\":\"GetRecords\"}", "method GetRecords is not known" },
		{ "{\"method\":\"getflows\"}", "method getflows is not known" },
		{ "{\"method\":\"GetFlows \"}", "method GetFlows  is not known" },
		{ "{\"method\":\"\"}", "method  is not known" },
		{ "{\"method\":\"GetFlows\\u0000x\"}", "method \"GetFlows\\u0000x\" is not known" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_SIZE(cases), "UNIMPLEMENTED");
}

/* method, params, and what the message says after "params." */
static void a_value_of_the_wrong_kind_is_refused(void **state)
{
	static const struct {
		const char *method, *params, *message;
	} cases[] = {
		{ "GetFlows", "{\"number\":-1}", "number: -1 is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":-9223372036854775808}",
		  "number: -9223372036854775808 is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":1e3}", "number: 1e3 is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":\"-1\"}", "number: \"-1\" is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":\"+1\"}", "number: \"+1\" is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":\" 1\"}", "number: \" 1\" is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":\"1x\"}", "number: \"1x\" is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":\"\"}", "number: \"\" is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":\"0x10\"}", "number: \"0x10\" is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":\"18446744073709551616\"}",
		  "number: \"18446744073709551616\" is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":5.5}", "number: 5.5 is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":true}", "number: true is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":[5]}", "number: [5] is not " NUM_U64_IS },
		{ "GetFlows", "{\"number\":{\"value\":5}}",
		  "number: {\"value\":5} is not " NUM_U64_IS },
		{ "GetFlows", "{\"first\":1}", "first: 1 is not true or false" },
		{ "GetFlows", "{\"first\":\"true\"}", "first: \"true\" is not true or false" },
		{ "GetFlows", "{\"follow\":0}", "follow: 0 is not true or false" },
		{ "GetFlows", "{\"follow\":[]}", "follow: [] is not true or false" },
		{ "GetFlows", "{\"since\":1714979289}",
		  "since: 1714979289 is not an RFC 3339 time" },
		{ "GetFlows", "{\"since\":\"5m\"}", "since: \"5m\" is not an RFC 3339 time" },
		{ "GetFlows", "{\"since\":\"\"}", "since: \"\" is not an RFC 3339 time" },
		{ "GetFlows", "{\"since\":\"2024-02-30T00:00:00Z\"}",
		  "since: \"2024-02-30T00:00:00Z\" is not an RFC 3339 time" },
		{ "GetFlows", "{\"until\":{\"seconds\":1}}",
		  "until: {\"seconds\":1} is not an RFC 3339 time" },
		{ "GetFlows", "{\"until\":\"2024-05-06T07:08:09\"}",
		  "until: \"2024-05-06T07:08:09\" is not an RFC 3339 time" },
		{ "Verify", "{\"for\":5}", "for: 5 is not a duration between 1ms and 1h" },
		{ "Verify", "{\"for\":\"5\"}", "for: \"5\" is not a duration between 1ms and 1h" },
		{ "Verify", "{\"for\":\"-5s\"}",
		  "for: \"-5s\" is not a duration between 1ms and 1h" },
		{ "Verify", "{\"for\":\"0\"}", "for: \"0\" is not a duration between 1ms and 1h" },
		{ "Verify", "{\"for\":\"999999ns\"}",
		  "for: \"999999ns\" is not a duration between 1ms and 1h" },
		{ "Verify", "{\"for\":\"24h\"}",
		  "for: \"24h\" is not a duration between 1ms and 1h" },
		{ "Verify", "{\"for\":\"1h1ns\"}",
		  "for: \"1h1ns\" is not a duration between 1ms and 1h" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_params_refused(cases[i].method, cases[i].params, cases[i].message);
}

static void a_wrong_field_mask_is_told(void **state)
{
	static const struct {
		const char *params, *message;
	} cases[] = {
		{ "{\"field_mask\":\"foo\"}", "field_mask: a flow has no field \"foo\"" },
		{ "{\"field_mask\":\"time,source.foo.x\"}",
		  "field_mask: a flow has no field \"source.foo\"" },
		{ "{\"field_mask\":\"uuid.x\"}", "field_mask: there are no fields in \"uuid\"" },
		{ "{\"experimental\":{\"field_mask\":\"foo\"}}",
		  "experimental.field_mask: a flow has no field \"foo\"" },
		{ "{\"field_mask\":[\"time\"]}",
		  "field_mask: [\"time\"] is not a string of fields, parted by commas" },
		{ "{\"field_mask\":\"time\\u0000\"}",
		  "field_mask: \"time\\u0000\" is not a string of fields, parted by commas" },
		{ "{\"experimental\":true}",
		  "experimental: true is not {\"field_mask\": a string of fields, parted by "
		  "commas}" },
		{ "{\"experimental\":{\"field_mask\":5}}",
		  "experimental: {\"field_mask\":5} is not {\"field_mask\": a string of fields, "
		  "parted by commas}" },
		{ "{\"experimental\":{\"x\":null}}",
		  "experimental: {\"x\":null} is not {\"field_mask\": a string of fields, parted by "
		  "commas}" },
		{ "{\"field_mask\":\"time\",\"extensions\":{\"aggregate_by\":[\"port\"]}}",
		  "field_mask: not with aggregate_by, whose answer has no records" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_params_refused("GetFlows", cases[i].params, cases[i].message);
}

static void kinds_that_there_are_not_are_refused(void **state)
{
	static const char *const cases[] = {
		"{\"kind\":\"nodes\"}",
		"{\"kind\":\"\"}",
		"{\"kind\":1}",
		"{\"kind\":null}",
		"{}",
		"\"pods\"",
		"{\"kind\":\"pods\",\"port\":1}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[256], message[256];

		snprintf(line, sizeof(line),
			 "{\"method\":\"Endpoints\",\"params\":{\"extensions\":%s}}", cases[i]);
		snprintf(message, sizeof(message),
			 "params.extensions: %s is not {\"kind\": one of endpoints, pods, "
			 "containers, netns, listeners}",
			 cases[i]);
		assert_refused(line, strlen(line), "INVALID_ARGUMENT", message);
	}
}

static void fields_and_expressions_that_are_wrong_are_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "{\"aggregate_by\":[]}",
		  "params.extensions.aggregate_by: []: not a list of fields" },
		{ "{\"aggregate_by\":\"pod\"}",
		  "params.extensions.aggregate_by: \"pod\": not a list of fields" },
		{ "{\"aggregate_by\":[\"pod\",7]}",
		  "params.extensions.aggregate_by: 7: not the name of a field" },
		{ "{\"aggregate_by\":[\"pdo\"]}",
		  "params.extensions.aggregate_by: \"pdo\": no field is called \"pdo\": did you "
		  "mean \"pod\"?" },
		{ "{\"aggregate_by\":[\"pod\",\"pod\"]}",
		  "params.extensions.aggregate_by: \"pod\": source.pod stands there twice" },
		{ "{\"where\":[\"port > \\\"x\\\"\"]}",
		  "where: byte 7: \"x\" is neither a number nor a service of /etc/services" },
		{ "{\"where\":[7]}", "where: 7 is not an expression" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[256];

		snprintf(line, sizeof(line),
			 "{\"method\":\"GetFlows\",\"params\":{\"extensions\":%s}}", cases[i].line);
		assert_refused(line, strlen(line), "INVALID_ARGUMENT", cases[i].message);
	}
}

int main(void)
{
	return RUN_TESTS(
		TEST(a_wrong_field_mask_is_told), TEST(kinds_that_there_are_not_are_refused),
		TEST(fields_and_expressions_that_are_wrong_are_refused),
		TEST(what_is_asked_for_must_be_known), TEST(a_key_stands_once_in_an_object),
		TEST(what_stands_behind_a_nul_is_looked_at),
		TEST(the_same_word_may_stand_elsewhere),
		TEST(a_method_that_is_not_known_is_not_implemented),
		TEST(a_value_of_the_wrong_kind_is_refused));
}

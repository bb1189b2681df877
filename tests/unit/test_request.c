// SPDX-License-Identifier: BSD-2-Clause
/*
 * Request lines: what each asks for, and for each that is none the code and the very words of the
 * answer, since they are all that a client shows.
 */
#include "socket/request.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "filter/aggregate.h"
#include "tests/harness.h"

#define SEC	    1000000000ULL
#define TIME_2024   (1714979289 * SEC) /* 2024-05-06T07:08:09Z */
#define UNTOUCHED   0xee
#define DEFAULT_FOR (5 * SEC)

/* Parses; what is refused leaves the request as it was. */
static int parse(const char *line, size_t len, struct request *ret, struct request_error *error)
{
	struct request untouched;
	int r;

	memset(&untouched, UNTOUCHED, sizeof(untouched));
	memset(ret, UNTOUCHED, sizeof(*ret));
	*error = (struct request_error){ 0 };
	r = request_parse(line, len, ret, error);
	if (r)
		assert_memory_equal(ret, &untouched, sizeof(untouched));
	return r;
}

static void each_method_is_known(void **state)
{
	static const struct {
		const char *line;
		enum request_method method;
	} cases[] = {
		{ "{\"method\":\"GetFlows\"}", REQUEST_GET_FLOWS },
		{ "{\"method\":\"GetAgentEvents\"}", REQUEST_GET_AGENT_EVENTS },
		{ "{\"method\":\"GetDebugEvents\",\"params\":{}}", REQUEST_GET_DEBUG_EVENTS },
		{ "{\"method\":\"ServerStatus\"}", REQUEST_SERVER_STATUS },
		{ "{\"method\":\"Interfaces\"}", REQUEST_INTERFACES },
		{ "{\"method\":\"Verify\"}", REQUEST_VERIFY },
		{ "{\"method\":\"GetNodes\",\"params\":{}}", REQUEST_GET_NODES },
		{ "{\"method\":\"GetNamespaces\"}", REQUEST_GET_NAMESPACES },
		{ "{\"method\":\"Endpoints\"}", REQUEST_ENDPOINTS },
		{ "{\"method\":\"ServerStatus\",\"params\":{}}", REQUEST_SERVER_STATUS },
		{ "{\"params\":null,\"method\":\"ServerStatus\"}", REQUEST_SERVER_STATUS },
		{ " \t{ \"method\" : \"ServerStatus\" } \t\r", REQUEST_SERVER_STATUS },
		{ "{\"m\\u0065thod\":\"Server\\u0053tatus\"}", REQUEST_SERVER_STATUS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *line = cases[i].line;
		struct request_error error;
		struct request request;

		assert_row_int(line, parse(line, strlen(line), &request, &error), 0);
		assert_row_int(line, request.method, cases[i].method);
		assert_row_int(line, request.for_ns, DEFAULT_FOR);
		assert_row(line, !error.code);
	}
}

/* A mask is there or not; what it lets through is tested with records. */
static void a_field_mask_is_read(void **state)
{
	static const struct {
		const char *params;
		bool has_mask;
	} cases[] = {
		{ "{}", false },
		{ "{\"field_mask\":null}", false },
		{ "{\"field_mask\":\"\"}", false },
		{ "{\"experimental\":null}", false },
		{ "{\"experimental\":{}}", false },
		{ "{\"experimental\":{\"field_mask\":null}}", false },
		{ "{\"field_mask\":\"time\"}", true },
		{ "{\"field_mask\":\"time,source.podName,l4.TCP.source_port\"}", true },
		{ "{\"experimental\":{\"field_mask\":\"time\"}}", true },
		/* Asked for in both places, it is as its own place says. */
		{ "{\"experimental\":{\"field_mask\":\"nope\"},\"field_mask\":\"time\"}", true },
		{ "{\"experimental\":{\"field_mask\":\"time\"},\"field_mask\":\"\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request_error error;
		struct request request;
		char line[256];
		int len = snprintf(line, sizeof(line), "{\"method\":\"GetFlows\",\"params\":%s}",
				   cases[i].params);

		assert_row_int(line, parse(line, (size_t)len, &request, &error), 0);
		assert_row_int(line, request.mask != NULL, cases[i].has_mask);
		request_done(&request);
		assert_null(request.mask);
	}
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
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request_error error;
		struct request request;
		char line[256], message[256];
		int len = snprintf(line, sizeof(line), "{\"method\":\"GetFlows\",\"params\":%s}",
				   cases[i].params);

		assert_row_int(line, parse(line, (size_t)len, &request, &error), -EINVAL);
		assert_row_str(line, error.code, "INVALID_ARGUMENT");
		snprintf(message, sizeof(message), "params.%s", cases[i].message);
		assert_row_str(line, error.message, message);
	}
}

static void the_params_of_getflows_are_read(void **state)
{
	static const struct {
		const char *params;
		struct log_query flows;
	} cases[] = {
		{ "{}", { 0 } },
		{ "{\"number\":5}", { .number = 5 } },
		{ "{\"number\":\"5\"}", { .number = 5 } },
		{ "{\"number\":0}", { .number = 0 } },
		{ "{\"number\":\"18446744073709551615\"}", { .number = UINT64_MAX } },
		{ "{\"number\":18446744073709551615}", { .number = UINT64_MAX } },
		{ "{\"number\":9223372036854775808}", { .number = 1ULL << 63 } },
		{ "{\"number\":1,\"number\":2}", { .number = 2 } },
		{ "{\"number\":null,\"first\":null,\"follow\":null,\"since\":null,\"until\":null}",
		  { 0 } },
		{ "{\"first\":true,\"number\":\"3\"}", { .first = true, .number = 3 } },
		{ "{\"follow\":true}", { .follow = true } },
		{ "{\"first\":false,\"follow\":true}", { .follow = true } },
		{ "{\"since\":\"2024-05-06T07:08:09Z\"}", { .since_ns = TIME_2024 } },
		{ "{\"since\":\"2024-05-06T09:08:09.5+02:00\"}",
		  { .since_ns = TIME_2024 + SEC / 2 } },
		{ "{\"until\":\"2024-05-06T07:08:09.000000001Z\"}", { .until_ns = TIME_2024 + 1 } },
		/* 1970 is a bound, although 0 is none. */
		{ "{\"since\":\"1970-01-01T00:00:00Z\",\"until\":\"1970-01-01T00:00:00Z\"}",
		  { .since_ns = 1, .until_ns = 1 } },
		{ "{\"until\":\"2554-07-21T23:34:33.709551615Z\"}", { .until_ns = UINT64_MAX } },
		{ "{\"number\":\"7\",\"follow\":true,\"since\":\"2024-05-06T07:08:09Z\","
		  "\"until\":\"2024-05-06T07:08:10Z\"}",
		  { .number = 7,
		    .follow = true,
		    .since_ns = TIME_2024,
		    .until_ns = TIME_2024 + SEC } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].params;
		const struct log_query *expected = &cases[i].flows;
		struct request_error error;
		struct request request;
		char line[512];
		int len = snprintf(line, sizeof(line), "{\"method\":\"GetFlows\",\"params\":%s}",
				   name);

		assert_row_int(name, parse(line, (size_t)len, &request, &error), 0);
		assert_row_int(name, request.method, REQUEST_GET_FLOWS);
		assert_row(name, request.flows.log.number == expected->number);
		assert_row_int(name, request.flows.log.first, expected->first);
		assert_row_int(name, request.flows.log.follow, expected->follow);
		assert_row(name, request.flows.log.since_ns == expected->since_ns);
		assert_row(name, request.flows.log.until_ns == expected->until_ns);
		assert_row(name, !request.flows.log.cursor && !request.flows.log.sent &&
					 !request.flows.log.lost && !request.flows.log.is_done);
	}
}

static void verify_is_asked_for_some_time(void **state)
{
	static const struct {
		const char *params;
		uint64_t for_ns;
	} cases[] = {
		{ "{}", DEFAULT_FOR },
		{ "{\"for\":null}", DEFAULT_FOR },
		{ "{\"for\":\"250ms\"}", SEC / 4 },
		{ "{\"for\":\"1h\"}", 3600 * SEC },
		{ "{\"for\":\"1ms\"}", SEC / 1000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request_error error;
		struct request request;
		char line[512];
		int len = snprintf(line, sizeof(line), "{\"method\":\"Verify\",\"params\":%s}",
				   cases[i].params);

		assert_row_int(cases[i].params, parse(line, (size_t)len, &request, &error), 0);
		assert_row_int(cases[i].params, request.method, REQUEST_VERIFY);
		assert_row_int(cases[i].params, request.for_ns, cases[i].for_ns);
	}
}

static void endpoints_are_asked_for_by_kind(void **state)
{
	static const struct {
		const char *params;
		enum who_kind kind;
	} cases[] = {
		{ "{}", WHO_ENDPOINTS },
		{ "{\"extensions\":null}", WHO_ENDPOINTS },
		{ "{\"extensions\":{\"kind\":\"endpoints\"}}", WHO_ENDPOINTS },
		{ "{\"extensions\":{\"kind\":\"pods\"}}", WHO_PODS },
		{ "{\"extensions\":{\"kind\":\"containers\"}}", WHO_CONTAINERS },
		{ "{\"extensions\":{\"kind\":\"netns\"}}", WHO_NETNS },
		{ "{\"extensions\":{\"kind\":\"listeners\"}}", WHO_LISTENERS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request_error error;
		struct request request;
		char line[512];
		int len = snprintf(line, sizeof(line), "{\"method\":\"Endpoints\",\"params\":%s}",
				   cases[i].params);

		assert_row_int(cases[i].params, parse(line, (size_t)len, &request, &error), 0);
		assert_row_int(cases[i].params, request.method, REQUEST_ENDPOINTS);
		assert_row_int(cases[i].params, request.kind, cases[i].kind);
	}
}

struct refusal {
	const char *line;
	const char *message;
};

static void assert_refused(const char *line, size_t len, const char *code, const char *message)
{
	struct request_error error;
	struct request request;

	assert_row_int(line, parse(line, len, &request, &error), -EINVAL);
	assert_row_str(line, error.message, message);
	assert_row_str(line, error.code, code);
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

/* Of an aggregate that has no group yet. */
static void assert_fields(const char *name, struct aggregate *aggregate, const char *fields)
{
	auto_buf struct buf out = {};
	unsigned int next = 0;
	char expect[256];

	snprintf(expect, sizeof(expect), "{\"aggregate\":{\"fields\":%s,\"groups\":[]}}\n", fields);
	assert_int_equal(aggregate_sort(aggregate), 0);
	assert_row(name, aggregate_to_json(aggregate, &next, &out));
	buf_append_char(&out, '\0');
	assert_row_str(name, buf_bytes(&out), expect);
}

static void flows_are_counted_by_fields(void **state)
{
	static const struct {
		const char *extensions;
		const char *fields; /* NULL: records are told */
		bool has_filter;
	} cases[] = {
		{ "{\"aggregate_by\":[\"pod\",\"port\"]}",
		  "[\"source.pod\",\"destination.pod\",\"destination.port\"]", false },
		{ "{\"aggregate_by\":[\"rtt\"],\"uid\":[\"0\"]}", "[\"rtt\"]", true },
		{ "{\"aggregate_by\":null}", NULL, false },
		{ "{\"uid\":[\"0\"]}", NULL, true },
		{ "{\"where\":[\"port > 80\"]}", NULL, true },
		{ "null", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].extensions;
		struct request_error error = { 0 };
		struct request request = { 0 };
		char line[256];
		int len =
			snprintf(line, sizeof(line),
				 "{\"method\":\"GetFlows\",\"params\":{\"extensions\":%s}}", name);

		assert_row_int(name, request_parse(line, (size_t)len, &request, &error), 0);
		assert_row_int(name, request.flows.filter != NULL, cases[i].has_filter);
		assert_row_int(name, request.aggregate != NULL, cases[i].fields != NULL);
		if (cases[i].fields)
			assert_fields(name, request.aggregate, cases[i].fields);
		request_done(&request);
		assert_row(name, !request.aggregate && !request.flows.filter);
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
		{ "{\"where\":[\"port > \\\"x\\\"\"]}", "where: byte 7: \"x\" is not a number" },
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

static void what_is_no_json_object_is_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "", "not a JSON object: unexpected end at byte 0" },
		{ "{", "not a JSON object: unexpected end at byte 1" },
		{ "{\"method\":\"GetFlows\"", "not a JSON object: unexpected end at byte 20" },
		{ "{\"method\":\"GetFl", "not a JSON object: unexpected end at byte 16" },
		{ "}", "not a JSON object: unexpected character at byte 0" },
		{ "GET / HTTP/1.1", "not a JSON object: unexpected character at byte 0" },
		{ "{\"method\"}", "not a JSON object: object property name separator ':' expected "
				  "at byte 9" },
		{ "{method:1}",
		  "not a JSON object: quoted object property name expected at byte 1" },
		{ "{\"method\":\"GetFlows\" \"params\":{}}",
		  "not a JSON object: object value separator ',' expected at byte 21, after "
		  "\"method\"" },
		{ "{\"method\":}",
		  "not a JSON object: unexpected character at byte 10, after \"method\"" },
		{ "{\"method\":tru}",
		  "not a JSON object: boolean expected at byte 13, after \"method\"" },
		{ "{\"method\":\"\\x\"}",
		  "not a JSON object: invalid string sequence at byte 12, after \"method\"" },
		{ "[{\"method\":\"GetFlows\"}]", "the request is not a JSON object" },
		{ "\"GetFlows\"", "the request is not a JSON object" },
		{ "null ", "the request is not a JSON object" },
		{ "5 ", "the request is not a JSON object" },
		{ "true ", "the request is not a JSON object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].line, strlen(cases[i].line), "INVALID_ARGUMENT",
			       cases[i].message);
}

/* What the parser takes, and is no JSON or another number than is written. */
static void leniency_ends_here(void **state)
{
	static const struct {
		const char *params, *message;
	} cases[] = {
		{ "{'number':1}", "a string in single quotes at byte 31, after \"params\"" },
		{ "{\"since\":'5m'}",
		  "not a JSON object: unexpected character at byte 39, after \"since\"" },
		{ "{\"number\":18446744073709551616}",
		  "a number beyond 64 bits at byte 40, after \"number\"" },
		{ "{\"number\":99999999999999999999}",
		  "a number beyond 64 bits at byte 40, after \"number\"" },
		{ "{\"number\":-9223372036854775809}",
		  "a number beyond 64 bits at byte 40, after \"number\"" },
		{ "{\"x\":[1,{\"y\":99999999999999999999}]}",
		  "a number beyond 64 bits at byte 43, after \"y\"" },
		{ "{\"number\":1.}", "no number of JSON at byte 40, after \"number\"" },
		{ "{\"number\":NaN}", "a word that is none of JSON at byte 40, after \"number\"" },
		{ "{\"number\":Infinity}",
		  "a word that is none of JSON at byte 40, after \"number\"" },
		{ "{\"number\":-Infinity}",
		  "a word that is none of JSON at byte 40, after \"number\"" },
		{ "{\"since\":\"5m\x01\"}",
		  "a control character in a string at byte 39, after \"since\"" },
		{ "{\"since\":\"5m\t\"}",
		  "a control character in a string at byte 39, after \"since\"" },
		{ "{\"fi\nrst\":true}",
		  "a control character in a string at byte 31, after \"params\"" },
		/* The parser says so itself, if asked to be strict. */
		{ "{\"number\":nan}",
		  "not a JSON object: null expected at byte 41, after \"number\"" },
		{ "{\"first\":TRUE}",
		  "not a JSON object: boolean expected at byte 39, after \"first\"" },
		{ "{\"number\":01}",
		  "not a JSON object: number expected at byte 42, after \"number\"" },
		{ "{\"number\":1,}",
		  "not a JSON object: unexpected character at byte 42, after \"number\"" },
		{ "{/* all */\"number\":1}", "not a JSON object: quoted object property name "
					     "expected at byte 31, after \"params\"" },
		{ "{\"number\":1 // one\n}", "not a JSON object: object value separator ',' "
					     "expected at byte 42, after \"number\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[256];
		int len = snprintf(line, sizeof(line), "{\"method\":\"GetFlows\",\"params\":%s}",
				   cases[i].params);

		assert_refused(line, (size_t)len, "INVALID_ARGUMENT", cases[i].message);
	}
}

static void what_is_strict_json_is_taken(void **state)
{
	static const char *const cases[] = {
		"{\"number\":18446744073709551615}",
		"{\"number\":0}",
		"{ \"number\" : 5 , \"follow\" : true }",
		"{\"since\":\"2024-05-06T07:08:09\\u005a\"}",
		"{\"n\\u0075mber\":\"7\"}",
		"{\"until\":null}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request_error error;
		struct request request;
		char line[256];
		int len = snprintf(line, sizeof(line), "{\"method\":\"GetFlows\",\"params\":%s}",
				   cases[i]);

		assert_row_int(cases[i], parse(line, (size_t)len, &request, &error), 0);
	}
}

static void a_quote_in_a_string_is_only_that(void **state)
{
	static const char line[] = "{\"method\":\"it's \\\" NaN /* 99999999999999999999 \"}";

	(void)state;
	assert_refused(line, strlen(line), "UNIMPLEMENTED",
		       "method it's \" NaN /* 99999999999999999999  is not known");
}

static void what_is_no_utf8_is_refused(void **state)
{
	static const char *const bytes[] = { "\xff", "\xc3", "a\x80", "\xe2\x82", "\xe2\x82x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		struct request_error error;
		struct request request;
		char line[128];
		int len = snprintf(line, sizeof(line), "{\"method\":\"%s\"}", bytes[i]);

		assert_int_equal(parse(line, (size_t)len, &request, &error), -EINVAL);
		assert_string_equal(error.code, "INVALID_ARGUMENT");
		assert_true(
			strstr(error.message, "not a JSON object: invalid utf-8 string at byte "));
	}
}

static void one_line_is_one_request(void **state)
{
	static const struct refusal cases[] = {
		{ "{\"method\":\"ServerStatus\"}{\"method\":\"ServerStatus\"}",
		  "more than one JSON object on the line (byte 25)" },
		{ "{\"method\":\"ServerStatus\"} x",
		  "more than one JSON object on the line (byte 26)" },
		{ "{\"method\":\"ServerStatus\"},",
		  "more than one JSON object on the line (byte 25)" },
	};
	static const char with_nul[] = "{\"method\":\"ServerStatus\"}\0";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].line, strlen(cases[i].line), "INVALID_ARGUMENT",
			       cases[i].message);
	assert_refused(with_nul, sizeof(with_nul) - 1, "INVALID_ARGUMENT",
		       "more than one JSON object on the line (byte 25)");
	assert_refused("{\"method\"\0:1}", 13, "INVALID_ARGUMENT",
		       "not a JSON object: unexpected end of data at byte 9");
}

static void what_is_asked_for_must_be_known(void **state)
{
	static const struct refusal cases[] = {
		{ "{}", "the request has no \"method\"" },
		{ "{\"params\":{}}", "the request has no \"method\"" },
		{ "{\"method\":null}", "the request has no \"method\"" },
		{ "{\"method\":1}", "the request has no \"method\"" },
		{ "{\"method\":[\"GetFlows\"]}", "the request has no \"method\"" },
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
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].line, strlen(cases[i].line), "INVALID_ARGUMENT",
			       cases[i].message);
}

static void events_are_asked_for_as_flows_are(void **state)
{
	static const char line[] =
		"{\"method\":\"GetDebugEvents\",\"params\":{\"number\":\"7\",\"follow\":true,"
		"\"since\":\"2024-05-06T07:08:09Z\",\"until\":\"2024-05-06T07:08:10Z\"}}";
	struct request_error error;
	struct request request;

	(void)state;
	assert_int_equal(parse(line, strlen(line), &request, &error), 0);
	assert_int_equal(request.method, REQUEST_GET_DEBUG_EVENTS);
	assert_int_equal(request.flows.log.number, 7);
	assert_true(request.flows.log.follow && !request.flows.log.first);
	assert_true(request.flows.log.since_ns == TIME_2024);
	assert_true(request.flows.log.until_ns == TIME_2024 + SEC);
}

static void a_method_that_is_not_known_is_not_implemented(void **state)
{
	static const struct refusal cases[] = {
		{ "{\"method\":\"GetRecords\"}", "method GetRecords is not known" },
		{ "{\"method\":\"getflows\"}", "method getflows is not known" },
		{ "{\"method\":\"GetFlows \"}", "method GetFlows  is not known" },
		{ "{\"method\":\"\"}", "method  is not known" },
		{ "{\"method\":\"GetFlows\\u0000x\"}", "method GetFlows is not known" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].line, strlen(cases[i].line), "UNIMPLEMENTED",
			       cases[i].message);
}

/* method, params, and what the message says after "params." */
static void a_value_of_the_wrong_kind_is_refused(void **state)
{
	static const struct {
		const char *method, *params, *message;
	} cases[] = {
		{ "GetFlows", "{\"number\":-1}", "number: -1 is not a number" },
		{ "GetFlows", "{\"number\":-9223372036854775808}",
		  "number: -9223372036854775808 is not a number" },
		{ "GetFlows", "{\"number\":1e3}", "number: 1e3 is not a number" },
		{ "GetFlows", "{\"number\":\"-1\"}", "number: \"-1\" is not a number" },
		{ "GetFlows", "{\"number\":\"+1\"}", "number: \"+1\" is not a number" },
		{ "GetFlows", "{\"number\":\" 1\"}", "number: \" 1\" is not a number" },
		{ "GetFlows", "{\"number\":\"1x\"}", "number: \"1x\" is not a number" },
		{ "GetFlows", "{\"number\":\"\"}", "number: \"\" is not a number" },
		{ "GetFlows", "{\"number\":\"0x10\"}", "number: \"0x10\" is not a number" },
		{ "GetFlows", "{\"number\":\"18446744073709551616\"}",
		  "number: \"18446744073709551616\" is not a number" },
		{ "GetFlows", "{\"number\":5.5}", "number: 5.5 is not a number" },
		{ "GetFlows", "{\"number\":true}", "number: true is not a number" },
		{ "GetFlows", "{\"number\":[5]}", "number: [5] is not a number" },
		{ "GetFlows", "{\"number\":{\"value\":5}}",
		  "number: {\"value\":5} is not a number" },
		{ "GetFlows", "{\"first\":1}", "first: 1 is not true or false" },
		{ "GetFlows", "{\"first\":\"true\"}", "first: \"true\" is not true or false" },
		{ "GetFlows", "{\"follow\":0}", "follow: 0 is not true or false" },
		{ "GetFlows", "{\"follow\":[]}", "follow: [] is not true or false" },
		{ "GetFlows", "{\"since\":1714979289}",
		  "since: 1714979289 is not an RFC 3339 time" },
		{ "GetFlows", "{\"since\":\"5m\"}", "since: \"5m\" is not an RFC 3339 time" },
		{ "GetFlows", "{\"since\":\"\"}", "since: \"\" is not an RFC 3339 time" },
		{ "GetFlows", "{\"since\":\"1969-12-31T23:59:59Z\"}",
		  "since: \"1969-12-31T23:59:59Z\" is not an RFC 3339 time" },
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
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[256], message[256];
		int len = snprintf(line, sizeof(line), "{\"method\":\"%s\",\"params\":%s}",
				   cases[i].method, cases[i].params);

		snprintf(message, sizeof(message), "params.%s", cases[i].message);
		assert_refused(line, (size_t)len, "INVALID_ARGUMENT", message);
	}
}

static void append_times(struct buf *buf, const char *text, unsigned int times)
{
	while (times--)
		buf_append_str(buf, text);
}

static void what_is_long_is_cut_in_the_answer(void **state)
{
	auto_buf struct buf line = { 0 };
	struct request_error error;
	struct request request;

	(void)state;
	buf_append_str(&line, "{\"method\":\"");
	append_times(&line, "x", 1U << 20);
	buf_append_str(&line, "\"}");
	assert_int_equal(parse(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_string_equal(error.code, "UNIMPLEMENTED");
	assert_int_equal(strlen(error.message), strlen("method  is not known") + 80);
	buf_truncate(&line, 0);
	buf_append_str(&line, "{\"method\":\"GetFlows\",\"params\":{\"since\":\"");
	append_times(&line, "\\u0001", 100000);
	buf_append_str(&line, "\"}}");
	assert_int_equal(parse(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_string_equal(error.code, "INVALID_ARGUMENT");
	assert_int_equal(strlen(error.message),
			 strlen("params.since:  is not an RFC 3339 time") + 80);
}

static void nesting_has_an_end(void **state)
{
	auto_buf struct buf line = { 0 };
	struct request_error error;
	struct request request;

	(void)state;
	append_times(&line, "{\"a\":", 100000);
	assert_int_equal(parse(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_string_equal(error.code, "INVALID_ARGUMENT");
	assert_non_null(strstr(error.message, "not a JSON object: nesting too deep at byte 1"));
	buf_truncate(&line, 0);
	append_times(&line, "[", 100000);
	assert_int_equal(parse(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_non_null(strstr(error.message, "not a JSON object: nesting too deep at byte 3"));
}

static void each_beginning_of_a_request_is_refused(void **state)
{
	static const char line[] =
		"{\"method\":\"GetFlows\",\"params\":{\"number\":\"12\",\"first\":"
		"false,\"since\":\"2024-05-06T07:08:09Z\"}}";
	struct request_error error;
	struct request request;

	(void)state;
	for (size_t len = 0; len < sizeof(line) - 1; len++) {
		auto_free char *part = malloc(len + 1); /* to its last byte: the sanitizer looks */

		assert_non_null(part);
		memcpy(part, line, len);
		assert_int_equal(parse(part, len, &request, &error), -EINVAL);
		assert_string_equal(error.code, "INVALID_ARGUMENT");
	}
	assert_int_equal(parse(line, sizeof(line) - 1, &request, &error), 0);
}

int main(void)
{
	return RUN_TESTS(
		TEST(each_method_is_known), TEST(the_params_of_getflows_are_read),
		TEST(a_field_mask_is_read), TEST(a_wrong_field_mask_is_told),
		TEST(verify_is_asked_for_some_time), TEST(endpoints_are_asked_for_by_kind),
		TEST(kinds_that_there_are_not_are_refused), TEST(flows_are_counted_by_fields),
		TEST(fields_and_expressions_that_are_wrong_are_refused),
		TEST(what_is_no_json_object_is_refused), TEST(leniency_ends_here),
		TEST(what_is_strict_json_is_taken), TEST(a_quote_in_a_string_is_only_that),
		TEST(what_is_no_utf8_is_refused), TEST(one_line_is_one_request),
		TEST(what_is_asked_for_must_be_known), TEST(events_are_asked_for_as_flows_are),
		TEST(a_method_that_is_not_known_is_not_implemented),
		TEST(a_value_of_the_wrong_kind_is_refused), TEST(what_is_long_is_cut_in_the_answer),
		TEST(nesting_has_an_end), TEST(each_beginning_of_a_request_is_refused));
}

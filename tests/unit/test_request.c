// SPDX-License-Identifier: BSD-2-Clause
/*
 * What each request line asks for.
 */
#include "tests/unit/request_lines.h"

#include <string.h>

#include "base/buf.h"
#include "filter/aggregate.h"

#define SEC	    1000000000ULL
#define TIME_2024   (1714979289 * SEC) /* 2024-05-06T07:08:09Z */
#define DEFAULT_FOR (5 * SEC)

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

		assert_row_int(line, parse_line(line, strlen(line), &request, &error), 0);
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

		assert_row_int(cases[i].params,
			       parse_params("GetFlows", cases[i].params, &request, &error), 0);
		assert_row_int(cases[i].params, request.mask != NULL, cases[i].has_mask);
		request_done(&request);
		assert_null(request.mask);
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
		/* And so is what 64 bits don't tell: proto's first time and its last. */
		{ "{\"since\":\"0001-01-01T00:00:00Z\",\"until\":\"9999-12-31T23:59:59.999999999Z\"}",
		  { .since_ns = 1, .until_ns = UINT64_MAX } },
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

		assert_row_int(name, parse_params("GetFlows", name, &request, &error), 0);
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

		assert_row_int(cases[i].params,
			       parse_params("Verify", cases[i].params, &request, &error), 0);
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

		assert_row_int(cases[i].params,
			       parse_params("Endpoints", cases[i].params, &request, &error), 0);
		assert_row_int(cases[i].params, request.method, REQUEST_ENDPOINTS);
		assert_row_int(cases[i].params, request.kind, cases[i].kind);
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

static void events_are_asked_for_as_flows_are(void **state)
{
	static const char line[] =
		"{\"method\":\"GetDebugEvents\",\"params\":{\"number\":\"7\",\"follow\":true,"
		"\"since\":\"2024-05-06T07:08:09Z\",\"until\":\"2024-05-06T07:08:10Z\"}}";
	struct request_error error;
	struct request request;

	(void)state;
	assert_int_equal(parse_line(line, strlen(line), &request, &error), 0);
	assert_int_equal(request.method, REQUEST_GET_DEBUG_EVENTS);
	assert_int_equal(request.flows.log.number, 7);
	assert_true(request.flows.log.follow && !request.flows.log.first);
	assert_true(request.flows.log.since_ns == TIME_2024);
	assert_true(request.flows.log.until_ns == TIME_2024 + SEC);
}

int main(void)
{
	return RUN_TESTS(TEST(each_method_is_known), TEST(the_params_of_getflows_are_read),
			 TEST(a_field_mask_is_read), TEST(verify_is_asked_for_some_time),
			 TEST(endpoints_are_asked_for_by_kind), TEST(flows_are_counted_by_fields),
			 TEST(events_are_asked_for_as_flows_are));
}

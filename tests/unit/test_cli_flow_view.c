// SPDX-License-Identifier: BSD-2-Clause
/*
 * A line of the agent's answer as a view: what is there is read, what is missing, of the wrong
 * type or hostile reads as absent, and nothing crashes.
 */
#include "cli/flow_view.h"

#include "agent/base/cleanup.h"
#include "tests/harness.h"

static int parse(struct flow_view *view, const char *line)
{
	return flow_view_parse(view, line, strlen(line));
}

static void a_whole_flow_is_read(void **state)
{
	auto_flow_view struct flow_view view = {};
	const struct flow_fields *flow = &view.flow;

	(void)state;
	assert_int_equal(
		parse(&view,
		      "{\"flow\":{\"time\":\"1970-01-01T00:00:01.5Z\",\"verdict\":\"DROPPED\","
		      "\"ethernet\":{\"source\":\"02:00:00:00:00:01\"},"
		      "\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"},"
		      "\"l4\":{\"SCTP\":{\"source_port\":1,\"destination_port\":65535}},"
		      "\"source\":{\"identity\":1,\"namespace\":\"n\",\"pod_name\":\"p\"},"
		      "\"destination\":{\"identity\":4242},\"node_name\":\"n1\","
		      "\"destination_names\":[\"a\",\"b\"],"
		      "\"event_type\":{\"type\":4,\"sub_type\":5},"
		      "\"source_service\":{\"name\":\"s\",\"namespace\":\"sn\"},"
		      "\"traffic_direction\":\"EGRESS\",\"policy_match_type\":2,"
		      "\"is_reply\":false,\"ip_trace_id\":{\"trace_id\":\"77\"},"
		      "\"Summary\":\"TCP\"},\"node_name\":\"env\",\"time\":\"1970-01-01T00:00:02Z\"}"),
		0);
	assert_int_equal(view.kind, FLOW_VIEW_FLOW);
	assert_true(flow->time.is_set && flow->time.ns == 1500000000);
	assert_true(view.time.is_set && view.time.ns == 2000000000);
	assert_true(text_is(view.node_name, "env") && text_is(flow->node_name, "n1"));
	assert_int_equal(flow->verdict.number, VERDICT_DROPPED);
	assert_true(flow->has_ip && flow->has_ethernet && !flow->has_l7);
	assert_true(text_is(flow->source.mac, "02:00:00:00:00:01"));
	assert_true(text_is(flow->source.ip, "10.0.0.1"));
	assert_true(text_is(flow->destination.ip, "10.0.0.2"));
	assert_int_equal(flow->source.port, 1);
	assert_int_equal(flow->destination.port, 65535);
	assert_int_equal(flow->source.identity, 1);
	assert_int_equal(flow->destination.identity, 4242);
	assert_true(text_is(flow->source.namespace, "n") && text_is(flow->source.pod, "p"));
	assert_true(flow->source.has_service && text_is(flow->source.service, "s"));
	assert_true(text_is(flow->source.service_namespace, "sn"));
	assert_true(text_is(flow->destination.names, "[\"a\",\"b\"]"));
	assert_int_equal(flow->event_type, FLOW_EVENT_TRACE);
	assert_int_equal(flow->event_sub_type, 5);
	assert_int_equal(flow->direction.number, 2);
	assert_int_equal(flow->is_reply, TRISTATE_FALSE);
	assert_int_equal(flow->ip_trace_id, 77);
	assert_true(text_is(flow->summary, "TCP"));
}

static void numbers_may_be_strings_and_enums_numbers(void **state)
{
	auto_flow_view struct flow_view view = {};

	(void)state;
	assert_int_equal(parse(&view, "{\"flow\":{\"verdict\":1,\"source\":{\"identity\":\"7\"},"
				      "\"event_type\":{\"type\":\"1\",\"sub_type\":-1}}}"),
			 0);
	assert_int_equal(view.flow.verdict.number, VERDICT_FORWARDED);
	assert_int_equal(view.flow.source.identity, 7);
	assert_int_equal(view.flow.event_type, FLOW_EVENT_DROP);
	assert_int_equal(view.flow.event_sub_type, -1);
}

static void each_kind_of_line_is_told_apart(void **state)
{
	static const struct {
		const char *line;
		enum flow_view_kind kind;
	} cases[] = {
		{ "{\"flow\":{}}", FLOW_VIEW_FLOW },
		{ "{\"lost_events\":{}}", FLOW_VIEW_LOST },
		{ "{\"node_status\":{}}", FLOW_VIEW_NODE_STATUS },
		{ "{\"time\":\"x\",\"flow\":{}}", FLOW_VIEW_FLOW },
		{ "{}", FLOW_VIEW_NOTHING },
		{ "{\"flow\":null}", FLOW_VIEW_NOTHING },
		{ "{\"flow\":[]}", FLOW_VIEW_NOTHING },
		{ "{\"flow\":\"x\"}", FLOW_VIEW_NOTHING },
		{ "{\"agent_event\":{\"type\":2}}", FLOW_VIEW_AGENT_EVENT },
		{ "{\"agentEvent\":{}}", FLOW_VIEW_AGENT_EVENT },
		{ "{\"debug_event\":{}}", FLOW_VIEW_DEBUG_EVENT },
		{ "{\"agent_event\":[]}", FLOW_VIEW_NOTHING },
		{ "{\"debug_event\":null}", FLOW_VIEW_NOTHING },
		{ "{\"source\":{\"identity\":1}}", FLOW_VIEW_NOTHING },
		{ "{\"lost_events\":{\"source\":3,\"num_events_lost\":\"5\"},\"flow\":{}}",
		  FLOW_VIEW_FLOW },
	};
	auto_flow_view struct flow_view view = {};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_row_int(cases[i].line, parse(&view, cases[i].line), 0);
		assert_row_int(cases[i].line, view.kind, cases[i].kind);
	}
}

static void check_subjects(const char *line, const struct flow_view *view, const bool *expected)
{
	for (int subject = 0; subject < SUBJECT_MAX; subject++) {
		assert_row_int(line, flow_view_is_of(view, (enum flow_subject)subject),
			       expected[subject]);
	}
}

static void whoever_observes_something_sees_no_other_kind(void **state)
{
	static const struct {
		const char *line;
		bool is_of[SUBJECT_MAX];
	} cases[] = {
		{ "{\"flow\":{}}", { [SUBJECT_FLOWS] = true } },
		{ "{\"agent_event\":{}}", { [SUBJECT_AGENT_EVENTS] = true } },
		{ "{\"debug_event\":{}}", { [SUBJECT_DEBUG_EVENTS] = true } },
		{ "{\"lost_events\":{}}", { true, true, true } },
		{ "{\"node_status\":{}}", { true, true, true } },
	};
	auto_flow_view struct flow_view view = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_row_int(cases[i].line, parse(&view, cases[i].line), 0);
		check_subjects(cases[i].line, &view, cases[i].is_of);
	}
}

static void nothing_is_left_of_the_line_before(void **state)
{
	auto_flow_view struct flow_view view = {};

	(void)state;
	assert_int_equal(parse(&view, "{\"flow\":{\"is_reply\":true,\"Summary\":\"\\u0041\","
				      "\"l4\":{\"TCP\":{\"source_port\":5}}}}"),
			 0);
	assert_true(text_is(view.flow.summary, "A"));
	assert_int_equal(parse(&view, "{\"flow\":{}}"), 0);
	assert_true(text_is(view.flow.summary, ""));
	assert_int_equal(view.flow.is_reply, TRISTATE_ABSENT);
	assert_int_equal(view.flow.source.port, 0);
}

static void the_wrong_type_reads_as_absent(void **state)
{
	auto_flow_view struct flow_view view = {};
	const struct flow_fields *flow = &view.flow;

	(void)state;
	assert_int_equal(
		parse(&view,
		      "{\"flow\":{\"time\":5,\"verdict\":{},\"ethernet\":1,\"IP\":[],\"l4\":\"TCP\","
		      "\"source\":false,\"destination\":{\"identity\":\"a\",\"pod_name\":9,"
		      "\"namespace\":null},\"node_name\":{},\"source_names\":{\"a\":1},"
		      "\"l7\":0,\"event_type\":[4],\"source_service\":\"s\",\"is_reply\":\"true\","
		      "\"traffic_direction\":[],\"policy_match_type\":1.5,\"ip_trace_id\":3,"
		      "\"Summary\":[\"x\"]},\"node_name\":7,\"time\":{}}"),
		0);
	assert_int_equal(view.kind, FLOW_VIEW_FLOW);
	assert_false(flow->time.is_set || view.time.is_set);
	assert_int_equal(flow->verdict.number, VERDICT_UNKNOWN);
	assert_false(flow->has_ethernet || flow->has_ip || flow->has_l7);
	assert_false(flow->source.has_service);
	assert_int_equal(flow->source.port, 0);
	assert_int_equal(flow->destination.identity, 0);
	assert_int_equal(flow->destination.pod.len, 0);
	assert_int_equal(flow->event_type, 0);
	assert_int_equal(flow->is_reply, TRISTATE_ABSENT);
	assert_int_equal(flow->policy_match, 0);
	assert_int_equal(flow->ip_trace_id, 0);
	assert_int_equal(flow->summary.len, 0);
}

static void numbers_out_of_range_read_as_absent(void **state)
{
	auto_flow_view struct flow_view view = {};

	(void)state;
	assert_int_equal(parse(&view, "{\"flow\":{\"source\":{\"identity\":-1},"
				      "\"destination\":{\"identity\":99999999999999999999},"
				      "\"event_type\":{\"type\":9223372036854775808,"
				      "\"sub_type\":-9223372036854775807},"
				      "\"verdict\":99999999999999999999,"
				      "\"l4\":{\"TCP\":{\"source_port\":1e99}}}}"),
			 0);
	assert_int_equal(view.flow.source.identity, 0);
	assert_int_equal(view.flow.destination.identity, 0);
	assert_int_equal(view.flow.event_type, 0);
	assert_true(view.flow.event_sub_type == -INT64_MAX);
	assert_int_equal(view.flow.verdict.number, 0);
	assert_int_equal(view.flow.source.port, 0);
}

static void names_we_do_not_know_are_kept(void **state)
{
	auto_flow_view struct flow_view view = {};

	(void)state;
	assert_int_equal(parse(&view, "{\"flow\":{\"verdict\":\"PUZZLED\"}}"), 0);
	assert_int_equal(view.flow.verdict.number, -1);
	assert_true(text_is(view.flow.verdict.name, "PUZZLED"));
}

static void lines_that_are_no_object_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"x",
		"[]",
		"1",
		"\"x\"",
		"null",
		"{\"flow\":{}",
		"{\"flow\":{\"Summary\":\"\\q\"}}",
		"{} {}",
		"{\"flow\"}",
		"{\"flow\":{},}",
		"{\"time\":\"a\" \"b\":1}",
	};
	auto_flow_view struct flow_view view = {};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_row_int(cases[i], parse(&view, cases[i]), -EBADMSG);
}

/* Cut anywhere and with any byte broken, a line is refused or read; the sanitizers watch. */
static void a_broken_line_does_no_harm(void **state)
{
	static const char whole[] =
		"{\"flow\":{\"time\":\"2024-05-06T07:08:09.3Z\",\"verdict\":\"DROPPED\","
		"\"IP\":{\"source\":\"10.0.0.9\"},\"l4\":{\"UDP\":{\"source_port\":5353}},"
		"\"source_names\":[\"\\u0061\",\"b\"],\"Summary\":\"\\ud83d\\ude42\"}}";
	static const char bytes[] = { '\0', '"', '\\', '{', '}', '[', ',', 'u', '\xff' };
	auto_flow_view struct flow_view view = {};

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char *line = malloc(len + 1);

		assert_non_null(line);
		memcpy(line, whole, len);
		(void)flow_view_parse(&view, line, len);
		for (size_t b = 0; len && b < sizeof(bytes); b++) {
			line[len - 1] = bytes[b];
			(void)flow_view_parse(&view, line, len);
		}
		free(line);
	}
}

int main(void)
{
	return RUN_TESTS(
		TEST(a_whole_flow_is_read), TEST(numbers_may_be_strings_and_enums_numbers),
		TEST(each_kind_of_line_is_told_apart),
		TEST(whoever_observes_something_sees_no_other_kind),
		TEST(nothing_is_left_of_the_line_before), TEST(the_wrong_type_reads_as_absent),
		TEST(numbers_out_of_range_read_as_absent), TEST(names_we_do_not_know_are_kept),
		TEST(lines_that_are_no_object_are_refused), TEST(a_broken_line_does_no_harm));
}

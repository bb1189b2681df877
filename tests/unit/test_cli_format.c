// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every format against what Hubble's own command prints, byte for byte, then their variants.
 */
#include "cli/format.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "cli/flow_view.h"
#include "tests/harness.h"

#define CYAN	"\033[36m"
#define YELLOW	"\033[33m"
#define MAGENTA "\033[35m"
#define GREEN	"\033[32m"
#define RED	"\033[31m"
#define OFF	"\033[0m"

static const struct format_options plain = { .want_names = true };

struct printed {
	struct buf out, err;
};

static void printed_done(struct printed *printed)
{
	buf_done(&printed->out);
	buf_done(&printed->err);
}

#define auto_printed __attribute__((cleanup(printed_done)))

static void print_to(struct format_target *target, const struct format *format, const char *line,
		     size_t len)
{
	auto_flow_view struct flow_view view = {};
	const struct format_record record = { line, len, format->want_view ? &view : NULL };

	if (format->want_view)
		assert_int_equal(flow_view_parse(&view, line, len), 0);
	format->record(target, &record);
}

/* Every line of text, from begin to end. */
static void print_lines(struct printed *printed, const char *format_name,
			const struct format_options *options, const char *text)
{
	__attribute__((cleanup(format_target_done))) struct format_target target = {
		.options = *options, .out = &printed->out, .err = &printed->err
	};
	const struct format *format = format_find(format_name);

	assert_non_null(format);
	time_text_init(&target.times, time_style_find(NULL), false);
	if (format->begin)
		format->begin(&target);
	while (*text) {
		size_t len = strcspn(text, "\n");

		print_to(&target, format, text, len);
		text += len + (text[len] == '\n');
	}
	if (format->end)
		format->end(&target);
	assert_false(printed->out.failed || printed->err.failed);
}

static void assert_holds(struct buf *buf, const char *name, const char *expect)
{
	buf_append_char(buf, '\0');
	assert_row_str(name, buf_bytes(buf), expect);
}

static void assert_compact(const struct format_options *options, const char *line,
			   const char *expect)
{
	auto_printed struct printed printed = {};

	print_lines(&printed, "compact", options, line);
	assert_holds(&printed.out, line, expect);
}

static void read_file(struct buf *buf, const char *path)
{
	auto_file FILE *file = fopen(path, "re");
	char piece[4096];
	size_t len;

	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_append(buf, piece, len);
	buf_append_char(buf, '\0');
}

static const char node_status_dict[] = "------------\n"
				       "  TIMESTAMP: May  6 07:08:10.400\n"
				       "      STATE: NODE_UNAVAILABLE\n"
				       "      NODES: host2\n"
				       "    MESSAGE: \"boom\"\n";
static const char node_status_line[] =
	"May  6 07:08:10.400 [host1]: 1 nodes are unavailable: host2\n";
static const char node_status_json[] =
	"{\"node_status\":{\"state_change\":\"NODE_UNAVAILABLE\",\"node_names\":[\"host2\"],"
	"\"message\":\"boom\"},\"node_name\":\"host1\",\"time\":\"2024-05-06T07:08:10.400Z\"}\n";

static void each_format_is_hubbles_byte_for_byte(void **state)
{
	static const struct format_options foreign = { .want_names = true, .is_foreign = true };
	static const struct {
		const char *format, *golden, *err;
	} cases[] = {
		{ NULL, "compact", node_status_line },	{ "compact", "compact", node_status_line },
		{ "dict", "dict", node_status_dict },	{ "table", "table", node_status_line },
		{ "tab", "table", node_status_line },	{ "json", "json", node_status_json },
		{ "jsonpb", "json", node_status_json }, { "JSON", "json", node_status_json },
	};
	auto_buf struct buf input = {};

	(void)state;
	read_file(&input, "tests/golden/hubble/hubble-flows.jsonl");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_printed struct printed printed = {};
		auto_buf struct buf expect = {};
		char path[64];

		snprintf(path, sizeof(path), "tests/golden/hubble/hubble-flows.%s",
			 cases[i].golden);
		read_file(&expect, path);
		print_lines(&printed, cases[i].format, &foreign, buf_bytes(&input));
		assert_holds(&printed.out, path, buf_bytes(&expect));
		assert_holds(&printed.err, path, cases[i].err);
	}
}

static void colours_are_hubbles(void **state)
{
	static const struct format_options colours = { .want_names = true, .want_colour = true };

	(void)state;
	assert_compact(&colours,
		       "{\"flow\":{\"time\":\"2024-05-06T07:08:09.123Z\",\"verdict\":\"FORWARDED\","
		       "\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"},"
		       "\"l4\":{\"TCP\":{\"source_port\":43210,\"destination_port\":443}},"
		       "\"source\":{\"identity\":1},\"destination\":{\"identity\":4242},"
		       "\"event_type\":{\"type\":4,\"sub_type\":3},\"is_reply\":false,"
		       "\"Summary\":\"TCP Flags: SYN\"}}",
		       "May  6 07:08:09.123: " CYAN "10.0.0.1:" YELLOW "43210" OFF OFF " " MAGENTA
		       "(host)" OFF " -> " CYAN "10.0.0.2:" YELLOW "443" OFF OFF " " MAGENTA
		       "(ID:4242)" OFF " to-stack " GREEN "FORWARDED" OFF " (TCP Flags: SYN)\n");
	assert_compact(&colours,
		       "{\"flow\":{\"IP\":{\"source\":\"fe80::1\",\"destination\":\"::1\"},"
		       "\"l4\":{\"UDP\":{\"source_port\":1}},\"auth_type\":\"SPIRE\","
		       "\"is_reply\":true}}",
		       "N/A: " CYAN "::1" OFF " " MAGENTA "(unknown)" OFF " <- " CYAN
		       "[fe80::1]:" YELLOW "1" OFF OFF " " MAGENTA "(unknown)" OFF
		       " UNKNOWN VERDICT_UNKNOWN (; Auth: " GREEN "SPIRE" OFF ")\n");
	/* Without any address nothing is coloured but the identities. */
	assert_compact(&colours, "{\"flow\":{}}",
		       "N/A:  " MAGENTA "(unknown)" OFF " <>  " MAGENTA "(unknown)" OFF
		       " UNKNOWN VERDICT_UNKNOWN ()\n");
}

static void each_verdict_has_its_colour(void **state)
{
	static const struct format_options colours = { .want_names = true, .want_colour = true };
	static const struct {
		const char *verdict, *trace, *policy;
	} cases[] = {
		{ "\"FORWARDED\"", GREEN "FORWARDED" OFF, GREEN "ALLOWED" OFF },
		{ "\"REDIRECTED\"", GREEN "REDIRECTED" OFF, GREEN "ALLOWED" OFF },
		{ "\"DROPPED\"", RED "DROPPED" OFF, RED "DENIED" OFF },
		{ "\"ERROR\"", RED "ERROR" OFF, RED "DENIED" OFF },
		{ "\"AUDIT\"", YELLOW "AUDIT" OFF, YELLOW "AUDITED" OFF },
		{ "\"TRACED\"", YELLOW "TRACED" OFF, YELLOW "TRACED" OFF },
		{ "\"TRANSLATED\"", YELLOW "TRANSLATED" OFF, YELLOW "TRANSLATED" OFF },
		{ "99", "99", "99" },
		{ "\"PUZZLED\\n\"", "PUZZLED\\n", "PUZZLED\\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[256], expect[256];

		snprintf(line, sizeof(line),
			 "{\"flow\":{\"verdict\":%s,\"event_type\":{\"type\":4,\"sub_type\":2}}}",
			 cases[i].verdict);
		snprintf(expect, sizeof(expect),
			 "N/A:  " MAGENTA "(unknown)" OFF " <>  " MAGENTA "(unknown)" OFF
			 " to-host %s ()\n",
			 cases[i].trace);
		assert_compact(&colours, line, expect);
		snprintf(line, sizeof(line),
			 "{\"flow\":{\"verdict\":%s,\"event_type\":{\"type\":5}}}",
			 cases[i].verdict);
		snprintf(expect, sizeof(expect),
			 "N/A:  " MAGENTA "(unknown)" OFF " <>  " MAGENTA "(unknown)" OFF
			 " policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN %s ()\n",
			 cases[i].policy);
		assert_compact(&colours, line, expect);
	}
}

static void the_type_column_follows_the_event(void **state)
{
	static const struct {
		const char *fields, *type;
	} cases[] = {
		{ "\"event_type\":{\"type\":4}", "to-endpoint" },
		{ "\"event_type\":{\"type\":4,\"sub_type\":13}", "to-crypto" },
		{ "\"event_type\":{\"type\":4,\"sub_type\":77}", "77" },
		{ "\"event_type\":{\"type\":4,\"sub_type\":261}", "from-endpoint" },
		{ "\"event_type\":{\"type\":1,\"sub_type\":133}", "Policy denied" },
		{ "\"event_type\":{\"type\":1,\"sub_type\":389}", "Policy denied" },
		{ "\"event_type\":{\"type\":1,\"sub_type\":250}", "250, 0" },
		{ "\"event_type\":{\"type\":1,\"sub_type\":159}", "159, 0" },
		{ "\"event_type\":{\"type\":1}", "Success" },
		{ "\"event_type\":{\"type\":3},\"debug_capture_point\":\"DBG_CAPTURE_DELIVERY\"",
		  "DBG_CAPTURE_DELIVERY" },
		{ "\"event_type\":{\"type\":3},\"debug_capture_point\":11",
		  "DBG_CAPTURE_SNAT_POST" },
		{ "\"event_type\":{\"type\":3}", "DBG_CAPTURE_POINT_UNKNOWN" },
		{ "\"event_type\":{\"type\":5},\"policy_match_type\":4,"
		  "\"traffic_direction\":\"INGRESS\"",
		  "policy-verdict:all INGRESS" },
		{ "\"event_type\":{\"type\":5},\"policy_match_type\":9",
		  "policy-verdict:unknown TRAFFIC_DIRECTION_UNKNOWN" },
		{ "\"event_type\":{\"type\":7,\"sub_type\":3}", "pre-xlate-rev" },
		{ "\"event_type\":{\"type\":7},"
		  "\"sock_xlate_point\":\"SOCK_XLATE_POINT_POST_DIRECTION_REV\"",
		  "post-xlate-rev" },
		{ "\"event_type\":{\"type\":7}", "UNKNOWN" },
		{ "\"event_type\":{\"type\":2}", "UNKNOWN" },
		{ "\"event_type\":{\"type\":-1}", "UNKNOWN" },
		{ "\"event_type\":{\"type\":9223372036854775807}", "UNKNOWN" },
		{ "\"l7\":{\"type\":\"REQUEST\",\"dns\":{\"observation_source\":\"proxy\"}},"
		  "\"event_type\":{\"type\":129}",
		  "dns-request proxy" },
		{ "\"l7\":{\"type\":2,\"http\":{}}", "http-response" },
		{ "\"l7\":{\"type\":\"SAMPLE\",\"kafka\":{}}", "kafka-sample" },
		{ "\"l7\":{\"type\":\"SAMPLE\"}", "l7-sample" },
		{ "\"l7\":{}", "l7-unknown_l7_type" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[512], expect[256];

		snprintf(line, sizeof(line), "{\"flow\":{%s,\"is_reply\":false}}", cases[i].fields);
		snprintf(expect, sizeof(expect),
			 "N/A:  (unknown) ->  (unknown) %s VERDICT_UNKNOWN ()\n", cases[i].type);
		assert_compact(&plain, line, expect);
	}
}

static void a_flow_without_anything_is_a_line_all_the_same(void **state)
{
	(void)state;
	assert_compact(&plain, "{\"flow\":{\"verdict\":99,\"is_reply\":false}}",
		       "N/A:  (unknown) ->  (unknown) UNKNOWN 99 ()\n");
}

static void the_node_is_printed_on_request_and_not_on_losses(void **state)
{
	static const struct format_options node = { .want_names = true, .want_node = true };

	(void)state;
	assert_compact(&node,
		       "{\"flow\":{\"time\":\"2024-05-06T07:08:09.9Z\",\"verdict\":\"FORWARDED\","
		       "\"IP\":{\"source\":\"fe80::1\",\"destination\":\"ff02::2\"},"
		       "\"source\":{\"identity\":1},\"destination\":{\"identity\":2},"
		       "\"node_name\":\"host1\",\"event_type\":{\"type\":5,\"sub_type\":2},"
		       "\"policy_match_type\":2,\"traffic_direction\":\"EGRESS\","
		       "\"is_reply\":false,\"Summary\":\"ICMPv6 RouterSolicitation\"},"
		       "\"node_name\":\"envelope\"}",
		       "May  6 07:08:09.900 [host1]: fe80::1 (host) -> ff02::2 (world) "
		       "policy-verdict:L3-L4 EGRESS ALLOWED (ICMPv6 RouterSolicitation)\n");
	assert_compact(&node,
		       "{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\","
		       "\"num_events_lost\":\"17\",\"first\":\"2024-05-06T07:08:00Z\","
		       "\"last\":\"2024-05-06T07:08:01Z\"},\"node_name\":\"host1\","
		       "\"time\":\"2024-05-06T07:08:10.2Z\"}",
		       "May  6 07:08:10.200 EVENTS LOST: HUBBLE_RING_BUFFER CPU(0) 17 "
		       "(first: May  6 07:08:00.000, last: May  6 07:08:01.000)\n");
}

static void losses_without_details_are_told(void **state)
{
	(void)state;
	assert_compact(&plain, "{\"lost_events\":{}}",
		       "N/A EVENTS LOST: UNKNOWN_LOST_EVENT_SOURCE CPU(0) 0\n");
	assert_compact(&plain,
		       "{\"lost_events\":{\"source\":9,\"num_events_lost\":3,"
		       "\"cpu\":2,\"last\":\"2024-05-06T07:08:01Z\"}}",
		       "N/A EVENTS LOST: 9 CPU(2) 3 (first: N/A, last: May  6 07:08:01.000)\n");
}

static void a_host_is_its_best_name(void **state)
{
	static const struct {
		const char *fields, *named, *numeric;
	} cases[] = {
		{ "", "10.0.0.1:80", "10.0.0.1:80" },
		{ "\"source\":{\"namespace\":\"web\",\"pod_name\":\"nginx\"}", "web/nginx:80",
		  "10.0.0.1:80" },
		{ "\"source\":{\"pod_name\":\"nginx\"}", "nginx:80", "10.0.0.1:80" },
		{ "\"source\":{\"namespace\":\"web\"}", "10.0.0.1:80", "10.0.0.1:80" },
		{ "\"source\":{\"namespace\":\"web\",\"pod_name\":\"nginx\"},"
		  "\"source_service\":{\"name\":\"s\",\"namespace\":\"sns\"}",
		  "sns/nginx:80", "10.0.0.1:80" },
		{ "\"source_service\":{\"name\":\"s\",\"namespace\":\"sns\"},"
		  "\"source_names\":[\"a\"]",
		  "sns/s:80", "10.0.0.1:80" },
		{ "\"source_names\":[\"a.example\",\"b\"]", "a.example,b:80", "10.0.0.1:80" },
		{ "\"source_names\":[]", "10.0.0.1:80", "10.0.0.1:80" },
		{ "\"source_names\":[7,{},\"a\\u0007\"]", "a\\u0007:80", "10.0.0.1:80" },
		{ "\"source_names\":\"a\"", "10.0.0.1:80", "10.0.0.1:80" },
		{ "\"source_names\":[\"a:b\"]", "[a:b]:80", "10.0.0.1:80" },
	};
	static const struct format_options numeric = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[512], expect[256];

		snprintf(line, sizeof(line),
			 "{\"flow\":{\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"},"
			 "\"l4\":{\"TCP\":{\"source_port\":80}}%s%s}}",
			 *cases[i].fields ? "," : "", cases[i].fields);
		snprintf(expect, sizeof(expect),
			 "N/A: %s (unknown) <> 10.0.0.2 (unknown) UNKNOWN VERDICT_UNKNOWN ()\n",
			 cases[i].named);
		assert_compact(&plain, line, expect);
		snprintf(expect, sizeof(expect),
			 "N/A: %s (unknown) <> 10.0.0.2 (unknown) UNKNOWN VERDICT_UNKNOWN ()\n",
			 cases[i].numeric);
		assert_compact(&numeric, line, expect);
	}
}

static void nothing_in_a_record_can_forge_a_line(void **state)
{
	(void)state;
	assert_compact(
		&plain,
		"{\"flow\":{\"IP\":{\"source\":\"1\\n2\",\"destination\":\"\\u001b[2J\"},"
		"\"source\":{\"namespace\":\"a\\r\",\"pod_name\":\"b\\t\"},"
		"\"destination_names\":[\"\\u009b\"],"
		"\"is_reply\":false,\"Summary\":\"x)\\nMay  6 07:08:09.123: forged\\u0000\"}}",
		"N/A: a\\r/b\\t (unknown) -> \\u009b (unknown) UNKNOWN VERDICT_UNKNOWN "
		"(x)\\nMay  6 07:08:09.123: forged\\u0000)\n");
}

static void our_summary_is_printed_as_it_comes(void **state)
{
	(void)state;
	assert_compact(
		&plain,
		"{\"flow\":{\"Summary\":\"TCP Flags: ACK, FIN; closed by source after 3.2s, "
		"sent 12.3kB\",\"ip_trace_id\":{\"trace_id\":\"5\"},\"extensions\":{\"value\":"
		"{\"Summary\":\"not this one\"}}}}",
		"N/A:  (unknown) <>  (unknown) UNKNOWN VERDICT_UNKNOWN (IP Trace ID: 5; TCP "
		"Flags: ACK, FIN; closed by source after 3.2s, sent 12.3kB)\n");
}

static void node_states_go_to_stderr(void **state)
{
	static const struct {
		const char *line, *expect;
	} cases[] = {
		{ "{\"node_status\":{\"state_change\":\"NODE_ERROR\",\"node_names\":[\"a\"],"
		  "\"message\":\"boom\"},\"node_name\":\"host1\","
		  "\"time\":\"2024-05-06T07:08:10.4Z\"}",
		  "May  6 07:08:10.400 [host1]: Error \"boom\" on 1 nodes: a\n" },
		{ "{\"node_status\":{\"state_change\":2,\"node_names\":[\"a\",\"b\"]}}",
		  "N/A []: 2 nodes are unavailable: a, b\n" },
		{ "{\"node_status\":{\"state_change\":2}}", "N/A []: 0 nodes are unavailable: \n" },
		{ "{\"node_status\":{\"state_change\":\"NODE_CONNECTED\"}}", "" },
		{ "{\"node_status\":{\"state_change\":\"NODE_GONE\"}}", "" },
		{ "{\"node_status\":{}}", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_printed struct printed printed = {};

		print_lines(&printed, "compact", &plain, cases[i].line);
		assert_holds(&printed.err, cases[i].line, cases[i].expect);
		assert_holds(&printed.out, cases[i].line, "");
	}
}

static void responses_of_other_kinds_print_nothing(void **state)
{
	(void)state;
	assert_compact(&plain, "{\"agent_event\":[]}", "");
	assert_compact(&plain, "{\"flow\":7}", "");
	assert_compact(&plain, "{}", "");
}

static void json_passes_our_agents_lines_through(void **state)
{
	static const char *const names[] = { "json", "jsonpb", "JSON" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_printed struct printed printed = {};

		print_lines(&printed, names[i], &plain,
			    "{\"flow\":{\"x\":\"\\u003c\"}}\n{\"node_status\":{}}\n");
		assert_holds(&printed.out, names[i], "{\"flow\":{\"x\":\"\\u003c\"}}\n");
		assert_holds(&printed.err, names[i], "{\"node_status\":{}}\n");
	}
}

static void json_can_do_without_the_envelope(void **state)
{
	static const struct format_options bare = { .want_bare = true };
	auto_printed struct printed printed = {};

	(void)state;
	print_lines(&printed, "json", &bare,
		    "{\"flow\":{\"verdict\":\"FORWARDED\"},\"node_name\":\"n\"}\n"
		    "{\"lost_events\":{\"num_events_lost\":\"2\"},\"node_name\":\"n\"}\n"
		    "{\"node_name\":\"n\"}\n");
	assert_holds(&printed.out, "bare",
		     "{\"verdict\":\"FORWARDED\"}\n{\"num_events_lost\":\"2\"}\n");
}

static void dict_shows_the_node_and_its_pieces_in_colour(void **state)
{
	static const struct format_options all = { .want_colour = true,
						   .want_node = true,
						   .want_policies = true };
	auto_printed struct printed printed = {};

	(void)state;
	print_lines(&printed, "dict", &all,
		    "{\"flow\":{\"verdict\":\"DROPPED\",\"node_name\":\"h\\n\","
		    "\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"},"
		    "\"l4\":{\"TCP\":{\"destination_port\":80}},\"event_type\":{\"type\":5},"
		    "\"ingress_denied_by\":[{\"name\":\"p\"}]}}\n"
		    "{\"lost_events\":{\"num_events_lost\":3},\"node_name\":\"e\"}\n"
		    "{\"node_status\":{\"state_change\":\"NODE_GONE\"},\"node_name\":\"e\"}\n");
	assert_holds(&printed.out, "dict",
		     "  TIMESTAMP: N/A\n"
		     "       NODE: h\\n\n"
		     "     SOURCE: " CYAN "10.0.0.1" OFF "\n"
		     "DESTINATION: " CYAN "10.0.0.2:" YELLOW "80" OFF OFF "\n"
		     "       TYPE: policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN\n"
		     "    VERDICT: " RED "DENIED" OFF " BY p\n"
		     "    SUMMARY: \n"
		     "------------\n"
		     "  TIMESTAMP: N/A\n"
		     "       NODE: e\n"
		     "     SOURCE: UNKNOWN_LOST_EVENT_SOURCE\n"
		     "       TYPE: EVENTS LOST\n"
		     "    VERDICT: -\n"
		     "    SUMMARY: CPU(0) - 3\n");
	assert_holds(&printed.err, "dict",
		     "------------\n"
		     "  TIMESTAMP: N/A\n"
		     "       NODE: e\n"
		     "      STATE: NODE_GONE\n"
		     "      NODES: \n");
}

static void table_has_a_node_column_if_asked_for_and_no_colours(void **state)
{
	static const struct format_options node = { .want_colour = true, .want_node = true };
	auto_printed struct printed printed = {};

	(void)state;
	print_lines(&printed, "table", &node,
		    "{\"flow\":{\"node_name\":\"h\\t\",\"verdict\":\"FORWARDED\","
		    "\"ethernet\":{\"source\":\"02::01\"}}}\n");
	assert_holds(&printed.out, "table",
		     "TIMESTAMP   NODE   SOURCE   DESTINATION   TYPE      VERDICT     SUMMARY\n"
		     "N/A         h\\t    02::01                 UNKNOWN   FORWARDED   \n");
}

static void policies_are_named_on_verdicts_only(void **state)
{
	static const struct format_options policies = { .want_policies = true };
	static const struct {
		const char *fields, *verdict;
	} cases[] = {
		{ "\"event_type\":{\"type\":5},\"verdict\":1,\"egress_allowed_by\":"
		  "[{\"name\":\"allow-all\",\"kind\":\"CiliumNetworkPolicy\"},{\"name\":\"b\\n\"}]",
		  "policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN ALLOWED BY allow-all "
		  "(CiliumNetworkPolicy), b\\n" },
		{ "\"event_type\":{\"type\":4},\"verdict\":1,\"egress_allowed_by\":"
		  "[{\"name\":\"a\"}]",
		  "to-endpoint FORWARDED" },
		{ "\"event_type\":{\"type\":5},\"verdict\":1,\"egress_allowed_by\":[]",
		  "policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN ALLOWED" },
		{ "\"event_type\":{\"type\":5},\"verdict\":1,\"egress_allowed_by\":[7]",
		  "policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN ALLOWED" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[512], expect[256];

		snprintf(line, sizeof(line), "{\"flow\":{%s}}", cases[i].fields);
		snprintf(expect, sizeof(expect), "N/A:  (unknown) <>  (unknown) %s ()\n",
			 cases[i].verdict);
		assert_compact(&policies, line, expect);
	}
}

static void wide_tells_processes_and_the_interface(void **state)
{
	static const struct format_options wide = { .want_process = true, .want_interface = true };
	static const struct {
		const char *line, *expect;
	} cases[] = {
		{ "{\"flow\":{\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"},\"is_reply\":false,"
		  "\"interface\":{\"index\":2,\"name\":\"web0\"},\"extensions\":{\"value\":{\"source\":{"
		  "\"pid\":7,\"comm\":\"curl\",\"unit\":\"a.service\"}}}}}",
		  "N/A: 10.0.0.1 [curl/7 a.service] (unknown) -> 10.0.0.2 (unknown) UNKNOWN web0 "
		  "VERDICT_UNKNOWN ()\n" },
		{ "{\"flow\":{\"interface\":{\"index\":2}}}",
		  "N/A:  (unknown) <>  (unknown) UNKNOWN VERDICT_UNKNOWN ()\n" },
		{ "{\"flow\":{\"interface\":{\"name\":\"a\\u001b\"}}}",
		  "N/A:  (unknown) <>  (unknown) UNKNOWN a^[ VERDICT_UNKNOWN ()\n" },
	};

	(void)state;
	assert_true(format_find("wide")->want_process && format_find("wide")->want_interface);
	assert_false(format_find("compact")->want_interface);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_compact(&wide, cases[i].line, cases[i].expect);
}

static void only_formats_that_exist_are_found(void **state)
{
	(void)state;
	assert_non_null(format_find(NULL));
	assert_ptr_equal(format_find("compact"), format_find(NULL));
	assert_null(format_find("xml"));
	assert_null(format_find(""));
	assert_null(format_find("compac"));
}

int main(void)
{
	return RUN_TESTS(TEST(each_format_is_hubbles_byte_for_byte), TEST(colours_are_hubbles),
			 TEST(each_verdict_has_its_colour), TEST(the_type_column_follows_the_event),
			 TEST(a_flow_without_anything_is_a_line_all_the_same),
			 TEST(the_node_is_printed_on_request_and_not_on_losses),
			 TEST(losses_without_details_are_told), TEST(a_host_is_its_best_name),
			 TEST(nothing_in_a_record_can_forge_a_line),
			 TEST(our_summary_is_printed_as_it_comes), TEST(node_states_go_to_stderr),
			 TEST(responses_of_other_kinds_print_nothing),
			 TEST(json_passes_our_agents_lines_through),
			 TEST(json_can_do_without_the_envelope),
			 TEST(dict_shows_the_node_and_its_pieces_in_colour),
			 TEST(table_has_a_node_column_if_asked_for_and_no_colours),
			 TEST(policies_are_named_on_verdicts_only),
			 TEST(wide_tells_processes_and_the_interface),
			 TEST(only_formats_that_exist_are_found));
}

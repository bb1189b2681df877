// SPDX-License-Identifier: BSD-2-Clause
/* `weir observe`, from argv to what is asked and printed. */
#include "agent/base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

static void observe_asks_and_prints(void **state)
{
	static const char flow[] = "{\"flow\":{\"is_reply\":false,\"Summary\":\"UDP\"}}\n";
	static const char line[] = "N/A:  (unknown) ->  (unknown) UNKNOWN VERDICT_UNKNOWN (UDP)\n";
	static const struct {
		const char *line, *params;
		bool is_json;
	} cases[] = {
		{ "weir observe", "{\"number\":\"20\"}", false },
		{ "weir observe flows", "{\"number\":\"20\"}", false },
		{ "weir --last 5 observe -o compact", "{\"number\":\"5\"}", false },
		{ "weir observe --first=2 -o json", "{\"number\":\"2\",\"first\":true}", true },
		{ "weir -f observe -ojsonpb", "{\"follow\":true}", true },
		{ "weir observe --all --color auto", "{\"number\":\"18446744073709551615\"}",
		  false },
		{ "weir observe -f --to-port 80-90 --not --verdict DROPPED",
		  "{\"follow\":true,\"blacklist\":[{\"verdict\":[\"DROPPED\"]}],"
		  "\"whitelist\":[{\"destination_port\":[\"80-90\"]}]}",
		  false },
		{ "weir observe -4 --pod a/b --last 1",
		  "{\"number\":\"1\","
		  "\"whitelist\":[{\"source_pod\":[\"a/b\"],\"ip_version\":[\"IPv4\"]},"
		  "{\"destination_pod\":[\"a/b\"],\"ip_version\":[\"IPv4\"]}]}",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {
			.answer = "{\"flow\":{\"is_reply\":false,\"Summary\":\"UDP\"}}\n"
				  "{\"end\":{\"flows\":\"1\",\"lost\":\"0\"}}\n",
		};
		char request[256];

		snprintf(request, sizeof(request), "{\"method\":\"GetFlows\",\"params\":%s}\n",
			 cases[i].params);
		run_line(&run, cases[i].line);
		assert_row_int(cases[i].line, run.result, CLI_DONE);
		assert_row_str(cases[i].line, run.request, request);
		assert_row_str(cases[i].line, run.out, cases[i].is_json ? flow : line);
		assert_row_str(cases[i].line, run.err, "");
	}
}

static void fields_of_several_flags_are_counted_together(void **state)
{
	struct run run = { .answer = "{\"aggregate\":{}}\n" END };

	(void)state;
	run_line(&run, "weir observe --last 5 --aggregate-by pod,port --aggregate-by verdict");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.request,
			    "{\"method\":\"GetFlows\",\"params\":{\"number\":\"5\",\"extensions\":{"
			    "\"aggregate_by\":[\"pod\",\"port\",\"verdict\"]}}}\n");
	assert_string_equal(run.err, "");
}

static void raw_filters_are_printed_without_an_agent(void **state)
{
	static const struct {
		const char *line, *out;
	} cases[] = {
		{ "weir observe --uuid a --print-raw-filters",
		  "allowlist:\n    - '{\"uuid\":[\"a\"]}'\n" },
		{ "weir observe --print-raw-filters --server unix:/nonexistent", "{}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {};

		run_line(&run, cases[i].line);
		assert_row_int(cases[i].line, run.result, CLI_DONE);
		assert_row_str(cases[i].line, run.out, cases[i].out);
		assert_row_str(cases[i].line, run.err, "");
	}
}

static void what_is_for_flows_is_refused_of_events(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "weir observe agent-events --port 1",
		  "weir: agent-events: filters are for flows\n" },
		{ "weir observe agent-events --print-raw-filters",
		  "weir: agent-events: --print-raw-filters is for flows\n" },
		{ "weir observe agent-events --aggregate-by pod",
		  "weir: agent-events: --aggregate-by is for flows\n" },
		{ "weir observe debug-events --field-mask time -o json",
		  "weir: debug-events: --field-mask is for flows\n" },
		{ "weir observe debug-events -o wide",
		  "weir: debug-events: -o wide is for flows\n" },
		{ "weir observe agent-events -o table -f",
		  "weir: table output format is not compatible with follow mode\n" },
		{ "weir observe agent-events flows",
		  "weir: observe: unknown word \"flows\": see weir observe --help\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {};

		run_line(&run, cases[i].line);
		assert_row_int(cases[i].line, run.result, CLI_USAGE);
		assert_row_str(cases[i].line, run.err, cases[i].message);
		assert_row_str(cases[i].line, run.out, "");
	}
}

#define STARTED                                                                   \
	"{\"agent_event\":{\"type\":\"AGENT_STARTED\",\"agent_start\":{\"time\":" \
	"\"2023-11-14T22:13:20Z\"}},\"node_name\":\"n1\",\"time\":\"2023-11-14T22:13:21Z\"}\n"

static void events_are_asked_for_by_their_methods_and_printed(void **state)
{
	static const struct {
		const char *line, *method, *params, *out;
	} cases[] = {
		{ "weir observe agent-events", "GetAgentEvents", "{\"number\":\"20\"}",
		  "Nov 14 22:13:21.000: AGENT_STARTED (start time: Nov 14 22:13:20.000)\n" },
		{ "weir observe agent-events --last 3 --print-node-name --time-format RFC3339",
		  "GetAgentEvents", "{\"number\":\"3\"}",
		  "2023-11-14T22:13:21Z [n1]: AGENT_STARTED (start time: 2023-11-14T22:13:20Z)\n" },
		{ "weir observe agent-events -f -o json", "GetAgentEvents",
		  "{\"number\":\"20\",\"follow\":true}", STARTED },
		/* Whatever an agent says, what was not asked for is not shown. */
		{ "weir observe debug-events --all", "GetDebugEvents",
		  "{\"number\":\"18446744073709551615\"}", "" },
		{ "weir observe debug-events --first 2 -o table", "GetDebugEvents",
		  "{\"number\":\"2\",\"first\":true}",
		  "TIMESTAMP   FROM      TYPE   CPU/MARK   MESSAGE\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { .answer = STARTED
				   "{\"end\":{\"events\":\"1\",\"lost\":\"0\"}}\n" };
		char request[256];

		snprintf(request, sizeof(request), "{\"method\":\"%s\",\"params\":%s}\n",
			 cases[i].method, cases[i].params);
		run_line(&run, cases[i].line);
		assert_row_int(cases[i].line, run.result, CLI_DONE);
		assert_row_str(cases[i].line, run.request, request);
		assert_row_str(cases[i].line, run.out, cases[i].out);
		assert_row_str(cases[i].line, run.err, "");
	}
}

static void observe_colours_on_request(void **state)
{
	struct run run = { .answer = "{\"flow\":{}}\n" END };

	(void)state;
	setenv("WEIR_COLOR", "always", 1);
	run_line(&run, "weir observe");
	assert_non_null(strstr(run.out, "\033[35m(unknown)\033[0m"));
	run_line(&run, "weir observe --color never");
	assert_null(strstr(run.out, "\033"));
	unsetenv("WEIR_COLOR");
}

static void a_line_that_is_no_flow_is_told_once_and_passed_over(void **state)
{
	struct run run = { .answer = "x\n{\"flow\":{\n{\"flow\":{}}\n" END };

	(void)state;
	run_line(&run, "weir observe");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.out, "N/A:  (unknown) <>  (unknown) UNKNOWN VERDICT_UNKNOWN ()\n");
	assert_non_null(strstr(run.err, "weir: the agent sent a line that is no flow"));
	assert_null(strstr(strchr(run.err, '\n') + 1, "weir:"));
}

static void what_came_before_an_error_is_printed(void **state)
{
	struct run gone = { .answer = "{\"flow\":{}}\n" };
	struct run refused = {
		.answer = "{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"message\":\"no\"}}\n",
	};

	(void)state;
	run_line(&gone, "weir observe");
	assert_int_equal(gone.result, CLI_FAILED);
	assert_string_equal(gone.out, "N/A:  (unknown) <>  (unknown) UNKNOWN VERDICT_UNKNOWN ()\n");
	assert_non_null(strstr(gone.err, "went away"));
	run_line(&refused, "weir observe");
	assert_int_equal(refused.result, CLI_FAILED);
	assert_string_equal(refused.err,
			    "weir: the agent refused GetFlows: no (INVALID_ARGUMENT)\n");
}

int main(void)
{
	run_forget_variables();
	return RUN_TESTS(TEST(observe_asks_and_prints),
			 TEST(fields_of_several_flags_are_counted_together),
			 TEST(raw_filters_are_printed_without_an_agent),
			 TEST(what_is_for_flows_is_refused_of_events),
			 TEST(events_are_asked_for_by_their_methods_and_printed),
			 TEST(observe_colours_on_request),
			 TEST(a_line_that_is_no_flow_is_told_once_and_passed_over),
			 TEST(what_came_before_an_error_is_printed));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whole commands, from argv to what is printed.
 */
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "cli/commands.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

static void usage_errors_are_told_and_exit_with_2(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "weir", "weir: no command: see weir --help\n" },
		{ "weir obsrve", "weir: unknown command \"obsrve\": did you mean \"observe\"?\n" },
		{ "weir stat", "weir: unknown command \"stat\": did you mean \"status\"?\n" },
		{ "weir xyzzy", "weir: unknown command \"xyzzy\": see weir --help\n" },
		{ "weir help xyzzy", "weir: unknown command \"xyzzy\": see weir --help\n" },
		{ "weir observe drops",
		  "weir: observe: unknown word \"drops\": see weir observe --help\n" },
		{ "weir observe flows x",
		  "weir: observe: unknown word \"x\": see weir observe --help\n" },
		{ "weir status x", "weir: status: unknown word \"x\": see weir status --help\n" },
		{ "weir version x",
		  "weir: version: unknown word \"x\": see weir version --help\n" },
		{ "weir list", "weir: list: what? See weir list --help\n" },
		{ "weir watch", "weir: watch: what? See weir watch --help\n" },
		{ "weir w nodes", "weir: watch: unknown word \"nodes\": see weir watch --help\n" },
		{ "weir watc peers", "weir: unknown command \"watc\": see weir --help\n" },
		{ "weir list nod", "weir: list: unknown word \"nod\": see weir list --help\n" },
		{ "weir observe -o xml", "weir: invalid output format: xml; one of "
					 "compact|wide|dict|table|tab|json|jsonpb|JSON\n" },
		{ "weir status -o xml", "weir: invalid output format: xml; one of "
					"compact|json|dict|table\n" },
		{ "weir list interfaces -o wid",
		  "weir: invalid output format: wid; one of table|wide|json\n" },
		{ "weir list --output=",
		  "weir: invalid output format: ; one of table|wide|json\n" },
		{ "weir status --verify --for 2h", "weir: --for 2h: not between 1ms and 1h\n" },
		{ "weir status --for 1h1ns", "weir: --for 1h1ns: not between 1ms and 1h\n" },
		{ "weir status --for 0", "weir: --for 0: not between 1ms and 1h\n" },
		{ "weir observe --first 1 -f", "weir: cannot set both --first and --follow\n" },
		{ "weir observe --port 1 --not", "weir: trailing --not found in the arguments\n" },
		{ "weir observe --verdict foo", "weir: invalid argument \"foo\" for \"--verdict\" "
						"flag: invalid --verdict value: foo\n" },
		{ "weir observe --denylist {x",
		  "weir: invalid --denylist flag: failed to decode '{x': invalid character 'x' "
		  "looking for beginning of object key string\n" },
		{ "weir observe --since foo",
		  "weir: failed to parse the since time: failed to convert foo to time\n" },
		{ "weir observe --until foo",
		  "weir: failed to parse the until time: failed to convert foo to time\n" },
		{ "weir status --server localhost:4245",
		  "weir: --server localhost:4245: no address of a Unix socket: "
		  "unix:///path, unix:path or unix-abstract:name\n" },
		{ "weir observe --tls",
		  "weir: --tls true: weir speaks to the agent over a Unix "
		  "socket, whose permissions say who may: there is no TLS\n" },
		{ "weir status --tls-server-name x",
		  "weir: --tls-server-name x: weir speaks to the agent over a Unix socket, whose "
		  "permissions say who may: there is no TLS\n" },
		{ "weir list nodes --basic-auth-username=me",
		  "weir: --basic-auth-username me: weir speaks to the agent over a Unix socket, whose "
		  "permissions say who may: there are no passwords\n" },
		{ "weir -P status",
		  "weir: --port-forward true: weir asks the agent of a machine at its Unix socket "
		  "(--server), and never by way of Kubernetes\n" },
		{ "weir --kube-context c status",
		  "weir: --kube-context c: weir asks the agent of a machine at its Unix socket "
		  "(--server), and never by way of Kubernetes\n" },
		{ "weir --server= status", "weir: --server : no address of a Unix socket: "
					   "unix:///path, unix:path or unix-abstract:name\n" },
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

/* What the agent refuses is told by --input-file in the same words. */
static void a_port_below_zero_is_told_whole(void **state)
{
	struct run run = {};

	(void)state;
	run_line(&run, "weir observe --port -1 --input-file /dev/null");
	assert_int_equal(run.result, CLI_FAILED);
	assert_string_equal(run.err, "weir: invalid source port filter: invalid port \"-1\": "
				     "strconv.ParseUint: parsing \"-1\": invalid syntax\n");
}

static void flags_of_output_that_exclude_each_other_are_told(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "weir observe -o table -f",
		  "weir: table output format is not compatible with follow mode\n" },
		{ "weir observe --field-mask time",
		  "weir: compact output format is not compatible with custom field mask\n" },
		{ "weir observe --aggregate-by port --field-mask time -o json",
		  "weir: --field-mask time: not compatible with --aggregate-by\n" },
		{ "weir observe --aggregate-by port -o dict",
		  "weir: dict output format is not compatible with --aggregate-by\n" },
		{ "weir observe --aggregate-by=", "weir: --aggregate-by : a field has no name\n" },
		{ "weir observe --aggregate-by port --aggregate-by pod,",
		  "weir: --aggregate-by pod,: a field has no name\n" },
		{ "weir observe --field-mask x -ojson",
		  "weir: --field-mask x: a flow has no field \"x\"\n" },
		{ "weir observe --input-file x -f",
		  "weir: cannot set both --input-file and --follow: try tail -F FILE | weir observe "
		  "--input-file -\n" },
		{ "weir observe --time-format RFC822",
		  "weir: invalid time format: RFC822; one of StampMilli|YearMonthDay|"
		  "YearMonthDayHour|YearMonthDayHourMinute|RFC3339|RFC3339Milli|RFC3339Micro|"
		  "RFC3339Nano|RFC1123Z\n" },
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

static void flags_that_do_not_exist_exit_with_2(void **state)
{
	static const char *const lines[] = { "weir --bogus", "weir observe --bogus",
					     "weir observe --last 1x", "weir observe --color blue",
					     "weir status --for 0s" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct run run = {};

		run_line(&run, lines[i]);
		assert_row_int(lines[i], run.result, CLI_USAGE);
		assert_row(lines[i], !strncmp(run.err, "weir: ", 6));
		assert_row_str(lines[i], run.out, "");
	}
}

static void help_comes_from_the_tables(void **state)
{
	static const struct {
		const char *line, *part;
	} cases[] = {
		{ "weir --help", "  observe [NOUN]                 Show flows and events\n" },
		{ "weir -h", "  list NOUN   " },
		{ "weir help", "--server ADDRESS" },
		{ "weir observe --help", "Usage: weir observe [OPTION...] [NOUN]\n" },
		{ "weir observe --help", "--print-node-name" },
		{ "weir observe --help", "\n\nFilters:\n      --not " },
		{ "weir observe --help", "\n  -n, --[from-|to-]namespace NAME\n" },
		{ "weir help observe", "Examples:\n  weir observe\n" },
		{ "weir help status", "  weir status --verify --for 10s\n" },
		{ "weir --help list", "  weir list listeners\n" },
		{ "weir help help", "  weir help observe\n" },
		{ "weir version --help", "  weir version\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {};

		run_line(&run, cases[i].line);
		assert_row_int(cases[i].line, run.result, CLI_DONE);
		assert_row(cases[i].line, strstr(run.out, cases[i].part));
		assert_row_str(cases[i].line, run.err, "");
	}
}

static void the_version_is_printed_without_an_agent(void **state)
{
	static const char *const lines[] = { "weir --version", "weir observe --version" };
	struct run version = {};

	(void)state;
	run_line(&version, "weir version");
	assert_int_equal(version.result, CLI_DONE);
	assert_string_equal(version.err, "");
	assert_non_null(strstr(version.out, "weir v0.0.0 compiled with "));
	assert_non_null(strstr(version.out, " on linux/"));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct run run = {};

		run_line(&run, lines[i]);
		assert_row_int(lines[i], run.result, CLI_DONE);
		assert_row_str(lines[i], run.out, "weir v0.0.0\n");
	}
}

static void the_server_is_found_in_order(void **state)
{
	struct run run = { .answer = "{\"flow\":{}}\n" END };
	struct run refused = {}, flag = {};

	(void)state;
	setenv("HUBBLE_SERVER", "localhost:4245", 1);
	run_line(&run, "weir observe");
	assert_int_equal(run.result, CLI_DONE);
	run_line(&refused, "weir observe");
	assert_int_equal(refused.result, CLI_USAGE);
	assert_non_null(strstr(refused.err, "HUBBLE_SERVER=localhost:4245: no address"));
	setenv("WEIR_SERVER", "tcp:1", 1);
	run_line(&flag, "weir --server unix:/nonexistent/s observe");
	assert_int_equal(flag.result, CLI_FAILED);
	assert_string_equal(flag.err, "weir: cannot reach the agent at unix:/nonexistent/s: is "
				      "weir-agent running?\n");
	run_line(&refused, "weir observe");
	assert_non_null(strstr(refused.err, "WEIR_SERVER=tcp:1: no address"));
	unsetenv("WEIR_SERVER");
	unsetenv("HUBBLE_SERVER");
}

/* A variable holds for every command that has the flag; one that cannot take it says so. */
static void a_variable_a_command_cannot_take_is_named(void **state)
{
	static const struct {
		const char *variable, *value, *line;
		enum cli_result result;
		const char *message;
	} cases[] = {
		{ "WEIR_OUTPUT", "xml", "weir observe", CLI_USAGE,
		  "WEIR_OUTPUT=xml: invalid output format: xml; one of "
		  "compact|wide|dict|table|tab|json|jsonpb|JSON" },
		{ "WEIR_OUTPUT", "wide", "weir status", CLI_USAGE,
		  "WEIR_OUTPUT=wide: invalid output format: wide; one of compact|json|dict|table" },
		{ "WEIR_OUTPUT", "dict", "weir list interfaces", CLI_USAGE,
		  "WEIR_OUTPUT=dict: invalid output format: dict; one of table|wide|json" },
		{ "WEIR_OUTPUT", "wide", "weir list interfaces", CLI_FAILED, "cannot reach" },
		{ "WEIR_OUTPUT", "wide", "weir observe -o json", CLI_FAILED, "cannot reach" },
		{ "WEIR_SINCE", "soon", "weir observe", CLI_USAGE,
		  "WEIR_SINCE=soon: failed to parse the since time: failed to convert soon to time" },
		{ "WEIR_UNTIL", "soon", "weir observe", CLI_USAGE,
		  "WEIR_UNTIL=soon: failed to parse the until time: failed to convert soon to time" },
		{ "WEIR_SINCE", "soon", "weir status", CLI_FAILED, "cannot reach" },
		{ "WEIR_OUTPUT", "wide", "weir version", CLI_DONE, "" },
		{ "WEIR_OUTPUT", "wide", "weir observe --help", CLI_DONE, "" },
	};

	(void)state;
	setenv("WEIR_SERVER", "unix:/nonexistent", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {};

		setenv(cases[i].variable, cases[i].value, 1);
		run_line(&run, cases[i].line);
		unsetenv(cases[i].variable);
		assert_row_int(cases[i].line, run.result, cases[i].result);
		assert_row(cases[i].line, strstr(run.err, cases[i].message));
		assert_row_int(cases[i].line, *run.out != 0, cases[i].result == CLI_DONE);
	}
	unsetenv("WEIR_SERVER");
}

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

static const char full_status[] =
	"{\"num_flows\":\"4095\",\"max_flows\":\"65536\",\"seen_flows\":\"1234567\","
	"\"uptime_ns\":\"3723000000123\",\"version\":\"weir v0.1.0\",\"flows_rate\":12.3456,"
	"\"extensions\":{\"node_name\":\"n1\",\"pid\":123,"
	"\"attachments\":[{\"interface\":{\"index\":2,\"name\":\"eth0\"},\"role\":\"uplink\","
	"\"ingress\":\"tcx\",\"egress\":\"tcx\",\"note\":\"xdp refused: busy\"},"
	"{\"interface\":{\"index\":1,\"name\":\"lo\\u001b\"},\"role\":\"loopback\",\"egress\":\"tcx\"}],"
	"\"losses\":{\"events_lost\":\"0\",\"flows_refused\":\"12345\"},"
	"\"remainders\":{\"no_room\":{\"packets\":\"0\",\"bytes\":\"0\"},"
	"\"arp\":{\"packets\":12,\"bytes\":\"720\"}},"
	"\"fill\":[{\"name\":\"flow map\",\"used\":\"123\",\"capacity\":\"131072\"},"
	"{\"name\":\"event ring\",\"used\":\"1000\",\"capacity\":\"2000000\",\"unit\":\"bytes\"},"
	"{\"name\":\"flow log\",\"used\":\"0\",\"capacity\":\"0\"}],"
	"\"capabilities\":[{\"name\":\"tcx\",\"available\":true,\"detail\":\"\"},"
	"{\"name\":\"fentry\",\"available\":false,\"detail\":\"no BTF\"}],"
	"\"export\":{\"file\":\"/f\\u001b.log\",\"records\":\"1234\",\"rotations\":\"1\","
	"\"failures\":\"3\",\"error\":\"No space left on device\"},"
	"\"memory\":{\"resident_bytes\":\"12300000\",\"kernel_maps_bytes\":\"40000000\"}}}\n";

/* full_status and the end. */
static const char *status_answer(void)
{
	static char answer[sizeof(full_status) + sizeof(END)];

	snprintf(answer, sizeof(answer), "%s%s", full_status, END);
	return answer;
}

static void status_is_hubbles_three_lines_and_ours(void **state)
{
	struct run run = { .answer = status_answer() };
	char expect[2048];

	(void)state;
	run_line(&run, "weir status");
	snprintf(
		expect, sizeof(expect),
		"Healthcheck (via %s): Ok\n"
		"Current/Max Flows: 4,095/65,536 (6.25%%)\n"
		"Flows/s: 12.35\n"
		"Agent: weir v0.1.0 on n1, pid 123, up 1h2m\n"
		"Attachments:\n"
		"  INTERFACE   ROLE       INGRESS   EGRESS   NOTE\n"
		"  eth0        uplink     tcx       tcx      xdp refused: busy\n"
		"  lo^[        loopback   -         tcx      -\n"
		"Losses:\n"
		"  flows_refused: 12,345\n"
		"Remainders:\n"
		"  arp: 12 packets, 720 bytes\n"
		"Fill:\n"
		"  flow map: 123/131,072 (0.09%%)\n"
		"  event ring: 1.0kB/2.0MB (0.05%%)\n"
		"  flow log: 0/0\n"
		"Capabilities:\n"
		"  tcx: yes\n"
		"  fentry: no (no BTF)\n"
		"Export: /f^[.log: 1,234 records, 1 rotation; cannot be written: No space left on device\n"
		"Memory:\n"
		"  agent resident: 12.3MB\n"
		"  kernel maps: 40.0MB\n",
		run.address);
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.request, "{\"method\":\"ServerStatus\",\"params\":{}}\n");
	assert_string_equal(run.out, expect);
}

static void status_has_hubbles_other_formats(void **state)
{
	struct run dict = { .answer = status_answer() };
	struct run table = { .answer = status_answer() };
	struct run json = { .answer = status_answer() };

	(void)state;
	run_line(&dict, "weir status -o dict");
	assert_string_equal(dict.out, "          NUM FLOWS: 4,095\n"
				      "          MAX FLOWS: 65,536\n"
				      "         SEEN FLOWS: 1,234,567\n"
				      "   FLOWS PER SECOND: 12.35\n"
				      "             UPTIME: 1h2m3.000000123s\n"
				      "NUM CONNECTED NODES: N/A\n"
				      " NUM UNAVAIL. NODES: N/A\n"
				      "            VERSION: weir v0.1.0\n");
	run_line(&table, "weir status -o table");
	assert_string_equal(
		table.out,
		"NUM FLOWS   MAX FLOWS   SEEN FLOWS   FLOWS PER SECOND   UPTIME             "
		"NUM CONNECTED NODES   NUM UNAVAILABLE NODES   VERSION\n"
		"4,095       65,536      1,234,567    12.35              1h2m3.000000123s   "
		"N/A                   N/A                     weir v0.1.0\n");
	run_line(&json, "weir status -o json");
	assert_string_equal(json.out, full_status);
}

static void status_bears_what_is_missing(void **state)
{
	static const struct {
		const char *answer, *rest;
	} cases[] = {
		{ "{}\n" END, "Current/Max Flows: 0/0\nFlows/s: N/A\n" },
		{ "{\"num_flows\":{},\"max_flows\":4,\"extensions\":[],\"version\":1}\n" END,
		  "Current/Max Flows: 0/4 (0.00%)\nFlows/s: N/A\n" },
		{ "{\"seen_flows\":\"10\",\"uptime_ns\":\"4000000000\",\"extensions\":{"
		  "\"attachments\":[],\"losses\":{},\"remainders\":7,\"fill\":{},"
		  "\"capabilities\":[{}],\"memory\":[]}}\n" END,
		  "Current/Max Flows: 0/0\nFlows/s: 2.50\nAgent: unknown version, up 4s\nAttachments: none\n"
		  "Losses: none\nRemainders: none\nFill:\nCapabilities:\n  : no\nMemory:\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { .answer = cases[i].answer };

		run_line(&run, "weir status");
		assert_row_int(cases[i].answer, run.result, CLI_DONE);
		assert_row(cases[i].answer, strchr(run.out, '\n'));
		assert_row_str(cases[i].answer, strchr(run.out, '\n') + 1, cases[i].rest);
	}
}

static void an_answer_without_a_status_has_failed(void **state)
{
	struct run run = { .answer = END };

	(void)state;
	run_line(&run, "weir status");
	assert_int_equal(run.result, CLI_FAILED);
	assert_non_null(strstr(run.err, "sent no status"));
}

static void verify_prints_both_sides(void **state)
{
	static const struct {
		const char *name, *answer;
		enum cli_result result;
		const char *out;
	} cases[] = {
		{ "equal",
		  "{\"check\":\"eth0 ingress packets\",\"weir\":\"1234\",\"kernel\":\"1234\","
		  "\"ok\":true,\"note\":\"\"}\n{\"end\":{\"ok\":true}}\n",
		  CLI_DONE,
		  "CHECK                  WEIR    KERNEL   RESULT\n"
		  "eth0 ingress packets   1,234   1,234    ok\n" },
		{ "one differs",
		  "{\"check\":\"a\",\"weir\":1,\"kernel\":\"2\",\"ok\":false,\"note\":\"1 less\"}\n"
		  "{\"check\":\"b\",\"weir\":\"-\",\"kernel\":null,\"ok\":true,\"note\":\"skipped\"}\n"
		  "{\"end\":{\"ok\":false}}\n",
		  CLI_FAILED,
		  "CHECK   WEIR   KERNEL   RESULT\n"
		  "a       1      2        FAILED: 1 less\n"
		  "b       -      -        ok: skipped\n" },
		{ "one cannot be compared",
		  "{\"check\":\"a\",\"weir\":\"1\",\"kernel\":\"2\",\"comparable\":false,\"note\":\"tags\"}\n"
		  "{\"check\":\"b\",\"weir\":\"1\",\"kernel\":\"1\",\"ok\":true}\n"
		  "{\"end\":{\"ok\":true,\"not_comparable\":\"1\"}}\n",
		  CLI_DONE,
		  "CHECK   WEIR   KERNEL   RESULT\n"
		  "a       1      2        not comparable: tags\n"
		  "b       1      1        ok\n" },
		{ "and another differs",
		  "{\"check\":\"a\",\"weir\":\"1\",\"kernel\":\"2\",\"comparable\":false}\n"
		  "{\"check\":\"b\",\"weir\":\"1\",\"kernel\":\"2\",\"ok\":false}\n"
		  "{\"end\":{\"ok\":false,\"not_comparable\":\"1\"}}\n",
		  CLI_FAILED,
		  "CHECK   WEIR   KERNEL   RESULT\n"
		  "a       1      2        not comparable\n"
		  "b       1      2        FAILED\n" },
		{ "the end says no", "{\"check\":\"a\",\"ok\":true}\n{\"end\":{\"ok\":false}}\n",
		  CLI_FAILED, "CHECK   WEIR   KERNEL   RESULT\na       -      -        ok\n" },
		{ "no verdict is no success", "{\"check\":\"a\"}\n" END, CLI_FAILED,
		  "CHECK   WEIR   KERNEL   RESULT\na       -      -        FAILED\n" },
		{ "nothing compared", "{\"end\":{\"ok\":true}}\n", CLI_FAILED, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { .answer = cases[i].answer };

		run_line(&run, "weir status --verify --for 1m30s");
		assert_row_str(cases[i].name, run.request,
			       "{\"method\":\"Verify\",\"params\":{\"for\":\"1m30s\"}}\n");
		assert_row_int(cases[i].name, run.result, cases[i].result);
		assert_row_str(cases[i].name, run.out, cases[i].out);
	}
}

static void verify_as_json_is_a_line_a_check(void **state)
{
	struct run run = {
		.answer = "{\"check\":\"a\",\"ok\":true}\n{\"check\":\"b\",\"ok\":true}\n" END
	};

	(void)state;
	run_line(&run, "weir status --verify -o json");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.request, "{\"method\":\"Verify\",\"params\":{\"for\":\"5s\"}}\n");
	assert_string_equal(run.out,
			    "{\"check\":\"a\",\"ok\":true}\n{\"check\":\"b\",\"ok\":true}\n");
}

static const char interfaces[] =
	"{\"interface\":{\"index\":2,\"name\":\"eth0\"},\"role\":\"uplink\",\"kind\":\"\","
	"\"ingress\":\"tcx\",\"egress\":\"tcx\",\"note\":\"\",\"wire\":{\"ingress\":{\"packets\":"
	"\"100\",\"bytes\":\"20000\"},\"egress\":{\"packets\":\"1\",\"bytes\":2}},\"raw\":{"
	"\"ingress\":{\"packets\":\"90\",\"bytes\":\"19000\"},\"egress\":{\"packets\":\"1\","
	"\"bytes\":\"2\"}},\"remainders\":{\"arp\":{\"packets\":\"1\",\"bytes\":\"60\"},"
	"\"no_room\":{\"packets\":\"0\",\"bytes\":\"0\"},\"late\":{\"packets\":2,\"bytes\":3}}}\n"
	"{\"interface\":{\"index\":1,\"name\":\"lo\"}}\n" END;

static void interfaces_are_listed_as_a_table(void **state)
{
	struct run table = { .answer = interfaces }, wide = { .answer = interfaces };

	(void)state;
	run_line(&table, "weir list interfaces");
	assert_string_equal(table.request, "{\"method\":\"Interfaces\",\"params\":{}}\n");
	assert_string_equal(
		table.out,
		"INDEX   NAME   ROLE     KIND   INGRESS   EGRESS   PACKETS-IN   BYTES-IN   "
		"PACKETS-OUT   BYTES-OUT\n"
		"2       eth0   uplink   -      tcx       tcx      100          20000      "
		"1             2\n"
		"1       lo     -        -      -         -        -            -          "
		"-             -\n");
	run_line(&wide, "weir list -o wide interfaces");
	assert_non_null(strstr(wide.out, "RAW-BYTES-OUT   REMAINDERS            NOTE\n"));
	assert_non_null(strstr(wide.out, "19000          1                 2               "
					 "arp=1/60B late=2/3B   -\n"));
}

static void interfaces_are_listed_as_json(void **state)
{
	struct run run = {
		.answer = "{\"interface\":{\"index\":1,\"name\":\"lo\"}}\n{\"a\":\"1\"}\n" END
	};
	struct run empty = { .answer = END };

	(void)state;
	run_line(&run, "weir list interfaces -o json");
	assert_string_equal(run.out, "[\n"
				     "  {\n"
				     "    \"interface\": {\n"
				     "      \"index\": 1,\n"
				     "      \"name\": \"lo\"\n"
				     "    }\n"
				     "  },\n"
				     "  {\n"
				     "    \"a\": \"1\"\n"
				     "  }\n"
				     "]\n");
	run_line(&empty, "weir list interfaces -o json");
	assert_string_equal(empty.out, "[]\n");
}

/* Each noun asks its own question, and shows what is there in its own columns. */
static void nouns_are_rows_of_a_table(void **state)
{
	static const struct {
		const char *line, *request, *answer, *out;
	} cases[] = {
		{ "weir list pods",
		  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"pods\"}}}\n",
		  "{\"namespace\":\"shop\",\"pod_name\":\"cart\",\"uid\":\"u\",\"ips\":[\"10.0.0.5\","
		  "\"fd00::5\"],\"workloads\":[{\"name\":\"cart\",\"kind\":\"Deployment\"}],"
		  "\"containers\":2,\"runtime\":\"cri-o\",\"labels\":[\"a\"]}\n" END,
		  "NAMESPACE   NAME   UID   IPS                WORKLOAD          CONTAINERS   "
		  "RUNTIME\n"
		  "shop        cart   u     10.0.0.5,fd00::5   Deployment/cart   2            "
		  "cri-o\n" },
		{ "weir list containers",
		  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"containers\"}}}"
		  "\n",
		  "{\"id\":\"0123456789abcdef\",\"name\":\"a\\u001b\",\"runtime\":\"docker\","
		  "\"pod\":{\"namespace\":\"shop\",\"name\":\"cart\"},\"pid\":7}\n" END,
		  "ID             NAME   RUNTIME   POD         PID   IMAGE\n"
		  "0123456789ab   a^[    docker    shop/cart   7     -\n" },
		{ "weir list containers -o wide",
		  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"containers\"}}}"
		  "\n",
		  "{\"id\":\"0123456789abcdef\",\"image\":\"i:1\"}\n" END,
		  "ID                 NAME   RUNTIME   POD   PID   IMAGE\n"
		  "0123456789abcdef   -      -         -     -     i:1\n" },
		{ "weir list listeners",
		  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"listeners\"}}}"
		  "\n",
		  "{\"protocol\":\"TCP\",\"address\":\"::\",\"port\":80,\"netns\":\"1\","
		  "\"is_own_netns\":true,\"owner\":{\"pid\":7,\"comm\":\"nginx\",\"unit\":"
		  "\"nginx.service\"}}\n"
		  "{\"protocol\":\"UDP\",\"address\":\"10.0.0.5\",\"port\":53,\"netns\":\"2\","
		  "\"owner\":{\"pid\":8,\"comm\":\"dns\",\"container\":{\"id\":\"0123456789abcdef\"}},"
		  "\"pod\":{\"name\":\"p\"}}\n"
		  "{\"protocol\":\"TCP\",\"address\":\"::1\",\"port\":81,\"netns\":\"3\","
		  "\"netns_name\":\"web\"}\n" END,
		  "PROTOCOL   ADDRESS    PORT   NETNS   PID   PROCESS   UNIT            CONTAINER      "
		  "POD\n"
		  "TCP        ::         80     host    7     nginx     nginx.service   -              "
		  "-\n"
		  "UDP        10.0.0.5   53     2       8     dns       -               0123456789ab   "
		  "p\n"
		  "TCP        ::1        81     web     -     -         -               -              "
		  "-\n" },
		{ "weir list netns",
		  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"netns\"}}}\n",
		  "{\"netns\":\"1\",\"is_own\":true,\"ips\":[]}\n"
		  "{\"netns\":\"2\",\"name\":\"web\",\"nsid\":0,\"ips\":[\"10.0.0.5\"],\"pids\":[7,"
		  "8],\"container\":{\"id\":\"c\",\"name\":\"app\"}}\n" END,
		  "NETNS   NAME   IPS        POD/CONTAINER   PIDS\n"
		  "1       host   -          -               -\n"
		  "2       web    10.0.0.5   app             7,8\n" },
		{ "weir list endpoints -o wide",
		  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"endpoints\"}}}\n",
		  "{\"kind\":\"file\",\"name\":\"db\",\"identity\":2,\"labels\":[\"a\",\"b\"],"
		  "\"ips\":[\"10.0.0.0/8\"],\"service\":{\"namespace\":\"shop\",\"name\":\"db\"},"
		  "\"names\":[\"x.org\"]}\n" END,
		  "KIND   NAMESPACE   NAME   IPS          IDENTITY   LABELS   WORKLOAD   SERVICE   "
		  "NAMES\n"
		  "file   -           db     10.0.0.0/8   2          a,b      -          shop/db   "
		  "x.org\n" },
		{ "weir list node -o wide", "{\"method\":\"GetNodes\",\"params\":{}}\n",
		  "{\"nodes\":[{\"name\":\"n1\",\"state\":\"NODE_CONNECTED\",\"uptime_ns\":"
		  "\"3722600000000\",\"num_flows\":\"4095\",\"max_flows\":\"4095\","
		  "\"seen_flows\":\"1234567\",\"version\":\"weir v0.1.0\",\"tls\":{},"
		  "\"address\":\"unix:///run/weir/weir.sock\"},{\"name\":\"n2\",\"state\":"
		  "\"NODE_GONE\",\"uptime_ns\":\"1\"}]}\n" END,
		  "NAME   STATUS      AGE      FLOWS/S   CURRENT/MAX-FLOWS     VERSION       "
		  "ADDRESS                      TLS\n"
		  "n1     Connected   1h2m3s   331.61    4095/4095 (100.00%)   weir v0.1.0   "
		  "unix:///run/weir/weir.sock   Disabled\n"
		  "n2     Gone        N/A      N/A       N/A                   N/A           "
		  "                             N/A\n" },
		{ "weir list nodes", "{\"method\":\"GetNodes\",\"params\":{}}\n",
		  "{\"nodes\":[{\"name\":\"n1\",\"state\":\"NODE_CONNECTED\",\"uptime_ns\":"
		  "\"3723000000123\",\"num_flows\":\"50\",\"max_flows\":\"200\",\"seen_flows\":"
		  "\"7446\"}]}\n" END,
		  "NAME   STATUS      AGE      FLOWS/S   CURRENT/MAX-FLOWS\n"
		  "n1     Connected   1h2m3s   2.00      50/200 ( 25.00%)\n" },
		{ "weir list nodes -o json", "{\"method\":\"GetNodes\",\"params\":{}}\n",
		  "{\"nodes\":[{\"name\":\"{\",\"tls\":{},\"a\":[],\"b\":[{}]},{}]}\n" END,
		  "[\n"
		  "  {\n"
		  "    \"name\": \"{\",\n"
		  "    \"tls\": {},\n"
		  "    \"a\": [],\n"
		  "    \"b\": [\n"
		  "      {}\n"
		  "    ]\n"
		  "  },\n"
		  "  {}\n"
		  "]\n" },
		{ "weir list namespaces -o wide", "{\"method\":\"GetNamespaces\",\"params\":{}}\n",
		  "{\"namespaces\":[{\"namespace\":\"a\"},{\"namespace\":\"b\",\"cluster\":\"c\"}]}\n"
		  "{\"namespaces\":[{\"namespace\":\"z\"}]}\n" END,
		  "NAMESPACE   CLUSTER\n"
		  "a\n"
		  "b           c\n"
		  "z\n" },
		{ "weir list namespaces -o json", "{\"method\":\"GetNamespaces\",\"params\":{}}\n",
		  "{\"namespaces\":[]}\n" END, "[]\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { .answer = cases[i].answer };

		run_line(&run, cases[i].line);
		assert_row_int(cases[i].line, run.result, CLI_DONE);
		assert_row_str(cases[i].line, run.request, cases[i].request);
		assert_row_str(cases[i].line, run.out, cases[i].out);
	}
}

static void the_peer_is_the_agent_until_it_ends(void **state)
{
	static const char *const lines[] = { "weir watch peers", "weir w peer" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct run run = { .answer = "{\"nodes\":[{\"name\":\"n1\",\"address\":"
					     "\"unix:///run/weir/weir.sock\"}]}\n" END };

		run_line(&run, lines[i]);
		assert_string_equal(run.request, "{\"method\":\"GetNodes\",\"params\":{}}\n");
		assert_string_equal(run.out, "PEER_ADDED   unix:///run/weir/weir.sock n1\n");
		assert_non_null(strstr(run.err, " went away"));
		assert_int_equal(run.result, CLI_FAILED);
	}
}

static void what_is_left_out_of_a_list_is_said(void **state)
{
	struct run run = { .answer = "{\"end\":{\"left_out\":\"7\",\"netns_unread\":\"2\"}}\n" };

	(void)state;
	run_line(&run, "weir list listeners -o json");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.out, "[]\n");
	assert_string_equal(run.err, "weir: list: 7 found no room and are not listed\n"
				     "weir: list: of 2 network namespaces not all could be read\n");
}

static void a_reader_that_went_away_is_no_failure(void **state)
{
	struct run run = { .answer = "{\"flow\":{}}\n{\"flow\":{}}\n" END };
	char *words[] = { (char[]){ "weir" }, (char[]){ "observe" }, NULL };
	int ends[2], out_was = dup(STDOUT_FILENO);
	enum cli_result result;

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	run_start_agent(&run);
	setenv("WEIR_SERVER", run.address, 1);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	result = cli_run(&run_cli, 2, words);
	dup2(out_was, STDOUT_FILENO);
	close(out_was);
	unsetenv("WEIR_SERVER");
	run_stop_agent(&run);
	assert_int_equal(result, CLI_DONE);
}

int main(void)
{
	static const char *const variables[] = { "WEIR_SERVER", "HUBBLE_SERVER", "WEIR_OUTPUT",
						 "WEIR_SINCE", "WEIR_UNTIL" };

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	return RUN_TESTS(
		TEST(usage_errors_are_told_and_exit_with_2), TEST(a_port_below_zero_is_told_whole),
		TEST(flags_of_output_that_exclude_each_other_are_told),
		TEST(flags_that_do_not_exist_exit_with_2), TEST(help_comes_from_the_tables),
		TEST(the_version_is_printed_without_an_agent), TEST(the_server_is_found_in_order),
		TEST(a_variable_a_command_cannot_take_is_named), TEST(observe_asks_and_prints),
		TEST(what_is_for_flows_is_refused_of_events),
		TEST(events_are_asked_for_by_their_methods_and_printed),
		TEST(fields_of_several_flags_are_counted_together),
		TEST(raw_filters_are_printed_without_an_agent), TEST(observe_colours_on_request),
		TEST(a_line_that_is_no_flow_is_told_once_and_passed_over),
		TEST(what_came_before_an_error_is_printed),
		TEST(status_is_hubbles_three_lines_and_ours),
		TEST(status_has_hubbles_other_formats), TEST(status_bears_what_is_missing),
		TEST(an_answer_without_a_status_has_failed), TEST(verify_prints_both_sides),
		TEST(verify_as_json_is_a_line_a_check), TEST(interfaces_are_listed_as_a_table),
		TEST(interfaces_are_listed_as_json), TEST(nouns_are_rows_of_a_table),
		TEST(the_peer_is_the_agent_until_it_ends), TEST(what_is_left_out_of_a_list_is_said),
		TEST(a_reader_that_went_away_is_no_failure));
}

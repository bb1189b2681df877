// SPDX-License-Identifier: BSD-2-Clause
/* Whole commands, from argv to what is printed: what all have in common, usage errors, help. */
#include "agent/base/cleanup.h"
#include "agent/base/fold.h"
#include "agent/base/log.h"
#include "cli/commands.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

static const struct {
	const char *line, *message;
} usage_errors[] = {
	{ "weir", "weir: no command: see weir --help\n" },
	{ "weir obsrve", "weir: unknown command \"obsrve\": did you mean \"observe\"?\n" },
	{ "weir stat", "weir: unknown command \"stat\": did you mean \"status\"?\n" },
	{ "weir xyzzy", "weir: unknown command \"xyzzy\": see weir --help\n" },
	{ "weir help xyzzy", "weir: unknown command \"xyzzy\": see weir --help\n" },
	{ "weir observe drops",
	  "weir: observe: unknown word \"drops\": see weir observe --help\n" },
	{ "weir observe flows x", "weir: observe: unknown word \"x\": see weir observe --help\n" },
	{ "weir status x", "weir: status: unknown word \"x\": see weir status --help\n" },
	{ "weir version x", "weir: version: unknown word \"x\": see weir version --help\n" },
	{ "weir list", "weir: list: what? See weir list --help\n" },
	{ "weir watch", "weir: watch: what? See weir watch --help\n" },
	{ "weir w nodes", "weir: watch: unknown word \"nodes\": see weir watch --help\n" },
	{ "weir watc peers", "weir: unknown command \"watc\": see weir --help\n" },
	{ "weir list nod", "weir: list: unknown word \"nod\": did you mean \"nodes\"?\n" },
	{ "weir observe flow", "weir: observe: unknown word \"flow\": did you mean \"flows\"?\n" },
	{ "weir observe tcp port 80",
	  "weir: observe: unknown word \"tcp\": did you mean --where 'tcp port 80'?\n" },
	{ "weir observe process = \"it's\"",
	  "weir: observe: unknown word \"process\": did you mean "
	  "--where 'process = \"it'\\''s\"'?\n" },
	{ "weir config gte x", "weir: config: unknown word \"gte\": did you mean \"get\"?\n" },
	{ "weir observe -o xml", "weir: invalid output format: xml; one of "
				 "compact|wide|dict|table|tab|json|jsonpb|JSON\n" },
	{ "weir status -o xml", "weir: invalid output format: xml; one of "
				"compact|json|dict|table\n" },
	{ "weir list interfaces -o wid",
	  "weir: invalid output format: wid; one of table|wide|json\n" },
	{ "weir list --output=", "weir: invalid output format: ; one of table|wide|json\n" },
	{ "weir status --verify --for 2h", "weir: --for 2h: not between 1ms and 1h\n" },
	{ "weir status --for 1h1ns", "weir: --for 1h1ns: not between 1ms and 1h\n" },
	{ "weir status --for 5s", "weir: --for goes with --verify\n" },
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
	{ "weir observe --tls", "weir: --tls true: weir speaks to the agent over a Unix "
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
	{ "weir observe --input-file=", "weir: --input-file \"\": empty value\n" },
	{ "weir observe --field-mask=", "weir: --field-mask \"\": empty value\n" },
	{ "weir observe --since=",
	  "weir: failed to parse the since time: failed to convert \"\" to time\n" },
	{ "weir observe --until=",
	  "weir: failed to parse the until time: failed to convert \"\" to time\n" },
	{ "weir --server= status", "weir: --server \"\": empty value\n" },
	{ "weir --server=x status", "weir: --server x: no address of a Unix socket: "
				    "unix:///path, unix:path or unix-abstract:name\n" },
};

static void usage_errors_are_told_and_exit_with_2(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(usage_errors); i++) {
		struct run run = {};

		run_line(&run, usage_errors[i].line);
		assert_row_int(usage_errors[i].line, run.result, CLI_USAGE);
		assert_row_str(usage_errors[i].line, run.err, usage_errors[i].message);
		assert_row_str(usage_errors[i].line, run.out, "");
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
		{ "weir observe --aggregate-by=",
		  "weir: --aggregate-by \"\": a field has no name\n" },
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

/* Examples are for a shell, and stay as they are. */
static void assert_help_is_even(const char *line, size_t width)
{
	struct run run = {};
	const char *examples;

	run_line(&run, line);
	assert_row_int(line, run.result, CLI_DONE);
	examples = strstr(run.out, "\nExamples:\n  ");
	assert_row(line, examples && strstr(examples, "weir "));
	for (char *text = run.out, *rest = text; (text = strsep(&rest, "\n"));) {
		size_t len = strlen(text);

		assert_row(text, len <= (text > examples ? FOLD_WIDTH : width));
		assert_row(text, !len || text[len - 1] != ' ');
		/* What is said of a flag begins in one column, at its side or below it. */
		if (!strncmp(text, "      --", 8) && len > 32)
			assert_row(text, text[31] == ' ' || !strchr(text + 32, ' '));
	}
}

static void help_is_as_wide_as_it_may_be_and_has_examples(void **state)
{
	static const struct {
		const char *columns;
		size_t width;
	} cases[] = { { NULL, 100 },  { "100", 100 }, { "80", 80 },    { "90", 90 },
		      { "200", 100 }, { "59", 100 },  { "wide", 100 }, { "", 100 } };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		if (cases[k].columns)
			setenv("COLUMNS", cases[k].columns, 1);
		assert_help_is_even("weir --help", cases[k].width);
		for (size_t i = 0; cli_commands[i]; i++) {
			char line[64];

			snprintf(line, sizeof(line), "weir %s --help", cli_commands[i]->name);
			assert_help_is_even(line, cases[k].width);
		}
	}
	unsetenv("COLUMNS");
}

static void what_is_said_of_a_flag_is_folded_below_itself(void **state)
{
	struct run run = {};

	(void)state;
	setenv("COLUMNS", "80", 1);
	run_line(&run, "weir observe --help");
	assert_non_null(strstr(
		run.out,
		"\n      --[from-|to-]port PORTS   of TCP, UDP or SCTP; ranges, lists and names\n"
		"                                too: https,8000-8100\n"));
	run_line(&run, "weir --help");
	unsetenv("COLUMNS");
	assert_non_null(strstr(
		run.out,
		"\n  config VERB [KEY [VALUE...]]   Show or change what holds for flags that are\n"
		"                                 not given\n"));
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
	run_forget_variables();
	return RUN_TESTS(
		TEST(usage_errors_are_told_and_exit_with_2), TEST(a_port_below_zero_is_told_whole),
		TEST(flags_of_output_that_exclude_each_other_are_told),
		TEST(flags_that_do_not_exist_exit_with_2), TEST(help_comes_from_the_tables),
		TEST(help_is_as_wide_as_it_may_be_and_has_examples),
		TEST(what_is_said_of_a_flag_is_folded_below_itself),
		TEST(the_version_is_printed_without_an_agent), TEST(the_server_is_found_in_order),
		TEST(a_variable_a_command_cannot_take_is_named),
		TEST(a_reader_that_went_away_is_no_failure));
}

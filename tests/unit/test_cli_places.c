// SPDX-License-Identifier: BSD-2-Clause
/* Flags, environment and file together: which of them a command heeds. */
#include <sys/mman.h>

#include "agent/base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

/* A file of that content becomes the configuration; the caller closes it. */
static int use_config(const char *text)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	char path[32];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	setenv("WEIR_CONFIG", path, 1);
	return fd;
}

/* Who is not about to connect does not care. */
static void an_address_is_judged_where_it_is_needed(void **state)
{
	static const char *const local[] = {
		"weir observe --input-file /dev/null",
		"weir observe --print-raw-filters",
		"weir config view",
		"weir --server localhost:4245 observe --input-file /dev/null",
	};

	(void)state;
	setenv("HUBBLE_SERVER", "localhost:4245", 1);
	for (size_t i = 0; i < ARRAY_SIZE(local); i++) {
		struct run run = {};

		run_line(&run, local[i]);
		assert_row_str(local[i], run.err, "");
		assert_row_int(local[i], run.result, CLI_DONE);
	}
	unsetenv("HUBBLE_SERVER");
}

static void what_a_stronger_place_excludes_is_dropped(void **state)
{
	static const struct {
		const char *variable, *value, *file, *line, *params;
	} cases[] = {
		{ "WEIR_LAST", "100", "", "weir observe --all",
		  "{\"number\":\"18446744073709551615\"}" },
		{ "WEIR_X", "", "last: 100\n", "weir observe --all",
		  "{\"number\":\"18446744073709551615\"}" },
		{ "WEIR_X", "", "last: 100\n", "weir observe --first 3",
		  "{\"number\":\"3\",\"first\":true}" },
		{ "WEIR_FIRST", "3", "last: 100\n", "weir observe",
		  "{\"number\":\"3\",\"first\":true}" },
		{ "WEIR_FOLLOW", "T", "", "weir observe", "{\"follow\":true}" },
		{ "WEIR_X", "", "last: 100\n", "weir observe --all=0", "{\"number\":\"100\"}" },
		{ "WEIR_X", "", "last: 100\n", "weir observe --follow",
		  "{\"number\":\"100\",\"follow\":true}" },
		{ "WEIR_X", "", "port: 53\n", "weir observe --all --from-port 1",
		  "{\"number\":\"18446744073709551615\","
		  "\"whitelist\":[{\"source_port\":[\"1\"]}]}" },
		/* What is denied stands beside what is allowed. */
		{ "WEIR_X", "", "port: 53\n", "weir observe --all --not --from-port 1",
		  "{\"number\":\"18446744073709551615\","
		  "\"blacklist\":[{\"source_port\":[\"1\"]}],"
		  "\"whitelist\":[{\"source_port\":[\"53\"]},{\"destination_port\":[\"53\"]}]}" },
		{ "WEIR_POD", "a/x", "", "weir observe --all --not --ip 10.0.0.1",
		  "{\"number\":\"18446744073709551615\","
		  "\"blacklist\":[{\"source_ip\":[\"10.0.0.1\"]},{\"destination_ip\":[\"10.0.0.1\"]}],"
		  "\"whitelist\":[{\"source_pod\":[\"a/x\"]},{\"destination_pod\":[\"a/x\"]}]}" },
		{ "WEIR_X", "", "port: 53\n",
		  "weir observe --all --not --from-port 1 --from-port 2",
		  "{\"number\":\"18446744073709551615\","
		  "\"blacklist\":[{\"source_port\":[\"1\"]}],"
		  "\"whitelist\":[{\"source_port\":[\"2\"]}]}" },
		/* But a flag wins over its own name elsewhere, as in viper. */
		{ "WEIR_PORT", "80", "port: 53\n", "weir observe --all --not --port 1",
		  "{\"number\":\"18446744073709551615\","
		  "\"blacklist\":[{\"source_port\":[\"1\"]},{\"destination_port\":[\"1\"]}]}" },
		{ "WEIR_PORT", "53", "from-port: 1\nuuid: a\n", "weir observe --all",
		  "{\"number\":\"18446744073709551615\",\"whitelist\":[{\"uuid\":[\"a\"],"
		  "\"source_port\":[\"53\"]},{\"uuid\":[\"a\"],\"destination_port\":[\"53\"]}]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { .answer = END };
		auto_close int fd = use_config(cases[i].file);
		char request[512];

		assert_true(fd >= 0);
		setenv(cases[i].variable, cases[i].value, 1);
		run_line(&run, cases[i].line);
		unsetenv(cases[i].variable);
		snprintf(request, sizeof(request), "{\"method\":\"GetFlows\",\"params\":%s}\n",
			 cases[i].params);
		assert_row_str(cases[i].line, run.err, "");
		assert_row_str(cases[i].line, run.request, request);
	}
}

/* Within one place nothing is stronger. */
static void options_of_one_place_still_exclude_each_other(void **state)
{
	auto_close int fd = use_config("last: 100\nall: true\n");
	struct run run = {};

	(void)state;
	assert_true(fd >= 0);
	run_line(&run, "weir observe");
	assert_int_equal(run.result, CLI_USAGE);
	assert_string_equal(run.err, "weir: cannot set both --last and --all\n");
}

int main(void)
{
	unsetenv("WEIR_SERVER");
	unsetenv("HUBBLE_SERVER");
	unsetenv("WEIR_CONFIG");
	return RUN_TESTS(TEST(an_address_is_judged_where_it_is_needed),
			 TEST(what_a_stronger_place_excludes_is_dropped),
			 TEST(options_of_one_place_still_exclude_each_other));
}

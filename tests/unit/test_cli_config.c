// SPDX-License-Identifier: BSD-2-Clause
/* weir config, and the file as the place behind flags and environment. */
#include <ftw.h>
#include <sys/stat.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

static char directory[] = "/tmp/weir-config-XXXXXX";
static char path[sizeof(directory) + sizeof("/weir/config.yaml")];

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(name);
}

static int setup(void **state)
{
	(void)state;
	memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/weir/config.yaml", directory);
	setenv("XDG_CONFIG_HOME", directory, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_config(const char *text)
{
	char at[sizeof(path)];
	auto_file FILE *file = NULL;

	snprintf(at, sizeof(at), "%s/weir", directory);
	(void)mkdir(at, 0700);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static const char *read_config(void)
{
	static char text[4096];
	auto_file FILE *file = fopen(path, "re");
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[len] = '\0';
	return file ? text : "(none)";
}

/* Runs it; on success nothing is said. */
static void runs(const char *line, const char *out)
{
	struct run run = {};

	run_line(&run, line);
	assert_row_str(line, run.err, "");
	assert_row_str(line, run.out, out);
	assert_row_int(line, run.result, CLI_DONE);
}

static void what_is_set_is_in_the_file_and_holds(void **state)
{
	struct stat st;

	(void)state;
	runs("weir config set server unix:///tmp/w.sock", "");
	assert_string_equal(read_config(), "server: unix:///tmp/w.sock\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	runs("weir config get server", "unix:///tmp/w.sock\n");
	runs("weir config set timeout 1500ms", "");
	runs("weir config get timeout", "1.5s\n");
	runs("weir config set color never", "");
	assert_string_equal(read_config(),
			    "server: unix:///tmp/w.sock\ntimeout: 1500ms\ncolor: never\n");
	runs("weir config set server unix:x", "");
	assert_string_equal(read_config(), "server: unix:x\ntimeout: 1500ms\ncolor: never\n");
	runs("weir config view", "color: never\ndebug: false\nrequest-timeout: 12s\n"
				 "server: unix:x\ntimeout: 1.5s\n");
	runs("weir config get", "color: never\ndebug: false\nrequest-timeout: 12s\n"
				"server: unix:x\ntimeout: 1.5s\n");
}

static void what_is_reset_is_as_if_it_had_never_been_set(void **state)
{
	(void)state;
	write_config("server: unix:x\ntimeout: 1s\ncolor: never\n");
	runs("weir config reset timeout", "");
	assert_string_equal(read_config(), "server: unix:x\ncolor: never\n");
	runs("weir config get timeout", "5s\n");
	runs("weir config set color", "");
	assert_string_equal(read_config(), "server: unix:x\n");
	runs("weir config reset", "");
	assert_string_equal(read_config(), "{}\n");
	runs("weir config get server", "unix:///run/weir/weir.sock\n");
	runs("weir config get color", "auto\n");
	runs("weir config get last", "0\n");
	runs("weir config get since", "\n");
	runs("weir config get ip-translation", "true\n");
}

static void a_flag_beats_the_environment_and_that_the_file(void **state)
{
	struct run from_file = { .answer = END };

	(void)state;
	write_config("server: unix:file\n");
	setenv("HUBBLE_SERVER", "unix:hubble", 1);
	runs("weir config get server", "unix:hubble\n");
	setenv("WEIR_SERVER", "unix:env", 1);
	runs("weir config get server", "unix:env\n");
	runs("weir --server unix:flag config get server", "unix:flag\n");
	unsetenv("WEIR_SERVER");
	unsetenv("HUBBLE_SERVER");
	runs("weir config get server", "unix:file\n");

	write_config("last: 7\n");
	run_line(&from_file, "weir observe");
	assert_string_equal(from_file.request,
			    "{\"method\":\"GetFlows\",\"params\":{\"number\":\"7\"}}\n");
	setenv("WEIR_LAST", "8", 1);
	runs("weir config get last", "8\n");
	unsetenv("WEIR_LAST");
}

static void the_file_may_be_elsewhere(void **state)
{
	struct run missing = {};
	char line[256], message[256];

	(void)state;
	write_config("server: unix:x\n");
	snprintf(line, sizeof(line), "weir --config %s/other/file.yaml config set server unix:y",
		 directory);
	runs(line, "");
	runs("weir config get server", "unix:x\n");
	snprintf(line, sizeof(line), "weir config get server --config %s/other/file.yaml",
		 directory);
	runs(line, "unix:y\n");
	snprintf(line, sizeof(line), "%s/other/file.yaml", directory);
	setenv("WEIR_CONFIG", line, 1);
	runs("weir config get server", "unix:y\n");
	unsetenv("WEIR_CONFIG");
	snprintf(line, sizeof(line), "weir status --config %s/none", directory);
	snprintf(message, sizeof(message), "weir: --config %s/none: No such file or directory\n",
		 directory);
	run_line(&missing, line);
	assert_int_equal(missing.result, CLI_USAGE);
	assert_string_equal(missing.err, message);
}

static void a_home_that_is_no_directory_has_no_file(void **state)
{
	(void)state;
	setenv("XDG_CONFIG_HOME", "/dev/null", 1);
	runs("weir config get server", "unix:///run/weir/weir.sock\n");
}

static void what_is_wrong_in_the_file_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "server: unix:x\nserve: unix:y\n", "2: unknown key: serve" },
		{ "help: true\n", "1: unknown key: help" },
		{ "tls: true\n", "1: unknown key: tls" },
		{ "config: /x\n", "1: unknown key: config" },
		{ "# what for\n\ntimeout: soon\n",
		  "3: timeout: soon: not a duration such as "
		  "1.5s, 100ms or 2h30m (ns, us, ms, s, m, h, d)" },
		{ "server: localhost:4245\n",
		  " server: localhost:4245: no address of a Unix socket: unix:///path, "
		  "unix:path or unix-abstract:name" },
		{ "output: xml\n",
		  "1: output: xml: invalid output format: xml; one of compact|json|dict|table" },
		{ "server: unix:x\nserver: unix:y\n", "2: server: a second time" },
		{ "server: {a: b}\n", "1: a value that is neither a text nor a list of texts" },
		{ "server: [[a]]\n", "1: an item of a list that is no text" },
		{ "[a, b]\n", "1: not \"key: value\"" },
		{ "? [a]\n: b\n", "1: a key that is no text" },
		{ "server: &a unix:x\ntimeout: *a\n", "2: an alias (*) is no value" },
		{ "server: \"a\\0b\"\n", "1: a text with a NUL in it" },
		{ "a: b\n---\nc: d\n", "2: a second document" },
		{ "server: 'unix\n", "2: found unexpected end of stream" },
		{ "server: a: b\n", "1: mapping values are not allowed in this context" },
		{ "\tserver: x\n", "1: found character that cannot start any token" },
		{ "server: \xff\n", "1: invalid leading UTF-8 octet" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {};
		char expected[512];

		write_config(cases[i].text);
		run_line(&run, "weir status");
		snprintf(expected, sizeof(expected), "weir: %s:%s\n", path, cases[i].message);
		assert_row_str(cases[i].text, run.err, expected);
		assert_row_int(cases[i].text, run.result, CLI_USAGE);
	}
}

static void a_file_that_says_nothing_changes_nothing(void **state)
{
	static const char *const texts[] = {
		"",
		"# nothing\n",
		"---\n",
		"{}\n",
		"null\n",
		"server:\n",
		"server: ~\n",
		"server: null\ntimeout:\n",
		"last: 3\nprint-node-name: true\nsince: 5m\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct run run = { .answer = "{\"num_flows\":\"1\"}\n" END };

		write_config(texts[i]);
		run_line(&run, "weir status -o json");
		assert_row_str(texts[i], run.err, "");
		assert_row_str(texts[i], run.out, "{\"num_flows\":\"1\"}\n");
	}
}

static void what_cannot_be_set_is_refused_and_changes_nothing(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "weir config set serve x", "weir: unknown key: serve\n" },
		{ "weir config get serve", "weir: unknown key: serve\n" },
		{ "weir config reset serve", "weir: unknown key: serve\n" },
		{ "weir config get help", "weir: unknown key: help\n" },
		{ "weir config set timeout soon",
		  "weir: config set timeout: soon: not a duration such as 1.5s, 100ms or 2h30m "
		  "(ns, us, ms, s, m, h, d)\n" },
		{ "weir config set server localhost:4245",
		  "weir: config set server: localhost:4245: no address of a Unix socket: "
		  "unix:///path, unix:path or unix-abstract:name\n" },
		{ "weir config set color red",
		  "weir: config set color: red: not one of auto|always|never\n" },
		{ "weir config set verdict NONE",
		  "weir: config set verdict: NONE: invalid --verdict value: NONE\n" },
		{ "weir config set not true", "weir: unknown key: not\n" },
		{ "weir config set server unix:x unix:y",
		  "weir: config set server: takes one value\n" },
		{ "weir config set", "weir: config set: which key? See weir config --help\n" },
		{ "weir config get a b",
		  "weir: config: unknown word \"b\": see weir config --help\n" },
		{ "weir config show",
		  "weir: config: unknown word \"show\": see weir config --help\n" },
	};

	(void)state;
	write_config("server: unix:x\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {};

		run_line(&run, cases[i].line);
		assert_row_int(cases[i].line, run.result, CLI_USAGE);
		assert_row_str(cases[i].line, run.err, cases[i].message);
		assert_row_str(cases[i].line, run.out, "");
		assert_row_str(cases[i].line, read_config(), "server: unix:x\n");
	}
}

static void a_file_that_is_wrong_can_be_mended(void **state)
{
	(void)state;
	write_config("serve: unix:x\ntimeout: soon\n");
	runs("weir config reset serve", "");
	runs("weir config set timeout 7s", "");
	assert_string_equal(read_config(), "timeout: 7s\n");
}

static void a_link_to_the_file_stays_one(void **state)
{
	char other[sizeof(path) + 8];
	struct stat st;

	(void)state;
	write_config("server: unix:x\n");
	snprintf(other, sizeof(other), "%s.real", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(chmod(other, 0644), 0);
	runs("weir config set server unix:y", "");
	assert_string_equal(read_config(), "server: unix:y\n");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
}

static void texts_that_look_like_something_else_come_back_as_they_were(void **state)
{
	static const char *const values[] = { "unix:null", "unix:#x", "unix:\"a\"",  "unix:'a'",
					      "unix:[a]",  "unix:\\", "unix:\u00e9", "unix:a:" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		char line[128], expected[64];

		snprintf(line, sizeof(line), "weir config set server %s", values[i]);
		snprintf(expected, sizeof(expected), "%s\n", values[i]);
		runs(line, "");
		runs("weir config get server", expected);
	}
}

static void a_file_too_large_is_refused(void **state)
{
	struct run run = {};
	char expected[256];

	(void)state;
	write_config("");
	assert_int_equal(truncate(path, (256 << 10) + 1), 0);
	run_line(&run, "weir status");
	snprintf(expected, sizeof(expected),
		 "weir: %s: larger than the 256 KiB that a configuration may have\n", path);
	assert_string_equal(run.err, expected);
}

static void too_many_keys_or_items_are_refused(void **state)
{
	static const struct {
		const char *begin, *before, *behind, *message;
	} cases[] = {
		{ "", "k", ": v\n", "1025: too many keys" },
		{ "label:\n", "- v", "\n", "1026: too many items" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf text = {};
		struct run run = {};
		char expected[256], line[32];

		buf_append_str(&text, cases[i].begin);
		for (int n = 0; n < 1025; n++) {
			snprintf(line, sizeof(line), "%s%d%s", cases[i].before, n, cases[i].behind);
			buf_append_str(&text, line);
		}
		buf_append_char(&text, '\0');
		assert_false(text.failed);
		write_config(buf_bytes(&text));
		run_line(&run, "weir status");
		snprintf(expected, sizeof(expected), "weir: %s:%s\n", path, cases[i].message);
		assert_string_equal(run.err, expected);
	}
}

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	unsetenv("WEIR_SERVER");
	unsetenv("HUBBLE_SERVER");
	unsetenv("WEIR_CONFIG");
	return RUN_TESTS(CONFIG_TEST(what_is_set_is_in_the_file_and_holds),
			 CONFIG_TEST(what_is_reset_is_as_if_it_had_never_been_set),
			 CONFIG_TEST(a_flag_beats_the_environment_and_that_the_file),
			 CONFIG_TEST(the_file_may_be_elsewhere),
			 CONFIG_TEST(a_home_that_is_no_directory_has_no_file),
			 CONFIG_TEST(what_is_wrong_in_the_file_is_named_with_its_line),
			 CONFIG_TEST(a_file_that_says_nothing_changes_nothing),
			 CONFIG_TEST(what_cannot_be_set_is_refused_and_changes_nothing),
			 CONFIG_TEST(a_file_that_is_wrong_can_be_mended),
			 CONFIG_TEST(a_link_to_the_file_stays_one),
			 CONFIG_TEST(texts_that_look_like_something_else_come_back_as_they_were),
			 CONFIG_TEST(a_file_too_large_is_refused),
			 CONFIG_TEST(too_many_keys_or_items_are_refused));
}

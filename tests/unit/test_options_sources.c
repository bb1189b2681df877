// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options from the environment and from a file: what they set, which one wins, and the words of every
 * complaint.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/num.h"
#include "tests/unit/settings.h"

static int read_env(struct settings *settings)
{
	struct options options = { .tables = { settings_rows }, .target = settings };

	return options_from_env(&options);
}

static void the_environment_sets_what_is_not_empty(void **state)
{
	auto_settings struct settings settings = { .last = 20 };

	(void)state;
	setenv("WEIR_RING_SIZE", "16K", 1);
	setenv("WEIR_INTERFACE", "x,y", 1);
	setenv("WEIR_LAST", "", 1);
	setenv("WEIR_FOLLOW", "true", 1);
	assert_int_equal(read_env(&settings), 0);
	assert_int_equal(settings.ring_bytes, 16384);
	assert_settings_list(&settings.interfaces, "x|y");
	assert_int_equal(settings.last, 20);
	assert_true(settings.follow);
	settings_forget_environment();
}

static void a_bad_variable_is_named(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} cases[] = {
		{ "WEIR_RING_SIZE", "big", "WEIR_RING_SIZE=big: not " NUM_SIZE_SUCH_AS },
		{ "WEIR_RING_SIZE", "3M", "WEIR_RING_SIZE=3M: not a power of two" },
		{ "WEIR_COLOUR", "blue", "WEIR_COLOUR=blue: not red" },
		{ "OTHER_COLOUR", "blue", "OTHER_COLOUR=blue: not red" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_settings struct settings settings = { 0 };
		struct captured captured;
		char expected[256];
		int r;

		setenv(cases[i].name, cases[i].value, 1);
		capture_begin(&captured);
		r = read_env(&settings);
		capture_end(&captured);
		snprintf(expected, sizeof(expected), "weir: %s\n", cases[i].message);
		assert_row_str(cases[i].message, captured.text, expected);
		assert_row_int(cases[i].message, r, -EINVAL);
		settings_forget_environment();
	}
}

static void another_variable_is_asked_where_ours_is_not_set(void **state)
{
	auto_settings struct settings settings = { 0 }, both = { 0 };

	(void)state;
	setenv("OTHER_COLOUR", "red", 1);
	setenv("WEIR_COLOUR", "", 1);
	assert_int_equal(read_env(&settings), 0);
	assert_string_equal(settings.colour, "red");
	setenv("WEIR_COLOUR", "red", 1);
	setenv("OTHER_COLOUR", "blue", 1);
	assert_int_equal(read_env(&both), 0);
	assert_string_equal(both.colour, "red");
	settings_forget_environment();
}

static void a_variable_is_not_looked_at_if_its_flag_is_given(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { settings_rows, settings_extra },
				   .target = &settings };
	struct line line;

	(void)state;
	setenv("WEIR_RING_SIZE", "big", 1);
	setenv("WEIR_COLOUR", "blue", 1);
	assert_int_equal(settings_parse_flags(&options, &line, "--ring-size=8K|--colour=red"), 0);
	assert_int_equal(options_from_env(&options), 0);
	assert_int_equal(settings.ring_bytes, 8192);
	assert_string_equal(settings.colour, "red");
	settings_forget_environment();
}

static void what_is_a_flag_only_is_nothing_else(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { settings_rows, settings_extra },
				   .target = &settings };

	(void)state;
	setenv("WEIR_QUIET", "true", 1);
	assert_int_equal(options_from_env(&options), 0);
	assert_false(settings.quiet);
	settings_forget_environment();
}

/* options_from_file() on a file of these bytes; its name is in path. */
static int read_file_of(struct options *options, char path[static 64], const void *bytes,
			size_t len)
{
	auto_close int fd = -1;
	int r;

	snprintf(path, 64, "/tmp/test_options.XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	r = options_from_file(options, path);
	unlink(path);
	return r;
}

static int read_file(struct settings *settings, char path[static 64], const void *bytes, size_t len)
{
	struct options options = { .tables = { settings_rows, settings_extra },
				   .target = settings };

	return read_file_of(&options, path, bytes, len);
}

static void a_file_has_a_key_and_a_value_a_line(void **state)
{
	static const char text[] = "# weir.conf\n"
				   "\n"
				   "  \t \n"
				   "ring-size = 8M\n"
				   "  last=7  # seven\r\n"
				   "\tfollow = true\n"
				   "interface = a,b\n"
				   "#interface = no\n"
				   "interface = c#d\n"
				   "where = x = y, z\n"
				   "attach-the-programs-by = tcx";
	auto_settings struct settings settings = { 0 };
	char path[64];

	(void)state;
	assert_int_equal(read_file(&settings, path, text, sizeof(text) - 1), 0);
	assert_int_equal(settings.ring_bytes, 8 << 20);
	assert_int_equal(settings.last, 7);
	assert_true(settings.follow);
	assert_settings_list(&settings.interfaces, "a|b|c#d");
	assert_settings_list(&settings.where, "x = y, z");
	assert_int_equal(settings.attach, ATTACH_TCX);
}

static void each_complaint_about_a_file_names_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "\n#\nring-size = 8X\n", ":3: ring-size = 8X: not " NUM_SIZE_SUCH_AS },
		{ "foo = 1", ":1: unknown key foo" },
		{ "quiet = true", ":1: unknown key quiet" },
		{ "last = 5\nring-size = 3M\n", ":2: ring-size = 3M: not a power of two" },
		{ "colour = blue", ":1: colour = blue: not red" },
		{ "= 1", ":1: unknown key " },
		{ "\nfollow\n", ":2: follow: not key = value" },
		{ "last =", ":1: last = \"\": not a whole number from 1 to 1000" },
		{ "server =", ":1: server = \"\": empty value" },
		{ "--last = 5", ":1: unknown key --last" },
		{ "last = 5 6", ":1: last = 5 6: not a whole number from 1 to 1000" },
		{ "follow = \x1b[2J", ":1: follow = ?[2J: not true or false" },
	};

	(void)state;
	log_init("weir", LOG_LEVEL_INFO);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_settings struct settings settings = { 0 };
		char path[64], expected[256];
		struct captured captured;
		int r;

		capture_begin(&captured);
		r = read_file(&settings, path, cases[i].text, strlen(cases[i].text));
		capture_end(&captured);
		snprintf(expected, sizeof(expected), "weir: %s%s\n", path, cases[i].message);
		assert_row_str(cases[i].text, captured.text, expected);
		assert_row_int(cases[i].text, r, -EINVAL);
	}
}

static void a_line_that_holds_a_nul_is_refused(void **state)
{
	static const char text[] = "last = 5\nlast = 6\0 7\n";
	auto_settings struct settings settings = { 0 };
	struct captured captured;
	char path[64], expected[256];

	(void)state;
	capture_begin(&captured);
	assert_int_equal(read_file(&settings, path, text, sizeof(text) - 1), -EINVAL);
	capture_end(&captured);
	snprintf(expected, sizeof(expected), "weir: %s:2: not a line of text\n", path);
	assert_string_equal(captured.text, expected);
	assert_int_equal(settings.last, 5);
}

/* /dev/zero, say, has no end and no line. */
static void a_file_has_a_mebibyte_at_most(void **state)
{
	enum {
		MOST = 1 << 20
	};
	auto_free char *text = malloc(MOST + 1);

	(void)state;
	assert_non_null(text);
	for (size_t len = MOST; len <= MOST + 1; len++) {
		auto_settings struct settings settings = { 0 };
		struct captured captured;
		char path[64], expected[256];
		int r;

		memset(text, ' ', len);
		memcpy(text + len - 8, "last = 5", 8);
		capture_begin(&captured);
		r = read_file(&settings, path, text, len);
		capture_end(&captured);
		snprintf(expected, sizeof(expected), "weir: %s: longer than 1048576 bytes\n", path);
		assert_int_equal(r, len > MOST ? -EINVAL : 0);
		assert_string_equal(captured.text, len > MOST ? expected : "");
		assert_int_equal(settings.last, len > MOST ? 0 : 5);
	}
}

static void a_file_that_is_not_there_is_no_complaint(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { settings_rows }, .target = &settings };
	struct captured captured;

	(void)state;
	capture_begin(&captured);
	assert_int_equal(options_from_file(&options, "/nonexistent/weir.conf"), -ENOENT);
	assert_string_equal(capture_end(&captured), "");
	capture_begin(&captured);
	assert_int_equal(options_from_file(&options, "/"), -EISDIR);
	assert_string_equal(capture_end(&captured), "weir: /: Is a directory\n");
}

static void flags_beat_the_environment_and_the_environment_the_file(void **state)
{
	static const char text[] = "last = 1\nring-size = 8K\nupdate-interval = 1s\n"
				   "interface = file\ninterface = file2\nwhere = file\n";
	auto_settings struct settings settings = { .update_ns = 5 };
	struct options options = { .tables = { settings_rows, settings_extra },
				   .target = &settings };
	struct line line;
	char path[64];

	(void)state;
	setenv("WEIR_RING_SIZE", "16K", 1);
	setenv("WEIR_LAST", "2", 1);
	setenv("WEIR_WHERE", "env", 1);
	assert_int_equal(settings_parse_flags(&options, &line, "--last=3|-iflag|-iflag2"), 0);
	assert_int_equal(options_from_env(&options), 0);
	assert_int_equal(read_file_of(&options, path, text, sizeof(text) - 1), 0);
	assert_int_equal(settings.update_ns, 1000000000);
	assert_int_equal(settings.ring_bytes, 16384);
	assert_int_equal(settings.last, 3);
	assert_settings_list(&settings.interfaces, "flag|flag2");
	assert_settings_list(&settings.where, "env");
	settings_forget_environment();
}

static void a_file_is_checked_even_where_a_flag_is_given(void **state)
{
	static const char text[] = "interface = x\ncolour = red\nring-size = 3M\n";
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { settings_rows, settings_extra },
				   .target = &settings };
	char path[64], expected[256];
	struct captured captured;
	struct line line;

	(void)state;
	assert_int_equal(settings_parse_flags(&options, &line, "--ring-size=8K|-ia|--colour=red"),
			 0);
	capture_begin(&captured);
	assert_int_equal(read_file_of(&options, path, text, sizeof(text) - 1), -EINVAL);
	capture_end(&captured);
	snprintf(expected, sizeof(expected), "weir: %s:3: ring-size = 3M: not a power of two\n",
		 path);
	assert_string_equal(captured.text, expected);
	assert_int_equal(settings.ring_bytes, 8192);
	assert_settings_list(&settings.interfaces, "a");
}

int main(void)
{
	settings_forget_environment();
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(
		TEST(the_environment_sets_what_is_not_empty), TEST(a_bad_variable_is_named),
		TEST(another_variable_is_asked_where_ours_is_not_set),
		TEST(a_variable_is_not_looked_at_if_its_flag_is_given),
		TEST(what_is_a_flag_only_is_nothing_else),
		TEST(a_file_has_a_key_and_a_value_a_line),
		TEST(each_complaint_about_a_file_names_its_line),
		TEST(a_line_that_holds_a_nul_is_refused), TEST(a_file_has_a_mebibyte_at_most),
		TEST(a_file_that_is_not_there_is_no_complaint),
		TEST(flags_beat_the_environment_and_the_environment_the_file),
		TEST(a_file_is_checked_even_where_a_flag_is_given));
}

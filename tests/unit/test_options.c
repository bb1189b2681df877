// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options from flags, environment and file: what they set, which one wins, and the words of every
 * complaint.
 */
#include "base/options.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/num.h"
#include "tests/harness.h"

enum attach {
	ATTACH_AUTO,
	ATTACH_TCX,
	ATTACH_CLSACT,
};

struct settings {
	bool follow, quiet;
	char *server, *colour;
	struct str_list interfaces, where;
	uint64_t last, ring_bytes, update_ns;
	int attach;
};

#define AT(member) offsetof(struct settings, member)

static int check_colour(const char *value, char reason[static OPTION_REASON_SIZE])
{
	if (strcmp(value, "red") == 0)
		return 0;
	snprintf(reason, OPTION_REASON_SIZE, "not red");
	return -EINVAL;
}

static const struct option_row rows[] = {
	{ .short_name = 'f',
	  .long_name = "follow",
	  .kind = OPT_BOOL,
	  .offset = AT(follow),
	  .help = "keep printing flows" },
	{ .short_name = 'n',
	  .long_name = "last",
	  .kind = OPT_U64,
	  .offset = AT(last),
	  .metavar = "N",
	  .help = "the last N flows",
	  .min = 1,
	  .max = 1000 },
	{ .long_name = "ring-size",
	  .kind = OPT_SIZE,
	  .offset = AT(ring_bytes),
	  .metavar = "SIZE",
	  .help = "bytes of the ring",
	  .min = 4096,
	  .max = 64 << 20,
	  .is_power_of_two = true },
	{ .long_name = "update-interval",
	  .kind = OPT_DURATION,
	  .offset = AT(update_ns),
	  .metavar = "D",
	  .help = "100ms or more",
	  .min = 100000000 },
	{ .short_name = 'i',
	  .long_name = "interface",
	  .kind = OPT_LIST,
	  .offset = AT(interfaces),
	  .metavar = "NAME",
	  .help = "only these" },
	{ .long_name = "where",
	  .kind = OPT_LIST_RAW,
	  .offset = AT(where),
	  .metavar = "EXPRESSION",
	  .help = "only what matches" },
	{ .long_name = "attach-the-programs-by",
	  .kind = OPT_CHOICE,
	  .offset = AT(attach),
	  .metavar = "auto|tcx|clsact",
	  .help = "how" },
	{ .long_name = "colour",
	  .kind = OPT_STRING,
	  .offset = AT(colour),
	  .metavar = "C",
	  .help = "red",
	  .other_env = "OTHER_COLOUR",
	  .check = check_colour },
	{},
};

static const struct option_row extra[] = {
	{ .short_name = 's',
	  .long_name = "server",
	  .kind = OPT_STRING,
	  .offset = AT(server),
	  .metavar = "ADDRESS",
	  .help = "the agent's socket" },
	{ .short_name = 'q',
	  .long_name = "quiet",
	  .kind = OPT_BOOL,
	  .offset = AT(quiet),
	  .help = "say nothing",
	  .is_flag_only = true },
	{},
};

static void cleanup_settings(struct settings *settings)
{
	options_done(rows, settings);
	options_done(extra, settings);
}

#define auto_settings __attribute__((cleanup(cleanup_settings)))

/* A command line in words split at '|', "weir" first; returns what options_parse() returns. */
struct line {
	char text[256];
	char *argv[17];
	int argc;
};

static int parse_flags(struct options *options, struct line *line, const char *words)
{
	char *rest = line->text;

	snprintf(line->text, sizeof(line->text), "weir%s%s", *words ? "|" : "", words);
	line->argc = 0;
	while (rest && line->argc < (int)ARRAY_SIZE(line->argv) - 1)
		line->argv[line->argc++] = strsep(&rest, "|");
	line->argv[line->argc] = NULL;
	return options_parse(options, line->argc, line->argv);
}

static int parse(struct settings *settings, struct line *line, const char *words)
{
	struct options options = { .tables = { rows, extra }, .target = settings };

	return parse_flags(&options, line, words);
}

static int read_env(struct settings *settings)
{
	struct options options = { .tables = { rows }, .target = settings };

	return options_from_env(&options);
}

static void assert_list(const struct str_list *list, const char *joined)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < list->count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "|" : "",
					list->items[i]);
	assert_string_equal(text, joined);
}

static void flags_fill_the_struct(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(parse(&settings, &line,
			       "--follow|--last=5|--ring-size|8M|--update-interval=1m30s|-s|unix:x|"
			       "--attach-the-programs-by=clsact|-i|a,b|--where=x, y"),
			 0);
	assert_true(settings.follow);
	assert_false(settings.quiet);
	assert_int_equal(settings.last, 5);
	assert_int_equal(settings.ring_bytes, 8 << 20);
	assert_int_equal(settings.update_ns, 90000000000);
	assert_string_equal(settings.server, "unix:x");
	assert_int_equal(settings.attach, ATTACH_CLSACT);
	assert_list(&settings.interfaces, "a|b");
	assert_list(&settings.where, "x, y");
}

static void each_choice_is_the_index_of_its_word(void **state)
{
	static const struct {
		const char *words;
		int attach;
	} cases[] = {
		{ "--attach-the-programs-by=auto", ATTACH_AUTO },
		{ "--attach-the-programs-by=tcx", ATTACH_TCX },
		{ "--attach-the-programs-by=clsact", ATTACH_CLSACT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_settings struct settings settings = { .attach = -1 };
		struct line line;

		assert_int_equal(parse(&settings, &line, cases[i].words), 0);
		assert_row_int(cases[i].words, settings.attach, cases[i].attach);
	}
}

static void nothing_given_leaves_the_defaults(void **state)
{
	auto_settings struct settings settings = { .last = 20, .attach = ATTACH_TCX };
	struct line line;

	(void)state;
	assert_int_equal(parse(&settings, &line, ""), 0);
	assert_int_equal(settings.last, 20);
	assert_int_equal(settings.attach, ATTACH_TCX);
	assert_int_equal(options_parse(&(struct options){ .tables = { rows }, .target = &settings },
				       0, line.argv),
			 0);
}

static void short_flags_can_be_bundled(void **state)
{
	static const char *const cases[] = {
		"-fq|-n5",	     "-fqn5", "-fqn|5", "-q|-f|-n=5", "-qfn=5", "-f=true|-q|-n|5",
		"-f=false|-qf|-n|5",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_settings struct settings settings = { 0 };
		struct line line;

		assert_row_int(cases[i], parse(&settings, &line, cases[i]), 0);
		assert_row(cases[i], settings.follow && settings.quiet && settings.last == 5);
	}
}

static void a_bool_can_be_given_as_false(void **state)
{
	auto_settings struct settings settings = { .follow = true, .quiet = true };
	struct line line;

	(void)state;
	assert_int_equal(parse(&settings, &line, "--follow=false|-q=false"), 0);
	assert_false(settings.follow);
	assert_false(settings.quiet);
}

static void a_bool_is_written_as_gos_parse_bool_takes_it(void **state)
{
	static const char *const words[][2] = { { "0", "1" },	     { "f", "t" },
						{ "F", "T" },	     { "false", "true" },
						{ "FALSE", "TRUE" }, { "False", "True" } };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(words); i++) {
		const char *word = words[i / 2][i % 2];
		auto_settings struct settings settings = { .follow = !(i % 2) };
		struct line line;
		char flag[32];

		snprintf(flag, sizeof(flag), "--follow=%s", word);
		assert_row_int(word, parse(&settings, &line, flag), 0);
		assert_row_int(word, settings.follow, i % 2);
	}
}

static void words_that_are_no_flags_stay_in_order(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(parse(&settings, &line, "one|-f|two|-|--last|5||--|--quiet|-x|--"), 7);
	assert_string_equal(line.argv[0], "weir");
	assert_string_equal(line.argv[1], "one");
	assert_string_equal(line.argv[2], "two");
	assert_string_equal(line.argv[3], "-");
	assert_string_equal(line.argv[4], "");
	assert_string_equal(line.argv[5], "--quiet");
	assert_string_equal(line.argv[6], "-x");
	assert_string_equal(line.argv[7], "--");
	assert_null(line.argv[8]);
	assert_true(settings.follow);
	assert_false(settings.quiet);
}

static void a_list_adds_up_and_a_string_is_replaced(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(parse(&settings, &line,
			       "-ia|--interface|b,,c,|-i=d|-s|one|--server=two|-n1|-n2|"
			       "--where=a,b|--where="),
			 0);
	assert_list(&settings.interfaces, "a|b|c|d");
	assert_list(&settings.where, "a,b|");
	assert_string_equal(settings.server, "two");
	assert_int_equal(settings.last, 2);
}

static void a_value_may_look_like_a_flag_or_be_empty(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(parse(&settings, &line, "--server|--follow|--where|--"), 0);
	assert_string_equal(settings.server, "--follow");
	assert_false(settings.follow);
	assert_list(&settings.where, "--");
	assert_int_equal(parse(&settings, &line, "--server="), 0);
	assert_string_equal(settings.server, "");
	assert_int_equal(parse(&settings, &line, "--server=a=b"), 0);
	assert_string_equal(settings.server, "a=b");
}

static const struct {
	const char *words, *message;
} complaints[] = {
	{ "--foo", "unknown flag: --foo" },
	{ "--foo=bar", "unknown flag: --foo" },
	{ "--follo", "unknown flag: --follo: did you mean --follow?" },
	{ "--follower", "unknown flag: --follower: did you mean --follow?" },
	{ "--=5", "unknown flag: --" },
	{ "-fx", "unknown shorthand flag: 'x' in -x" },
	{ "-f-", "unknown shorthand flag: '-' in --" },
	{ "--no-follow", "unknown flag: --no-follow" },
	{ "--follow=maybe", "--follow maybe: not true or false" },
	{ "--follow=tRUE", "--follow tRUE: not true or false" },
	{ "--follow=01", "--follow 01: not true or false" },
	{ "--follow=", "--follow : not true or false" },
	{ "--last", "--last: needs a value" },
	{ "-fn", "--last: needs a value" },
	{ "--last|12x", "--last 12x: not a number" },
	{ "-n|-1", "--last -1: not a number" },
	{ "--last= 1", "--last  1: not a number" },
	{ "--last=0x10", "--last 0x10: not a number" },
	{ "--last=", "--last : not a number" },
	{ "--last=0", "--last 0: not between 1 and 1000" },
	{ "--last=1001", "--last 1001: not between 1 and 1000" },
	{ "--last=99999999999999999999", "--last 99999999999999999999: not between 1 and 1000" },
	{ "--ring-size|8X", "--ring-size 8X: not " NUM_SIZE_SUCH_AS },
	{ "--ring-size=1K", "--ring-size 1K: not between 4K and 64M" },
	{ "--ring-size=1G", "--ring-size 1G: not between 4K and 64M" },
	{ "--ring-size=3M", "--ring-size 3M: not a power of two" },
	{ "--ring-size=3145728", "--ring-size 3145728: not a power of two" },
	{ "--colour|blue", "--colour blue: not red" },
	{ "--update-interval=5s3", "--update-interval 5s3: not " NUM_DURATION_SUCH_AS },
	{ "--update-interval=1ms", "--update-interval 1ms: less than 100ms, or too large" },
	{ "--attach-the-programs-by=xdp",
	  "--attach-the-programs-by xdp: not one of auto|tcx|clsact" },
	{ "--attach-the-programs-by=tc",
	  "--attach-the-programs-by tc: not one of auto|tcx|clsact" },
	{ "--attach-the-programs-by=", "--attach-the-programs-by : not one of auto|tcx|clsact" },
	{ "-i", "--interface: needs a value" },
	{ "--last=\x1b[31m", "--last ?[31m: not a number" },
};

static void each_complaint_names_flag_value_and_reason(void **state)
{
	(void)state;
	log_init("weir", LOG_LEVEL_INFO);
	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		auto_settings struct settings settings = { .last = 77 };
		struct captured captured;
		char expected[256];
		struct line line;
		int r;

		capture_begin(&captured);
		r = parse(&settings, &line, complaints[i].words);
		capture_end(&captured);
		snprintf(expected, sizeof(expected), "weir: %s\n", complaints[i].message);
		assert_row_str(complaints[i].words, captured.text, expected);
		assert_row_int(complaints[i].words, r, -EINVAL);
		assert_row_int(complaints[i].words, settings.last, 77);
	}
}

/* Only what is ours: cmocka and the sanitizers have variables, too. */
static void forget_environment(void)
{
	static const char *const names[] = {
		"WEIR_FOLLOW",
		"WEIR_LAST",
		"WEIR_RING_SIZE",
		"WEIR_UPDATE_INTERVAL",
		"WEIR_INTERFACE",
		"WEIR_WHERE",
		"WEIR_ATTACH_THE_PROGRAMS_BY",
		"WEIR_COLOUR",
		"OTHER_COLOUR",
		"WEIR_QUIET",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
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
	assert_list(&settings.interfaces, "x|y");
	assert_int_equal(settings.last, 20);
	assert_true(settings.follow);
	forget_environment();
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
		forget_environment();
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
	forget_environment();
}

static void a_variable_is_not_looked_at_if_its_flag_is_given(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { rows, extra }, .target = &settings };
	struct line line;

	(void)state;
	setenv("WEIR_RING_SIZE", "big", 1);
	setenv("WEIR_COLOUR", "blue", 1);
	assert_int_equal(parse_flags(&options, &line, "--ring-size=8K|--colour=red"), 0);
	assert_int_equal(options_from_env(&options), 0);
	assert_int_equal(settings.ring_bytes, 8192);
	assert_string_equal(settings.colour, "red");
	forget_environment();
}

static void what_is_a_flag_only_is_nothing_else(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { rows, extra }, .target = &settings };

	(void)state;
	setenv("WEIR_QUIET", "true", 1);
	assert_int_equal(options_from_env(&options), 0);
	assert_false(settings.quiet);
	forget_environment();
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
	struct options options = { .tables = { rows, extra }, .target = settings };

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
	assert_list(&settings.interfaces, "a|b|c#d");
	assert_list(&settings.where, "x = y, z");
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
		{ "last =", ":1: last = : not a number" },
		{ "--last = 5", ":1: unknown key --last" },
		{ "last = 5 6", ":1: last = 5 6: not a number" },
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

static void a_file_that_is_not_there_is_no_complaint(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { rows }, .target = &settings };
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
	struct options options = { .tables = { rows, extra }, .target = &settings };
	struct line line;
	char path[64];

	(void)state;
	setenv("WEIR_RING_SIZE", "16K", 1);
	setenv("WEIR_LAST", "2", 1);
	setenv("WEIR_WHERE", "env", 1);
	assert_int_equal(parse_flags(&options, &line, "--last=3|-iflag|-iflag2"), 0);
	assert_int_equal(options_from_env(&options), 0);
	assert_int_equal(read_file_of(&options, path, text, sizeof(text) - 1), 0);
	assert_int_equal(settings.update_ns, 1000000000);
	assert_int_equal(settings.ring_bytes, 16384);
	assert_int_equal(settings.last, 3);
	assert_list(&settings.interfaces, "flag|flag2");
	assert_list(&settings.where, "env");
	forget_environment();
}

static void a_file_is_checked_even_where_a_flag_is_given(void **state)
{
	static const char text[] = "interface = x\ncolour = red\nring-size = 3M\n";
	auto_settings struct settings settings = { 0 };
	struct options options = { .tables = { rows, extra }, .target = &settings };
	char path[64], expected[256];
	struct captured captured;
	struct line line;

	(void)state;
	assert_int_equal(parse_flags(&options, &line, "--ring-size=8K|-ia|--colour=red"), 0);
	capture_begin(&captured);
	assert_int_equal(read_file_of(&options, path, text, sizeof(text) - 1), -EINVAL);
	capture_end(&captured);
	snprintf(expected, sizeof(expected), "weir: %s:3: ring-size = 3M: not a power of two\n",
		 path);
	assert_string_equal(captured.text, expected);
	assert_int_equal(settings.ring_bytes, 8192);
	assert_list(&settings.interfaces, "a");
}

static void help_is_printed_from_the_rows(void **state)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	options_print(rows, out);
	fclose(out);
	assert_string_equal(text, "  -f, --follow                  keep printing flows\n"
				  "  -n, --last N                  the last N flows\n"
				  "      --ring-size SIZE          bytes of the ring\n"
				  "      --update-interval D       100ms or more\n"
				  "  -i, --interface NAME          only these\n"
				  "      --where EXPRESSION        only what matches\n"
				  "      --attach-the-programs-by auto|tcx|clsact\n"
				  "                                how\n"
				  "      --colour C                red\n");
}

static void long_help_is_broken_between_words(void **state)
{
	static const struct option_row wordy[] = {
		{ .long_name = "a",
		  .kind = OPT_BOOL,
		  .help = "there is room for sixty-eight columns of text, and this one has them" },
		{ .long_name = "b",
		  .kind = OPT_BOOL,
		  .help = "there is room for sixty-eight columns of text, and this one has them." },
		{ .long_name = "c",
		  .kind = OPT_BOOL,
		  .help = "/a/word/that/is/longer/than/a/line/is/not/broken/but/put/on/a/line/of/its/own/and/left/so for all to see" },
		{},
	};
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	options_print(wordy, out);
	fclose(out);
	assert_string_equal(
		text,
		"      --a                       there is room for sixty-eight columns of text, and this one has them\n"
		"      --b                       there is room for sixty-eight columns of text, and this one has\n"
		"                                them.\n"
		"      --c                       /a/word/that/is/longer/than/a/line/is/not/broken/but/put/on/a/line/of/its/own/and/left/so\n"
		"                                for all to see\n");
}

static void what_is_done_can_be_done_again(void **state)
{
	struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(parse(&settings, &line, "-sx|-ia,b|--where=c"), 0);
	cleanup_settings(&settings);
	assert_null(settings.server);
	assert_int_equal(settings.interfaces.count, 0);
	cleanup_settings(&settings);
}

int main(void)
{
	forget_environment();
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(
		TEST(flags_fill_the_struct), TEST(each_choice_is_the_index_of_its_word),
		TEST(nothing_given_leaves_the_defaults), TEST(short_flags_can_be_bundled),
		TEST(a_bool_can_be_given_as_false),
		TEST(a_bool_is_written_as_gos_parse_bool_takes_it),
		TEST(words_that_are_no_flags_stay_in_order),
		TEST(a_list_adds_up_and_a_string_is_replaced),
		TEST(a_value_may_look_like_a_flag_or_be_empty),
		TEST(each_complaint_names_flag_value_and_reason),
		TEST(the_environment_sets_what_is_not_empty), TEST(a_bad_variable_is_named),
		TEST(another_variable_is_asked_where_ours_is_not_set),
		TEST(a_variable_is_not_looked_at_if_its_flag_is_given),
		TEST(what_is_a_flag_only_is_nothing_else),
		TEST(a_file_has_a_key_and_a_value_a_line),
		TEST(each_complaint_about_a_file_names_its_line),
		TEST(a_line_that_holds_a_nul_is_refused),
		TEST(a_file_that_is_not_there_is_no_complaint),
		TEST(flags_beat_the_environment_and_the_environment_the_file),
		TEST(a_file_is_checked_even_where_a_flag_is_given),
		TEST(help_is_printed_from_the_rows), TEST(long_help_is_broken_between_words),
		TEST(what_is_done_can_be_done_again));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options from flags: what they set, the words of every complaint, and what help says of them.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/num.h"
#include "tests/unit/settings.h"

static void flags_fill_the_struct(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(
		settings_parse(&settings, &line,
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
	assert_settings_list(&settings.interfaces, "a|b");
	assert_settings_list(&settings.where, "x, y");
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

		assert_int_equal(settings_parse(&settings, &line, cases[i].words), 0);
		assert_row_int(cases[i].words, settings.attach, cases[i].attach);
	}
}

static void nothing_given_leaves_the_defaults(void **state)
{
	auto_settings struct settings settings = { .last = 20, .attach = ATTACH_TCX };
	struct line line;

	(void)state;
	assert_int_equal(settings_parse(&settings, &line, ""), 0);
	assert_int_equal(settings.last, 20);
	assert_int_equal(settings.attach, ATTACH_TCX);
	assert_int_equal(
		options_parse(&(struct options){ .tables = { settings_rows }, .target = &settings },
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

		assert_row_int(cases[i], settings_parse(&settings, &line, cases[i]), 0);
		assert_row(cases[i], settings.follow && settings.quiet && settings.last == 5);
	}
}

static void a_bool_can_be_given_as_false(void **state)
{
	auto_settings struct settings settings = { .follow = true, .quiet = true };
	struct line line;

	(void)state;
	assert_int_equal(settings_parse(&settings, &line, "--follow=false|-q=false"), 0);
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
		assert_row_int(word, settings_parse(&settings, &line, flag), 0);
		assert_row_int(word, settings.follow, i % 2);
	}
}

static void words_that_are_no_flags_stay_in_order(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(
		settings_parse(&settings, &line, "one|-f|two|-|--last|5||--|--quiet|-x|--"), 7);
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
	assert_int_equal(settings_parse(&settings, &line,
					"-ia|--interface|b,,c,|-i=d|-s|one|--server=two|-n1|-n2|"
					"--where=a,b|--where="),
			 0);
	assert_settings_list(&settings.interfaces, "a|b|c|d");
	assert_settings_list(&settings.where, "a,b|");
	assert_string_equal(settings.server, "two");
	assert_int_equal(settings.last, 2);
}

static void a_value_may_look_like_a_flag_or_be_empty(void **state)
{
	auto_settings struct settings settings = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(settings_parse(&settings, &line, "--server|--follow|--where|--"), 0);
	assert_string_equal(settings.server, "--follow");
	assert_false(settings.follow);
	assert_settings_list(&settings.where, "--");
	assert_int_equal(settings_parse(&settings, &line, "--where="), 0);
	assert_int_equal(settings.where.count, 1);
	assert_string_equal(settings.where.items[0], "");
	assert_int_equal(settings_parse(&settings, &line, "--server=a=b"), 0);
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
	{ "--follow=", "--follow \"\": not true or false" },
	{ "--server=", "--server \"\": empty value" },
	{ "--interface=", "--interface \"\": empty value" },
	{ "--interface= ,,", "--interface  ,,: empty value" },

	{ "--last", "--last: needs a value" },
	{ "-fn", "--last: needs a value" },
	{ "--last|12x", "--last 12x: not a whole number from 1 to 1000" },
	{ "-n|-1", "--last -1: not a whole number from 1 to 1000" },
	{ "--last=1.5", "--last 1.5: not a whole number from 1 to 1000" },
	{ "--last= 1", "--last  1: not a whole number from 1 to 1000" },
	{ "--last=0x10", "--last 0x10: not a whole number from 1 to 1000" },
	{ "--last=", "--last \"\": not a whole number from 1 to 1000" },
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
	{ "--attach-the-programs-by=",
	  "--attach-the-programs-by \"\": not one of auto|tcx|clsact" },
	{ "-i", "--interface: needs a value" },
	{ "--last=\x1b[31m", "--last ?[31m: not a whole number from 1 to 1000" },
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
		r = settings_parse(&settings, &line, complaints[i].words);
		capture_end(&captured);
		snprintf(expected, sizeof(expected), "weir: %s\n", complaints[i].message);
		assert_row_str(complaints[i].words, captured.text, expected);
		assert_row_int(complaints[i].words, r, -EINVAL);
		assert_row_int(complaints[i].words, settings.last, 77);
	}
}

static void help_is_printed_from_the_rows(void **state)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	options_print(settings_rows, out);
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
	assert_int_equal(settings_parse(&settings, &line, "-sx|-ia,b|--where=c"), 0);
	settings_done(&settings);
	assert_null(settings.server);
	assert_int_equal(settings.interfaces.count, 0);
	settings_done(&settings);
}

int main(void)
{
	settings_forget_environment();
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(TEST(flags_fill_the_struct), TEST(each_choice_is_the_index_of_its_word),
			 TEST(nothing_given_leaves_the_defaults), TEST(short_flags_can_be_bundled),
			 TEST(a_bool_can_be_given_as_false),
			 TEST(a_bool_is_written_as_gos_parse_bool_takes_it),
			 TEST(words_that_are_no_flags_stay_in_order),
			 TEST(a_list_adds_up_and_a_string_is_replaced),
			 TEST(a_value_may_look_like_a_flag_or_be_empty),
			 TEST(each_complaint_names_flag_value_and_reason),
			 TEST(help_is_printed_from_the_rows),
			 TEST(long_help_is_broken_between_words),
			 TEST(what_is_done_can_be_done_again));
}

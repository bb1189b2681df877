// SPDX-License-Identifier: BSD-2-Clause
/* Options whose values are handed on in the order of the command line, and tables within tables. */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/options.h"
#include "tests/harness.h"

/* What the calls have noted: "a=1 b=2 ". */
struct notes {
	char text[256];
	char *name;
};

struct settings {
	bool follow;
	struct notes notes;
};

static int note(void *member, const struct option_row *row, const char *value,
		char reason[static OPTION_REASON_SIZE])
{
	struct notes *notes = member;
	size_t len = strlen(notes->text);
	const char *mark = row->data;

	if (strcmp(value, "bad") == 0) {
		snprintf(reason, OPTION_REASON_SIZE, "not good");
		return -EINVAL;
	}
	snprintf(notes->text + len, sizeof(notes->text) - len, "%s=%s ", mark, value);
	return 0;
}

/* As a command would that wants something to follow. */
static int end(void *member)
{
	const struct notes *notes = member;
	size_t len = strlen(notes->text);

	if (len < 7 || strcmp(notes->text + len - 7, "x=true ") != 0)
		return 0;
	return log_err(-EINVAL, "something is to follow");
}

static unsigned int done_count;

static void done(void *member)
{
	(void)member;
	done_count++;
}

static const struct option_row inner[] = {
	{ .short_name = 'a',
	  .long_name = "alpha",
	  .kind = OPT_CALL,
	  .call = note,
	  .data = "a",
	  .metavar = "A",
	  .shown_as = "[from-]alpha",
	  .help = "first" },
	{ .long_name = "from-alpha",
	  .kind = OPT_CALL,
	  .call = note,
	  .data = "f",
	  .metavar = "A",
	  .help = "first",
	  .is_hidden = true },
	{ .short_name = 'x',
	  .long_name = "exclude",
	  .kind = OPT_CALL,
	  .call = note,
	  .data = "x",
	  .help = "a switch",
	  .is_flag_only = true },
	{ .long_name = "name",
	  .kind = OPT_STRING,
	  .offset = offsetof(struct notes, name),
	  .metavar = "NAME",
	  .help = "a name" },
	{},
};

static const struct option_row flags[] = {
	{ .short_name = 'f',
	  .long_name = "follow",
	  .kind = OPT_BOOL,
	  .offset = offsetof(struct settings, follow),
	  .help = "go on" },
	{},
};

static const struct option_row rows[] = {
	{ .kind = OPT_TABLE, .help = "Flags", .table = flags },
	{ .kind = OPT_TABLE,
	  .help = "Notes",
	  .table = inner,
	  .offset = offsetof(struct settings, notes),
	  .end = end,
	  .done = done },
	{},
};

static void cleanup_settings(struct settings *settings)
{
	options_done(rows, settings);
}

#define auto_settings __attribute__((cleanup(cleanup_settings)))

/* words, split at '|' */
static int parse(struct settings *settings, const char *words)
{
	struct options options = { .tables = { rows }, .target = settings };
	auto_free char *copy = strdup(words);
	static char program[] = "weir";
	char *argv[17] = { program }, *rest = copy;
	int argc = 1;

	while (rest && argc < 16)
		argv[argc++] = strsep(&rest, "|");
	return options_parse(&options, argc, argv);
}

static void values_are_handed_on_in_the_order_of_the_command_line(void **state)
{
	static const struct {
		const char *words, *notes;
	} cases[] = {
		{ "--alpha|1|--from-alpha=2|-a3|-a|4", "a=1 f=2 a=3 a=4 " },
		{ "-x|-a|1|-xa=2", "x=true a=1 x=true a=2 " },
		{ "--exclude=false|-a1|--exclude=true|-fa2", "a=1 x=true a=2 " },
		{ "--alpha=|--alpha|--exclude", "a= a=--exclude " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_settings struct settings settings = {};

		assert_row_int(cases[i].words, parse(&settings, cases[i].words), 0);
		assert_row_str(cases[i].words, settings.notes.text, cases[i].notes);
	}
}

static void a_member_of_an_included_table_is_found_at_its_offset(void **state)
{
	auto_settings struct settings settings = {};

	(void)state;
	assert_int_equal(parse(&settings, "--name=n|-f"), 0);
	assert_true(settings.follow);
	assert_string_equal(settings.notes.name, "n");
	assert_string_equal(settings.notes.text, "");
}

static void complaints_of_calls_are_hubbles(void **state)
{
	static const struct {
		const char *words, *message;
	} cases[] = {
		{ "--alpha|bad", "invalid argument \"bad\" for \"-a, --alpha\" flag: not good" },
		{ "-abad", "invalid argument \"bad\" for \"-a, --alpha\" flag: not good" },
		{ "--from-alpha=bad",
		  "invalid argument \"bad\" for \"--from-alpha\" flag: not good" },
		{ "-x=maybe", "invalid argument \"maybe\" for \"-x, --exclude\" flag: "
			      "not true or false" },
		{ "--alpha", "--alpha: needs a value" },
		{ "-f|-x", "something is to follow: Invalid argument" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_settings struct settings settings = {};
		struct captured captured;
		char expected[256];
		int r;

		capture_begin(&captured);
		r = parse(&settings, cases[i].words);
		capture_end(&captured);
		snprintf(expected, sizeof(expected), "weir: %s\n", cases[i].message);
		assert_row_int(cases[i].words, r, -EINVAL);
		assert_row_str(cases[i].words, captured.text, expected);
	}
}

static void the_environment_is_handed_on_too(void **state)
{
	auto_settings struct settings settings = {};
	struct options options = { .tables = { rows }, .target = &settings };
	static char program[] = "weir", flag[] = "--from-alpha=1";
	char *argv[] = { program, flag, NULL };

	(void)state;
	setenv("WEIR_ALPHA", "2", 1);
	setenv("WEIR_FROM_ALPHA", "3", 1);
	setenv("WEIR_EXCLUDE", "true", 1);
	assert_int_equal(options_parse(&options, 2, argv), 0);
	assert_int_equal(options_from_env(&options), 0);
	assert_string_equal(settings.notes.text, "f=1 a=2 ");
	unsetenv("WEIR_ALPHA");
	unsetenv("WEIR_FROM_ALPHA");
	unsetenv("WEIR_EXCLUDE");
}

static void a_walk_meets_every_row_once(void **state)
{
	static const struct {
		const char *name;
		size_t base;
	} expected[] = {
		{ "follow", 0 },
		{ "alpha", offsetof(struct settings, notes) },
		{ "from-alpha", offsetof(struct settings, notes) },
		{ "exclude", offsetof(struct settings, notes) },
		{ "name", offsetof(struct settings, notes) },
	};
	struct option_walk walk = { .rows = rows };
	const struct option_row *row;
	size_t count = 0, base;

	(void)state;
	while ((row = option_next(&walk, &base))) {
		assert_true(count < ARRAY_SIZE(expected));
		assert_string_equal(row->long_name, expected[count].name);
		assert_int_equal(base, expected[count++].base);
	}
	assert_int_equal(count, ARRAY_SIZE(expected));
	assert_null(option_next(&walk, &base));
}

static void help_has_a_title_for_each_table(void **state)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	options_print(rows, out);
	fclose(out);
	assert_string_equal(text, "Flags:\n"
				  "  -f, --follow                  go on\n"
				  "\n"
				  "Notes:\n"
				  "  -a, --[from-]alpha A          first\n"
				  "  -x, --exclude                 a switch\n"
				  "      --name NAME               a name\n");
}

static void what_calls_have_made_is_freed_once(void **state)
{
	struct settings settings = {};

	(void)state;
	assert_int_equal(parse(&settings, "-a1"), 0);
	done_count = 0;
	options_done(rows, &settings);
	assert_int_equal(done_count, 1);
}

int main(void)
{
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(TEST(values_are_handed_on_in_the_order_of_the_command_line),
			 TEST(a_member_of_an_included_table_is_found_at_its_offset),
			 TEST(complaints_of_calls_are_hubbles),
			 TEST(the_environment_is_handed_on_too), TEST(a_walk_meets_every_row_once),
			 TEST(help_has_a_title_for_each_table),
			 TEST(what_calls_have_made_is_freed_once));
}

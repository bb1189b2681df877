// SPDX-License-Identifier: BSD-2-Clause
/* weir(1) against the tables: every flag is told there, and every command has an example. */
#include "agent/base/cleanup.h"
#include "cli/commands.h"
#include "tests/harness.h"

static char page[1 << 17];

static int read_page(void **state)
{
	auto_file FILE *file = fopen("docs/man/weir.1", "re");

	(void)state;
	return file && fread(page, 1, sizeof(page) - 1, file) > 0 && feof(file) ? 0 : -1;
}

/* "Fl Fl name", and no letter of a longer one behind it. */
static bool has_flag(const char *name)
{
	char text[64];
	size_t len = (size_t)snprintf(text, sizeof(text), "Fl Fl %s", name);

	for (const char *at = page; (at = strstr(at, text)); at += len) {
		if (strchr(" \n", at[len]))
			return true;
	}
	return false;
}

/* Those of either side are one entry of the page. */
static void assert_flags(const struct option_row *rows)
{
	struct option_walk walk = { .rows = rows };
	const struct option_row *row;
	size_t base;

	while ((row = option_next(&walk, &base))) {
		if (!row->is_hidden && !row->is_refused)
			assert_row(row->long_name, has_flag(row->long_name));
	}
}

static void every_flag_is_in_the_manual(void **state)
{
	(void)state;
	assert_false(has_flag("bogus"));
	assert_flags(cli_global_options());
	for (size_t i = 0; cli_commands[i]; i++)
		assert_flags(cli_commands[i]->options);
}

static void every_command_has_an_example_in_the_manual(void **state)
{
	const char *examples = strstr(page, "\n.Sh EXAMPLES\n");

	(void)state;
	assert_non_null(examples);
	for (size_t i = 0; cli_commands[i]; i++) {
		char text[64];

		snprintf(text, sizeof(text), "weir %s", cli_commands[i]->name);
		assert_row(text, strstr(examples, text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_flag_is_in_the_manual),
		TEST(every_command_has_an_example_in_the_manual),
	};

	return cmocka_run_group_tests_name("test_cli_page", tests, read_page, NULL);
}

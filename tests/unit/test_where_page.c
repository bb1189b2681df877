// SPDX-License-Identifier: BSD-2-Clause
/* The manual of --where: that it names all there is, and that what it shows works. */
#include "base/cleanup.h"
#include "filter/where.h"
#include "filter/where_names.h"
#include "tests/harness.h"

static char page[65536];

static int read_page(void **state)
{
	auto_file FILE *file = fopen("docs/man/weir-where.7", "re");

	(void)state;
	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	return 0;
}

/* In mdoc a name stands on a line of its own: ".It Ic source.pod". */
static bool page_has(const char *name)
{
	char line[64];

	snprintf(line, sizeof(line), "\n.It Ic %s\n", name);
	return strstr(page, line) != NULL;
}

static void every_field_and_every_short_word_is_in_the_manual(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FIELD_MAX; i++)
		assert_row(field_row((enum field)i)->name,
			   page_has(field_row((enum field)i)->name));
	for (const struct where_shorthand *row = where_shorthands; row->word; row++)
		assert_row(row->word, page_has(row->word));
}

/* ".Dl weir observe --where 'EXPRESSION'", or the expression alone. Mdoc's marks are not in them. */
static void every_example_of_the_manual_compiles(void **state)
{
	static const char display[] = "\n.Dl ", option[] = "--where '";
	unsigned int count = 0;

	(void)state;
	for (const char *at = page; (at = strstr(at, display)); count++) {
		auto_where struct where *where = NULL;
		struct where_error error = {};
		char text[256], *begin;

		at += strlen(display);
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "\n"), at);
		begin = strstr(text, option);
		if (begin) {
			begin += strlen(option);
			*strchrnul(begin, '\'') = '\0';
		} else {
			begin = text;
		}
		where_compile(&where, begin, &error);
		assert_row_str(begin, error.message, "");
		assert_non_null(where);
	}
	assert_int_equal(count, 14);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_field_and_every_short_word_is_in_the_manual),
		TEST(every_example_of_the_manual_compiles),
	};

	return cmocka_run_group_tests_name("where_page", tests, read_page, NULL);
}

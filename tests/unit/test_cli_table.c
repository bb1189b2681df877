// SPDX-License-Identifier: BSD-2-Clause
/*
 * Column layout: as wide as the widest cell and three blanks, the last column not padded.
 */
#include "cli/table.h"

#include "tests/harness.h"

static void assert_prints(const struct table *table, const char *indent, const char *expect)
{
	auto_buf struct buf out = {};

	table_print(table, indent, &out);
	assert_false(out.failed);
	buf_append_char(&out, '\0');
	assert_string_equal(buf_bytes(&out), expect);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const cells[] = {
		"NAME", "STATUS", "AGE", "host1", "Connected", "1h2m3s"
	};
	auto_table struct table table = {};

	(void)state;
	table_init(&table, 3);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		table_add_str(&table, cells[i]);
	assert_prints(&table, "",
		      "NAME    STATUS      AGE\n"
		      "host1   Connected   1h2m3s\n");
}

static void an_empty_cell_is_a_dash_and_lines_can_be_indented(void **state)
{
	auto_table struct table table = {};

	(void)state;
	table_init(&table, 2);
	table_add_str(&table, "A");
	table_add_str(&table, "B");
	table_add_str(&table, "");
	table_add_str(&table, NULL);
	assert_prints(&table, "  ", "  A   B\n  -   -\n");
}

static void foreign_text_can_not_break_the_layout(void **state)
{
	auto_table struct table table = {};

	(void)state;
	table_init(&table, 2);
	table_add_str(&table, "x\ny");
	table_add_str(&table, "\033[2J");
	table_add_str(&table, "Zürich");
	table_add_str(&table, "end");
	assert_prints(&table, "", "x\\ny     ^[[2J\nZürich   end\n");
}

static void cells_can_be_made_of_pieces(void **state)
{
	auto_table struct table table = {};

	(void)state;
	table_init(&table, 2);
	buf_append_str(&table.text, "1");
	buf_append_str(&table.text, "/2");
	table_end_cell(&table);
	table_add_str(&table, "z");
	assert_prints(&table, "", "1/2   z\n");
}

static void a_table_of_many_rows_keeps_them_all(void **state)
{
	auto_table struct table table = {};
	auto_buf struct buf out = {};
	size_t lines = 0;

	(void)state;
	table_init(&table, 3);
	for (int i = 0; i < 3000; i++)
		table_add_str(&table, "c");
	table_print(&table, "", &out);
	for (size_t i = 0; i < buf_len(&out); i++)
		lines += buf_bytes(&out)[i] == '\n';
	assert_int_equal(lines, 1000);
}

static void an_empty_table_prints_nothing(void **state)
{
	auto_table struct table table = {};

	(void)state;
	table_init(&table, 4);
	assert_prints(&table, "", "");
}

int main(void)
{
	return RUN_TESTS(
		TEST(columns_are_as_wide_as_their_widest_cell),
		TEST(an_empty_cell_is_a_dash_and_lines_can_be_indented),
		TEST(foreign_text_can_not_break_the_layout), TEST(cells_can_be_made_of_pieces),
		TEST(a_table_of_many_rows_keeps_them_all), TEST(an_empty_table_prints_nothing));
}

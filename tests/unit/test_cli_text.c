// SPDX-License-Identifier: BSD-2-Clause
/*
 * Foreign text on its way to a terminal: nothing in it may move the cursor or forge a line.
 */
#include "cli/text.h"

#include "agent/base/buf.h"
#include "tests/harness.h"

static void what_a_terminal_would_obey_is_escaped(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		const char *expect;
	} cases[] = {
		{ "plain", "db.shop (a/b) ~", 15, "db.shop (a/b) ~" },
		{ "empty", "", 0, "" },
		{ "escape", "\033[31mred", 8, "^[[31mred" },
		{ "line ends", "a\nb\rc\td", 7, "a\\nb\\rc\\td" },
		{ "nul and bell", "a\0b\a", 4, "a\\u0000b\\u0007" },
		{ "delete", "\x7f", 1, "\\u007f" },
		{ "c1 csi",
		  "\xc2\x9b"
		  "31m",
		  5, "\\u009b31m" },
		{ "letters", "Zürich 東京 🙂", 19, "Zürich 東京 🙂" },
		{ "right to left override",
		  "a\xe2\x80\xae"
		  "b",
		  5, "a\\u202eb" },
		{ "line separator", "\xe2\x80\xa8", 3, "\\u2028" },
		{ "lone byte",
		  "\x9b"
		  "1m",
		  3, "\\x9b1m" },
		{ "cut short", "\xe2\x80", 2, "\\xe2\\x80" },
		{ "overlong newline", "\xc0\x8a", 2, "\\xc0\\x8a" },
		{ "surrogate", "\xed\xa0\x80", 3, "\\xed\\xa0\\x80" },
		{ "beyond unicode", "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80" },
		{ "no lead", "\xff\xfe", 2, "\\xff\\xfe" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_buf struct buf out = {};

		text_append(&out, (struct text){ cases[i].text, cases[i].len });
		buf_append_char(&out, '\0');
		assert_row_str(cases[i].name, buf_bytes(&out), cases[i].expect);
	}
}

static void every_byte_alone_comes_out_printable(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		auto_buf struct buf out = {};
		char c = (char)byte;

		text_append(&out, (struct text){ &c, 1 });
		assert_true(buf_len(&out) > 0);
		for (size_t i = 0; i < buf_len(&out); i++)
			assert_in_range(buf_bytes(&out)[i], 0x20, 0x7e);
	}
}

static void numbers_are_grouped_by_thousands(void **state)
{
	static const struct {
		uint64_t number;
		const char *expect;
	} cases[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 65536, "65,536" },
		{ 1234567, "1,234,567" },
		{ UINT64_MAX, "18,446,744,073,709,551,615" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_buf struct buf out = {};

		text_append_grouped(&out, cases[i].number);
		buf_append_char(&out, '\0');
		assert_string_equal(buf_bytes(&out), cases[i].expect);
	}
}

static void width_counts_characters_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_width("abc", 3), 3);
	assert_int_equal(text_width("Zürich", 7), 6);
	assert_int_equal(text_width("", 0), 0);
}

static void texts_compare_by_all_their_bytes(void **state)
{
	(void)state;
	assert_true(text_is(text_from_str("end"), "end"));
	assert_false(text_is(text_from_str("ends"), "end"));
	assert_false(text_is((struct text){ "end\0", 4 }, "end"));
	assert_true(text_is(text_from_str(NULL), ""));
}

int main(void)
{
	return RUN_TESTS(
		TEST(what_a_terminal_would_obey_is_escaped),
		TEST(every_byte_alone_comes_out_printable), TEST(numbers_are_grouped_by_thousands),
		TEST(width_counts_characters_not_bytes), TEST(texts_compare_by_all_their_bytes));
}

// SPDX-License-Identifier: BSD-2-Clause
/* Values between double quotes, as Go's %q writes them. */
#include "base/quote.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static void what_is_special_gets_a_backslash(void **state)
{
	static const struct {
		const char *text, *expect;
	} cases[] = {
		{ "", "\"\"" },
		{ "foo bar", "\"foo bar\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\t\r\a\b\f\v", "\"\\n\\t\\r\\a\\b\\f\\v\"" },
		{ "\x1b[31m\x7f", "\"\\x1b[31m\\x7f\"" },
		{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
		{ "\xff\xc3", "\"\\xff\\xc3\"" },
		{ "\xe2\x80\xa8\xc2\x85", "\"\\u2028\\u0085\"" },
	};
	char quoted[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_row_str(cases[i].expect, quote(cases[i].text, quoted, sizeof(quoted)),
			       cases[i].expect);
}

static void a_long_text_is_cut_between_two_characters(void **state)
{
	static const struct {
		const char *text, *expect;
	} cases[] = {
		{ "1234567", "\"1234567\"" },
		{ "12345678", "\"123456...\"" },
		{ "123456\n8", "\"123456...\"" },
		{ "12345\n78", "\"12345...\"" },
		{ "123456\xc3\xbc", "\"123456\xc3\xbc\"" },
		{ "12345\xc3\xbc\xc3\xbc", "\"12345...\"" },
	};
	char quoted[12];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_row_str(cases[i].text, quote(cases[i].text, quoted, sizeof(quoted)),
			       cases[i].expect);
}

int main(void)
{
	return RUN_TESTS(TEST(what_is_special_gets_a_backslash),
			 TEST(a_long_text_is_cut_between_two_characters));
}

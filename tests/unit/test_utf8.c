// SPDX-License-Identifier: BSD-2-Clause
/*
 * Text from outside: which bytes are characters, which of those are dangerous to show, and copies
 * of a bounded length.
 */
#include "base/utf8.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static void bytes_are_code_points_or_nothing(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		uint32_t point;
		size_t taken;
	} rows[] = {
		{ "NUL", "", 1, 0, 1 },
		{ "ascii", "a", 1, 'a', 1 },
		{ "two", "\u00e9", 2, 0xe9, 2 },
		{ "three", "\u20ac", 3, 0x20ac, 3 },
		{ "four", "\U0001f600", 4, 0x1f600, 4 },
		{ "the last one", "\U0010ffff", 4, 0x10ffff, 4 },
		{ "cut", "\u20ac", 2, UTF8_NONE, 1 },
		{ "continuation alone", "\x80", 1, UTF8_NONE, 1 },
		{ "too long for what it says", "\xc0\xaf", 2, UTF8_NONE, 1 },
		{ "too long, three", "\xe0\x9f\xbf", 3, UTF8_NONE, 1 },
		{ "too long, four", "\xf0\x8f\xbf\xbf", 4, UTF8_NONE, 1 },
		{ "surrogate", "\xed\xa0\x80", 3, UTF8_NONE, 1 },
		{ "too high", "\xf4\x90\x80\x80", 4, UTF8_NONE, 1 },
		{ "no lead", "\xff\xbf\xbf\xbf", 4, UTF8_NONE, 1 },
		{ "another lead inside", "\xe2\xe2\x80", 3, UTF8_NONE, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *bytes =
			malloc(rows[i].len); /* the sanitizer sees one read too many */
		size_t taken = 0;

		assert_non_null(bytes);
		memcpy(bytes, rows[i].bytes, rows[i].len);
		assert_row_int(rows[i].name, utf8_decode(bytes, rows[i].len, &taken),
			       rows[i].point);
		assert_row_int(rows[i].name, taken, rows[i].taken);
	}
}

static void what_a_terminal_would_obey_is_unsafe(void **state)
{
	static const uint32_t bad[] = { 0,	0x07,	0x0a,	0x1b,	0x1f,	0x7f,
					0x80,	0x9b,	0x9f,	0x061c, 0x200e, 0x200f,
					0x2028, 0x202a, 0x202e, 0x2066, 0x2069 };
	static const uint32_t good[] = { 0x20,	 0x7e,	 0xa0,	 0xe9,	 0x061b, 0x200d,
					 0x2010, 0x2027, 0x202f, 0x2065, 0x206a, 0x1f600 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(utf8_is_unsafe(bad[i]));
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_false(utf8_is_unsafe(good[i]));
}

static void a_copy_is_valid_and_bounded(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len, size;
		const char *text;
	} rows[] = {
		{ "it fits", "hello", 5, 6, "hello" },
		{ "it does not", "hello!", 6, 6, "he\u2026" },
		{ "nothing", "", 0, 4, "" },
		{ "room for no more than the dots", "hello", 5, 4, "\u2026" },
		{ "between two characters", "a\u20ac\u20ac\u20ac", 10, 9, "a\u20ac\u2026" },
		{ "no UTF-8", "a\xff\x62", 3, 8, "a\ufffdb" },
		{ "a NUL", "a\0b", 3, 8, "a\ufffdb" },
		{ "growing beyond its room", "\xff\xff\xff", 3, 8, "\ufffd\u2026" },
		{ "control characters stay", "a\x1b[31m\n", 7, 16, "a\x1b[31m\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *to = malloc(rows[i].size);
		size_t len;

		assert_non_null(to);
		len = utf8_clip(to, rows[i].size, rows[i].bytes, rows[i].len);
		assert_row_str(rows[i].name, to, rows[i].text);
		assert_row_int(rows[i].name, len, strlen(rows[i].text));
	}
}

int main(void)
{
	return RUN_TESTS(TEST(bytes_are_code_points_or_nothing),
			 TEST(what_a_terminal_would_obey_is_unsafe),
			 TEST(a_copy_is_valid_and_bounded));
}

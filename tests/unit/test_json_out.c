// SPDX-License-Identifier: BSD-2-Clause
/*
 * The JSON writer: commas, escapes, numbers; and whatever the bytes, the output is JSON that a
 * parser reads back.
 */
#include "base/json_out.h"

/* A type of json-c's has the name of a function of ours. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool
#include <math.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/json_read.h"

static void assert_text(const char *name, const struct buf *buf, const char *text)
{
	auto_free char *is = strndup(buf_bytes(buf), buf_len(buf));

	assert_non_null(is);
	assert_row_str(name, is, text);
}

static void commas_and_nesting_are_placed_by_the_writer(void **state)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	(void)state;
	json_object_begin(&out, NULL);
	json_object_begin(&out, "empty");
	json_object_end(&out);
	json_array_begin(&out, "none");
	json_array_end(&out);
	json_string(&out, "s", "x");
	json_array_begin(&out, "list");
	json_u64(&out, NULL, 1);
	json_string(&out, NULL, "two");
	json_bool(&out, NULL, true);
	json_object_begin(&out, NULL);
	json_bool(&out, "b", false);
	json_object_end(&out);
	json_array_begin(&out, NULL);
	json_array_end(&out);
	json_array_end(&out);
	json_u64_str(&out, "n", UINT64_MAX);
	json_time(&out, "t", 1000000000500000000);
	json_object_end(&out);
	assert_text("object", &buf,
		    "{\"empty\":{},\"none\":[],\"s\":\"x\",\"list\":[1,\"two\",true,{\"b\":false},"
		    "[]],\"n\":\"18446744073709551615\",\"t\":\"2001-09-09T01:46:40.500Z\"}");
}

static void a_null_string_is_an_empty_one(void **state)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	(void)state;
	json_string(&out, NULL, NULL);
	assert_text("NULL", &buf, "\"\"");
}

static void strings_are_escaped_as_go_does(void **state)
{
	static const struct {
		const char *name, *value, *text;
	} cases[] = {
		{ "plain", "abc /~", "\"abc /~\"" },
		{ "quote", "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "short escapes", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "control", "\x01\x1b[31m\x1f", "\"\\u0001\\u001b[31m\\u001f\"" },
		{ "delete", "\x7f", "\"\\u007f\"" },
		{ "control of 8 bits", "\xc2\x80\xc2\x9b\x33m\xc2\x9f",
		  "\"\\u0080\\u009b3m\\u009f\"" },
		{ "directions", "\u061c\u200e\u202e\u2066", "\"\\u061c\\u200e\\u202e\\u2066\"" },
		{ "html", "<a&b>", "\"\\u003ca\\u0026b\\u003e\"" },
		{ "utf-8", "h\u00e9 \u20ac \U0001f600", "\"h\u00e9 \u20ac \U0001f600\"" },
		{ "lowest and highest", "\u00a0 \u0800 \U00010000 \U0010ffff",
		  "\"\u00a0 \u0800 \U00010000 \U0010ffff\"" },
		{ "around the surrogates", "\ud7ff \ue000", "\"\ud7ff \ue000\"" },
		{ "line separators", "a\u2028b\u2029c\u202a", "\"a\\u2028b\\u2029c\\u202a\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf buf = { 0 };
		struct json_out out = { .buf = &buf };

		json_string(&out, NULL, cases[i].value);
		assert_text(cases[i].name, &buf, cases[i].text);
	}
}

static void each_byte_that_is_not_utf8_is_replaced(void **state)
{
	static const struct {
		const char *name, *value, *text;
	} cases[] = {
		{ "lone continuation", "a\x80z", "\"a\ufffdz\"" },
		{ "never used", "\xc0\xc1\xf5\xfe\xff", "\"\ufffd\ufffd\ufffd\ufffd\ufffd\"" },
		{ "cut at the end, 2", "a\xc3", "\"a\ufffd\"" },
		{ "cut at the end, 3", "a\xe2\x82", "\"a\ufffd\ufffd\"" },
		{ "cut at the end, 4", "a\xf0\x9f\x98", "\"a\ufffd\ufffd\ufffd\"" },
		{ "cut by ASCII", "\xe2\x82x", "\"\ufffd\ufffdx\"" },
		{ "cut by a quote", "\xe2\"", "\"\ufffd\\\"\"" },
		{ "overlong /", "\xc0\xaf", "\"\ufffd\ufffd\"" },
		{ "overlong, 3", "\xe0\x9f\xbf", "\"\ufffd\ufffd\ufffd\"" },
		{ "overlong, 4", "\xf0\x8f\xbf\xbf", "\"\ufffd\ufffd\ufffd\ufffd\"" },
		{ "surrogate", "\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\"" },
		{ "above 10ffff", "\xf4\x90\x80\x80", "\"\ufffd\ufffd\ufffd\ufffd\"" },
		{ "good after bad", "\xff\xc3\xa9", "\"\ufffd\u00e9\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf buf = { 0 };
		struct json_out out = { .buf = &buf };

		json_string(&out, NULL, cases[i].value);
		assert_text(cases[i].name, &buf, cases[i].text);
	}
}

/* All pairs of bytes between two letters: always JSON; and unchanged where they were UTF-8. */
static void any_bytes_can_be_read_back(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (unsigned int pair = 0; pair < 65536; pair++) {
		const char value[] = { 'a', (char)(pair >> 8), (char)pair, 'z', '\0' };
		struct json_out out = { .buf = &buf };
		struct json_object *object;

		buf_truncate(&buf, 0);
		json_string(&out, NULL, value);
		object = json_read("what was written", buf_bytes(&buf), buf_len(&buf));
		if ((pair & 0x8080) == 0)
			assert_string_equal(json_object_get_string(object), value);
		json_object_put(object);
	}
}

static void numbers_are_written_to_their_limits(void **state)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	(void)state;
	json_array_begin(&out, NULL);
	json_u64(&out, NULL, 0);
	json_u64(&out, NULL, UINT64_MAX);
	json_u64_str(&out, NULL, 0);
	json_i64(&out, NULL, 0);
	json_i64(&out, NULL, -1);
	json_i64(&out, NULL, INT64_MAX);
	json_i64(&out, NULL, INT64_MIN);
	json_array_end(&out);
	assert_text("integers", &buf,
		    "[0,18446744073709551615,\"0\",0,-1,9223372036854775807,-9223372036854775808]");
}

static void doubles_have_no_more_digits_than_they_need(void **state)
{
	static const struct {
		double value;
		int decimals;
		const char *text;
	} cases[] = {
		{ 12.345, 2, "12.35" },
		{ 12.5, 3, "12.5" },
		{ 3, 3, "3" },
		{ 100, 0, "100" },
		{ 100, 2, "100" },
		{ 0.05, 1, "0.1" },
		{ 0.04, 1, "0" },
		{ -0.001, 2, "0" },
		{ -1.5, 2, "-1.5" },
		{ -0.5, 1, "-0.5" },
		{ 0, 6, "0" },
		{ -0.0, 0, "0" },
		{ (double)NAN, 2, "null" },
		{ (double)INFINITY, 2, "null" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf buf = { 0 };
		struct json_out out = { .buf = &buf };

		json_double(&out, NULL, cases[i].value, cases[i].decimals);
		assert_text(cases[i].text, &buf, cases[i].text);
	}
}

static void the_largest_double_is_whole(void **state)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	(void)state;
	json_double(&out, NULL, -1.7e308, 3);
	assert_false(buf.failed);
	assert_int_equal(buf_len(&buf), 1 + 309);
	buf_append_char(&buf, '\0');
	assert_true(strtod(buf_bytes(&buf), NULL) == -1.7e308);
}

static void a_writer_without_memory_drops_everything(void **state)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	(void)state;
	assert_false(buf_reserve(&buf, SIZE_MAX));
	json_object_begin(&out, NULL);
	json_string(&out, "s", "a\"\xff\u2028");
	json_double(&out, "d", 1.5, 2);
	json_double(&out, "z", -0.0, 2);
	json_time(&out, "t", 0);
	json_object_end(&out);
	assert_true(buf.failed);
	assert_int_equal(buf_len(&buf), 0);
}

/* A byte that is not plain is found wherever it stands. */
static void each_byte_tells_whether_a_text_is_plain(void **state)
{
	char text[40];

	(void)state;
	for (size_t len = 1; len <= sizeof(text); len++) {
		for (size_t at = 0; at < len; at++) {
			for (unsigned int byte = 0; byte < 256; byte++) {
				bool expect =
					byte >= ' ' && byte < 0x7f && !strchr("\\&<>", (int)byte);

				memset(text, at % 2 ? ' ' : '~', sizeof(text));
				text[at] = (char)byte;
				assert_int_equal(json_is_plain((struct text){ text, len }), expect);
			}
		}
	}
}

int main(void)
{
	return RUN_TESTS(
		TEST(each_byte_tells_whether_a_text_is_plain),

		TEST(commas_and_nesting_are_placed_by_the_writer),
		TEST(a_null_string_is_an_empty_one), TEST(strings_are_escaped_as_go_does),
		TEST(each_byte_that_is_not_utf8_is_replaced), TEST(any_bytes_can_be_read_back),
		TEST(numbers_are_written_to_their_limits),
		TEST(doubles_have_no_more_digits_than_they_need), TEST(the_largest_double_is_whole),
		TEST(a_writer_without_memory_drops_everything));
}

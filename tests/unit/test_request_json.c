// SPDX-License-Identifier: BSD-2-Clause
/*
 * What stands on a line: JSON as strict as RFC 8259 has it, one object, and no more than fits.
 */
#include "tests/unit/request_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void what_is_no_json_object_is_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "", "not a JSON object: unexpected end at byte 0" },
		{ "{", "not a JSON object: unexpected end at byte 1" },
		{ "{\"method\":\"GetFlows\"", "not a JSON object: unexpected end at byte 20" },
		{ "{\"method\":\"GetFl", "not a JSON object: unexpected end at byte 16" },
		{ "}", "not a JSON object: unexpected character at byte 0" },
		{ "GET / HTTP/1.1", "not a JSON object: unexpected character at byte 0" },
		{ "{\"method\"}", "not a JSON object: object property name separator ':' expected "
				  "at byte 9" },
		{ "{method:1}",
		  "not a JSON object: quoted object property name expected at byte 1" },
		{ "{\"method\":\"GetFlows\" \"params\":{}}",
		  "not a JSON object: object value separator ',' expected at byte 21, after "
		  "\"method\"" },
		{ "{\"method\":}",
		  "not a JSON object: unexpected character at byte 10, after \"method\"" },
		{ "{\"method\":tru}",
		  "not a JSON object: boolean expected at byte 13, after \"method\"" },
		{ "{\"method\":\"\\x\"}",
		  "not a JSON object: invalid string sequence at byte 12, after \"method\"" },
		{ "[{\"method\":\"GetFlows\"}]", "the request is not a JSON object" },
		{ "\"GetFlows\"", "the request is not a JSON object" },
		{ "null ", "the request is not a JSON object" },
		{ "5 ", "the request is not a JSON object" },
		{ "true ", "the request is not a JSON object" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_SIZE(cases), "INVALID_ARGUMENT");
}

struct flaw {
	const char *params, *message;
};

static void assert_flaws(const struct flaw *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char line[256];
		int len = snprintf(line, sizeof(line), "{\"method\":\"GetFlows\",\"params\":%s}",
				   cases[i].params);

		assert_refused(line, (size_t)len, "INVALID_ARGUMENT", cases[i].message);
	}
}

/* What the parser takes, and is no JSON or another number than is written. */
static void leniency_ends_here(void **state)
{
	static const struct flaw cases[] = {
		{ "{'number':1}", "a string in single quotes at byte 31, after \"params\"" },
		{ "{\"since\":'5m'}",
		  "not a JSON object: unexpected character at byte 39, after \"since\"" },
		{ "{\"number\":18446744073709551616}",
		  "a number beyond 64 bits at byte 40, after \"number\"" },
		{ "{\"number\":99999999999999999999}",
		  "a number beyond 64 bits at byte 40, after \"number\"" },
		{ "{\"number\":-9223372036854775809}",
		  "a number beyond 64 bits at byte 40, after \"number\"" },
		{ "{\"x\":[1,{\"y\":99999999999999999999}]}",
		  "a number beyond 64 bits at byte 43, after \"y\"" },
		{ "{\"number\":1.}", "no number of JSON at byte 40, after \"number\"" },
		{ "{\"number\":NaN}", "a word that is none of JSON at byte 40, after \"number\"" },
		{ "{\"number\":Infinity}",
		  "a word that is none of JSON at byte 40, after \"number\"" },
		{ "{\"number\":-Infinity}",
		  "a word that is none of JSON at byte 40, after \"number\"" },
		{ "{\"since\":\"5m\x01\"}",
		  "a control character in a string at byte 39, after \"since\"" },
		{ "{\"since\":\"5m\t\"}",
		  "a control character in a string at byte 39, after \"since\"" },
		{ "{\"fi\nrst\":true}",
		  "a control character in a string at byte 31, after \"params\"" },
		/* The parser says so itself, if asked to be strict. */
		{ "{\"number\":nan}",
		  "not a JSON object: null expected at byte 41, after \"number\"" },
		{ "{\"first\":TRUE}",
		  "not a JSON object: boolean expected at byte 39, after \"first\"" },
		{ "{\"number\":01}",
		  "not a JSON object: number expected at byte 42, after \"number\"" },
		{ "{\"number\":1,}",
		  "not a JSON object: unexpected character at byte 42, after \"number\"" },
		{ "{/* all */\"number\":1}", "not a JSON object: quoted object property name "
					     "expected at byte 31, after \"params\"" },
		{ "{\"number\":1 // one\n}", "not a JSON object: object value separator ',' "
					     "expected at byte 42, after \"number\"" },
	};

	(void)state;
	assert_flaws(cases, ARRAY_SIZE(cases));
}

/* The parser would make U+FFFD of it. */
static void half_of_a_character_is_refused_where_it_stands(void **state)
{
	static const struct flaw cases[] = {
		{ "{\"extensions\":{\"process\":[\"a\\ud800\"]}}",
		  "half of a pair of escapes \\u at byte 58, after \"process\"" },
		{ "{\"extensions\":{\"process\":[\"\\ude00\"]}}",
		  "half of a pair of escapes \\u at byte 57, after \"process\"" },
		{ "{\"extensions\":{\"process\":[\"\\\\ud83d\",\"\\uD83D\\n\\uDE00\"]}}",
		  "half of a pair of escapes \\u at byte 67, after \"process\"" },
		{ "{\"extensions\":{\"process\":[\"\\ud83d\\ud83d\\ude00\"]}}",
		  "half of a pair of escapes \\u at byte 57, after \"process\"" },
		{ "{\"extensions\":{\"\\udbff\":[]}}",
		  "half of a pair of escapes \\u at byte 46, after \"extensions\"" },
		{ "{\"since\":\"\\ud83\"}",
		  "not a JSON object: invalid string sequence at byte 45, after \"since\"" },
	};

	(void)state;
	assert_flaws(cases, ARRAY_SIZE(cases));
}

static void what_is_strict_json_is_taken(void **state)
{
	static const char *const cases[] = {
		"{\"number\":18446744073709551615}",
		"{\"number\":0}",
		"{ \"number\" : 5 , \"follow\" : true }",
		"{\"since\":\"2024-05-06T07:08:09\\u005a\"}",
		"{\"n\\u0075mber\":\"7\"}",
		"{\"until\":null}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request_error error;
		struct request request;

		assert_row_int(cases[i], parse_params("GetFlows", cases[i], &request, &error), 0);
	}
}

static void a_quote_in_a_string_is_only_that(void **state)
{
	static const char line[] = "{\"method\":\"it's \\\" NaN /* 99999999999999999999 \"}";

	(void)state;
	assert_refused(line, strlen(line), "UNIMPLEMENTED",
		       "method it's \" NaN /* 99999999999999999999  is not known");
}

static void what_is_no_utf8_is_refused(void **state)
{
	static const char *const bytes[] = { "\xff", "\xc3", "a\x80", "\xe2\x82", "\xe2\x82x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		struct request_error error;
		struct request request;
		char line[128];
		int len = snprintf(line, sizeof(line), "{\"method\":\"%s\"}", bytes[i]);

		assert_int_equal(parse_line(line, (size_t)len, &request, &error), -EINVAL);
		assert_string_equal(error.code, "INVALID_ARGUMENT");
		assert_true(
			strstr(error.message, "not a JSON object: invalid utf-8 string at byte "));
	}
}

static void one_line_is_one_request(void **state)
{
	static const struct refusal cases[] = {
		{ "{\"method\":\"ServerStatus\"}{\"method\":\"ServerStatus\"}",
		  "more than one JSON object on the line (byte 25)" },
		{ "{\"method\":\"ServerStatus\"} x",
		  "more than one JSON object on the line (byte 26)" },
		{ "{\"method\":\"ServerStatus\"},",
		  "more than one JSON object on the line (byte 25)" },
	};
	static const char with_nul[] = "{\"method\":\"ServerStatus\"}\0";

	(void)state;
	assert_all_refused(cases, ARRAY_SIZE(cases), "INVALID_ARGUMENT");
	assert_refused(with_nul, sizeof(with_nul) - 1, "INVALID_ARGUMENT",
		       "more than one JSON object on the line (byte 25)");
	assert_refused("{\"method\"\0:1}", 13, "INVALID_ARGUMENT",
		       "not a JSON object: unexpected end of data at byte 9");
}

static void append_times(struct buf *buf, const char *text, unsigned int times)
{
	while (times--)
		buf_append_str(buf, text);
}

static void what_is_long_is_cut_in_the_answer(void **state)
{
	auto_buf struct buf line = { 0 };
	struct request_error error;
	struct request request;

	(void)state;
	buf_append_str(&line, "{\"method\":\"");
	append_times(&line, "x", 1U << 20);
	buf_append_str(&line, "\"}");
	assert_int_equal(parse_line(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_string_equal(error.code, "UNIMPLEMENTED");
	assert_int_equal(strlen(error.message), strlen("method  is not known") + 80);
	buf_truncate(&line, 0);
	buf_append_str(&line, "{\"method\":\"GetFlows\",\"params\":{\"since\":\"");
	append_times(&line, "\\u0001", 100000);
	buf_append_str(&line, "\"}}");
	assert_int_equal(parse_line(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_string_equal(error.code, "INVALID_ARGUMENT");
	assert_int_equal(strlen(error.message),
			 strlen("params.since:  is not an RFC 3339 time") + 80);
}

static void nesting_has_an_end(void **state)
{
	auto_buf struct buf line = { 0 };
	struct request_error error;
	struct request request;

	(void)state;
	append_times(&line, "{\"a\":", 100000);
	assert_int_equal(parse_line(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_string_equal(error.code, "INVALID_ARGUMENT");
	assert_non_null(strstr(error.message, "not a JSON object: nesting too deep at byte 1"));
	buf_truncate(&line, 0);
	append_times(&line, "[", 100000);
	assert_int_equal(parse_line(buf_bytes(&line), buf_len(&line), &request, &error), -EINVAL);
	assert_non_null(strstr(error.message, "not a JSON object: nesting too deep at byte 3"));
}

static void each_beginning_of_a_request_is_refused(void **state)
{
	static const char line[] =
		"{\"method\":\"GetFlows\",\"params\":{\"number\":\"12\",\"first\":"
		"false,\"since\":\"2024-05-06T07:08:09Z\"}}";
	struct request_error error;
	struct request request;

	(void)state;
	for (size_t len = 0; len < sizeof(line) - 1; len++) {
		auto_free char *part = malloc(len + 1); /* to its last byte: the sanitizer looks */

		assert_non_null(part);
		memcpy(part, line, len);
		assert_int_equal(parse_line(part, len, &request, &error), -EINVAL);
		assert_string_equal(error.code, "INVALID_ARGUMENT");
	}
	assert_int_equal(parse_line(line, sizeof(line) - 1, &request, &error), 0);
}

int main(void)
{
	return RUN_TESTS(TEST(what_is_no_json_object_is_refused), TEST(leniency_ends_here),
			 TEST(half_of_a_character_is_refused_where_it_stands),
			 TEST(what_is_strict_json_is_taken), TEST(a_quote_in_a_string_is_only_that),
			 TEST(what_is_no_utf8_is_refused), TEST(one_line_is_one_request),
			 TEST(what_is_long_is_cut_in_the_answer), TEST(nesting_has_an_end),
			 TEST(each_beginning_of_a_request_is_refused));
}

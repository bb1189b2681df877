// SPDX-License-Identifier: BSD-2-Clause
/*
 * The two readers of the agent's JSON: the cursor for lines of flows, and the tolerant look-ups in
 * single answers.
 */
#include "cli/json_in.h"

#include "agent/base/buf.h"
#include "agent/base/json_scan.h"
#include "tests/harness.h"

/* Takes one value of any kind; says whether the whole text was JSON. */
static bool scans(const char *json, size_t len)
{
	auto_buf struct buf scratch = {};
	struct json_scan scan;

	assert_true(buf_reserve(&scratch, len + 1));
	json_scan_init(&scan, (struct text){ json, len }, &scratch);
	json_scan_raw(&scan);
	return json_scan_is_done(&scan);
}

static void only_json_is_taken_for_json(void **state)
{
	static const struct {
		const char *json;
		bool is_json;
	} cases[] = {
		{ "{}", true },
		{ "[]", true },
		{ " { \"a\" : [ 1 , -2.5e3 , true , false , null , \"x\" ] } ", true },
		{ "\"\\u00e9\\\\\"", true },
		{ "{\"a\":{\"b\":[{}]}}", true },
		{ "", false },
		{ "{", false },
		{ "}", false },
		{ "{\"a\"}", false },
		{ "{\"a\":}", false },
		{ "{\"a\":1,}", false },
		{ "{\"a\":1 \"b\":2}", false },
		{ "{,}", false },
		{ "[1,]", false },
		{ "[1 2]", false },
		{ "[}", false },
		{ "{]", false },
		{ "\"abc", false },
		{ "\"abc\\\"", false },
		{ "tru", false },
		{ "nul", false },
		{ "{} x", false },
		{ "{'a':1}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_row_int(cases[i].json, scans(cases[i].json, strlen(cases[i].json)),
			       cases[i].is_json);
}

static void nesting_has_a_bound(void **state)
{
	enum {
		DEEP = 100000
	};
	char *json = malloc(DEEP);

	(void)state;
	assert_non_null(json);
	memset(json, '[', DEEP);
	assert_false(scans(json, DEEP));
	memset(json, '[', 32);
	memset(json + 32, ']', 32);
	assert_true(scans(json, 64));
	memset(json, '[', 33);
	memset(json + 33, ']', 33);
	assert_false(scans(json, 66));
	free(json);
}

static void no_cut_text_is_taken_for_json(void **state)
{
	static const char whole[] = "{\"a\":[1,\"b\\u00e9\\\\\",{\"c\":true}],\"d\":null}";

	(void)state;
	assert_true(scans(whole, sizeof(whole) - 1));
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		/* A copy of its own, so that the sanitizers see a step too far. */
		char *cut = malloc(len + 1);

		assert_non_null(cut);
		memcpy(cut, whole, len);
		assert_false(scans(cut, len));
		free(cut);
	}
}

static void strings_are_unescaped(void **state)
{
	static const struct {
		const char *json, *expect;
		size_t len;
	} cases[] = {
		{ "\"plain\"", "plain", 5 },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8 },
		{ "\"\\u0041\\u00e9\\u20ac\\uD83D\\uDE42\"", "Aé€🙂", 10 },
		{ "\"a\\u0000b\"", "a\0b", 3 },
		{ "\"\\ud83d\"", "\xef\xbf\xbd", 3 },
		{ "\"\\ud83d\\u0041\"",
		  "\xef\xbf\xbd"
		  "A",
		  4 },
		{ "\"\\udc00\"", "\xef\xbf\xbd", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text json = text_from_str(cases[i].json);
		auto_buf struct buf scratch = {};
		struct json_scan scan;
		struct text text;

		assert_true(buf_reserve(&scratch, json.len));
		json_scan_init(&scan, json, &scratch);
		assert_row_int(cases[i].json, json_scan_value(&scan, &text), JSON_STRING);
		assert_row_int(cases[i].json, text.len, cases[i].len);
		assert_memory_equal(text.bytes, cases[i].expect, text.len);
	}
}

static void bad_escapes_fail(void **state)
{
	static const char *const cases[] = { "\"\\x41\"", "\"\\u12\"",	      "\"\\u12g4\"",
					     "\"\\u\"",	  "\"\\uD83D\\u12\"", "\"\\U0041\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text json = text_from_str(cases[i]);
		auto_buf struct buf scratch = {};
		struct json_scan scan;
		struct text text;

		assert_true(buf_reserve(&scratch, json.len));
		json_scan_init(&scan, json, &scratch);
		assert_row_int(cases[i], json_scan_value(&scan, &text), JSON_NONE);
		assert_row(cases[i], scan.failed && text.len == 0);
	}
}

static void the_first_key_is_found_without_parsing(void **state)
{
	static const struct {
		const char *line, *key;
	} cases[] = {
		{ "{\"end\":{}}", "end" },
		{ " { \"end\" : {} }", "end" },
		{ "{\"flow\":{\"end\":1}}", "flow" },
		{ "{\"flow", "" },
		{ "{\"", "" },
		{ "{", "" },
		{ "", "" },
		{ "[\"end\"]", "" },
		{ "end", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text key = json_in_first_key(cases[i].line, strlen(cases[i].line));

		assert_row(cases[i].line, text_is(key, cases[i].key));
	}
}

static void look_ups_read_what_is_there_and_nothing_else(void **state)
{
	static const char json[] =
		"{\"text\":\"t\",\"number\":7,\"digits\":\"18446744073709551615\","
		"\"negative\":-3,\"bad\":\"12x\",\"yes\":true,\"half\":0.5,"
		"\"deep\":{\"er\":{\"key\":\"found\"}},\"list\":[1,2]}";
	auto_json struct json_object *object = NULL;
	uint64_t number = 99;
	double half = 9;
	bool yes = false;

	(void)state;
	assert_int_equal(json_in_parse(json, sizeof(json) - 1, &object), 0);
	assert_true(text_is(json_in_text(object, "deep.er.key"), "found"));
	assert_true(text_is(json_in_text(object, "number"), ""));
	assert_true(text_is(json_in_text(object, "deep.er.key.more"), ""));
	assert_true(text_is(json_in_text(object, "text.more"), ""));
	assert_true(json_in_u64(object, "digits", &number));
	assert_true(number == UINT64_MAX);
	assert_true(json_in_u64(object, "number", &number));
	assert_int_equal(number, 7);
	assert_false(json_in_u64(object, "bad", &number));
	assert_false(json_in_u64(object, "negative", &number));
	assert_false(json_in_u64(object, "list", &number));
	assert_false(json_in_u64(object, "absent", &number));
	assert_int_equal(number, 7);
	assert_true(json_in_double(object, "half", &half));
	assert_false(json_in_double(object, "text", &half));
	assert_true(half > 0.4 && half < 0.6);
	assert_true(json_in_bool(object, "yes", &yes) && yes);
	assert_false(json_in_bool(object, "number", &yes));
	assert_int_equal(json_in_len(json_in_array(object, "list")), 2);
	assert_null(json_in_array(object, "deep"));
	assert_null(json_in_object(object, "list"));
	assert_null(json_in_at(json_in_array(object, "list"), 2));
	assert_null(json_in_get(NULL, "a"));
}

static void answers_that_are_no_object_are_refused(void **state)
{
	static const char *const cases[] = { "", "[]", "1", "null", "{", "{} {}", "{\"a\":1", "x" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *object = NULL;

		assert_row_int(cases[i], json_in_parse(cases[i], strlen(cases[i]), &object),
			       -EBADMSG);
		assert_row(cases[i], !object);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(only_json_is_taken_for_json), TEST(nesting_has_a_bound),
			 TEST(no_cut_text_is_taken_for_json), TEST(strings_are_unescaped),
			 TEST(bad_escapes_fail), TEST(the_first_key_is_found_without_parsing),
			 TEST(look_ups_read_what_is_there_and_nothing_else),
			 TEST(answers_that_are_no_object_are_refused));
}

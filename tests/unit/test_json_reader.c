// SPDX-License-Identifier: BSD-2-Clause
/*
 * JSON read piece by piece: what comes, in which line, and what is refused. Tokens are written as
 * the letters of `letters`, texts behind them.
 */
#include "who/json_reader.h"

#include <sys/mman.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"

static const char letters[] = "{}[]ksntf0.!";
_Static_assert(sizeof(letters) - 1 == JSON_TOKEN_ERROR + 1, "a letter for each token");

static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void read_all(const char *text, size_t len, struct buf *out)
{
	auto_free struct json_reader *reader = malloc(sizeof(*reader));
	auto_close int fd = file_of(text, len);
	enum json_token token;

	assert_non_null(reader);
	json_reader_init(reader, fd);
	do {
		token = json_reader_next(reader);
		buf_append_char(out, letters[token]);
		if (token == JSON_TOKEN_KEY || token == JSON_TOKEN_STRING ||
		    token == JSON_TOKEN_NUMBER) {
			assert_int_equal(strlen(reader->text), reader->len);
			buf_append(out, reader->text, reader->len);
			buf_append_char(out, ' ');
		}
	} while (token != JSON_TOKEN_END && token != JSON_TOKEN_ERROR);
	if (token == JSON_TOKEN_ERROR) {
		buf_printf(out, "%u %s", reader->line, reader->error);
		assert_int_equal(json_reader_next(reader), JSON_TOKEN_ERROR);
	}
	buf_append_char(out, '\0');
	assert_false(out->failed);
}

static const struct {
	const char *text, *tokens;
} texts[] = {
	{ "{}", "{}." },
	{ " [ ] \n", "[]." },
	{ "1", "n1 ." },
	{ "\"x\"", "sx ." },
	{ "{\"a\":1,\"b\":[true,false,null],\"c\":{}}", "{ka n1 kb [tf0]kc {}}." },
	{ "[-0,10,1.5,2e9,-1.25E-3]", "[n-0 n10 n1.5 n2e9 n-1.25E-3 ]." },
	{ "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[s\"\\/\b\f\n\r\t ]." },
	{ "[\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"]", "[sA\u00e9\u20ac\U0001f600 ]." },
	{ "[\"\u00e9\u20ac\U0001f600\"]", "[s\u00e9\u20ac\U0001f600 ]." },
	{ "", "!1 the file ends here" },
	{ "\n\n{", "{!3 the file ends here" },
	{ "{\"a\"", "{ka !1 the file ends here" },
	{ "{\"a\":\n", "{ka !2 the file ends here" },
	{ "[1,\n2", "[n1 n2 !2 the file ends here" },
	{ "[1,]", "[n1 !1 this is no JSON" },
	{ "[,1]", "[!1 this is no JSON" },
	{ "{\"a\":1,}", "{ka n1 !1 a key in quotes belongs here" },
	{ "{a:1}", "{!1 a key in quotes belongs here" },
	{ "{\"a\" 1}", "{ka !1 a colon belongs here" },
	{ "{\"a\":1\n\"b\":2}", "{ka n1 !2 a comma belongs here" },
	{ "[1 2]", "[n1 !1 a comma belongs here" },
	{ "[1}", "[n1 !1 a comma belongs here" },
	{ "{\"a\":1]", "{ka n1 !1 a comma belongs here" },
	{ "{} {}", "{}!1 more behind the end" },
	{ "{}\nx", "{}!2 more behind the end" },
	{ "[yes]", "[!1 a text needs quotes" },
	{ "[truefalse]", "[!1 a text needs quotes" },
	{ "[True]", "[!1 this is no JSON" },
	{ "['x']", "[!1 this is no JSON" },
	{ "[// no\n]", "[!1 this is no JSON" },
	{ "[01]", "[!1 no number as JSON has them" },
	{ "[-]", "[!1 no number as JSON has them" },
	{ "[1.]", "[!1 no number as JSON has them" },
	{ "[.5]", "[!1 this is no JSON" },
	{ "[1e]", "[!1 no number as JSON has them" },
	{ "[+1]", "[!1 this is no JSON" },
	{ "[\n\"a\nb\"]", "[!2 a text that does not end in its line" },
	{ "[\"a", "[!1 a text that does not end" },
	{ "[\"a\tb\"]", "[!1 a control character in a text" },
	{ "[\"\\x\"]", "[!1 no such escape" },
	{ "[\"\\", "[!1 no such escape" },
	{ "[\"\\u12\"]", "[!1 \\u needs four hexadecimal digits" },
	{ "[\"\\u0000\"]", "[!1 a text with a NUL character" },
	{ "[\"\\ud800\"]", "[!1 a \\u escape that is no character" },
	{ "[\"\\ud800\\u0041\"]", "[!1 a \\u escape that is no character" },
	{ "[\"\\udc00\"]", "[!1 a \\u escape that is no character" },
	{ "[\"\xff\"]", "[!1 a text that is not UTF-8" },
	{ "[\"\xe2\x82\"]", "[!1 a text that is not UTF-8" },
};

static void a_text_is_its_tokens_or_an_error_in_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_buf struct buf out = { 0 };

		read_all(texts[i].text, strlen(texts[i].text), &out);
		assert_row_str(texts[i].text, buf_bytes(&out), texts[i].tokens);
	}
}

static void a_nul_is_no_blank(void **state)
{
	auto_buf struct buf out = { 0 }, in_text = { 0 };

	(void)state;
	read_all("{}\0", 3, &out);
	assert_string_equal(buf_bytes(&out), "{}!1 more behind the end");
	read_all("[\"a\0\"]", 6, &in_text);
	assert_string_equal(buf_bytes(&in_text), "[!1 a control character in a text");
}

static void texts_and_depth_are_bounded(void **state)
{
	auto_buf struct buf longest = { 0 }, longer = { 0 }, deep = { 0 }, out = { 0 };

	(void)state;
	buf_append_char(&longest, '"');
	for (int i = 0; i < JSON_READER_TEXT - 1; i++)
		buf_append_char(&longest, 'x');
	buf_append(&longer, buf_bytes(&longest), buf_len(&longest));
	buf_append_str(&longest, "\"");
	buf_append_str(&longer, "x\"");
	read_all(buf_bytes(&longest), buf_len(&longest), &out);
	assert_int_equal(buf_len(&out), 1 + JSON_READER_TEXT - 1 + 3);
	buf_truncate(&out, 0);
	read_all(buf_bytes(&longer), buf_len(&longer), &out);
	assert_string_equal(buf_bytes(&out), "!1 a text that is too long");
	for (int i = 0; i <= JSON_READER_DEPTH; i++)
		buf_append_char(&deep, '[');
	buf_truncate(&out, 0);
	read_all(buf_bytes(&deep), buf_len(&deep), &out);
	assert_string_equal(buf_bytes(&out) + JSON_READER_DEPTH, "!1 nested too deeply");
}

/* Whatever the place of the border between two pieces of the file. */
static void a_text_may_lie_on_the_border_of_two_chunks(void **state)
{
	static const char text[] = "[\"h\\u00e9llo \u20ac\",-12.5e+3,true]";
	auto_buf struct buf expected = { 0 };

	(void)state;
	read_all(text, sizeof(text) - 1, &expected);
	for (size_t i = 0; i < sizeof(text); i++) {
		auto_buf struct buf in = { 0 }, out = { 0 };

		while (buf_len(&in) < JSON_READER_CHUNK - i)
			buf_append_char(&in, buf_len(&in) % 7 ? ' ' : '\n');
		buf_append(&in, text, sizeof(text) - 1);
		read_all(buf_bytes(&in), buf_len(&in), &out);
		assert_string_equal(buf_bytes(&out), buf_bytes(&expected));
	}
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	auto_free struct json_reader *reader = malloc(sizeof(*reader));
	auto_close int fd = open("/", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_non_null(reader);
	json_reader_init(reader, fd);
	assert_int_equal(json_reader_next(reader), JSON_TOKEN_ERROR);
	assert_string_equal(reader->error, "Is a directory");
}

int main(void)
{
	return RUN_TESTS(TEST(a_text_is_its_tokens_or_an_error_in_a_line), TEST(a_nul_is_no_blank),
			 TEST(texts_and_depth_are_bounded),
			 TEST(a_text_may_lie_on_the_border_of_two_chunks),
			 TEST(a_file_that_cannot_be_read_is_an_error));
}

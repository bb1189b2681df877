// SPDX-License-Identifier: BSD-2-Clause
/*
 * A state for what may come next, a bit for each bracket that is open, and one character at a time.
 */
#include "json_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define END_OF_FILE (-1)

enum expect {
	EXPECT_VALUE,
	EXPECT_FIRST_ELEMENT, /* or the end of the array */
	EXPECT_FIRST_KEY,     /* or the end of the object */
	EXPECT_KEY,
	EXPECT_COLON,
	EXPECT_COMMA, /* or the end of what is open */
	EXPECT_NOTHING,
	EXPECT_FAILED,
};

void json_reader_init(struct json_reader *reader, int fd)
{
	reader->line = reader->at_line = 1;
	reader->len = 0;
	reader->text[0] = reader->error[0] = '\0';
	reader->fd = fd;
	reader->read_error = 0;
	reader->depth = 0;
	reader->is_array = 0;
	reader->expect = EXPECT_VALUE;
	reader->at = reader->end = 0;
}

static enum json_token fail(struct json_reader *reader, const char *why)
{
	if (reader->expect != EXPECT_FAILED) {
		if (reader->read_error)
			why = strerror(-reader->read_error);
		snprintf(reader->error, sizeof(reader->error), "%s", why);
	}
	reader->expect = EXPECT_FAILED;
	return JSON_TOKEN_ERROR;
}

static int refill(struct json_reader *reader)
{
	ssize_t got;

	do {
		got = reader->read_error ? 0
					 : read(reader->fd, reader->chunk, sizeof(reader->chunk));
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		reader->read_error = -errno;
	reader->at = 0;
	reader->end = got > 0 ? (size_t)got : 0;
	return reader->end ? reader->chunk[0] : END_OF_FILE;
}

static inline int peek(struct json_reader *reader)
{
	return reader->at < reader->end ? reader->chunk[reader->at] : refill(reader);
}

static inline int take(struct json_reader *reader)
{
	int c = peek(reader);

	if (c != END_OF_FILE)
		reader->at++;
	if (c == '\n')
		reader->at_line++;
	return c;
}

static int skip_blanks(struct json_reader *reader)
{
	int c;

	while ((c = peek(reader)) == ' ' || c == '\n' || c == '\t' || c == '\r')
		(void)take(reader);
	return c;
}

/* false: the text is too long. */
static inline bool put(struct json_reader *reader, int c)
{
	if (reader->len == sizeof(reader->text) - 1)
		return false;
	reader->text[reader->len++] = (char)c;
	return true;
}

static bool put_point(struct json_reader *reader, uint32_t point)
{
	if (point < 0x80)
		return put(reader, (int)point);
	if (point < 0x800)
		return put(reader, (int)(0xc0 | point >> 6)) &&
		       put(reader, (int)(0x80 | (point & 0x3f)));
	if (point < 0x10000) {
		return put(reader, (int)(0xe0 | point >> 12)) &&
		       put(reader, (int)(0x80 | (point >> 6 & 0x3f))) &&
		       put(reader, (int)(0x80 | (point & 0x3f)));
	}
	return put(reader, (int)(0xf0 | point >> 18)) &&
	       put(reader, (int)(0x80 | (point >> 12 & 0x3f))) &&
	       put(reader, (int)(0x80 | (point >> 6 & 0x3f))) &&
	       put(reader, (int)(0x80 | (point & 0x3f)));
}

/* Four digits. -1: they are not. */
static int32_t take_hex(struct json_reader *reader)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int c = take(reader);

		if (c >= '0' && c <= '9')
			value = value << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* Behind "\u". What is wrong with it, or NULL. */
static const char *take_unicode(struct json_reader *reader)
{
	static const char no_text[] = "a \\u escape that is no character";
	int32_t point = take_hex(reader), low;

	if (point < 0)
		return "\\u needs four hexadecimal digits";
	if (!point)
		return "a text with a NUL character";
	if (point >= 0xdc00 && point <= 0xdfff)
		return no_text;
	if (point >= 0xd800 && point <= 0xdbff) {
		low = take(reader) == '\\' ? take(reader) : 0;
		if (low != 'u')
			return no_text;
		low = take_hex(reader);
		if (low < 0xdc00 || low > 0xdfff)
			return no_text;
		point = 0x10000 + ((point - 0xd800) << 10 | (low - 0xdc00));
	}
	return put_point(reader, (uint32_t)point) ? NULL : "a text that is too long";
}

static const char *take_escape(struct json_reader *reader)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = take(reader);
	const char *found;

	if (c == 'u')
		return take_unicode(reader);
	found = c > 0 ? strchr(from, c) : NULL;
	if (!found)
		return "no such escape";
	return put(reader, to[found - from]) ? NULL : "a text that is too long";
}

static bool text_is_utf8(const struct json_reader *reader)
{
	size_t taken;

	for (size_t at = 0; at < reader->len; at += taken) {
		if (utf8_decode(reader->text + at, reader->len - at, &taken) == UTF8_NONE)
			return false;
	}
	return true;
}

/* The quote is next. */
static enum json_token read_string(struct json_reader *reader, enum json_token token)
{
	const char *wrong = NULL;
	bool is_ascii = true;
	int c;

	(void)take(reader);
	reader->len = 0;
	while (!wrong && (c = take(reader)) != '"') {
		if (c == END_OF_FILE)
			wrong = "a text that does not end";
		else if (c == '\n')
			wrong = "a text that does not end in its line";
		else if (c < ' ')
			wrong = "a control character in a text";
		else if (c == '\\')
			wrong = take_escape(reader);
		else if (!put(reader, c))
			wrong = "a text that is too long";
		is_ascii = is_ascii && c < 0x80;
	}
	if (!wrong && !is_ascii && !text_is_utf8(reader))
		wrong = "a text that is not UTF-8";
	if (wrong)
		return fail(reader, wrong);
	reader->text[reader->len] = '\0';
	return token;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool take_digits(struct json_reader *reader)
{
	bool is_there = is_digit(peek(reader));

	while (is_digit(peek(reader))) {
		if (!put(reader, take(reader)))
			return false;
	}
	return is_there;
}

static enum json_token read_number(struct json_reader *reader)
{
	bool is_good;

	reader->len = 0;
	if (peek(reader) == '-')
		(void)put(reader, take(reader));
	if (peek(reader) == '0')
		is_good = put(reader, take(reader)) && !is_digit(peek(reader));
	else
		is_good = take_digits(reader);
	if (is_good && peek(reader) == '.')
		is_good = put(reader, take(reader)) && take_digits(reader);
	if (is_good && (peek(reader) | 0x20) == 'e') {
		is_good = put(reader, take(reader));
		if (is_good && (peek(reader) == '+' || peek(reader) == '-'))
			is_good = put(reader, take(reader));
		is_good = is_good && take_digits(reader);
	}
	if (!is_good)
		return fail(reader, "no number as JSON has them");
	reader->text[reader->len] = '\0';
	return JSON_TOKEN_NUMBER;
}

static enum json_token read_word(struct json_reader *reader)
{
	static const struct {
		const char *word;
		enum json_token token;
	} words[] = {
		{ "true", JSON_TOKEN_TRUE },
		{ "false", JSON_TOKEN_FALSE },
		{ "null", JSON_TOKEN_NULL },
	};
	char word[8];
	size_t len = 0;

	while (len < sizeof(word) - 1 && peek(reader) >= 'a' && peek(reader) <= 'z')
		word[len++] = (char)take(reader);
	word[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(word, words[i].word))
			return words[i].token;
	}
	return fail(reader, len ? "a text needs quotes" : "this is no JSON");
}

static enum json_token read_open(struct json_reader *reader, bool is_array)
{
	(void)take(reader);
	if (reader->depth == JSON_READER_DEPTH)
		return fail(reader, "nested too deeply");
	reader->is_array &= ~(1U << reader->depth);
	reader->is_array |= (uint32_t)is_array << reader->depth;
	reader->depth++;
	reader->expect = is_array ? EXPECT_FIRST_ELEMENT : EXPECT_FIRST_KEY;
	return is_array ? JSON_TOKEN_ARRAY : JSON_TOKEN_OBJECT;
}

static bool is_in_array(const struct json_reader *reader)
{
	return reader->is_array >> (reader->depth - 1) & 1;
}

/* A value has ended. */
static enum json_token close_value(struct json_reader *reader, enum json_token token)
{
	if (reader->expect != EXPECT_FAILED)
		reader->expect = reader->depth ? EXPECT_COMMA : EXPECT_NOTHING;
	return token;
}

static enum json_token read_close(struct json_reader *reader)
{
	enum json_token token = is_in_array(reader) ? JSON_TOKEN_ARRAY_END : JSON_TOKEN_OBJECT_END;

	(void)take(reader);
	reader->depth--;
	return close_value(reader, token);
}

static enum json_token read_value(struct json_reader *reader, int c)
{
	switch (c) {
	case '{':
		return read_open(reader, false);
	case '[':
		return read_open(reader, true);
	case '"':
		return close_value(reader, read_string(reader, JSON_TOKEN_STRING));
	case END_OF_FILE:
		return fail(reader, "the file ends here");
	default:
		if (c == '-' || is_digit(c))
			return close_value(reader, read_number(reader));
		return close_value(reader, read_word(reader));
	}
}

static enum json_token read_key(struct json_reader *reader, int c)
{
	if (c != '"')
		return fail(reader, c == END_OF_FILE ? "the file ends here"
						     : "a key in quotes belongs here");
	reader->expect = EXPECT_COLON;
	return read_string(reader, JSON_TOKEN_KEY);
}

/* Takes the comma or colon that is due, and says what must come then. */
static bool take_mark(struct json_reader *reader, int *c)
{
	if (reader->expect == EXPECT_COLON) {
		if (*c != ':')
			return false;
		reader->expect = EXPECT_VALUE;
	} else {
		if (*c != ',')
			return false;
		reader->expect = is_in_array(reader) ? EXPECT_VALUE : EXPECT_KEY;
	}
	(void)take(reader);
	*c = skip_blanks(reader);
	return true;
}

/* What should be here instead of c. */
static enum json_token fail_missing(struct json_reader *reader, int c, const char *why)
{
	reader->line = reader->at_line;
	return fail(reader, c == END_OF_FILE ? "the file ends here" : why);
}

enum json_token json_reader_next(struct json_reader *reader)
{
	int c = skip_blanks(reader);
	bool is_end = reader->depth && c == (is_in_array(reader) ? ']' : '}');

	if (reader->expect == EXPECT_COLON && !take_mark(reader, &c))
		return fail_missing(reader, c, "a colon belongs here");
	if (reader->expect == EXPECT_COMMA && !is_end && !take_mark(reader, &c))
		return fail_missing(reader, c, "a comma belongs here");
	reader->line = reader->at_line;
	switch ((enum expect)reader->expect) {
	case EXPECT_COMMA:
		return read_close(reader);
	case EXPECT_FIRST_ELEMENT:
		if (is_end)
			return read_close(reader);
		return read_value(reader, c);
	case EXPECT_FIRST_KEY:
		if (is_end)
			return read_close(reader);
		return read_key(reader, c);
	case EXPECT_KEY:
		return read_key(reader, c);
	case EXPECT_VALUE:
		return read_value(reader, c);
	case EXPECT_NOTHING:
		if (c == END_OF_FILE && !reader->read_error)
			return JSON_TOKEN_END;
		return fail(reader, "more behind the end");
	case EXPECT_COLON:
	case EXPECT_FAILED:
		break;
	}
	return JSON_TOKEN_ERROR;
}

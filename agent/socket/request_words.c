// SPDX-License-Identifier: BSD-2-Clause
/*
 * json-c is lenient even if asked to be strict: up to 0.16 at least, single quotes, NaN and control
 * characters pass, a number that is too large becomes the largest there is, and half of a character
 * U+FFFD.
 */
#include "socket/request_words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

struct word {
	const char *at;
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and signs that nothing parts: a number, true, or what wants to be one. */
static bool is_plain(char c)
{
	return is_digit(c) || is_letter(c) || c == '-' || c == '+' || c == '.' || c == '_';
}

static size_t plain_len(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && is_plain(*at))
		at++;
	return (size_t)(at - start);
}

/* With its quotes; 0: it does not end here. */
static size_t string_len(const char *at, const char *end)
{
	const char *start = at++;

	while (at < end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return at < end ? (size_t)(at + 1 - start) : 0;
}

/* Of "\ud83d\ude00" one half: 0xd800, the first; 0xdc00, the second; 0: it is no half, or no escape. */
static unsigned int half_of(const char *at, const char *end)
{
	static const char digits[] = "89abcdef";
	const char *third = end - at < 6 ? NULL : memchr(digits, at[3] | 0x20, sizeof(digits) - 1);

	if (!third || at[0] != '\\' || at[1] != 'u' || (at[2] | 0x20) != 'd')
		return 0;
	return third < digits + 4 ? 0xd800 : 0xdc00;
}

/* *at: of what is wrong, where that is told more closely than by the string. */
static const char *check_string(struct word word, size_t *at)
{
	const char *end = word.at + word.len;

	for (const char *c = word.at; c < end; c++) {
		unsigned int half;

		if ((unsigned char)*c < ' ')
			return "a control character in a string";
		if (*c != '\\')
			continue;
		half = half_of(c, end);
		if (half == 0xdc00 || (half && half_of(c + 6, end) != 0xdc00)) {
			*at += (size_t)(c - word.at);
			return "half of a pair of escapes \\u";
		}
		c += half ? 11 : 1;
	}
	return NULL;
}

static bool take(struct word *word, char c)
{
	if (!word->len || *word->at != c)
		return false;
	word->at++;
	word->len--;
	return true;
}

static size_t take_digits(struct word *word, uint64_t *ret_value, bool *ret_fits)
{
	size_t count = 0;

	*ret_value = 0;
	*ret_fits = true;
	for (; word->len && is_digit(*word->at); count++) {
		if (__builtin_mul_overflow(*ret_value, 10, ret_value) ||
		    __builtin_add_overflow(*ret_value, (uint64_t)(*word->at - '0'), ret_value))
			*ret_fits = false;
		word->at++;
		word->len--;
	}
	return count;
}

static const char *check_number(struct word word)
{
	static const char no_number[] = "no number of JSON";
	bool is_negative = take(&word, '-'), starts_with_0 = word.len && *word.at == '0', fits, any;
	uint64_t value, ignored;
	size_t digits = take_digits(&word, &value, &fits);

	if (!digits || (digits > 1 && starts_with_0))
		return no_number;
	if (!word.len && (!fits || (is_negative && value > (uint64_t)INT64_MAX + 1)))
		return "a number beyond 64 bits";
	if (take(&word, '.') && !take_digits(&word, &ignored, &any))
		return no_number;
	if (take(&word, 'e') || take(&word, 'E')) {
		if (!take(&word, '-'))
			(void)take(&word, '+');
		if (!take_digits(&word, &ignored, &any))
			return no_number;
	}
	return word.len ? no_number : NULL;
}

static const char *check_plain(struct word word)
{
	static const char *const names[] = { "true", "false", "null" };

	if (is_digit(*word.at) || (word.len > 1 && *word.at == '-' && is_digit(word.at[1])))
		return check_number(word);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == word.len && !memcmp(names[i], word.at, word.len))
			return NULL;
	}
	return "a word that is none of JSON";
}

static const char *check_other(char c)
{
	if (c == '\'')
		return "a string in single quotes";
	return c && strchr("{}[]:, \t\r\n", c) ? NULL : "a character that is none of JSON";
}

static size_t word_len(const char *at, const char *end)
{
	if (*at == '"')
		return string_len(at, end);
	return is_plain(*at) ? plain_len(at, end) : 1;
}

static const char *word_check(struct word word, size_t *at)
{
	if (*word.at == '"')
		return check_string(word, at);
	return is_plain(*word.at) ? check_plain(word) : check_other(*word.at);
}

void request_words_check(const char *line, size_t len, struct request_fault *ret)
{
	const char *end = line + len;
	struct word word, string = { 0 };

	*ret = (struct request_fault){ 0 };
	for (word.at = line; word.at < end && !ret->what; word.at += word.len) {
		word.len = word_len(word.at, end);
		/* One that goes on, or might: its end is not known. */
		if (!word.len || (is_plain(*word.at) && word.at + word.len == end))
			return;
		ret->at = (size_t)(word.at - line);
		ret->what = word_check(word, &ret->at);
		if (*word.at == '"') {
			string = word;
		} else if (*word.at == ':' && string.len) {
			ret->key = string.at + 1;
			ret->key_len = string.len - 2;
		}
	}
}

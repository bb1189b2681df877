// SPDX-License-Identifier: BSD-2-Clause
/*
 * json-c is lenient even if asked to be strict: up to 0.16 at least, single quotes, NaN and control
 * characters pass, and a number that is too large becomes the largest there is.
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

static const char *check_string(struct word word)
{
	for (size_t i = 0; i < word.len; i++) {
		if ((unsigned char)word.at[i] < ' ')
			return "a control character in a string";
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

static const char *word_check(struct word word)
{
	if (*word.at == '"')
		return check_string(word);
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
		ret->what = word_check(word);
		if (*word.at == '"') {
			string = word;
		} else if (*word.at == ':' && string.len) {
			ret->key = string.at + 1;
			ret->key_len = string.len - 2;
		}
	}
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Globs. Only the last * is ever gone back to: what an earlier one could take, a later one can as
 * well. So the work is at most the product of both lengths.
 */
#include "filter/glob.h"

bool glob_is_pattern(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '*' || bytes[i] == '?' || bytes[i] == '\\')
			return true;
	}
	return false;
}

char glob_to_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool glob_is_text(const char *lower, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (glob_to_lower(text[i]) != lower[i])
			return false;
	}
	return true;
}

/* The second and later bytes of a character in UTF-8. */
static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t next_char(const char *text, size_t len, size_t at)
{
	at++;
	while (at < len && is_continuation(text[at]))
		at++;
	return at;
}

/* One step of the pattern other than *, which may move both; false: it does not hold. */
static bool take_one(const char *pattern, size_t pattern_len, size_t *p, const char *text,
		     size_t len, size_t *t)
{
	size_t at = *p;

	if (at == pattern_len)
		return false;
	if (pattern[at] == '?') {
		*t = next_char(text, len, *t);
		*p = at + 1;
		return true;
	}
	if (pattern[at] == '\\' && at + 1 < pattern_len)
		at++;
	if (glob_to_lower(text[*t]) != pattern[at])
		return false;
	*p = at + 1;
	++*t;
	return true;
}

bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	size_t p = 0, t = 0;
	size_t star = 0, from = 0; /* behind the last *, and what of the text it has left over */
	bool has_star = false;

	while (t < len || (p < pattern_len && pattern[p] == '*')) {
		if (p < pattern_len && pattern[p] == '*') {
			has_star = true;
			star = ++p;
			from = t;
		} else if (!take_one(pattern, pattern_len, &p, text, len, &t)) {
			if (!has_star)
				return false;
			p = star;
			t = from = next_char(text, len, from);
		}
	}
	return p == pattern_len;
}

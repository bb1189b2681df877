// SPDX-License-Identifier: BSD-2-Clause
/* JSON in one pass. */
#include "json_scan.h"

#include <endian.h>
#include <string.h>

#include "json_unescape.h"

#define DEPTH_MAX 32

static void fail(struct json_scan *scan)
{
	scan->failed = true;
	scan->at = scan->end;
}

void json_scan_init(struct json_scan *scan, struct text json, struct buf *scratch)
{
	*scan = (struct json_scan){
		.at = json.bytes,
		.end = json.bytes + json.len,
		.scratch = scratch,
	};
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Between tokens there is nothing, as a rule. */
static inline char peek(struct json_scan *scan)
{
	while (scan->at < scan->end && is_blank(*scan->at)) {
		scan->has_blanks = true;
		scan->at++;
	}
	if (scan->at == scan->end)
		return '\0';
	return *scan->at;
}

char json_scan_peek(struct json_scan *scan)
{
	return peek(scan);
}

static bool take(struct json_scan *scan, char c)
{
	if (peek(scan) != c) {
		fail(scan);
		return false;
	}
	scan->at++;
	return true;
}

bool json_scan_is_done(struct json_scan *scan)
{
	return !scan->failed && !peek(scan) && scan->at == scan->end;
}

#define ONES 0x0101010101010101ULL

/* The high bit of each of the eight bytes that is c, and perhaps of some above the lowest such. */
static uint64_t has_byte(uint64_t bytes, unsigned char c)
{
	bytes ^= ONES * c;
	return (bytes - ONES) & ~bytes & ONES << 7;
}

/* The next quote or backslash, or the end. Strings are short: a call for each would cost more than this. */
static const char *find_special(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		uint64_t bytes, found;

		memcpy(&bytes, at, sizeof(bytes));
		bytes = le64toh(bytes); /* the first is the lowest */
		found = has_byte(bytes, '"') | has_byte(bytes, '\\');
		if (found)
			return at + __builtin_ctzll(found) / 8;
	}
	while (at < end && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* What stands between the quotes, as written. */
static struct text take_quoted(struct json_scan *scan)
{
	const char *start, *at;

	scan->has_escape = false;
	if (!take(scan, '"'))
		return (struct text){ "", 0 };
	start = scan->at;
	for (at = find_special(start, scan->end); at < scan->end && *at == '\\';) {
		scan->has_escape = true;
		at = scan->end - at > 1 ? find_special(at + 2, scan->end) : scan->end;
	}
	if (at == scan->end) {
		fail(scan);
		return (struct text){ "", 0 };
	}
	scan->at = at + 1;
	return (struct text){ start, (size_t)(at - start) };
}

static struct text unescape(struct json_scan *scan, struct text quoted)
{
	struct text text = { "", 0 };

	if (!json_unescape(scan->scratch, quoted, &text))
		fail(scan);
	return text;
}

static struct text take_string(struct json_scan *scan)
{
	struct text quoted = take_quoted(scan);

	return scan->has_escape ? unescape(scan, quoted) : quoted;
}

static bool take_either(struct json_scan *scan, char a, char b)
{
	if (scan->at == scan->end || (*scan->at != a && *scan->at != b))
		return false;
	scan->at++;
	return true;
}

static bool take_digits(struct json_scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > start;
}

/* No zeros in front, as RFC 8259 has it. */
static bool take_integer(struct json_scan *scan)
{
	const char *start;

	take_either(scan, '-', '-');
	start = scan->at;
	return take_digits(scan) && (*start != '0' || scan->at == start + 1);
}

static struct text take_number(struct json_scan *scan)
{
	const char *start = scan->at;
	bool is_number = take_integer(scan);

	if (is_number && take_either(scan, '.', '.'))
		is_number = take_digits(scan);
	if (is_number && take_either(scan, 'e', 'E')) {
		take_either(scan, '+', '-');
		is_number = take_digits(scan);
	}
	if (!is_number)
		fail(scan);
	return (struct text){ start, is_number ? (size_t)(scan->at - start) : 0 };
}

static struct text take_word(struct json_scan *scan, const char *word)
{
	struct text text = { scan->at, strlen(word) };

	if ((size_t)(scan->end - scan->at) < text.len || memcmp(scan->at, word, text.len) != 0) {
		fail(scan);
		return (struct text){ "", 0 };
	}
	scan->at += text.len;
	return text;
}

static bool enter(struct json_scan *scan, char open)
{
	if (peek(scan) != open) {
		struct text ignored;

		json_scan_value(scan, &ignored);
		return false;
	}
	if (++scan->depth > DEPTH_MAX) {
		fail(scan);
		return false;
	}
	scan->at++;
	scan->is_first = true;
	return true;
}

bool json_scan_enter_object(struct json_scan *scan)
{
	return enter(scan, '{');
}

bool json_scan_enter_array(struct json_scan *scan)
{
	return enter(scan, '[');
}

/* Past the comma to the next member, or out. */
static bool next_member(struct json_scan *scan, char close)
{
	if (scan->failed)
		return false;
	if (peek(scan) == close) {
		scan->at++;
		scan->depth--;
		scan->is_first = false;
		return false;
	}
	if (!scan->is_first && !take(scan, ','))
		return false;
	scan->is_first = false;
	return true;
}

bool json_scan_member(struct json_scan *scan)
{
	if (!next_member(scan, '}'))
		return false;
	if (peek(scan) != '"')
		fail(scan);
	return !scan->failed;
}

bool json_scan_any_key(struct json_scan *scan, struct text *ret)
{
	*ret = take_quoted(scan);
	return take(scan, ':');
}

bool json_scan_key(struct json_scan *scan, struct text *ret)
{
	return next_member(scan, '}') && json_scan_any_key(scan, ret);
}

bool json_scan_element(struct json_scan *scan)
{
	return next_member(scan, ']');
}

/* Recursion ends at DEPTH_MAX. */
static void skip_nested(struct json_scan *scan)
{
	struct text ignored;

	if (peek(scan) == '{') {
		for (enter(scan, '{'); json_scan_key(scan, &ignored);)
			json_scan_raw(scan);
	} else {
		for (enter(scan, '['); json_scan_element(scan);)
			json_scan_raw(scan);
	}
}

enum json_kind json_scan_value(struct json_scan *scan, struct text *ret)
{
	enum json_kind kind = JSON_NONE;

	*ret = (struct text){ "", 0 };
	switch (peek(scan)) {
	case '"':
		*ret = take_string(scan);
		kind = JSON_STRING;
		break;
	case '{':
	case '[':
		skip_nested(scan);
		kind = JSON_NESTED;
		break;
	case 't':
		*ret = take_word(scan, "true");
		kind = JSON_BOOL;
		break;
	case 'f':
		*ret = take_word(scan, "false");
		kind = JSON_BOOL;
		break;
	case 'n':
		take_word(scan, "null");
		break;
	default:
		*ret = take_number(scan);
		kind = JSON_NUMBER;
	}
	return scan->failed ? JSON_NONE : kind;
}

struct text json_scan_raw(struct json_scan *scan)
{
	bool is_string = peek(scan) == '"';
	const char *start = scan->at;
	struct text ignored;

	if (is_string)
		take_quoted(scan);
	else
		json_scan_value(scan, &ignored);
	if (scan->failed)
		return (struct text){ "", 0 };
	return (struct text){ start, (size_t)(scan->at - start) };
}

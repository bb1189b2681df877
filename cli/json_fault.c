// SPDX-License-Identifier: BSD-2-Clause
/* Walks through one JSON value (RFC 8259); values are looked at and not kept. */
#include "json_fault.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 32

struct walk {
	const char *at;
	unsigned int depth;
	char *why;
	size_t why_size;
};

static bool walk_value(struct walk *walk);

static bool fail(const struct walk *walk, const char *where)
{
	unsigned char c = (unsigned char)*walk->at;

	if (!c)
		snprintf(walk->why, walk->why_size, "unexpected EOF");
	else if (c == '\'')
		snprintf(walk->why, walk->why_size, "invalid character '\\'' %s", where);
	else if (isprint(c))
		snprintf(walk->why, walk->why_size, "invalid character '%c' %s", c, where);
	else
		snprintf(walk->why, walk->why_size, "invalid character '\\x%02x' %s", c, where);
	return false;
}

static void skip_blanks(struct walk *walk)
{
	walk->at += strspn(walk->at, " \t\r\n");
}

static bool take(struct walk *walk, char c)
{
	bool is_there = *walk->at == c;

	walk->at += is_there;
	return is_there;
}

static bool walk_escape(struct walk *walk)
{
	if (take(walk, 'u')) {
		for (int i = 0; i < 4; i++, walk->at++) {
			if (!isxdigit((unsigned char)*walk->at))
				return fail(walk, "in \\u hexadecimal character escape");
		}
		return true;
	}
	if (!*walk->at || !strchr("\"\\/bfnrt", *walk->at))
		return fail(walk, "in string escape code");
	walk->at++;
	return true;
}

/* Behind the quote. */
static bool walk_string(struct walk *walk)
{
	while (!take(walk, '"')) {
		if ((unsigned char)*walk->at < ' ')
			return fail(walk, "in string literal");
		if (take(walk, '\\')) {
			if (!walk_escape(walk))
				return false;
		} else {
			walk->at++;
		}
	}
	return true;
}

static bool walk_digits(struct walk *walk, const char *where)
{
	if (!isdigit((unsigned char)*walk->at))
		return fail(walk, where);
	walk->at += strspn(walk->at, "0123456789");
	return true;
}

static bool walk_number(struct walk *walk)
{
	(void)take(walk, '-');
	if (!take(walk, '0') && !walk_digits(walk, "in numeric literal"))
		return false;
	if (take(walk, '.') && !walk_digits(walk, "after decimal point in numeric literal"))
		return false;
	if (!take(walk, 'e') && !take(walk, 'E'))
		return true;
	if (!take(walk, '+'))
		(void)take(walk, '-');
	return walk_digits(walk, "in exponent of numeric literal");
}

static bool walk_literal(struct walk *walk, const char *literal)
{
	char where[64];

	for (const char *expected = literal; *expected; expected++) {
		if (take(walk, *expected))
			continue;
		snprintf(where, sizeof(where), "in literal %s (expecting '%c')", literal,
			 *expected);
		return fail(walk, where);
	}
	return true;
}

/* Behind the brace. */
static bool walk_object(struct walk *walk)
{
	skip_blanks(walk);
	if (take(walk, '}'))
		return true;
	do {
		skip_blanks(walk);
		if (!take(walk, '"'))
			return fail(walk, "looking for beginning of object key string");
		if (!walk_string(walk))
			return false;
		skip_blanks(walk);
		if (!take(walk, ':'))
			return fail(walk, "after object key");
		if (!walk_value(walk))
			return false;
		skip_blanks(walk);
	} while (take(walk, ','));
	return take(walk, '}') || fail(walk, "after object key:value pair");
}

static bool walk_array(struct walk *walk)
{
	skip_blanks(walk);
	if (take(walk, ']'))
		return true;
	do {
		if (!walk_value(walk))
			return false;
		skip_blanks(walk);
	} while (take(walk, ','));
	return take(walk, ']') || fail(walk, "after array element");
}

static bool walk_nested(struct walk *walk, bool (*inside)(struct walk *walk))
{
	bool is_good;

	if (walk->depth == DEPTH_MAX) {
		snprintf(walk->why, walk->why_size, "more than %d levels deep", DEPTH_MAX);
		return false;
	}
	walk->at++;
	walk->depth++;
	is_good = inside(walk);
	walk->depth--;
	return is_good;
}

static bool walk_value(struct walk *walk)
{
	skip_blanks(walk);
	switch (*walk->at) {
	case '{':
		return walk_nested(walk, walk_object);
	case '[':
		return walk_nested(walk, walk_array);
	case '"':
		walk->at++;
		return walk_string(walk);
	case 't':
		return walk_literal(walk, "true");
	case 'f':
		return walk_literal(walk, "false");
	case 'n':
		return walk_literal(walk, "null");
	default:
		if (*walk->at == '-' || isdigit((unsigned char)*walk->at))
			return walk_number(walk);
		return fail(walk, "looking for beginning of value");
	}
}

int json_fault_find(const char *text, const char **ret_end, char *why, size_t why_size)
{
	struct walk walk = { .at = text, .why = why, .why_size = why_size };

	skip_blanks(&walk);
	if (!*walk.at)
		return -ENODATA;
	if (!walk_value(&walk))
		return -EBADMSG;
	*ret_end = walk.at;
	return 0;
}

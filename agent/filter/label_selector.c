// SPDX-License-Identifier: BSD-2-Clause
/*
 * The grammar is that of Kubernetes' labels.Parse(), as are the messages:
 *
 *	selector    = [ requirement { "," requirement } ]
 *	requirement = [ "!" ] key | key operator value | key ( "in" | "notin" ) "(" values ")"
 *	operator    = "=" | "==" | "!=" | "<" | ">"
 *
 * A value may be empty. "in" and "notin" are words like others where an operator cannot be.
 */
#include "filter/label_selector.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "filter/label_requirement.h"

#define NUMBER_SIZE 24

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_SIGN, /* ( ) , ! = == != < > */
};

struct token {
	enum token_kind kind;
	struct text text;
};

struct parser {
	const char *at;
	struct label_selector *selector;
	char *reason;
};

void label_selector_free(struct label_selector **at)
{
	struct label_selector *selector = TAKE_PTR(*at);

	if (!selector)
		return;
	for (unsigned int i = 0; i < selector->count; i++)
		free(selector->requirements[i].values);
	free(selector->requirements);
	free(selector->text);
	free(selector);
}

static int fail(struct parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct parser *parser, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(parser->reason, LABEL_SELECTOR_REASON_SIZE, format, args);
	va_end(args);
	return -EINVAL;
}

/* "found '=', expected: identifier"; within a requirement it is told that it is one. */
static int found(struct parser *parser, struct token token, bool is_within, const char *expected)
{
	return fail(parser, "%sfound '%.*s', expected: %s",
		    is_within ? "unable to parse requirement: " : "",
		    (int)(token.text.len < 40 ? token.text.len : 40), token.text.bytes, expected);
}

static struct token peek(struct parser *parser)
{
	struct token token;

	parser->at += strspn(parser->at, " \t\r\n");
	token.text = (struct text){ parser->at, strcspn(parser->at, " \t\r\n()=!,<>") };
	token.kind = TOKEN_WORD;
	if (!*parser->at) {
		token.kind = TOKEN_END;
	} else if (!token.text.len) {
		token.kind = TOKEN_SIGN;
		token.text.len = 1 + (strchr("=!", parser->at[0]) && parser->at[1] == '=');
	}
	return token;
}

static struct token take(struct parser *parser)
{
	struct token token = peek(parser);

	parser->at = token.text.bytes + token.text.len;
	return token;
}

static bool is_sign(struct token token, const char *sign)
{
	return token.kind == TOKEN_SIGN && text_is(token.text, sign);
}

/* At the end of a requirement. */
static bool is_end(struct token token)
{
	return token.kind == TOKEN_END || is_sign(token, ",");
}

static int add_value(struct requirement *requirement, struct text value)
{
	struct text *values = reallocarray(requirement->values, requirement->count + 1,
					   sizeof(*requirement->values));

	if (!values)
		return -ENOMEM;
	requirement->values = values;
	values[requirement->count++] = value;
	return 0;
}

static int take_key(struct parser *parser, struct requirement *requirement)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
	struct token token = take(parser);
	const char *colon;
	size_t source_len;

	if (token.kind != TOKEN_WORD)
		return found(parser, token, true, "identifier");
	requirement->source = text_from_str("any");
	requirement->key = token.text;
	colon = memchr(token.text.bytes, ':', token.text.len);
	if (colon) {
		source_len = (size_t)(colon - token.text.bytes);
		requirement->source = (struct text){ token.text.bytes, source_len };
		requirement->key = (struct text){ colon + 1, token.text.len - source_len - 1 };
	}
	if (requirement->key.len && strspn(requirement->key.bytes, allowed) >= requirement->key.len)
		return 0;
	return fail(parser,
		    "unable to parse requirement: \"%.*s\" is no key of a label: letters, digits, "
		    "- _ . / and a source with a colon before it",
		    (int)(token.text.len < 40 ? token.text.len : 40), token.text.bytes);
}

/* "(a, b)", of which each may be empty. */
static int take_values(struct parser *parser, struct requirement *requirement)
{
	struct token token = take(parser);
	int r;

	if (!is_sign(token, "("))
		return found(parser, token, true, "'('");
	for (;;) {
		struct text value = { "", 0 };

		if (peek(parser).kind == TOKEN_WORD)
			value = take(parser).text;
		r = add_value(requirement, value);
		if (r)
			return r;
		token = take(parser);
		if (is_sign(token, ")"))
			return 0;
		if (!is_sign(token, ","))
			return found(parser, token, true, "',' or ')'");
	}
}

/* What follows = and the like; nothing is the empty value. */
static int take_value(struct parser *parser, struct requirement *requirement)
{
	struct token token = peek(parser);

	if (is_end(token))
		return add_value(requirement, (struct text){ "", 0 });
	if (token.kind != TOKEN_WORD)
		return found(parser, token, true, "identifier");
	return add_value(requirement, take(parser).text);
}

static int take_number(struct parser *parser, struct requirement *requirement)
{
	struct token token = take(parser);
	char digits[NUMBER_SIZE];

	if (token.kind != TOKEN_WORD)
		return found(parser, token, true, "identifier");
	snprintf(digits, sizeof(digits), "%.*s", (int)token.text.len, token.text.bytes);
	if (!num_parse_u64(digits, INT64_MAX, &requirement->number))
		return 0;
	return fail(parser,
		    "unable to parse requirement: \"%.*s\": for '<', '>' operators, the value must "
		    "be an integer",
		    (int)(token.text.len < 40 ? token.text.len : 40), token.text.bytes);
}

static const struct {
	const char *name;
	enum label_operator operator;
	bool is_negated;
	int (*take)(struct parser *parser, struct requirement *requirement);
} operators[] = {
	{ "in", LABEL_IN, false, take_values },	  { "notin", LABEL_IN, true, take_values },
	{ "=", LABEL_IN, false, take_value },	  { "==", LABEL_IN, false, take_value },
	{ "!=", LABEL_IN, true, take_value },	  { ">", LABEL_ABOVE, false, take_number },
	{ "<", LABEL_BELOW, false, take_number },
};

static int take_operator(struct parser *parser, struct requirement *requirement)
{
	struct token token = take(parser);

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (!text_is(token.text, operators[i].name))
			continue;
		requirement->operator= operators[i].operator;
		requirement->is_negated = operators[i].is_negated;
		return operators[i].take(parser, requirement);
	}
	return found(parser, token, true, "in, notin, =, ==, !=, gt, lt");
}

static int take_requirement(struct parser *parser, struct requirement *requirement)
{
	int r;

	if (is_sign(peek(parser), "!")) {
		(void)take(parser);
		requirement->is_negated = true;
	}
	r = take_key(parser, requirement);
	if (r || requirement->is_negated || is_end(peek(parser)))
		return r;
	return take_operator(parser, requirement);
}

static struct requirement *add_requirement(struct label_selector *selector)
{
	struct requirement *all = reallocarray(selector->requirements, selector->count + 1,
					       sizeof(*selector->requirements));

	if (!all)
		return NULL;
	selector->requirements = all;
	all[selector->count] = (struct requirement){ .operator= LABEL_EXISTS };
	return &all[selector->count++];
}

static int take_all(struct parser *parser)
{
	struct token token = peek(parser);

	while (token.kind != TOKEN_END) {
		struct requirement *requirement = add_requirement(parser->selector);
		int r;

		if (!requirement)
			return -ENOMEM;
		if (token.kind == TOKEN_SIGN && !is_sign(token, "!"))
			return found(parser, token, false, "!, identifier, or 'end of string'");
		r = take_requirement(parser, requirement);
		if (r)
			return r;
		token = take(parser);
		if (token.kind == TOKEN_END)
			return 0;
		if (!is_sign(token, ","))
			return found(parser, token, false, "',' or 'end of string'");
		token = peek(parser);
		if (token.kind != TOKEN_WORD && !is_sign(token, "!"))
			return found(parser, token, false, "identifier after ','");
	}
	return 0;
}

int label_selector_new(struct label_selector **ret, const char *text,
		       char reason[static LABEL_SELECTOR_REASON_SIZE])
{
	struct label_selector *selector;
	struct parser parser = { .reason = reason };
	int r = -ENOMEM;

	if (strlen(text) > LABEL_SELECTOR_TEXT_MAX) {
		snprintf(reason, LABEL_SELECTOR_REASON_SIZE, "\"%.40s...\" is longer than %d bytes",
			 text, LABEL_SELECTOR_TEXT_MAX);
		return -EINVAL;
	}
	selector = parser.selector = calloc(1, sizeof(*selector));
	if (selector)
		selector->text = strdup(text);
	if (selector && selector->text) {
		parser.at = selector->text;
		r = take_all(&parser);
	}
	if (r)
		label_selector_free(&selector);
	else
		*ret = selector;
	return r;
}

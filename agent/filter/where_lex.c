// SPDX-License-Identifier: BSD-2-Clause
/*
 * Words are anything that people write without quotes: names, numbers, durations, addresses with
 * their lengths, times, patterns, paths. What they mean is decided by the field that they are for.
 */
#include "filter/where_lex.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "filter/where.h"

struct token_row {
	const char *text;
	uint8_t kind;
	uint8_t ask;
	bool is_negated;
};

/* Longer ones before those that they begin with. */
static const struct token_row signs[] = {
	{ "&&", TOKEN_AND, 0, false },
	{ "||", TOKEN_OR, 0, false },
	{ "==", TOKEN_OPERATOR, ASK_IS, false },
	{ "=~", TOKEN_OPERATOR, ASK_REGEX, false },
	{ "=", TOKEN_OPERATOR, ASK_IS, false },
	{ "!=", TOKEN_OPERATOR, ASK_IS, true },
	{ "!~", TOKEN_OPERATOR, ASK_GLOB, true },
	{ "!", TOKEN_NOT, 0, false },
	{ "~", TOKEN_OPERATOR, ASK_GLOB, false },
	{ "<=", TOKEN_OPERATOR, ASK_AT_MOST, false },
	{ "<", TOKEN_OPERATOR, ASK_LESS, false },
	{ ">=", TOKEN_OPERATOR, ASK_AT_LEAST, false },
	{ ">", TOKEN_OPERATOR, ASK_MORE, false },
	{ "(", TOKEN_OPEN, 0, false },
	{ ")", TOKEN_CLOSE, 0, false },
	{ ",", TOKEN_COMMA, 0, false },
};

/* Of either case. */
static const struct token_row words[] = {
	{ "and", TOKEN_AND, 0, false },
	{ "or", TOKEN_OR, 0, false },
	{ "not", TOKEN_NOT, 0, false },
	{ "in", TOKEN_OPERATOR, ASK_IS, false },
	{ "has", TOKEN_OPERATOR, ASK_HAS, false },
};

/* Formats the message, then makes it fit to be shown. */
int where_fail(struct where_error *error, size_t at, size_t len, const char *format, ...)
{
	char raw[sizeof(error->message) * 2];
	size_t taken;
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	error->at = at;
	error->len = len;
	len = utf8_clip(error->message, sizeof(error->message), raw, strlen(raw));
	for (size_t i = 0; i < len; i += taken) {
		if (utf8_is_unsafe(utf8_decode(error->message + i, len - i, &taken)))
			memset(error->message + i, '?', taken);
	}
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Digits, letters, anything beyond ASCII, and the marks that do not mean something of their own. */
static bool is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (unsigned char)c >= 0x80 || (c && strchr("_-.:/*?+@%#", c));
}

static void take_word(struct where_lexer *lexer, struct where_token *token)
{
	size_t len = 0;

	while (is_word_char(lexer->text[lexer->at + len]))
		len++;
	token->kind = TOKEN_WORD;
	token->text.len = token->len = len;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].text) != len ||
		    strncasecmp(words[i].text, token->text.bytes, len) != 0)
			continue;
		token->kind = words[i].kind;
		token->ask = words[i].ask;
	}
}

static int take_quoted(struct where_lexer *lexer, struct where_token *token,
		       struct where_error *error)
{
	const char *begin = lexer->text + lexer->at, *at = begin + 1;

	while (*at && *at != *begin)
		at += *at == '\\' && at[1] ? 2 : 1;
	if (!*at)
		return where_fail(error, lexer->at, 1, "this quote is not closed");
	token->kind = TOKEN_QUOTED;
	token->text = (struct text){ begin + 1, (size_t)(at - begin) - 1 };
	token->len = (size_t)(at - begin) + 1;
	return 0;
}

static int take_sign(struct where_lexer *lexer, struct where_token *token,
		     struct where_error *error)
{
	const char *at = lexer->text + lexer->at;

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		size_t len = strlen(signs[i].text);

		if (strncmp(signs[i].text, at, len) != 0)
			continue;
		token->kind = signs[i].kind;
		token->ask = signs[i].ask;
		token->is_negated = signs[i].is_negated;
		token->text.len = token->len = len;
		return 0;
	}
	if (*at == '&' || *at == '|')
		return where_fail(error, lexer->at, 1, "\"%c\" is no operator: write \"%s\"", *at,
				  *at == '&' ? "and" : "or");
	return where_fail(error, lexer->at, 1, "unexpected \"%c\": a text with it needs quotes",
			  *at);
}

int where_lex(struct where_lexer *lexer, struct where_token *ret, struct where_error *error)
{
	const char *at;
	int r = 0;

	while (is_blank(lexer->text[lexer->at]))
		lexer->at++;
	at = lexer->text + lexer->at;
	*ret = (struct where_token){ .kind = TOKEN_END, .at = lexer->at, .text = { at, 0 } };
	if (is_word_char(*at))
		take_word(lexer, ret);
	else if (*at == '"' || *at == '\'')
		r = take_quoted(lexer, ret, error);
	else if (*at)
		r = take_sign(lexer, ret, error);
	lexer->at += ret->len;
	return r;
}

/* Is a backslash at `at` there only for what follows? */
static bool is_escape(struct text quoted, size_t at)
{
	return quoted.bytes[at] == '\\' && at + 1 < quoted.len &&
	       strchr("\\\"'", quoted.bytes[at + 1]);
}

size_t where_unquote(struct text quoted, char *to)
{
	size_t len = 0;

	for (size_t i = 0; i < quoted.len; i++) {
		i += is_escape(quoted, i);
		to[len++] = quoted.bytes[i];
	}
	return len;
}

size_t where_quoted_at(struct text quoted, size_t at)
{
	size_t i = 0;

	for (; i < quoted.len && at; i++, at--)
		i += is_escape(quoted, i);
	return i;
}

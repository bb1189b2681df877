/* SPDX-License-Identifier: BSD-2-Clause */
/* An expression as tokens: slices of its text, the next one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct where_error;

enum where_token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_QUOTED, /* slice: without the quotes */
	TOKEN_OPERATOR,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
};

/* What a comparison asks; what is negated is the same, negated. */
enum where_ask {
	ASK_IS,
	ASK_LESS,
	ASK_AT_MOST,
	ASK_MORE,
	ASK_AT_LEAST,
	ASK_GLOB,
	ASK_REGEX,
	ASK_HAS,
	ASK_MAX,
};

struct where_token {
	uint8_t kind; /* enum where_token_kind */
	uint8_t ask;  /* of an operator: enum where_ask */
	bool is_negated;
	size_t at, len; /* all of it, with quotes */
	struct text text;
};

struct where_lexer {
	const char *text;
	size_t at;
};

/* 0, or -EINVAL with *error. At the end it says so again and again. */
int where_lex(struct where_lexer *lexer, struct where_token *ret, struct where_error *error);
/*
 * What a quoted text says: a backslash before a quote or a backslash stands for that, and for itself
 * before anything else. Returns the length, at most that of the slice.
 */
size_t where_unquote(struct text quoted, char *to);
/* Where in the slice the byte is that became byte `at` of what it says. */
size_t where_quoted_at(struct text quoted, size_t at);
/* Returns -EINVAL. Control characters become question marks; what is too long is cut. */
int where_fail(struct where_error *error, size_t at, size_t len, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* For messages: a slice as %.*s, cut where it is long. */
#define WHERE_SHOW(slice) (int)((slice).len < 48 ? (slice).len : 48), (slice).bytes

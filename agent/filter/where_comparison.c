// SPDX-License-Identifier: BSD-2-Clause
/* The rules of the grammar from the comparison on: a field, what it is asked, and values or a field. */
#include <errno.h>
#include <string.h>

#include "filter/where_addr.h"
#include "filter/where_code.h"
#include "filter/where_kind.h"
#include "filter/where_names.h"
#include "filter/where_numbers.h"
#include "filter/where_pair.h"
#include "filter/where_rules.h"
#include "filter/where_value.h"

static bool is_value(const struct where_token *token)
{
	return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
}

/* Of the last test. A time may have two words: 5m ago. */
static int parse_value(struct where_parser *parser, enum where_ask ask)
{
	const struct where_test *test = &parser->where->tests[parser->where->count - 1];
	struct where_token token = parser->token;
	int r;

	if (!is_value(&token))
		return where_refuse_token(parser, "a value");
	if (parser->instead) {
		token = *parser->instead;
		parser->instead = NULL;
	}
	r = where_next_token(parser);
	if (r < 0)
		return r;
	if (field_row((enum field)test->field)->kind == FIELD_TIME && token.kind == TOKEN_WORD &&
	    parser->token.kind == TOKEN_WORD && text_is(parser->token.text, "ago")) {
		token.text.len = token.len = parser->token.at + parser->token.len - token.at;
		r = where_next_token(parser);
		if (r < 0)
			return r;
	}
	parser->value = token.text;
	return where_value_add(parser->where, ask, &token, parser->now_ns, parser->error);
}

/* After the parenthesis. */
static int parse_list(struct where_parser *parser, enum where_ask ask,
		      const struct where_token *open)
{
	int r;

	for (;;) {
		r = parse_value(parser, ask);
		if (r < 0)
			return r;
		if (parser->token.kind == TOKEN_CLOSE)
			return where_next_token(parser);
		if (parser->token.kind == TOKEN_END)
			return where_fail(parser->error, open->at, open->len,
					  "this parenthesis is not closed");
		if (parser->token.kind != TOKEN_COMMA)
			return where_refuse_token(parser, "\",\" or \")\"");
		r = where_next_token(parser);
		if (r < 0)
			return r;
	}
}

/* Does a field of a side follow "src" or "dst"? */
static bool is_side_field(const struct where_parser *parser)
{
	struct where_lexer ahead = parser->lexer;
	struct where_error ignored;
	struct where_token next;
	enum field field;

	return where_lex(&ahead, &next, &ignored) == 0 && next.kind == TOKEN_WORD &&
	       where_field_find(next.text, &field) == 2;
}

/*
 * Is what follows the operator another field? Where a text is expected, which might be any word, it is
 * if it has a dot in its name, or a side before it. "identity = host" names a number, not an address.
 */
static bool is_field(const struct where_parser *parser, const struct where_test *test)
{
	struct text word = parser->token.text;
	uint64_t number;
	enum field field;
	bool is_source;

	if (parser->token.kind != TOKEN_WORD ||
	    where_number_find((enum field)test->field, word, &number))
		return false;
	if (where_side_find(word, &is_source))
		return is_side_field(parser);
	if (!where_field_find(word, &field))
		return false;
	return field_row((enum field)test->field)->kind != FIELD_TEXT ||
	       memchr(word.bytes, '.', word.len);
}

static int parse_field(struct where_parser *parser, struct where_test *test,
		       struct where_token *ret_words);

static int parse_other(struct where_parser *parser, const struct where_token *operator)
{
	struct where_test other = { 0 };
	struct where_token words;
	int r = parse_field(parser, &other, &words);

	return r < 0 ? r : where_pair_set(parser->where, &other, operator, & words, parser->error);
}

static int parse_values(struct where_parser *parser, enum where_ask ask,
			const struct where_token *operator)
{
	const struct where_test *test = &parser->where->tests[parser->where->count - 1];
	const struct where_token open = parser->token;
	int r;

	if (!parser->instead && is_field(parser, test))
		return parse_other(parser, operator);
	parser->is_brief = operator->kind != TOKEN_OPERATOR;
	if (open.kind != TOKEN_OPEN)
		return parse_value(parser, ask);
	if (where_ask_is_order(ask)) {
		return where_fail(parser->error, open.at, open.len,
				  "\"%.*s\" compares with one value, not with a list",
				  WHERE_SHOW(operator->text));
	}
	r = where_next_token(parser);
	return r < 0 ? r : parse_list(parser, ask, &open);
}

/* [ [ "not" ] operator ] values. Without: is it true, or is it known? */
static int parse_test(struct where_parser *parser, struct where_test *test,
		      const struct where_token *words, bool *ret_is_negated)
{
	struct where_token operator= parser->token;
	enum where_ask ask = where_ask_implied(test);
	bool is_not = operator.kind == TOKEN_NOT;
	int r = 0;

	if (is_not)
		r = where_next_token(parser);
	if (r == 0 && is_not) {
		operator= parser->token;
		if (operator.kind != TOKEN_OPERATOR || operator.is_negated)
			return where_refuse_token(parser,
						  "\"in\" or another comparison behind \"not\"");
	}
	if (r == 0 && operator.kind == TOKEN_OPERATOR) {
		ask = (enum where_ask) operator.ask;
		r = where_next_token(parser);
	} else if (!is_value(&operator)) {
		return where_check_alone(words->text, words->at + words->len - words->text.len,
					 parser->error);
	}
	if (r == 0)
		r = where_ask_set(test, ask, &operator, parser->error);
	if (r < 0)
		return r;
	*ret_is_negated = operator.is_negated || is_not;
	return parse_values(parser, ask, &operator);
}

/* [ ( "or" | "and" ) the other side ]. One side is meant, or either, or both at once. */
static int parse_other_side(struct where_parser *parser, bool is_source, struct where_test *test)
{
	bool is_other_source, is_and = parser->token.kind == TOKEN_AND;
	int r;

	test->fields = 1;
	if (!is_and && parser->token.kind != TOKEN_OR)
		return 0;
	r = where_next_token(parser);
	if (r < 0)
		return r;
	if (parser->token.kind != TOKEN_WORD ||
	    !where_side_find(parser->token.text, &is_other_source) || is_other_source == is_source)
		return where_refuse_token(parser, is_source ? "\"dst\"" : "\"src\"");
	test->fields = 2;
	test->is_both = is_and;
	return where_next_token(parser);
}

/* [ side ]; without one test->fields is 0. *ret_place: of the first field in a pair. */
static int parse_side(struct where_parser *parser, struct where_test *test, unsigned int *ret_place)
{
	bool is_source;
	int r;

	*ret_place = 0;
	test->fields = 0;
	if (!where_side_find(parser->token.text, &is_source))
		return 0;
	r = where_next_token(parser);
	if (r == 0)
		r = parse_other_side(parser, is_source, test);
	if (r == 0 && parser->token.kind != TOKEN_WORD)
		return where_refuse_token(parser, "a field of a side");
	*ret_place = test->fields == 1 && !is_source;
	return r;
}

/* [ side ] field; behind a side an address says itself which. *ret_words: all of it, text the field. */
static int parse_field(struct where_parser *parser, struct where_test *test,
		       struct where_token *ret_words)
{
	struct where_token word;
	unsigned int place, fields;
	enum field field;
	int r;

	*ret_words = parser->token;
	r = parse_side(parser, test, &place);
	if (r < 0)
		return r;
	word = parser->token;
	fields = where_field_find(word.text, &field);
	if (!fields && test->fields && where_addr_is(word.text)) {
		field = FIELD_SOURCE_IP;
		fields = 2;
	} else {
		r = where_next_token(parser);
	}
	if (r < 0)
		return r;
	if (!fields)
		return where_refuse_name(word.text, word.at, parser->error);
	if (test->fields && fields != 2)
		return where_refuse_side(word.text, word.at, parser->error);
	test->field = (uint16_t)(field + place);
	if (!test->fields)
		test->fields = (uint8_t)fields;
	test->op = field_row(field)->kind == FIELD_BOOL ? WHERE_TRUE : WHERE_KNOWN;
	ret_words->text = word.text;
	ret_words->len = word.at + word.len - ret_words->at;
	return 0;
}

int where_parse_comparison(struct where_parser *parser, uint16_t *ret)
{
	struct where *where = parser->where;
	struct where_test *test = &where->tests[where->count];
	struct where_node node = { .kind = NODE_TEST, .test = (uint16_t)where->count };
	struct where_token words;
	int r = where_add_node(parser, node, ret);

	if (r < 0)
		return r;
	parser->is_brief = false;
	*test = (struct where_test){ .first = (uint16_t)where->value_count };
	r = parse_field(parser, test, &words);
	if (r < 0)
		return r;
	where->count++;
	r = parse_test(parser, test, &words, &parser->tree->nodes[*ret].is_negated);
	return r;
}

// SPDX-License-Identifier: BSD-2-Clause
/* The grammar's rules above the comparison (where_comparison.c): a function each. */
#include "filter/where_parse.h"

#include <errno.h>
#include <string.h>

#include "filter/where_addr.h"
#include "filter/where_code.h"
#include "filter/where_lex.h"
#include "filter/where_names.h"
#include "filter/where_numbers.h"
#include "filter/where_rules.h"

static int parse_any(struct where_parser *parser, uint16_t *ret);

int where_next_token(struct where_parser *parser)
{
	return where_lex(&parser->lexer, &parser->token, parser->error);
}

int where_refuse_token(struct where_parser *parser, const char *expected)
{
	const struct where_token *token = &parser->token;
	struct text text = { parser->lexer.text + token->at, token->len };

	if (token->kind == TOKEN_END)
		return where_fail(parser->error, token->at, 0, "expected %s, not the end",
				  expected);
	return where_fail(parser->error, token->at, token->len, "expected %s, not %s%.*s%s",
			  expected, token->kind == TOKEN_QUOTED ? "" : "\"", WHERE_SHOW(text),
			  token->kind == TOKEN_QUOTED ? "" : "\"");
}

int where_add_node(struct where_parser *parser, struct where_node node, uint16_t *ret)
{
	struct where_tree *tree = parser->tree;

	if (tree->count == WHERE_NODES_MAX) {
		return where_fail(parser->error, parser->token.at, parser->token.len,
				  "more than %d comparisons and chains of and or or",
				  WHERE_NODES_MAX);
	}
	node.next = NODE_NONE;
	*ret = (uint16_t)tree->count;
	tree->nodes[tree->count++] = node;
	return 0;
}

/* Its comparison in place of the word, as if it had been written there in parentheses. */
static int expand_shorthand(struct where_parser *parser, const struct where_shorthand *shorthand,
			    uint16_t *ret)
{
	const struct where_lexer lexer = parser->lexer;
	const struct where_token word = parser->token;
	const struct where_token *instead = parser->instead;
	int r;

	parser->instead = NULL;
	parser->lexer = (struct where_lexer){ .text = shorthand->text };
	r = where_next_token(parser);
	if (r == 0)
		r = where_parse_comparison(parser, ret);
	parser->instead = instead;
	parser->lexer = lexer;
	if (r == -EINVAL) {
		/* Too many nodes: all else is right in them. */
		parser->error->at = word.at;
		parser->error->len = word.len;
	}
	return r < 0 ? r : where_next_token(parser);
}

/* A chain of its first node, which may become its only one: then it is that node. */
struct chain {
	uint16_t first, last, node;
};

static int chain_add(struct where_parser *parser, struct chain *chain, enum where_node_kind kind,
		     uint16_t node)
{
	struct where_node *nodes = parser->tree->nodes;
	int r = 0;

	if (chain->first == NODE_NONE) {
		chain->first = chain->node = node;
	} else {
		if (chain->node == chain->first) {
			r = where_add_node(
				parser,
				(struct where_node){ .kind = (uint8_t)kind, .child = chain->first },
				&chain->node);
		}
		nodes[chain->last].next = node;
	}
	chain->last = node;
	return r;
}

static int parse_one(struct where_parser *parser, uint16_t *ret);

/* "tcp", and what follows it at once: "tcp port 80". */
static int parse_shorthand(struct where_parser *parser, const struct where_shorthand *shorthand,
			   uint16_t *ret)
{
	struct chain chain = { .first = NODE_NONE };
	uint16_t node = NODE_NONE;
	int r = expand_shorthand(parser, shorthand, &node);

	if (r == 0)
		r = chain_add(parser, &chain, NODE_ALL, node);
	if (r == 0 && parser->token.kind == TOKEN_WORD) {
		r = parse_one(parser, &node);
		if (r == 0)
			r = chain_add(parser, &chain, NODE_ALL, node);
	}
	*ret = chain.node;
	return r;
}

static int parse_group(struct where_parser *parser, uint16_t *ret)
{
	const struct where_token open = parser->token;
	int r = where_next_token(parser);

	if (r == 0)
		r = parse_any(parser, ret);
	if (r < 0)
		return r;
	if (parser->token.kind == TOKEN_END)
		return where_fail(parser->error, open.at, open.len,
				  "this parenthesis is not closed");
	if (parser->token.kind != TOKEN_CLOSE)
		return where_refuse_token(parser, "\"and\", \"or\" or \")\"");
	return where_next_token(parser);
}

static int parse_not(struct where_parser *parser, uint16_t *ret)
{
	int r = where_next_token(parser);

	if (r == 0)
		r = parse_one(parser, ret);
	if (r == 0)
		parser->tree->nodes[*ret].is_negated ^= true;
	return r;
}

/* Is it, though it may be the name of a field as well? */
static bool is_short(const struct where_parser *parser, const struct where_shorthand *shorthand)
{
	struct where_lexer ahead = parser->lexer;
	struct where_error ignored;
	struct where_token next;
	enum field field;
	bool is_source;

	if (!shorthand || !where_field_find(parser->token.text, &field))
		return shorthand;
	if (where_lex(&ahead, &next, &ignored) < 0 || next.kind == TOKEN_NOT ||
	    next.kind == TOKEN_OPERATOR || next.kind == TOKEN_QUOTED)
		return false;
	return next.kind != TOKEN_WORD || where_field_find(next.text, &field) ||
	       where_side_find(next.text, &is_source) || where_shorthand_find(next.text);
}

/* What begins there, with the value at hand instead of the one there. */
static int parse_with_value(struct where_parser *parser, struct where_lexer lexer, uint16_t *ret)
{
	const struct where_lexer behind = parser->lexer;
	const struct where_token value = parser->token;
	int r;

	parser->lexer = lexer;
	r = where_next_token(parser);
	parser->instead = &value;
	if (r == 0)
		r = parse_one(parser, ret);
	parser->instead = NULL;
	parser->lexer = behind;
	return r < 0 ? r : where_next_token(parser);
}

/* A value alone: for the words before it, or an address for "host". */
static int parse_bare(struct where_parser *parser, uint16_t *ret)
{
	const struct where_lexer words = { parser->lexer.text, parser->brief.at };
	const struct where_lexer host = { "host ::", 0 };
	struct text value = parser->token.text;
	bool is_addr = where_addr_is(value);

	if (parser->brief.is_there && parser->brief.is_addr == is_addr)
		return parse_with_value(parser, words, ret);
	if (is_addr)
		return parse_with_value(parser, host, ret);
	return where_refuse_name(value, parser->token.at, parser->error);
}

/* A number, or an address: no name is one. */
static bool is_bare(struct text word)
{
	return (word.bytes[0] >= '0' && word.bytes[0] <= '9') || where_addr_is(word);
}

/* Does nothing follow that belongs to it? */
static bool is_alone(const struct where_parser *parser)
{
	struct where_lexer ahead = parser->lexer;
	struct where_error ignored;
	struct where_token next;

	return where_lex(&ahead, &next, &ignored) == 0 &&
	       (next.kind == TOKEN_END || next.kind == TOKEN_CLOSE || next.kind == TOKEN_AND ||
		next.kind == TOKEN_OR);
}

/*
 * The name of a number behind "port ssh or" or "identity world or", as the number would be; what is a
 * word of its own is one only where a name went before: "port 80 or http" asks for HTTP, "port ssh or
 * http" for two ports, "identity world or host" for two identities.
 */
static bool is_named(const struct where_parser *parser)
{
	struct text word = parser->token.text;
	bool is_after_name = parser->brief.is_named, is_source;
	enum field field;
	uint64_t number;

	if (!parser->brief.is_there || where_side_find(word, &is_source) ||
	    !where_number_find(parser->brief.field, word, &number))
		return false;
	if (where_field_find(word, &field))
		return is_after_name && is_alone(parser);
	if (where_shorthand_find(word))
		return is_after_name && where_number_is_service(parser->brief.field, word);
	return true;
}

/* What the words that begin there would stand for, if a value alone came next. */
static void note_brief(struct where_parser *parser, size_t at)
{
	const struct where_test *last = &parser->where->tests[parser->where->count - 1];
	unsigned int kind = field_row((enum field)last->field)->kind;
	uint64_t number;

	parser->brief.is_there = parser->is_brief && (kind == FIELD_ADDR || kind == FIELD_NUMBER);
	parser->brief.is_addr = kind == FIELD_ADDR;
	parser->brief.field = (enum field)last->field;
	parser->brief.is_named = parser->brief.is_there &&
				 where_number_find(parser->brief.field, parser->value, &number);
	parser->brief.at = at;
}

static int parse_word(struct where_parser *parser, uint16_t *ret)
{
	const struct where_shorthand *shorthand = where_shorthand_find(parser->token.text);
	const bool is_again = parser->instead;
	const size_t at = parser->token.at;
	int r;

	if (is_bare(parser->token.text) || is_named(parser))
		return parse_bare(parser, ret);
	if (is_short(parser, shorthand))
		r = parse_shorthand(parser, shorthand, ret);
	else
		r = where_parse_comparison(parser, ret);
	if (r == 0 && !is_again)
		note_brief(parser, at);
	return r;
}

static int parse_one(struct where_parser *parser, uint16_t *ret)
{
	int r;

	if (parser->depth == WHERE_DEPTH_MAX) {
		return where_fail(parser->error, parser->token.at, parser->token.len,
				  "more than %d parentheses and nots within each other",
				  WHERE_DEPTH_MAX);
	}
	parser->depth++;
	switch ((int)parser->token.kind) {
	case TOKEN_NOT:
		r = parse_not(parser, ret);
		break;
	case TOKEN_OPEN:
		r = parse_group(parser, ret);
		break;
	case TOKEN_WORD:
		r = parse_word(parser, ret);
		break;
	default:
		r = where_refuse_token(parser, "a field");
	}
	parser->depth--;
	return r;
}

/* Of one kind, each link by the rule below it. */
static int parse_chain(struct where_parser *parser, enum where_node_kind kind, uint16_t *ret)
{
	unsigned int separator = kind == NODE_ANY ? TOKEN_OR : TOKEN_AND;
	struct chain chain = { .first = NODE_NONE };
	bool has_more;
	int r;

	do {
		uint16_t node = NODE_NONE;

		r = kind == NODE_ANY ? parse_chain(parser, NODE_ALL, &node)
				     : parse_one(parser, &node);
		if (r == 0)
			r = chain_add(parser, &chain, kind, node);
		has_more = parser->token.kind == separator;
		if (r == 0 && has_more)
			r = where_next_token(parser);
	} while (r == 0 && has_more);
	*ret = chain.node;
	return r;
}

static int parse_any(struct where_parser *parser, uint16_t *ret)
{
	return parse_chain(parser, NODE_ANY, ret);
}

static int parse_all_of_it(struct where_parser *parser, uint16_t *ret)
{
	const struct where_token *token = &parser->token;
	int r = where_next_token(parser);

	if (r == 0 && token->kind == TOKEN_END)
		return where_fail(parser->error, token->at, 0, "the expression is empty");
	if (r == 0)
		r = parse_any(parser, ret);
	if (r < 0 || token->kind == TOKEN_END)
		return r;
	if (token->kind == TOKEN_OPERATOR) {
		return where_fail(parser->error, token->at, token->len,
				  "unexpected \"%.*s\": a text with it needs quotes",
				  WHERE_SHOW(token->text));
	}
	return where_refuse_token(parser, "\"and\", \"or\" or the end");
}

int where_parse(const char *text, uint64_t now_ns, struct where *where, struct where_tree *tree,
		struct where_error *error)
{
	struct where_parser parser = {
		.lexer.text = text,
		.where = where,
		.tree = tree,
		.now_ns = now_ns,
		.error = error,
	};

	return parse_all_of_it(&parser, &tree->root);
}

// SPDX-License-Identifier: BSD-2-Clause
/* The grammar's rules: a function each. Each begins with its first token and ends behind its last. */
#include "filter/where_parse.h"

#include <errno.h>
#include <string.h>

#include "filter/where_code.h"
#include "filter/where_lex.h"
#include "filter/where_names.h"
#include "filter/where_value.h"

struct parser {
	struct where_lexer lexer;
	struct where_token token; /* the one to be looked at */
	struct where *where;
	struct where_tree *tree;
	unsigned int depth;
	uint64_t now_ns;
	struct where_error *error;
};

static int parse_any(struct parser *parser, uint16_t *ret);

static int next_token(struct parser *parser)
{
	return where_lex(&parser->lexer, &parser->token, parser->error);
}

static bool is_value(const struct where_token *token)
{
	return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
}

/* "expected X, not "y"" */
static int refuse_token(struct parser *parser, const char *expected)
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

static int add_node(struct parser *parser, struct where_node node, uint16_t *ret)
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

/* Of the last test. A time may have two words: 5m ago. */
static int parse_value(struct parser *parser, enum where_ask ask)
{
	const struct where_test *test = &parser->where->tests[parser->where->count - 1];
	struct where_token token = parser->token;
	int r;

	if (!is_value(&token))
		return refuse_token(parser, "a value");
	r = next_token(parser);
	if (r < 0)
		return r;
	if (field_row((enum field)test->field)->kind == FIELD_TIME && token.kind == TOKEN_WORD &&
	    parser->token.kind == TOKEN_WORD && text_is(parser->token.text, "ago")) {
		token.text.len = token.len = parser->token.at + parser->token.len - token.at;
		r = next_token(parser);
		if (r < 0)
			return r;
	}
	return where_value_add(parser->where, ask, &token, parser->now_ns, parser->error);
}

/* After the parenthesis. */
static int parse_list(struct parser *parser, enum where_ask ask, const struct where_token *open)
{
	int r;

	for (;;) {
		r = parse_value(parser, ask);
		if (r < 0)
			return r;
		if (parser->token.kind == TOKEN_CLOSE)
			return next_token(parser);
		if (parser->token.kind == TOKEN_END)
			return where_fail(parser->error, open->at, open->len,
					  "this parenthesis is not closed");
		if (parser->token.kind != TOKEN_COMMA)
			return refuse_token(parser, "\",\" or \")\"");
		r = next_token(parser);
		if (r < 0)
			return r;
	}
}

static int parse_values(struct parser *parser, enum where_ask ask,
			const struct where_token *operator)
{
	bool has_order =
		ask == ASK_LESS || ask == ASK_AT_MOST || ask == ASK_MORE || ask == ASK_AT_LEAST;
	const struct where_token open = parser->token;
	int r;

	if (open.kind != TOKEN_OPEN)
		return parse_value(parser, ask);
	if (has_order) {
		return where_fail(parser->error, open.at, open.len,
				  "\"%.*s\" compares with one value, not with a list",
				  WHERE_SHOW(operator->text));
	}
	r = next_token(parser);
	return r < 0 ? r : parse_list(parser, ask, &open);
}

/* [ [ "not" ] operator ] values. Without: is it true, or is it known? */
static int parse_test(struct parser *parser, struct where_test *test, bool *ret_is_negated)
{
	struct where_token operator= parser->token;
	enum where_ask ask = where_ask_implied(test);
	bool is_not = operator.kind == TOKEN_NOT;
	int r = 0;

	if (is_not)
		r = next_token(parser);
	if (r == 0 && is_not) {
		operator= parser->token;
		if (operator.kind != TOKEN_OPERATOR || operator.is_negated)
			return refuse_token(parser, "\"in\" or another comparison behind \"not\"");
	}
	if (r == 0 && operator.kind == TOKEN_OPERATOR) {
		ask = (enum where_ask) operator.ask;
		r = next_token(parser);
	} else if (!is_value(&operator)) {
		return 0;
	}
	if (r == 0)
		r = where_ask_set(test, ask, &operator, parser->error);
	if (r < 0)
		return r;
	*ret_is_negated = operator.is_negated || is_not;
	return parse_values(parser, ask, &operator);
}

/* Which field: [ "src" | "dst" ] field. */
static int parse_field(struct parser *parser, struct where_test *test)
{
	struct where_token word = parser->token;
	enum field field;
	bool is_source, has_side = where_side_find(word.text, &is_source);
	int r = next_token(parser);

	if (r == 0 && has_side) {
		word = parser->token;
		if (word.kind != TOKEN_WORD)
			return refuse_token(parser, "a field of a side");
		r = next_token(parser);
	}
	if (r < 0)
		return r;
	test->fields = (uint8_t)where_field_find(word.text, &field);
	if (!test->fields)
		return where_refuse_name(word.text, word.at, parser->error);
	if (has_side && test->fields != 2)
		return where_refuse_side(word.text, word.at, parser->error);
	test->field = (uint16_t)(field + (has_side && !is_source));
	if (has_side)
		test->fields = 1;
	test->op = field_row(field)->kind == FIELD_BOOL ? WHERE_TRUE : WHERE_KNOWN;
	return 0;
}

static int parse_comparison(struct parser *parser, uint16_t *ret)
{
	struct where *where = parser->where;
	struct where_test *test = &where->tests[where->count];
	struct where_node node = { .kind = NODE_TEST, .test = (uint16_t)where->count };
	int r = add_node(parser, node, ret);

	if (r < 0)
		return r;
	*test = (struct where_test){ .first = (uint16_t)where->value_count };
	r = parse_field(parser, test);
	if (r < 0)
		return r;
	where->count++;
	r = parse_test(parser, test, &parser->tree->nodes[*ret].is_negated);
	return r;
}

/* Its comparison in place of the word, as if it had been written there in parentheses. */
static int expand_shorthand(struct parser *parser, const struct where_shorthand *shorthand,
			    uint16_t *ret)
{
	const struct where_lexer lexer = parser->lexer;
	const struct where_token word = parser->token;
	int r;

	parser->lexer = (struct where_lexer){ .text = shorthand->text };
	r = next_token(parser);
	if (r == 0)
		r = parse_comparison(parser, ret);
	parser->lexer = lexer;
	if (r == -EINVAL) {
		/* Too many nodes: all else is right in them. */
		parser->error->at = word.at;
		parser->error->len = word.len;
	}
	return r < 0 ? r : next_token(parser);
}

/* A chain of its first node, which may become its only one: then it is that node. */
struct chain {
	uint16_t first, last, node;
};

static int chain_add(struct parser *parser, struct chain *chain, enum where_node_kind kind,
		     uint16_t node)
{
	struct where_node *nodes = parser->tree->nodes;
	int r = 0;

	if (chain->first == NODE_NONE) {
		chain->first = chain->node = node;
	} else {
		if (chain->node == chain->first) {
			r = add_node(
				parser,
				(struct where_node){ .kind = (uint8_t)kind, .child = chain->first },
				&chain->node);
		}
		nodes[chain->last].next = node;
	}
	chain->last = node;
	return r;
}

static int parse_one(struct parser *parser, uint16_t *ret);

/* "tcp", and what follows it at once: "tcp port 80". */
static int parse_shorthand(struct parser *parser, const struct where_shorthand *shorthand,
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

static int parse_group(struct parser *parser, uint16_t *ret)
{
	const struct where_token open = parser->token;
	int r = next_token(parser);

	if (r == 0)
		r = parse_any(parser, ret);
	if (r < 0)
		return r;
	if (parser->token.kind == TOKEN_END)
		return where_fail(parser->error, open.at, open.len,
				  "this parenthesis is not closed");
	if (parser->token.kind != TOKEN_CLOSE)
		return refuse_token(parser, "\"and\", \"or\" or \")\"");
	return next_token(parser);
}

static int parse_not(struct parser *parser, uint16_t *ret)
{
	int r = next_token(parser);

	if (r == 0)
		r = parse_one(parser, ret);
	if (r == 0)
		parser->tree->nodes[*ret].is_negated ^= true;
	return r;
}

static int parse_word(struct parser *parser, uint16_t *ret)
{
	const struct where_shorthand *shorthand = where_shorthand_find(parser->token.text);

	return shorthand ? parse_shorthand(parser, shorthand, ret) : parse_comparison(parser, ret);
}

static int parse_one(struct parser *parser, uint16_t *ret)
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
		r = refuse_token(parser, "a field");
	}
	parser->depth--;
	return r;
}

/* Of one kind, each link by the rule below it. */
static int parse_chain(struct parser *parser, enum where_node_kind kind, uint16_t *ret)
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
			r = next_token(parser);
	} while (r == 0 && has_more);
	*ret = chain.node;
	return r;
}

static int parse_any(struct parser *parser, uint16_t *ret)
{
	return parse_chain(parser, NODE_ANY, ret);
}

static int parse_all_of_it(struct parser *parser, uint16_t *ret)
{
	const struct where_token *token = &parser->token;
	int r = next_token(parser);

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
	return refuse_token(parser, "\"and\", \"or\" or the end");
}

int where_parse(const char *text, uint64_t now_ns, struct where *where, struct where_tree *tree,
		struct where_error *error)
{
	struct parser parser = {
		.lexer.text = text,
		.where = where,
		.tree = tree,
		.now_ns = now_ns,
		.error = error,
	};

	return parse_all_of_it(&parser, &tree->root);
}

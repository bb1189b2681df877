/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the grammar's files: where_parse.c and, for comparisons, where_comparison.c. Each rule begins
 * with its first token and ends behind its last.
 */
#pragma once

#include "filter/field.h"
#include "filter/where_lex.h"
#include "filter/where_parse.h"

struct where_parser {
	struct where_lexer lexer;
	struct where_token token; /* the one to be looked at */
	struct where *where;
	struct where_tree *tree;
	unsigned int depth;
	/*
	 * As pcap filters have it, a value alone stands for the words before it, with it instead of
	 * theirs: "tcp port 80 or 443". Those words are what one() takes, if the last of them is a value
	 * without an operator.
	 */
	const struct where_token *instead; /* of the next value; NULL: what stands there */
	bool is_brief;			   /* the comparison that was last parsed has no operator */
	struct text value;		   /* the last value */
	struct {
		bool is_there, is_addr; /* the value is an address, not a number */
		bool is_named;		/* the value is the name of a number */
		enum field field;
		size_t at; /* where they begin */
	} brief;
	uint64_t now_ns;
	struct where_error *error;
};

int where_next_token(struct where_parser *parser);
/* "expected X, not "y"" */
int where_refuse_token(struct where_parser *parser, const char *expected);
/* -EINVAL: there are too many. */
int where_add_node(struct where_parser *parser, struct where_node node, uint16_t *ret);
/* A test, and its node. */
int where_parse_comparison(struct where_parser *parser, uint16_t *ret);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammar, by recursive descent. Comparisons go to where->tests as they come; how they hang
 * together is a tree, which is needed only until the order of the tests is known.
 *
 *	any        = all { ("or" | "||") all }
 *	all        = one { ("and" | "&&") one }
 *	one        = ("not" | "!") one | "(" any ")" | shorthand [ one ] | comparison | value
 *	comparison = name [ [ [ "not" ] operator ] values | [ "not" ] operator name ]
 *	name       = [ side [ ("or" | "and") side ] ] field | side
 *	side       = "src" | "dst"
 *	values     = value | "(" value { "," value } ")"
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "filter/where.h"

enum where_node_kind {
	NODE_TEST,
	NODE_ALL,
	NODE_ANY,
};

#define NODE_NONE 0xffff

struct where_node {
	uint8_t kind;
	bool is_negated;
	uint16_t test;	/* of NODE_TEST */
	uint16_t child; /* the first of the others' */
	uint16_t next;	/* the parent's next child */
};

struct where_tree {
	struct where_node nodes[WHERE_NODES_MAX];
	unsigned int count;
	uint16_t root;
};

/* -EINVAL with *error, -ENOMEM. */
int where_parse(const char *text, uint64_t now_ns, struct where *where, struct where_tree *tree,
		struct where_error *error);

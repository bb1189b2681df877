// SPDX-License-Identifier: BSD-2-Clause
/*
 * From the tree to tests that know where to go on. What a comparison costs is estimated, and of
 * those that are joined by the same word the cheapest is asked first: none has a side effect, so the
 * answer is the same in any order.
 */
#include "filter/where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "filter/filter_memo.h"
#include "filter/regex.h"
#include "filter/where_code.h"
#include "filter/where_lex.h"
#include "filter/where_parse.h"
#include "filter/where_value.h"

struct costs {
	uint32_t of[WHERE_NODES_MAX]; /* by node */
};

/* Made of other things when they are asked for. */
static uint32_t field_cost(enum field field)
{
	switch ((int)field) {
	case FIELD_COMMUNITY_ID:
	case FIELD_SUMMARY:
		return 200;
	case FIELD_UUID:
	case FIELD_CONN_ID:
	case FIELD_SOURCE_MAC:
	case FIELD_DESTINATION_MAC:
		return 20;
	default:
		return field_row(field)->kind == FIELD_TEXT ? 5 : 2;
	}
}

static uint32_t test_cost(const struct where_test *test)
{
	static const uint32_t value_costs[WHERE_OP_MAX] = {
		[WHERE_RANGE] = 1, [WHERE_HAS] = 1,	[WHERE_PREFIX] = 1, [WHERE_TEXT] = 2,
		[WHERE_GLOB] = 5,  [WHERE_REGEX] = 100, [WHERE_PAIR] = 10,
	};

	return (field_cost((enum field)test->field) + value_costs[test->op] * test->count) *
	       test->fields;
}

/* Dearest first, because the last one's place must be known before it can be gone to. */
static void sort_children(struct where_node *nodes, struct where_node *parent,
			  const struct costs *costs)
{
	uint16_t sorted = NODE_NONE;

	for (uint16_t node = parent->child, next; node != NODE_NONE; node = next) {
		uint16_t *at = &sorted;

		next = nodes[node].next;
		/* Of equal ones the first stays first, which is the last here. */
		while (*at != NODE_NONE && costs->of[*at] > costs->of[node])
			at = &nodes[*at].next;
		nodes[node].next = *at;
		*at = node;
	}
	parent->child = sorted;
}

static uint32_t order_node(struct where_tree *tree, uint16_t node, const struct where *where,
			   struct costs *costs)
{
	struct where_node *at = &tree->nodes[node];
	uint32_t cost = 0;

	if (at->kind == NODE_TEST) {
		cost = test_cost(&where->tests[at->test]);
	} else {
		for (uint16_t i = at->child; i != NODE_NONE; i = tree->nodes[i].next)
			cost += order_node(tree, i, where, costs);
		sort_children(tree->nodes, at, costs);
	}
	costs->of[node] = cost;
	return cost;
}

/* Where the node begins, if yes and no are where it leads to. */
static uint16_t lay_out(const struct where_tree *tree, uint16_t node, struct where *where,
			uint16_t yes, uint16_t no)
{
	const struct where_node *at = &tree->nodes[node];
	uint16_t begin;

	if (at->is_negated) {
		uint16_t swapped = yes;

		yes = no;
		no = swapped;
	}
	if (at->kind == NODE_TEST) {
		where->tests[at->test].yes = yes;
		where->tests[at->test].no = no;
		return at->test;
	}
	begin = at->kind == NODE_ALL ? yes : no;
	for (uint16_t i = at->child; i != NODE_NONE; i = tree->nodes[i].next) {
		if (at->kind == NODE_ALL)
			begin = lay_out(tree, i, where, begin, no);
		else
			begin = lay_out(tree, i, where, yes, begin);
	}
	return begin;
}

void where_free(struct where **at)
{
	struct where *where = TAKE_PTR(*at);

	if (!where)
		return;
	for (unsigned int i = 0; i < where->count; i++) {
		const struct where_test *test = &where->tests[i];

		for (unsigned int j = 0; j < test->count; j++)
			where_value_done(&where->values[test->first + j], test->op);
		free(test->memo);
	}
	free(where->values);
	free(where);
}

int where_compile_at(struct where **ret, const char *text, uint64_t now_ns,
		     struct where_error *error)
{
	auto_where struct where *where = calloc(1, sizeof(*where));
	auto_free struct where_tree *tree = calloc(1, sizeof(*tree));
	struct costs costs;
	int r;

	if (!where || !tree)
		return -ENOMEM;
	if (strlen(text) > WHERE_TEXT_MAX)
		return where_fail(error, WHERE_TEXT_MAX, 0, "longer than %d bytes", WHERE_TEXT_MAX);
	r = where_parse(text, now_ns, where, tree, error);
	if (r < 0)
		return r;
	order_node(tree, tree->root, where, &costs);
	where->begin = lay_out(tree, tree->root, where, WHERE_ACCEPT, WHERE_REJECT);
	*ret = TAKE_PTR(where);
	return 0;
}

unsigned int where_take_memos(struct where *where, unsigned int max)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < where->count && count < max; i++) {
		struct where_test *test = &where->tests[i];

		if (!field_is_who((enum field)test->field) || test->op == WHERE_PAIR || test->memo)
			continue;
		test->memo = calloc(1, sizeof(*test->memo));
		count += test->memo != NULL;
	}
	return count;
}

int where_compile(struct where **ret, const char *text, struct where_error *error)
{
	return where_compile_at(ret, text, time_realtime_ns(), error);
}

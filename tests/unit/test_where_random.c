// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random expressions on random flows, against an evaluator that is slow and obvious: it walks the
 * tree that the text was written from, in the order in which it was written.
 */
#include "filter/where.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/flow_fields.h"

#define EXPRESSIONS 20000
#define FLOWS	    8
#define DEPTH_MAX   5

static uint64_t seed = 20261122;

static unsigned int roll(unsigned int sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % sides;
}

enum node_kind {
	COMPARE,
	NOT,
	AND,
	OR,
};

struct node {
	enum node_kind kind;
	struct node *a, *b;
	const char *field;
	const char *operator;
	const char *other;  /* a field, compared with instead of values; NULL: none */
	char values[3][16]; /* numbers from 0 to 9, texts of a and b */
	unsigned int count;
};

static struct node nodes[1 << (DEPTH_MAX + 1)];
static unsigned int node_count;

/* Both of those of sides. */
static const char *const number_fields[] = { "packets", "source.port", "destination.port", "port" };
static const char *const text_fields[] = { "interface", "source.label", "destination.label",
					   "label" };
static const char *const number_operators[] = { "=", "!=", "<", "<=", ">", ">=", "in", "not in" };
static const char *const text_operators[] = { "=", "!=", "~", "!~", "in", "not in" };

/* A text without a dot would be a value. */
static void random_pair(struct node *node)
{
	bool is_number = roll(2);

	node->field = is_number ? number_fields[roll(4)] : text_fields[roll(4)];
	node->operator= is_number ? number_operators[roll(8)] : roll(2) ? "=" : "!=";
	node->other = is_number ? number_fields[roll(4)] : text_fields[1 + roll(2)];
}

static void random_compare(struct node *node)
{
	bool is_number = roll(2), is_list;
	unsigned int least;

	if (roll(4) == 0) {
		random_pair(node);
		return;
	}

	node->field = is_number ? number_fields[roll(4)] : text_fields[roll(4)];
	if (roll(8) == 0) {
		node->operator= "";
		return;
	}
	node->operator= is_number ? number_operators[roll(8)] : text_operators[roll(6)];
	is_list = strstr(node->operator, "in") != NULL;
	least = strcmp(node->operator, "<") == 0; /* less than 0 is nothing */
	node->count = is_list ? 1 + roll(3) : 1;
	for (unsigned int i = 0; i < node->count; i++) {
		if (is_number)
			snprintf(node->values[i], sizeof(node->values[i]), "%u", least + roll(9));
		else
			snprintf(node->values[i], sizeof(node->values[i]), "%c%c", "ab"[roll(2)],
				 "ab"[roll(2)]);
		if (strchr(node->operator, '~') && roll(2))
			node->values[i][roll(2)] = '*';
	}
}

static struct node *random_tree(unsigned int depth)
{
	struct node *node = &nodes[node_count++];

	*node = (struct node){ .kind = depth < DEPTH_MAX ? (enum node_kind)roll(4) : COMPARE };
	if (node->kind == COMPARE) {
		random_compare(node);
		return node;
	}
	node->a = random_tree(depth + 1);
	if (node->kind != NOT)
		node->b = random_tree(depth + 1);
	return node;
}

static void write_compare(struct buf *out, const struct node *node)
{
	bool is_list = strstr(node->operator, "in") != NULL && !node->other;

	if (node->other) {
		buf_printf(out, "%s %s %s", node->field, node->operator, node->other);
		return;
	}
	buf_printf(out, "%s%s%s%s", node->field, *node->operator? " " : "", node->operator,
		   is_list ? " (" : " ");
	for (unsigned int i = 0; i < node->count; i++)
		buf_printf(out, "%s%s", i ? ", " : "", node->values[i]);
	buf_append_str(out, is_list ? ")" : "");
}

/* Parentheses where they are needed, and sometimes where they are not. */
static void write_tree(struct buf *out, const struct node *node, enum node_kind parent)
{
	bool want_parens = (node->kind > NOT && node->kind != parent && parent != COMPARE &&
			    !(node->kind == AND && parent == OR)) ||
			   roll(6) == 0;

	buf_append_str(out, want_parens ? "(" : "");
	switch (node->kind) {
	case COMPARE:
		write_compare(out, node);
		break;
	case NOT:
		buf_append_str(out, roll(2) ? "not " : "!");
		write_tree(out, node->a, NOT);
		break;
	case AND:
	case OR:
		write_tree(out, node->a, node->kind);
		if (node->kind == AND)
			buf_append_str(out, roll(2) ? " and " : " && ");
		else
			buf_append_str(out, roll(2) ? " or " : "||");
		write_tree(out, node->b, node->kind);
	}
	buf_append_str(out, want_parens ? ")" : "");
}

/* A star stands for any text: at the beginning, or at the end. */
static bool is_like(const char *pattern, const char *text)
{
	size_t len = strlen(text);

	if (pattern[0] == '*')
		return len && text[len - 1] == pattern[1];
	if (pattern[1] == '*')
		return text[0] == pattern[0];
	return strcmp(pattern, text) == 0;
}

static bool holds(const char *operator, const char * value, const char *is)
{
	char a = is[0], b = value[0]; /* numbers have one digit */

	if (strcmp(operator, "<") == 0)
		return a < b;
	if (strcmp(operator, "<=") == 0)
		return a <= b;
	if (strcmp(operator, ">") == 0)
		return a > b;
	if (strcmp(operator, ">=") == 0)
		return a >= b;
	if (strchr(operator, '~'))
		return is_like(value, is);
	return strcmp(value, is) == 0;
}

/* What a flow says: "name=value" words. */
struct words {
	char name[12][20];
	char value[12][8];
	unsigned int count;
};

static bool is_of(const char *name, const char *field)
{
	const char *dot = strchr(name, '.');

	return strcmp(name, field) == 0 || (dot && strcmp(dot + 1, field) == 0);
}

static bool holds_with_other(const struct node *node, const struct words *flow, const char *is)
{
	bool any = false;

	for (unsigned int i = 0; i < flow->count; i++) {
		if (is_of(flow->name[i], node->other))
			any |= holds(node->operator, flow->value[i], is);
	}
	return any;
}

static bool compare(const struct node *node, const struct words *flow)
{
	bool any = false;

	for (unsigned int i = 0; i < flow->count; i++) {
		if (!is_of(flow->name[i], node->field))
			continue;
		any |= node->other ? holds_with_other(node, flow, flow->value[i])
				   : !*node->operator;
		for (unsigned int j = 0; j < node->count; j++)
			any |= holds(node->operator, node->values[j], flow->value[i]);
	}
	if (node->operator[0] == '!' || strncmp(node->operator, "not", 3) == 0)
		return !any;
	return any;
}

static bool evaluate(const struct node *node, const struct words *flow)
{
	switch (node->kind) {
	case COMPARE:
		return compare(node, flow);
	case NOT:
		return !evaluate(node->a, flow);
	case AND:
		return evaluate(node->a, flow) && evaluate(node->b, flow);
	case OR:
		return evaluate(node->a, flow) || evaluate(node->b, flow);
	}
	return false;
}

static void add_word(struct words *flow, const char *name, bool is_number)
{
	unsigned int i = flow->count++;

	snprintf(flow->name[i], sizeof(flow->name[i]), "%s", name);
	if (is_number)
		snprintf(flow->value[i], sizeof(flow->value[i]), "%u", roll(10));
	else
		snprintf(flow->value[i], sizeof(flow->value[i]), "%c%c", "ab"[roll(2)],
			 "ab"[roll(2)]);
}

static void random_flow(struct words *flow, struct flow_fields *fields)
{
	char text[512] = "";

	flow->count = 0;
	for (unsigned int i = 0; i < 3; i++) {
		if (roll(3))
			add_word(flow, number_fields[i], true);
		for (unsigned int labels = roll(i ? 3 : 2); labels; labels--)
			add_word(flow, text_fields[i], false);
	}
	for (unsigned int i = 0; i < flow->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", i ? " " : "",
			 flow->name[i], flow->value[i]);
	flow_fields_set(fields, text);
}

static void random_expressions_say_what_a_slow_evaluator_says(void **state)
{
	unsigned int matches = 0;

	(void)state;
	for (unsigned int i = 0; i < EXPRESSIONS; i++) {
		auto_where struct where *where = NULL;
		auto_buf struct buf text = {};
		struct where_error error;
		const struct node *tree;

		node_count = 0;
		tree = random_tree(0);
		write_tree(&text, tree, COMPARE);
		buf_append_char(&text, '\0');
		if (where_compile(&where, buf_bytes(&text), &error) != 0)
			fail_msg("%s: %zu: %s", buf_bytes(&text), error.at, error.message);
		for (unsigned int j = 0; j < FLOWS; j++) {
			struct flow_fields fields;
			struct words flow;
			bool expect;

			random_flow(&flow, &fields);
			expect = evaluate(tree, &flow);
			matches += expect;
			if (where_match(where, &fields.reader) != expect)
				fail_msg("%s: not %d", buf_bytes(&text), expect);
		}
	}
	/* Both answers are frequent. */
	assert_in_range(matches, EXPRESSIONS * FLOWS / 4, EXPRESSIONS * FLOWS * 3 / 4);
}

int main(void)
{
	return RUN_TESTS(TEST(random_expressions_say_what_a_slow_evaluator_says));
}

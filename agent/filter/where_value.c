// SPDX-License-Identifier: BSD-2-Clause
/*
 * Values by the kind of their field. All that is ordered becomes a range, so that there is one
 * comparison of numbers.
 */
#include "filter/where_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "filter/glob.h"
#include "filter/regex.h"
#include "filter/where.h"
#include "filter/where_addr.h"
#include "filter/where_code.h"
#include "filter/where_kind.h"
#include "filter/where_numbers.h"
#include "filter/where_words.h"

/* What a value is made of. */
struct source {
	const struct where_token *token;
	struct text text;	      /* what the token says */
	char plain[WHERE_PLAIN_SIZE]; /* the same with a NUL; empty if it is longer */
	enum field field;
	enum where_ask ask;
	uint64_t now_ns;
	struct where_error *error;
};

static int refuse(const struct source *source, const char *why)
{
	return where_fail(source->error, source->token->at, source->token->len, "\"%.*s\" is %s",
			  WHERE_SHOW(source->text), why);
}

static void set_range(struct where_value *value, enum where_ask ask, uint64_t number)
{
	static const uint64_t max = UINT64_MAX;

	value->range.low = 0;
	value->range.high = max;
	switch ((int)ask) {
	case ASK_LESS:
	case ASK_AT_MOST:
		value->range.high = number - (ask == ASK_LESS);
		break;
	case ASK_MORE:
	case ASK_AT_LEAST:
		value->range.low = number + (ask == ASK_MORE);
		break;
	default:
		value->range.low = value->range.high = number;
	}
	/* Nothing is less than nothing, or more than all: the number went round. */
	if ((ask == ASK_LESS && number == 0) || (ask == ASK_MORE && number == max)) {
		value->range.low = 1;
		value->range.high = 0;
	}
}

static uint64_t max_of(const struct source *source)
{
	uint64_t max = field_row(source->field)->max;

	return max ? max : UINT64_MAX; /* of durations and times, too */
}

static int refuse_beyond(const struct source *source)
{
	char why[64];

	if (max_of(source) == UINT64_MAX)
		return refuse(source, "too large");
	snprintf(why, sizeof(why), "not between 0 and %" PRIu64, max_of(source));
	return refuse(source, why);
}

/* No number that the field cannot have: the comparison would always hold, or never. */
static int check_bounds(const struct source *source, uint64_t number)
{
	uint64_t max = max_of(source);

	if (number > max)
		return refuse_beyond(source);
	if (source->ask == ASK_LESS && number == 0)
		return refuse(source, "the least there is: nothing is less");
	if (source->ask == ASK_MORE && number == max)
		return refuse(source, "the most there is: nothing is more");
	if (source->field == FIELD_IP_VERSION && source->ask == ASK_IS &&
	    (number % 2 || number == 2))
		return refuse(source, "not 4, 6 or 0");
	return 0;
}

static int check_number(const struct source *source, const struct where_kind *kind, int r)
{
	char why[WHERE_NUMBERS_SIZE];

	if (r == -ERANGE)
		return refuse_beyond(source);
	if (r < 0 && where_number_explain(source->field, source->text, why))
		return refuse(source, why);
	return r < 0 ? refuse(source, kind->is_not) : 0;
}

static int make_range(const struct source *source, const struct where_kind *kind,
		      struct where_value *ret)
{
	char low[WHERE_PLAIN_SIZE];
	const char *dash = kind->has_ranges ? strchr(source->plain, '-') : NULL;
	size_t len = dash ? (size_t)(dash - source->plain) : 0;
	int r;

	memcpy(low, source->plain, len);
	low[len] = '\0';
	r = check_number(source, kind, kind->parse(low, source->now_ns, &ret->range.low));
	if (r == 0)
		r = check_number(source, kind,
				 kind->parse(dash + 1, source->now_ns, &ret->range.high));
	if (r == 0 && source->ask != ASK_IS)
		return refuse(source, "a range, where one value is compared with");
	if (r == 0 && ret->range.low > ret->range.high)
		return refuse(source, "a range that runs backwards");
	return r < 0 || ret->range.high <= max_of(source) ? r : refuse_beyond(source);
}

static int make_number(const struct source *source, const struct where_kind *kind,
		       struct where_value *ret)
{
	uint64_t number;
	int r;

	if (where_number_find(source->field, source->text, &number)) {
		set_range(ret, source->ask, number);
		return 0;
	}
	if (kind->has_ranges && strchr(source->plain, '-'))
		return make_range(source, kind, ret);
	r = check_number(source, kind, kind->parse(source->plain, source->now_ns, &number));
	if (r == 0 && source->ask != ASK_HAS && !kind->is_bool)
		r = check_bounds(source, number);
	if (r < 0)
		return r;
	if (source->ask == ASK_HAS)
		ret->bits = number;
	else if (kind->is_bool && number)
		set_range(ret, ASK_MORE, 0);
	else
		set_range(ret, source->ask, number);
	return 0;
}

/* A field in a list is none, and wildcards are none behind "=": no silent surprise. */
static int check_word(const struct source *source)
{
	enum field field;

	if (source->token->kind == TOKEN_QUOTED)
		return 0;
	if (memchr(source->text.bytes, '.', source->text.len) &&
	    field_find(source->text.bytes, source->text.len, &field)) {
		return refuse(source, "a field, which is compared with alone: a text of that name "
				      "needs quotes");
	}
	if (source->ask == ASK_IS && glob_is_pattern(source->text.bytes, source->text.len))
		return refuse(source, "a pattern: ask with ~, or put it in quotes");
	return 0;
}

static int make_regex(const struct source *source, struct where_value *ret)
{
	const struct where_token *token = source->token;
	char reason[REGEX_REASON_SIZE];
	size_t at;
	int r = regex_new(&ret->regex, source->text.bytes, source->text.len, &at, reason);

	if (r != -EINVAL)
		return r;
	if (token->kind == TOKEN_QUOTED)
		at = where_quoted_at(token->text, at) + 1;
	return where_fail(source->error, token->at + at, 0, "this regular expression is wrong: %s",
			  reason);
}

static int make_prefix(const struct source *source, const struct where_kind *kind,
		       struct where_value *ret)
{
	if (where_addr_parse(source->plain, ret) < 0)
		return refuse(source, kind->is_not);
	return 0;
}

static int make_value(const struct where_test *test, const struct source *source,
		      struct where_value *ret)
{
	const struct where_kind *kind = where_kind_of(test);

	switch ((enum where_op)test->op) {
	case WHERE_RANGE:
	case WHERE_HAS:
		return make_number(source, kind, ret);
	case WHERE_PREFIX:
		return make_prefix(source, kind, ret);
	case WHERE_REGEX:
		return make_regex(source, ret);
	case WHERE_TEXT:
	case WHERE_GLOB:
	case WHERE_KNOWN:
	case WHERE_TRUE:
	case WHERE_PAIR:
	case WHERE_OP_MAX:
		break;
	}
	return -EINVAL;
}

struct where_value *where_value_place(struct where *where)
{
	if (where->value_count == where->value_size) {
		unsigned int size = where->value_size ? where->value_size * 2 : 8;
		struct where_value *values = realloc(where->values, size * sizeof(*values));

		if (!values)
			return NULL;
		where->values = values;
		where->value_size = size;
	}
	return &where->values[where->value_count];
}

static int add_value(struct where *where, struct where_test *test, const struct source *source)
{
	struct where_value *value = where_value_place(where);
	int r = value ? make_value(test, source, value) : -ENOMEM;

	if (r < 0)
		return r;
	where->value_count++;
	test->count++;
	return 0;
}

static int add_word(struct where *where, struct where_test *test, struct text word)
{
	struct where_value *value = where_value_place(where);
	auto_free char *bytes = malloc(word.len + 1);

	if (!value || !bytes)
		return -ENOMEM;
	memcpy(bytes, word.bytes, word.len);
	value->text.bytes = TAKE_PTR(bytes);
	value->text.len = word.len;
	where->value_count++;
	test->count++;
	return 0;
}

/* In lower case; where there are few words, "to-stack" is TO_STACK, as lines show it. */
static void to_word(const struct source *source, char *bytes)
{
	bool are_few = where_words_are_few(source->field);

	for (size_t i = 0; i < source->text.len; i++) {
		bytes[i] = glob_to_lower(source->text.bytes[i]);
		if (are_few && bytes[i] == '-')
			bytes[i] = '_';
	}
}

/* What it stands for may be more than one. */
static int add_text(struct where *where, struct where_test *test, const struct source *source)
{
	auto_free char *bytes = malloc(source->text.len + 1);
	struct text words[WHERE_MEANINGS_MAX];
	int r = check_word(source);
	char why[WHERE_WORDS_SIZE];
	size_t count;

	if (r < 0 || !bytes)
		return r < 0 ? r : -ENOMEM;
	to_word(source, bytes);
	count = where_words_find(source->field, source->ask == ASK_GLOB,
				 (struct text){ bytes, source->text.len }, words);
	if (!count) {
		where_words_explain(source->field, source->text, why);
		return refuse(source, why);
	}
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_word(where, test, words[i]);
	return r;
}

int where_value_add(struct where *where, enum where_ask ask, const struct where_token *token,
		    uint64_t now_ns, struct where_error *error)
{
	struct where_test *test = &where->tests[where->count - 1];
	struct source source = { .token = token,
				 .field = (enum field)test->field,
				 .ask = ask,
				 .now_ns = now_ns,
				 .error = error };
	auto_free char *bytes = malloc(token->len + 1);

	if (!bytes)
		return -ENOMEM;
	source.text = token->text;
	if (token->kind == TOKEN_QUOTED)
		source.text = (struct text){ bytes, where_unquote(token->text, bytes) };
	if (source.text.len < sizeof(source.plain))
		memcpy(source.plain, source.text.bytes, source.text.len);
	if (test->op == WHERE_TEXT || test->op == WHERE_GLOB)
		return add_text(where, test, &source);
	return add_value(where, test, &source);
}

void where_value_done(struct where_value *value, unsigned int op)
{
	if (op == WHERE_TEXT || op == WHERE_GLOB)
		free((char *)value->text.bytes);
	else if (op == WHERE_REGEX)
		regex_free(&value->regex);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Values by the kind of their field. All that is ordered becomes a range, so that there is one
 * comparison of numbers.
 */
#include "filter/where_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/timefmt.h"
#include "filter/glob.h"
#include "filter/regex.h"
#include "filter/tcp_flags.h"
#include "filter/where.h"
#include "filter/where_addr.h"
#include "filter/where_code.h"
#include "filter/where_words.h"

/* The longest text of a value that is no text. */
#define PLAIN_SIZE 64

/* What a value is made of. */
struct source {
	const struct where_token *token;
	struct text text;	/* what the token says */
	char plain[PLAIN_SIZE]; /* the same with a NUL; empty if it is longer */
	enum field field;
	enum where_ask ask;
	uint64_t now_ns;
	struct where_error *error;
};

#define ASK(ask)   (1U << ASK_##ask)
#define ASK_ORDERS (ASK(LESS) | ASK(AT_MOST) | ASK(MORE) | ASK(AT_LEAST))

struct kind_row {
	const char *what;    /* the field is ... */
	const char *can;     /* and can be asked with ... */
	const char *is_not;  /* what a wrong value is not */
	uint32_t asks;	     /* 1 << enum where_ask */
	uint8_t op, implied; /* enum where_op of ASK_IS; enum where_ask */
	bool has_ranges;     /* "8000-8100" */
	int (*parse)(const char *text, uint64_t now_ns, uint64_t *ret);
};

static int parse_bool(const char *text, uint64_t now_ns, uint64_t *ret)
{
	(void)now_ns;
	*ret = strcmp(text, "true") == 0;
	return *ret || strcmp(text, "false") == 0 ? 0 : -EINVAL;
}

static int parse_number(const char *text, uint64_t now_ns, uint64_t *ret)
{
	(void)now_ns;
	return num_parse_size(text, ret);
}

static int parse_duration(const char *text, uint64_t now_ns, uint64_t *ret)
{
	(void)now_ns;
	return num_parse_duration(text, ret);
}

/* What --since takes; and "5m ago", which is a duration then. */
static int parse_time(const char *text, uint64_t now_ns, uint64_t *ret)
{
	size_t len = strlen(text), ago = strlen("ago");
	char duration[PLAIN_SIZE];
	uint64_t ns;

	if (len <= ago || strcmp(text + len - ago, "ago") != 0 || text[len - ago - 1] != ' ')
		return time_parse(text, now_ns, ret);
	for (len -= ago; len && text[len - 1] == ' ';)
		len--;
	memcpy(duration, text, len);
	duration[len] = '\0';
	if (num_parse_duration(duration, &ns) < 0)
		return -EINVAL;
	return time_parse(duration, now_ns, ret);
}

static int parse_flags(const char *text, uint64_t now_ns, uint64_t *ret)
{
	(void)now_ns;
	return tcp_flags_parse(text, ret);
}

static const struct kind_row kinds[FIELD_KIND_MAX] = {
	[FIELD_BOOL] = { "true or false", "= and !=, or alone", "neither true nor false", ASK(IS),
			 WHERE_RANGE, ASK_IS, false, parse_bool },
	[FIELD_NUMBER] = { "a number", "=, !=, <, <=, >, >= and in", "not a number",
			   ASK(IS) | ASK_ORDERS, WHERE_RANGE, ASK_IS, true, parse_number },
	[FIELD_DURATION] = { "a duration", "=, !=, <, <=, >, >= and in",
			     "not " NUM_DURATION_SUCH_AS, ASK(IS) | ASK_ORDERS, WHERE_RANGE, ASK_IS,
			     true, parse_duration },
	[FIELD_TIME] = { "a time", "=, !=, <, <=, >, >= and in",
			 "not a time such as 2026-11-21T21:00:03Z or 5m ago", ASK(IS) | ASK_ORDERS,
			 WHERE_RANGE, ASK_IS, false, parse_time },
	[FIELD_FLAGS] = { "a set of flags", "has, =, != and in",
			  "not made of FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, NS and +",
			  ASK(IS) | ASK(HAS), WHERE_RANGE, ASK_HAS, false, parse_flags },
	[FIELD_TEXT] = { "a text", "=, !=, in, ~, !~ and =~", NULL,
			 ASK(IS) | ASK(GLOB) | ASK(REGEX), WHERE_TEXT, ASK_GLOB, false, NULL },
	[FIELD_ADDR] = { "an address", "=, != and in",
			 "not an address or a network such as 10.0.0.0/8", ASK(IS), WHERE_PREFIX,
			 ASK_IS, false, NULL },
};

static const struct kind_row *kind_of(const struct where_test *test)
{
	return &kinds[field_row((enum field)test->field)->kind];
}

enum where_ask where_ask_implied(const struct where_test *test)
{
	return (enum where_ask)kind_of(test)->implied;
}

bool where_ask_is_order(unsigned int ask)
{
	return ask == ASK_LESS || ask == ASK_AT_MOST || ask == ASK_MORE || ask == ASK_AT_LEAST;
}

const char *where_kind_name(const struct where_test *test)
{
	return kind_of(test)->what;
}

int where_ask_set(struct where_test *test, enum where_ask ask, const struct where_token *token,
		  struct where_error *error)
{
	static const uint8_t ops[ASK_MAX] = {
		[ASK_GLOB] = WHERE_GLOB,
		[ASK_REGEX] = WHERE_REGEX,
		[ASK_HAS] = WHERE_HAS,
	};
	const struct kind_row *kind = kind_of(test);

	if (!(kind->asks & 1U << ask)) {
		return where_fail(error, token->at, token->len,
				  "%s is %s, which can be asked with %s",
				  field_row((enum field)test->field)->name, kind->what, kind->can);
	}
	test->op = ops[ask] ? ops[ask] : kind->op;
	return 0;
}

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

static int check_number(const struct source *source, const struct kind_row *kind, int r)
{
	const char *is_not = where_number_is_not(source->field);

	if (r == -ERANGE)
		return refuse(source, "too large");
	return r < 0 ? refuse(source, is_not ? is_not : kind->is_not) : 0;
}

static int make_range(const struct source *source, const struct kind_row *kind,
		      struct where_value *ret)
{
	char low[PLAIN_SIZE];
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
	return r;
}

static int make_number(const struct source *source, const struct kind_row *kind,
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
	if (r < 0)
		return r;
	if (source->ask == ASK_HAS)
		ret->bits = number;
	else if (kind->parse == parse_bool && number)
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

static int refuse_word(const struct source *source)
{
	char why[WHERE_WORDS_SIZE + 16], words[WHERE_WORDS_SIZE];

	where_words_list(source->field, words);
	snprintf(why, sizeof(why), "none of %s", words);
	return refuse(source, why);
}

static int make_text(const struct source *source, struct where_value *ret)
{
	auto_free char *bytes = NULL;
	int r = check_word(source);

	if (r < 0)
		return r;
	bytes = malloc(source->text.len + 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < source->text.len; i++)
		bytes[i] = glob_to_lower(source->text.bytes[i]);
	if (!where_word_may_be(source->field, source->ask == ASK_GLOB,
			       (struct text){ bytes, source->text.len }))
		return refuse_word(source);
	ret->text.bytes = TAKE_PTR(bytes);
	ret->text.len = source->text.len;
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

static int make_prefix(const struct source *source, const struct kind_row *kind,
		       struct where_value *ret)
{
	if (where_addr_parse(source->plain, ret) < 0)
		return refuse(source, kind->is_not);
	return 0;
}

static int make_value(const struct where_test *test, const struct source *source,
		      struct where_value *ret)
{
	const struct kind_row *kind = kind_of(test);

	switch ((enum where_op)test->op) {
	case WHERE_RANGE:
	case WHERE_HAS:
		return make_number(source, kind, ret);
	case WHERE_PREFIX:
		return make_prefix(source, kind, ret);
	case WHERE_TEXT:
	case WHERE_GLOB:
		return make_text(source, ret);
	case WHERE_REGEX:
		return make_regex(source, ret);
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

int where_value_add(struct where *where, enum where_ask ask, const struct where_token *token,
		    uint64_t now_ns, struct where_error *error)
{
	struct where_test *test = &where->tests[where->count - 1];
	struct source source = { .token = token,
				 .field = (enum field)test->field,
				 .ask = ask,
				 .now_ns = now_ns,
				 .error = error };
	struct where_value *value = where_value_place(where);
	auto_free char *bytes = malloc(token->len + 1);
	int r;

	if (!bytes || !value)
		return -ENOMEM;
	source.text = token->text;
	if (token->kind == TOKEN_QUOTED)
		source.text = (struct text){ bytes, where_unquote(token->text, bytes) };
	if (source.text.len < sizeof(source.plain))
		memcpy(source.plain, source.text.bytes, source.text.len);
	r = make_value(test, &source, value);
	if (r < 0)
		return r;
	where->value_count++;
	test->count++;
	return 0;
}

void where_value_done(struct where_value *value, unsigned int op)
{
	if (op == WHERE_TEXT || op == WHERE_GLOB)
		free((char *)value->text.bytes);
	else if (op == WHERE_REGEX)
		regex_free(&value->regex);
}

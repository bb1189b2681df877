// SPDX-License-Identifier: BSD-2-Clause
/* What the kinds of fields are, and what each may be asked: a row for each. */
#include "filter/where_kind.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/timefmt.h"
#include "filter/tcp_flags.h"
#include "filter/where.h"
#include "filter/where_code.h"

#define ASK(ask)   (1U << ASK_##ask)
#define ASK_ORDERS (ASK(LESS) | ASK(AT_MOST) | ASK(MORE) | ASK(AT_LEAST))

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
	char duration[WHERE_PLAIN_SIZE];
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

static const struct where_kind kinds[FIELD_KIND_MAX] = {
	[FIELD_BOOL] = { "true or false", "= and !=, or alone", "neither true nor false", ASK(IS),
			 WHERE_RANGE, ASK_IS, false, true, parse_bool },
	[FIELD_NUMBER] = { "a number", "=, !=, <, <=, >, >= and in",
			   "not a number such as 80, 10k or 1.5M", ASK(IS) | ASK_ORDERS,
			   WHERE_RANGE, ASK_IS, true, false, parse_number },
	[FIELD_DURATION] = { "a duration", "=, !=, <, <=, >, >= and in",
			     "not " NUM_DURATION_SUCH_AS, ASK(IS) | ASK_ORDERS, WHERE_RANGE, ASK_IS,
			     true, false, parse_duration },
	[FIELD_TIME] = { "a time", "=, !=, <, <=, >, >= and in",
			 "not a time such as 2026-11-21T21:00:03Z or 5m ago", ASK(IS) | ASK_ORDERS,
			 WHERE_RANGE, ASK_IS, false, false, parse_time },
	[FIELD_FLAGS] = { "a set of flags", "has, =, != and in",
			  "not made of FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, NS and +",
			  ASK(IS) | ASK(HAS), WHERE_RANGE, ASK_HAS, false, false, parse_flags },
	[FIELD_TEXT] = { "a text", "=, !=, in, ~, !~ and =~", NULL,
			 ASK(IS) | ASK(GLOB) | ASK(REGEX), WHERE_TEXT, ASK_GLOB, false, false,
			 NULL },
	[FIELD_ADDR] = { "an address", "=, != and in",
			 "not an address or a network such as 10.0.0.0/8", ASK(IS), WHERE_PREFIX,
			 ASK_IS, false, false, NULL },
};

const struct where_kind *where_kind_of(const struct where_test *test)
{
	return &kinds[field_row((enum field)test->field)->kind];
}

enum where_ask where_ask_implied(const struct where_test *test)
{
	return (enum where_ask)where_kind_of(test)->implied;
}

bool where_ask_is_order(unsigned int ask)
{
	return ask == ASK_LESS || ask == ASK_AT_MOST || ask == ASK_MORE || ask == ASK_AT_LEAST;
}

const char *where_kind_name(const struct where_test *test)
{
	return where_kind_of(test)->what;
}

int where_ask_set(struct where_test *test, enum where_ask ask, const struct where_token *token,
		  struct where_error *error)
{
	static const uint8_t ops[ASK_MAX] = {
		[ASK_GLOB] = WHERE_GLOB,
		[ASK_REGEX] = WHERE_REGEX,
		[ASK_HAS] = WHERE_HAS,
	};
	const struct where_kind *kind = where_kind_of(test);

	if (!(kind->asks & 1U << ask)) {
		return where_fail(error, token->at, token->len,
				  "%s is %s, which can be asked with %s",
				  field_row((enum field)test->field)->name, kind->what, kind->can);
	}
	test->op = ops[ask] ? ops[ask] : kind->op;
	return 0;
}

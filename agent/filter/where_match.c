// SPDX-License-Identifier: BSD-2-Clause
/* Asks a flow: from test to test until one leads out. */
#include <string.h>

#include "filter/filter_memo.h"
#include "filter/filter_pause.h"
#include "filter/glob.h"
#include "filter/regex.h"
#include "filter/where.h"
#include "filter/where_addr.h"
#include "filter/where_code.h"
#include "filter/where_pair.h"

static bool value_holds(unsigned int op, const struct where_value *value,
			const struct field_value *is, struct filter_pause *pause)
{
	switch ((enum where_op)op) {
	case WHERE_RANGE:
		return is->number >= value->range.low && is->number <= value->range.high;
	case WHERE_HAS:
		return (is->number & value->bits) == value->bits;
	case WHERE_PREFIX:
		return where_addr_holds(value, is->addr);
	case WHERE_TEXT:
		return is->len == value->text.len &&
		       glob_is_text(value->text.bytes, is->text, is->len);
	case WHERE_GLOB:
		return glob_match(value->text.bytes, value->text.len, is->text, is->len);
	case WHERE_REGEX:
		return filter_search(pause, value->regex, (struct text){ is->text, is->len });
	case WHERE_KNOWN:
	case WHERE_TRUE:
	case WHERE_PAIR:
	case WHERE_OP_MAX:
		break;
	}
	return false;
}

/* Has one of its values taken long, that is, more than some 100 ns? */
static bool is_slow(unsigned int op)
{
	return op == WHERE_GLOB || op == WHERE_REGEX;
}

static bool test_holds(const struct where *where, const struct where_test *test,
		       const struct field_value *is, struct filter_pause *pause)
{
	if (test->op == WHERE_KNOWN)
		return true;
	if (test->op == WHERE_TRUE)
		return is->number != 0;
	for (unsigned int i = FILTER_GOES_ON(pause, operand); i < test->count; i++) {
		if (value_holds(test->op, &where->values[test->first + i], is, pause))
			return true;
		if (pause && is_slow(test->op) && filter_pause_after(pause, i, &pause->operand))
			return false;
	}
	return false;
}

/* Does one of the field's values do? */
static bool ask_field(const struct where *where, const struct where_test *test, enum field field,
		      struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;
	struct field_value is;

	for (unsigned int i = FILTER_GOES_ON(pause, index); reader->get(reader, field, i, &is);
	     i++) {
		if (test_holds(where, test, &is, pause))
			return true;
		if (pause && filter_pause_within(pause, i, &pause->index))
			return false;
	}
	return false;
}

/* The same, unless that was noted of who the side is. */
static bool ask_side(const struct where *where, const struct where_test *test, enum field field,
		     struct field_reader *reader)
{
	uint64_t who = 0;
	bool holds;

	if (test->memo && reader->who)
		who = reader->who(reader, field_row(field)->is_destination);
	if (!who)
		return ask_field(where, test, field, reader);
	if (filter_memo_get(test->memo, who, &holds))
		return holds;
	holds = ask_field(where, test, field, reader);
	if (!reader->pause || !reader->pause->is_up)
		filter_memo_set(test->memo, who, holds);
	return holds;
}

static bool ask(const struct where *where, const struct where_test *test,
		struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;

	for (unsigned int i = FILTER_GOES_ON(pause, side); i < test->fields; i++) {
		bool holds = ask_side(where, test, (enum field)(test->field + i), reader);

		if (pause && filter_pause_within(pause, i, &pause->side))
			return false;
		if (holds != test->is_both)
			return holds;
	}
	return test->is_both;
}

bool where_match(const struct where *where, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;
	unsigned int stopped = FILTER_GOES_ON(pause, test),
		     at = stopped ? stopped - 1 : where->begin;

	while (at < WHERE_REJECT) {
		const struct where_test *test = &where->tests[at];
		bool holds = test->op == WHERE_PAIR ? where_pair_holds(where, test, reader)
						    : ask(where, test, reader);

		if (pause && filter_pause_within(pause, at + 1, &pause->test))
			return false;
		at = holds ? test->yes : test->no;
	}
	return at == WHERE_ACCEPT;
}

uint64_t where_gave_up(const struct where *where)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < where->count; i++) {
		const struct where_test *test = &where->tests[i];

		for (unsigned int j = 0; test->op == WHERE_REGEX && j < test->count; j++)
			sum += regex_gave_up(where->values[test->first + j].regex);
	}
	return sum;
}

// SPDX-License-Identifier: BSD-2-Clause
/* Asks a flow: from test to test until one leads out. */
#include <string.h>

#include "filter/glob.h"
#include "filter/regex.h"
#include "filter/where.h"
#include "filter/where_addr.h"
#include "filter/where_code.h"

static bool value_holds(unsigned int op, const struct where_value *value,
			const struct field_value *is)
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
		return regex_match(value->regex, is->text, is->len);
	case WHERE_KNOWN:
	case WHERE_TRUE:
	case WHERE_OP_MAX:
		break;
	}
	return false;
}

static bool test_holds(const struct where *where, const struct where_test *test,
		       const struct field_value *is)
{
	if (test->op == WHERE_KNOWN)
		return true;
	if (test->op == WHERE_TRUE)
		return is->number != 0;
	for (unsigned int i = 0; i < test->count; i++) {
		if (value_holds(test->op, &where->values[test->first + i], is))
			return true;
	}
	return false;
}

/* Does one of the field's values do? */
static bool ask(const struct where *where, const struct where_test *test,
		struct field_reader *reader)
{
	for (unsigned int field = test->field; field < test->field + (unsigned int)test->fields;
	     field++) {
		struct field_value is;

		for (unsigned int i = 0; reader->get(reader, (enum field)field, i, &is); i++) {
			if (test_holds(where, test, &is))
				return true;
		}
	}
	return false;
}

bool where_match(const struct where *where, struct field_reader *reader)
{
	uint16_t at = where->begin;

	while (at < WHERE_REJECT) {
		const struct where_test *test = &where->tests[at];

		at = ask(where, test, reader) ? test->yes : test->no;
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

// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a field has is gone when the next one is asked for: so one side is copied, and of a long text
 * one part after the other.
 */
#include "filter/where_pair.h"

#include <errno.h>
#include <string.h>

#include "filter/filter_pause.h"
#include "filter/glob.h"
#include "filter/where.h"
#include "filter/where_code.h"
#include "filter/where_kind.h"
#include "filter/where_value.h"

#define ADDR_LEN 16
#define PART_LEN 256

/* As it was called: "port" is that of either side. */
static void name_of(const struct where_test *test, char text[static FIELD_NAME_SIZE])
{
	const char *name = field_row((enum field)test->field)->name;

	if (test->fields == 1)
		field_to_str((enum field)test->field, text);
	else
		memcpy(text, name, strlen(name) + 1);
}

int where_pair_set(struct where *where, const struct where_test *other,
		   const struct where_token *operator, const struct where_token * word,
		   struct where_error *error)
{
	struct where_test *test = &where->tests[where->count - 1];
	char name[FIELD_NAME_SIZE], other_name[FIELD_NAME_SIZE];
	struct where_value *value;

	if (operator->kind != TOKEN_OPERATOR) {
		return where_fail(error, word->at, word->len,
				  "an operator or \"and\" is missing before this field");
	}
	if (operator->ask != ASK_IS && !where_ask_is_order(operator->ask)) {
		return where_fail(error, operator->at, operator->len,
				  "\"%.*s\" compares with a value, not with a field",
				  WHERE_SHOW(operator->text));
	}
	if (test->is_both || other->is_both) {
		return where_fail(error, word->at, word->len,
				  "both sides at once are compared with a value, not with a field");
	}
	if (field_row((enum field)test->field)->kind != field_row((enum field)other->field)->kind) {
		name_of(test, name);
		name_of(other, other_name);
		return where_fail(error, word->at, word->len, "%s is %s, and %s is %s", other_name,
				  where_kind_name(other), name, where_kind_name(test));
	}
	value = where_value_place(where);
	if (!value)
		return -ENOMEM;
	value->other.field = other->field;
	value->other.fields = other->fields;
	value->other.ask = operator->ask;
	where->value_count++;
	test->op = WHERE_PAIR;
	test->count = 1;
	return 0;
}

static bool number_holds(unsigned int ask, uint64_t is, uint64_t other)
{
	switch ((enum where_ask)ask) {
	case ASK_IS:
		return is == other;
	case ASK_LESS:
		return is < other;
	case ASK_AT_MOST:
		return is <= other;
	case ASK_MORE:
		return is > other;
	case ASK_AT_LEAST:
		return is >= other;
	case ASK_GLOB:
	case ASK_REGEX:
	case ASK_HAS:
	case ASK_MAX:
		break;
	}
	return false;
}

/* A value of a field. */
struct place {
	enum field field;
	unsigned int index;
};

static bool get(struct field_reader *reader, struct place place, struct field_value *ret)
{
	return reader->get(reader, place.field, place.index, ret);
}

/* ASCII letters of either case. */
static bool is_same_text(struct field_reader *reader, struct place a, struct place b)
{
	char part[PART_LEN];
	struct field_value one, other;
	size_t at = 0, len;

	do {
		if (!get(reader, a, &one) || one.len < at)
			return false;
		len = one.len - at < PART_LEN ? one.len - at : PART_LEN;
		for (size_t i = 0; i < len; i++)
			part[i] = glob_to_lower(one.text[at + i]);
		if (!get(reader, b, &other) || other.len != one.len ||
		    !glob_is_text(part, other.text + at, len))
			return false;
		at += len;
	} while (len == PART_LEN);
	return true;
}

static bool is_same_addr(struct field_reader *reader, struct place a, struct place b)
{
	struct field_value value;
	uint8_t addr[ADDR_LEN];

	if (!get(reader, a, &value))
		return false;
	memcpy(addr, value.addr, sizeof(addr));
	return get(reader, b, &value) && memcmp(addr, value.addr, sizeof(addr)) == 0;
}

/* Both are there. */
static bool values_hold(unsigned int ask, struct field_reader *reader, struct place a,
			struct place b)
{
	struct field_value one, other;

	switch (field_row(a.field)->kind) {
	case FIELD_TEXT:
		return is_same_text(reader, a, b);
	case FIELD_ADDR:
		return is_same_addr(reader, a, b);
	default:
		return get(reader, a, &one) && get(reader, b, &other) &&
		       number_holds(ask, one.number, other.number);
	}
}

/* With any of the other's values. */
static bool holds_with(const struct where_value *value, struct field_reader *reader, struct place a)
{
	struct field_value ignored;

	for (unsigned int i = 0; i < value->other.fields; i++) {
		struct place b = { (enum field)(value->other.field + i), 0 };

		for (; get(reader, b, &ignored); b.index++) {
			if (values_hold(value->other.ask, reader, a, b))
				return true;
		}
	}
	return false;
}

bool where_pair_holds(const struct where *where, const struct where_test *test,
		      struct field_reader *reader)
{
	const struct where_value *value = &where->values[test->first];
	struct filter_pause *pause = reader->pause;
	struct field_value ignored;

	for (unsigned int i = FILTER_GOES_ON(pause, side); i < test->fields; i++) {
		struct place a = { (enum field)(test->field + i), FILTER_GOES_ON(pause, index) };

		for (; get(reader, a, &ignored); a.index++) {
			if (holds_with(value, reader, a))
				return true;
			/* Lists are long together; of two values there is no more to do. */
			if (a.index && pause && filter_pause_after(pause, a.index, &pause->index)) {
				pause->side = i;
				return false;
			}
		}
	}
	return false;
}

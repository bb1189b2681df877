// SPDX-License-Identifier: BSD-2-Clause
/*
 * A selector held against the labels of one flow. Of several labels with a key the first one counts,
 * as in Cilium. A label that is negated away (k != v, k notin (v), !k) holds where there is none.
 */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "filter/label_requirement.h"
#include "filter/label_selector.h"

#define NUMBER_SIZE 24

static bool is_same(struct text a, struct text b)
{
	return a.len == b.len && !memcmp(a.bytes, b.bytes, a.len);
}

/* "source:key=value"; a source ends at a colon before any "=". */
static void split(struct text label, struct text *ret_source, struct text *ret_key,
		  struct text *ret_value)
{
	const char *equals = memchr(label.bytes, '=', label.len);
	size_t len = equals ? (size_t)(equals - label.bytes) : label.len;
	const char *colon = memchr(label.bytes, ':', len);
	size_t source_len = colon ? (size_t)(colon - label.bytes) : 0;

	*ret_source = (struct text){ label.bytes, source_len };
	*ret_key = (struct text){ label.bytes + source_len + !!colon, len - source_len - !!colon };
	*ret_value = (struct text){ label.bytes + len + !!equals, label.len - len - !!equals };
}

/* *ret: its value. */
static bool find_label(const struct requirement *requirement, struct field_reader *reader,
		       enum field field, struct text *ret)
{
	struct field_value label;
	struct text source, key;

	for (unsigned int i = 0; reader->get(reader, field, i, &label); i++) {
		split((struct text){ label.text, label.len }, &source, &key, ret);
		if (is_same(key, requirement->key) &&
		    (text_is(requirement->source, "any") || is_same(source, requirement->source)))
			return true;
	}
	return false;
}

static bool is_among(const struct requirement *requirement, struct text value)
{
	for (unsigned int i = 0; i < requirement->count; i++) {
		if (is_same(requirement->values[i], value))
			return true;
	}
	return false;
}

static bool get_number(struct text value, uint64_t *ret)
{
	char digits[NUMBER_SIZE];

	snprintf(digits, sizeof(digits), "%.*s", (int)value.len, value.bytes);
	return value.len < sizeof(digits) && !num_parse_u64(digits, INT64_MAX, ret);
}

static bool holds(const struct requirement *requirement, struct text value)
{
	uint64_t number;

	switch (requirement->operator) {
	case LABEL_IN:
		return is_among(requirement, value);
	case LABEL_ABOVE:
		return get_number(value, &number) && number > requirement->number;
	case LABEL_BELOW:
		return get_number(value, &number) && number < requirement->number;
	case LABEL_EXISTS:
	default:
		return true;
	}
}

bool label_selector_match(const struct label_selector *selector, struct field_reader *reader,
			  enum field field)
{
	struct text value;

	for (unsigned int i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		bool is_there =
			find_label(requirement, reader, field, &value) && holds(requirement, value);

		if (is_there == requirement->is_negated)
			return false;
	}
	return true;
}

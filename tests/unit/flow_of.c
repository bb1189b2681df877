// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/flow_of.h"

#include "base/addr.h"
#include "base/num.h"
#include "tests/harness.h"

/* What one ask has given is gone with the next, as readers may have it. */
static bool flow_get(struct field_reader *base, enum field field, unsigned int index,
		     struct field_value *ret)
{
	struct flow_of *flow = (struct flow_of *)base;
	static char text[FLOW_OF_TEXT];

	flow->asked++;
	memset(text, '#', sizeof(text));
	for (unsigned int i = 0; i < flow->count; i++) {
		if (flow->fields[i].field != field || index--)
			continue;
		*ret = flow->fields[i].value;
		if (ret->text)
			ret->text = memcpy(text, ret->text, ret->len);
		return true;
	}
	return false;
}

static uint64_t number_of(const char *text, enum field_kind kind)
{
	uint64_t number = 0;

	if (kind == FIELD_BOOL)
		return !strcmp(text, "true");
	if (kind == FIELD_DURATION)
		assert_int_equal(num_parse_duration(text, &number), 0);
	else
		assert_int_equal(num_parse_u64(text, UINT64_MAX, &number), 0);
	return number;
}

static void set_value(struct flow_of *flow, unsigned int at, char *text)
{
	struct field_value *value = &flow->fields[at].value;
	enum field_kind kind = field_row(flow->fields[at].field)->kind;
	int family;

	*value = (struct field_value){ 0 };
	if (kind == FIELD_TEXT) {
		value->text = text;
		value->len = strlen(text);
	} else if (kind == FIELD_ADDR) {
		assert_int_equal(addr_parse(text, flow->fields[at].addr, &family), 0);
		value->addr = flow->fields[at].addr;
	} else {
		value->number = number_of(text, kind);
	}
}

void flow_of(struct flow_of *ret, const char *text)
{
	char *rest = ret->text, *field, *equals;

	assert_true(strlen(text) < sizeof(ret->text));
	memcpy(ret->text, text, strlen(text) + 1);
	ret->base = (struct field_reader){ .get = flow_get };
	ret->count = 0;
	ret->asked = 0;
	while ((field = strsep(&rest, "|")) && *field) {
		equals = strchr(field, '=');
		assert_non_null(equals);
		assert_true(ret->count < FLOW_OF_FIELDS);
		assert_int_equal(
			field_find(field, (size_t)(equals - field), &ret->fields[ret->count].field),
			1);
		set_value(ret, ret->count++, equals + 1);
	}
}

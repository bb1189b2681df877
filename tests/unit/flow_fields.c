// SPDX-License-Identifier: BSD-2-Clause
/* Flows from text. */
#include "tests/unit/flow_fields.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/num.h"
#include "base/timefmt.h"
#include "tests/harness.h"

static bool get(struct field_reader *reader, enum field field, unsigned int index,
		struct field_value *ret)
{
	struct flow_fields *flow = (struct flow_fields *)reader;

	if (flow->asked_count < ARRAY_SIZE(flow->asked))
		flow->asked[flow->asked_count++] = field;
	for (unsigned int i = 0; i < flow->count; i++) {
		if (flow->values[i].field != field || index--)
			continue;
		*ret = flow->values[i].value;
		return true;
	}
	return false;
}

static void set_value(struct flow_field *at, const char *text)
{
	int family;

	switch ((enum field_kind)field_row(at->field)->kind) {
	case FIELD_TEXT:
		at->value.text = text;
		at->value.len = strlen(text);
		break;
	case FIELD_ADDR:
		assert_int_equal(addr_parse(text, at->addr, &family), 0);
		at->value.addr = at->addr;
		break;
	case FIELD_TIME:
		assert_int_equal(time_from_rfc3339(text, &at->value.number), 0);
		break;
	case FIELD_BOOL:
	case FIELD_NUMBER:
	case FIELD_DURATION:
	case FIELD_FLAGS:
	case FIELD_KIND_MAX:
		assert_int_equal(num_parse_u64(text, UINT64_MAX, &at->value.number), 0);
	}
}

void flow_fields_set(struct flow_fields *flow, const char *text)
{
	char *save;

	*flow = (struct flow_fields){ .reader.get = get };
	assert_true(strlen(text) < sizeof(flow->text));
	memcpy(flow->text, text, strlen(text) + 1);
	for (char *word = strtok_r(flow->text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		struct flow_field *at = &flow->values[flow->count++];
		char *value = strchr(word, '=');

		assert_true(flow->count <= FLOW_FIELDS_MAX);
		assert_non_null(value);
		assert_int_equal(field_find(word, (size_t)(value - word), &at->field), 1);
		set_value(at, value + 1);
	}
}

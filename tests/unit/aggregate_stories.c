// SPDX-License-Identifier: BSD-2-Clause
/* Flows in, JSON out. */
#include "tests/unit/aggregate_stories.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "filter/aggregate.h"
#include "filter/where.h"
#include "tests/harness.h"
#include "tests/unit/flow_fields.h"

void aggregate_of(struct aggregate **ret, const char *fields, const struct aggregate_limits *limits)
{
	struct where_error error;

	assert_int_equal(aggregate_new(ret, limits ? limits : &aggregate_limits_default), 0);
	assert_int_equal(aggregate_add_fields(*ret, fields, &error), 0);
}

void aggregate_add_flow(struct aggregate *aggregate, const char *flow)
{
	struct flow_fields fields;

	flow_fields_set(&fields, flow);
	aggregate_add(aggregate, &fields.reader);
}

/* All lines as one text. */
void assert_aggregate(struct aggregate *aggregate, const char *name, const char *expect)
{
	auto_buf struct buf out = {};
	unsigned int next = 0;

	aggregate_sort(aggregate);
	while (!aggregate_to_json(aggregate, &next, &out))
		;
	buf_append_char(&out, '\0');
	assert_row_str(name, buf_bytes(&out), expect);
}

void assert_stories(const struct story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		auto_aggregate struct aggregate *aggregate = NULL;
		const struct story *story = &stories[i];

		aggregate_of(&aggregate, story->fields, NULL);
		for (size_t j = 0; j < ARRAY_SIZE(story->flows) && story->flows[j]; j++)
			aggregate_add_flow(aggregate, story->flows[j]);
		assert_aggregate(aggregate, story->name, story->expect);
	}
}

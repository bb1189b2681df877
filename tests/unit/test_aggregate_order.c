// SPDX-License-Identifier: BSD-2-Clause
/* Groups, of any number of them, come in order, and each comes once. */
#include "filter/aggregate.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "filter/field.h"
#include "filter/where.h"
#include "tests/harness.h"

#define GROUPS_MAX 9000U

/* A flow that is a connection of its own, to a port. */
struct flow {
	struct field_reader reader;
	uint64_t number, port, bytes;
	char id[24];
};

static bool get(struct field_reader *reader, enum field field, unsigned int index,
		struct field_value *ret)
{
	struct flow *flow = (struct flow *)reader;

	switch ((int)field) {
	case FIELD_DESTINATION_PORT:
		ret->number = flow->port;
		return !index;
	case FIELD_BYTES:
		ret->number = flow->bytes;
		return !index;
	case FIELD_CONN_ID:
		ret->len = (size_t)snprintf(flow->id, sizeof(flow->id), "%llu",
					    (unsigned long long)flow->number);
		ret->text = flow->id;
		return !index;
	default:
		return false;
	}
}

static unsigned int port_of(const struct aggregate *aggregate, unsigned int index)
{
	auto_buf struct buf text = { 0 };

	aggregate_value(aggregate, index, 0, &text);
	buf_append_char(&text, '\0');
	assert_false(text.failed);
	return (unsigned int)strtoul(buf_bytes(&text), NULL, 10);
}

static void check_pair(const struct aggregate_row *before, const struct aggregate_row *row)
{
	assert_true(before->bytes >= row->bytes);
	if (before->bytes != row->bytes)
		return;
	assert_true(before->flows >= row->flows);
	if (before->flows == row->flows)
		assert_true(before->records >= row->records);
}

static void check(struct aggregate *aggregate, unsigned int groups, const uint64_t *bytes)
{
	static bool seen[GROUPS_MAX + 1];
	struct aggregate_row before = { .bytes = UINT64_MAX }, row;

	memset(seen, 0, sizeof(seen));
	assert_int_equal(aggregate_sort(aggregate), groups);
	for (unsigned int i = 0; i < groups; i++) {
		unsigned int port = port_of(aggregate, i);

		aggregate_row(aggregate, i, &row);
		check_pair(&before, &row);
		assert_in_range(port, 1, groups);
		assert_false(seen[port]);
		seen[port] = true;
		assert_int_equal(row.bytes, bytes[port]);
		before = row;
	}
}

static void each_group_comes_once_and_in_order(void **state)
{
	static const unsigned int counts[] = { 0,    1,	   2,	 1023, 1024, 1025,
					       2047, 2048, 2049, 4097, 9000 };
	static uint64_t bytes[GROUPS_MAX + 1];

	(void)state;
	srand(23);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		auto_aggregate struct aggregate *aggregate = NULL;
		struct flow flow = { .reader = { .get = get } };
		struct where_error error;

		memset(bytes, 0, sizeof(bytes));
		assert_int_equal(aggregate_new(&aggregate, &aggregate_limits_default), 0);
		assert_int_equal(aggregate_add_fields(aggregate, "port", &error), 0);
		check(aggregate, 0, bytes);
		for (unsigned int n = 0; n < counts[i] * 2; n++) {
			flow.number = n + 1;
			flow.port = n < counts[i] ? n + 1 : (unsigned int)rand() % counts[i] + 1;
			flow.bytes = (uint64_t)rand() % 50;
			bytes[flow.port] += flow.bytes;
			aggregate_add(aggregate, &flow.reader);
		}
		check(aggregate, counts[i], bytes);
		check(aggregate, counts[i], bytes);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(each_group_comes_once_and_in_order));
}

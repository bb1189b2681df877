// SPDX-License-Identifier: BSD-2-Clause
/*
 * The fields that filters read of a stored record are those that its JSON shows: each field of many
 * random records, held against the JSON of that record.
 */
#include "log/record_fields.h"

/* A type of json-c's has the name of a function of ours. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool

#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/flow_json.h"
#include "tests/unit/random_records.h"
#include "who/party.h"

static struct json_object *json_of(const struct random_record *record)
{
	auto_buf struct buf buf = { 0 };
	struct json_object *line;

	record_to_json(&buf, &record->rec, record->seq, random_legs(record), random_context(),
		       NULL);
	buf_append_char(&buf, '\0');
	assert_false(buf.failed);
	line = json_tokener_parse(buf_bytes(&buf));
	assert_non_null(line);
	return line;
}

static unsigned int seen[FIELD_MAX]; /* how often the field had a value */

static void check_field(struct record_reader *reader, struct json_object *line, enum field field)
{
	char is[FLOW_JSON_TEXT], expected[FLOW_JSON_TEXT], name[FIELD_NAME_SIZE];
	struct field_value value;

	field_to_str(field, name);
	for (unsigned int i = 0;; i++) {
		bool is_there = reader->base.get(&reader->base, field, i, &value);

		assert_row_int(name, is_there, flow_json_value(line, field, i, expected));
		if (!is_there)
			return;
		flow_json_text(&value, field, is);
		assert_row_str(name, is, expected);
		seen[field]++;
		assert_true(i < 100);
	}
}

static void each_field_is_as_the_json_says(void **state)
{
	struct random_record record;
	struct record_reader reader;

	(void)state;
	srand(1);
	record_reader_init(&reader, random_context());
	for (int round = 0; round < 4000; round++) {
		struct json_object *line;

		random_record(&record);
		line = json_of(&record);
		record_reader_set(&reader, &record.rec, record.seq, random_legs(&record));
		for (unsigned int i = 0; i < FIELD_MAX; i++)
			check_field(&reader, line, (enum field)i);
		json_object_put(line);
	}
}

/* What no record has yet; all others were compared above. */
static void all_that_records_have_was_compared(void **state)
{
	static const enum field never[] = {
		FIELD_NODE_LABEL,
		FIELD_ENCRYPTED,
		FIELD_DROP_REASON,
		FIELD_DROP_REASON_DESC,
		FIELD_TRACE_ID,
		FIELD_IP_TRACE_ID,
		FIELD_DNS_QUERY,
		FIELD_HTTP_METHOD,
		FIELD_HTTP_URL,
		FIELD_HTTP_PATH,
		FIELD_HTTP_STATUS,
		FIELD_HTTP_HEADER,
		FIELD_SOURCE_CLUSTER,
		FIELD_DESTINATION_CLUSTER,
		FIELD_DESTINATION_IP_XLATED,
	};

	(void)state;
	for (unsigned int i = 0; i < FIELD_MAX; i++) {
		char name[FIELD_NAME_SIZE];
		bool has_none = false;

		for (size_t j = 0; j < ARRAY_SIZE(never); j++)
			has_none |= never[j] == i;
		field_to_str((enum field)i, name);
		assert_row_int(name, seen[i] == 0, has_none);
	}
}

static void check_same(struct record_reader *a, struct record_reader *b, enum field field)
{
	char one[FLOW_JSON_TEXT], other[FLOW_JSON_TEXT];
	struct field_value value;

	for (unsigned int i = 0;; i++) {
		bool is_there = a->base.get(&a->base, field, i, &value);

		if (is_there)
			flow_json_text(&value, field, one);
		assert_row_int(field_row(field)->name, is_there,
			       b->base.get(&b->base, field, i, &value));
		if (!is_there)
			return;
		flow_json_text(&value, field, other);
		assert_row_str(field_row(field)->name, one, other);
	}
}

/* Equal numbers, equal sides. */
static void who_a_side_is_has_a_number(void **state)
{
	struct record first = { .party = { 1, 2 }, .is_local = 1 };
	struct record turned = { .party = { 2, 1 }, .is_local = 2, .sender = 1 };
	struct record elsewhere = { .party = { 1, 2 }, .is_local = 0 };
	struct record_reader reader;
	uint64_t source, destination;

	(void)state;
	record_reader_init(&reader, random_context());
	record_reader_set(&reader, &first, 1, NULL);
	source = reader.base.who(&reader.base, false);
	destination = reader.base.who(&reader.base, true);
	assert_true(source && destination && source != destination);
	record_reader_set(&reader, &turned, 2, NULL);
	assert_int_equal(reader.base.who(&reader.base, false), source);
	assert_int_equal(reader.base.who(&reader.base, true), destination);
	record_reader_set(&reader, &elsewhere, 3, NULL);
	assert_int_not_equal(reader.base.who(&reader.base, false), source);
	/* What is known of it may be more now. */
	parties_learned((struct parties *)random_context()->parties);
	record_reader_set(&reader, &first, 4, NULL);
	assert_int_not_equal(reader.base.who(&reader.base, false), source);
}

/* Sides with the same number have the same values, but for what is not of who they are. */
static void sides_of_one_number_are_alike(void **state)
{
	struct random_record first, second;
	struct record_reader a, b;
	unsigned int alike = 0;

	(void)state;
	srand(3);
	record_reader_init(&a, random_context());
	record_reader_init(&b, random_context());
	for (int round = 0; round < 20000; round++) {
		random_record(&first);
		random_record(&second);
		record_reader_set(&a, &first.rec, first.seq, random_legs(&first));
		record_reader_set(&b, &second.rec, second.seq, random_legs(&second));
		if (a.base.who(&a.base, false) != b.base.who(&b.base, false))
			continue;
		alike++;
		for (unsigned int i = 0; i < FIELD_MAX; i++) {
			if (field_row((enum field)i)->is_source && field_is_who((enum field)i))
				check_same(&a, &b, (enum field)i);
		}
	}
	assert_true(alike > 100);
}

int main(void)
{
	return RUN_TESTS(TEST(each_field_is_as_the_json_says),
			 TEST(all_that_records_have_was_compared), TEST(who_a_side_is_has_a_number),
			 TEST(sides_of_one_number_are_alike));
}

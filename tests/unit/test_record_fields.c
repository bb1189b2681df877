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

static struct json_object *json_of(const struct random_record *record)
{
	auto_buf struct buf buf = { 0 };
	struct json_object *line;

	record_to_json(&buf, &record->rec, record->seq, random_legs(record), random_context());
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
	record_reader_init(&reader, random_context(), 0);
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

/* Equal numbers, equal sides; and none where nothing may be noted. */
static void who_a_side_is_has_a_number(void **state)
{
	struct record first = { .party = { 1, 2 }, .is_local = 1 };
	struct record turned = { .party = { 2, 1 }, .is_local = 2, .sender = 1 };
	struct record elsewhere = { .party = { 1, 2 }, .is_local = 0 };
	struct record_reader reader;
	uint64_t source, destination;

	(void)state;
	record_reader_init(&reader, random_context(), 1);
	record_reader_set(&reader, &first, 1, NULL);
	source = reader.base.who(&reader.base, false);
	destination = reader.base.who(&reader.base, true);
	assert_true(source && destination && source != destination);
	record_reader_set(&reader, &turned, 2, NULL);
	assert_int_equal(reader.base.who(&reader.base, false), source);
	assert_int_equal(reader.base.who(&reader.base, true), destination);
	record_reader_set(&reader, &elsewhere, 3, NULL);
	assert_int_not_equal(reader.base.who(&reader.base, false), source);
	record_reader_init(&reader, random_context(), 2);
	record_reader_set(&reader, &first, 1, NULL);
	assert_int_not_equal(reader.base.who(&reader.base, false), source);
	record_reader_init(&reader, random_context(), 0);
	record_reader_set(&reader, &first, 1, NULL);
	assert_int_equal(reader.base.who(&reader.base, false), 0);
}

int main(void)
{
	return RUN_TESTS(TEST(each_field_is_as_the_json_says),
			 TEST(all_that_records_have_was_compared),
			 TEST(who_a_side_is_has_a_number));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * A filter means the same in the agent and on a file: each field of many random records, as the
 * agent reads the record and as the command reads its JSON.
 */
#include "cli/flow_reader.h"

#include "agent/base/buf.h"
#include "agent/log/record_fields.h"
#include "tests/harness.h"
#include "tests/unit/flow_json.h"
#include "tests/unit/random_records.h"

#define ROUNDS 4000

static void check_field(struct record_reader *record, struct flow_reader *line, enum field field)
{
	char is[FLOW_JSON_TEXT], expected[FLOW_JSON_TEXT], name[FIELD_NAME_SIZE];
	struct field_value value;

	field_to_str(field, name);
	for (unsigned int i = 0;; i++) {
		bool is_there = record->base.get(&record->base, field, i, &value);

		if (is_there)
			flow_json_text(&value, field, expected);
		assert_row_int(name, line->reader.get(&line->reader, field, i, &value), is_there);
		if (!is_there)
			return;
		flow_json_text(&value, field, is);
		assert_row_str(name, is, expected);
		assert_true(i < 100);
	}
}

static void the_command_reads_of_a_record_what_the_agent_does(void **state)
{
	auto_flow_reader struct flow_reader line = {};
	struct random_record random;
	struct record_reader record;

	(void)state;
	srand(1);
	record_reader_init(&record, random_context());
	for (int round = 0; round < ROUNDS; round++) {
		auto_buf struct buf json = {};

		random_record(&random);
		record_to_json(&json, &random.rec, random.seq, random_legs(&random),
			       random_context(), NULL);
		assert_false(json.failed);
		record_reader_set(&record, &random.rec, random.seq, random_legs(&random));
		flow_reader_set(&line, (struct text){ buf_bytes(&json), buf_len(&json) });
		for (unsigned int field = 0; field < FIELD_MAX; field++)
			check_field(&record, &line, (enum field)field);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(the_command_reads_of_a_record_what_the_agent_does));
}

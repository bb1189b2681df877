// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a mask lets through of a record is what cutting all of its JSON would leave: that is slow,
 * and plain to see.
 */
#include "log/record_mask.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "flow/field_mask.h"
#include "flow/flow_json.h"
#include "flow/flow_schema.h"
#include "log/record_rows.h"
#include "tests/harness.h"
#include "tests/unit/random_records.h"

#define auto_record_mask __attribute__((cleanup(record_mask_free)))

#define PATH_SIZE 128

static struct field_mask *fields_of(const char *paths)
{
	struct field_mask *fields = NULL;
	char reason[OPTION_REASON_SIZE];

	assert_int_equal(field_mask_new(&fields), 0);
	assert_row_int(paths, field_mask_add_list(fields, paths, reason), 0);
	return fields;
}

static void write_masked(struct buf *out, const struct random_record *record, const char *paths)
{
	auto_record_mask struct record_mask *mask = NULL;
	struct field_mask *fields = fields_of(paths);

	assert_int_equal(record_mask_new(&mask, &fields), 0);
	assert_null(fields);
	record_to_json(out, &record->rec, record->seq, random_legs(record), random_context(), mask);
	buf_append_char(out, '\0');
	assert_false(out->failed);
}

static void write_cut(struct buf *out, const struct random_record *record, const char *paths)
{
	auto_field_mask struct field_mask *fields = fields_of(paths);
	const struct flow_json_options options = { .mask = fields };
	auto_buf struct buf whole = {}, scratch = {};
	struct flow_json json = { .scratch = &scratch };

	record_to_json(&whole, &record->rec, record->seq, random_legs(record), random_context(),
		       NULL);
	assert_true(flow_json_append(&json, (struct text){ buf_bytes(&whole), buf_len(&whole) - 1 },
				     &options, out));
	buf_append(out, "\n", 2);
}

/* Any field: the messages on the way to it are chosen, too, now and then in place of it. */
static void random_path(char ret[static PATH_SIZE])
{
	const struct schema_field *fields = schema_flow;
	size_t len = 0;

	for (;;) {
		size_t count = 1; /* there is no message without a field */

		while (fields[count].kind)
			count++;
		fields += (size_t)rand() % count;
		len += (size_t)snprintf(ret + len, PATH_SIZE - len, "%s%s", len ? "." : "",
					fields->name);
		if (!fields->fields || fields->is_list || rand() % 4 == 0)
			return;
		fields = fields->fields;
	}
}

static void random_paths(char *ret, size_t size)
{
	char path[PATH_SIZE];
	int count = 1 + rand() % 8;

	*ret = '\0';
	for (int i = 0; i < count; i++) {
		size_t len = strlen(ret);

		random_path(path);
		snprintf(ret + len, size - len, "%s%s", len ? "," : "", path);
	}
}

static void a_masked_record_is_the_whole_one_cut(void **state)
{
	(void)state;
	srand(2);
	for (int round = 0; round < 4000; round++) {
		auto_buf struct buf masked = {}, cut = {};
		struct random_record record;
		char paths[8 * PATH_SIZE];

		random_record(&record);
		random_paths(paths, sizeof(paths));
		write_masked(&masked, &record, paths);
		write_cut(&cut, &record, paths);
		assert_row_str(paths, buf_bytes(&masked), buf_bytes(&cut));
	}
}

static void fields_are_told_as_they_are_asked_for(void **state)
{
	static const struct {
		const char *paths, *expect;
	} cases[] = {
		{ "verdict", "\"verdict\":\"FORWARDED\"" },
		{ "nodeName verdict", "\"verdict\":\"FORWARDED\",\"node_name\":\"n1\"" },
		{ "l4.TCP", "\"l4\":{\"TCP\":{\"source_port\":40000,\"destination_port\":443,"
			    "\"flags\":{\"SYN\":true}}}" },
		{ "l4.TCP.flags", "\"l4\":{\"TCP\":{\"flags\":{\"SYN\":true}}}" },
		{ "l4.UDP", "\"l4\":{}" },
		{ "l4.TCP,l4.TCP.source_port",
		  "\"l4\":{\"TCP\":{\"source_port\":40000,\"destination_port\":443,"
		  "\"flags\":{\"SYN\":true}}}" },
		{ "source.identity", "\"source\":{\"identity\":2}" },
		{ "source.pod_name", "\"source\":{}" },
		{ "IP.ipVersion,interface.name",
		  "\"IP\":{\"ipVersion\":\"IPv4\"},\"interface\":{\"name\":\"eth0\"}" },
		{ "ethernet,l7,source_names", "" },
	};
	const struct record_context context = { .node_name = "n1", .netns = "1" };
	const struct record rec = {
		.family = 4, .proto = 6, .tcp_flags = 2, .port = { 40000, 443 }, .ifname = "eth0"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_record_mask struct record_mask *mask = NULL;
		struct field_mask *fields = fields_of(cases[i].paths);
		auto_buf struct buf line = {};
		char expect[512];

		assert_int_equal(record_mask_new(&mask, &fields), 0);
		/* A mask is good for any number of records. */
		for (int n = 0; n < 2; n++) {
			buf_truncate(&line, 0);
			record_to_json(&line, &rec, 1, NULL, &context, mask);
		}
		buf_append_char(&line, '\0');
		snprintf(expect, sizeof(expect),
			 "{\"flow\":{%s},\"node_name\":\"n1\",\"time\":\"1970-01-01T00:00:00Z\"}\n",
			 cases[i].expect);
		assert_row_str(cases[i].paths, buf_bytes(&line), expect);
	}
}

static void rows_are_in_the_order_of_the_schema(void **state)
{
	const struct schema_field *last = NULL;

	(void)state;
	for (const struct record_row *row = record_rows; row->write; row++) {
		const struct schema_field *field =
			schema_find(schema_flow, text_from_str(row->key));

		assert_row(row->key, field && (!last || field > last));
		last = field;
	}
}

int main(void)
{
	return RUN_TESTS(TEST(a_masked_record_is_the_whole_one_cut),
			 TEST(fields_are_told_as_they_are_asked_for),
			 TEST(rows_are_in_the_order_of_the_schema));
}

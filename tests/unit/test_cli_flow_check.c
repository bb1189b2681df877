// SPDX-License-Identifier: BSD-2-Clause
/* Which values a line may have where: each kind of field with each kind of value, field by field. */
#include "cli/flow_check.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/flow/flow_json.h"
#include "agent/flow/flow_schema.h"
#include "cli/format.h"
#include "tests/harness.h"
#include "tests/unit/record_cases.h"

static int check_line(const char *line, struct flow_fault *fault)
{
	auto_flow_view struct flow_view view = {}, brief = {};
	struct flow_fault same;
	int r = flow_check(&view, text_from_str(line), true, fault);

	assert_row_int(line, flow_check(&brief, text_from_str(line), false, &same), r);
	assert_row_str(line, same.field, fault->field);
	assert_row_int(line, brief.kind, view.kind);
	return r;
}

static const char *const values[] = {
	"null",
	"\"\"",
	"\"x\"",
	"\"7\"",
	"7",
	"-7",
	"7.0",
	"7.5",
	"4294967295",
	"4294967296",
	"-2147483649",
	"\"18446744073709551615\"",
	"true",
	"\"true\"",
	"{}",
	"[]",
	"\"2024-05-06T07:08:09.5+02:00\"",
	"\"0001-01-01T00:00:00Z\"",
	"\"2024-02-30T00:00:00Z\"",
};

#define STRINGS                                                                               \
	"\"\" \"x\" \"7\" \"18446744073709551615\" \"true\" \"2024-05-06T07:08:09.5+02:00\" " \
	"\"0001-01-01T00:00:00Z\" \"2024-02-30T00:00:00Z\" "
#define NUMBERS "\"7\" 7 -7 7.0 4294967295 "

/* Of the values those that are right, and what the others should have been. */
static const struct {
	const char *right, *expected;
} kinds[] = {
	[SCHEMA_STRING] = { STRINGS, "a string" },
	[SCHEMA_NUMBER] = { NUMBERS, "a number of 32 bits" },
	[SCHEMA_NUMBER_64] = { NUMBERS "4294967296 -2147483649 \"18446744073709551615\" ",
			       "a number of 64 bits" },
	[SCHEMA_BOOL] = { "true ", "true or false" },
	[SCHEMA_NUMBER_VALUE] = { NUMBERS, "a number of 32 bits" },
	[SCHEMA_BOOL_VALUE] = { "true ", "true or false" },
	[SCHEMA_TIME] = { "\"2024-05-06T07:08:09.5+02:00\" \"0001-01-01T00:00:00Z\" ",
			  "an RFC 3339 time" },
	[SCHEMA_ENUM] = { STRINGS "7 -7 7.0 4294967295 ", "a name or its number" },
	[SCHEMA_MESSAGE] = { "{} ", "an object" },
	[SCHEMA_ANY] = { "{} ", "an object" },
};
_Static_assert(ARRAY_SIZE(kinds) == SCHEMA_KIND_MAX, "a row for each kind");

static bool is_among(const char *list, const char *value)
{
	size_t len = strlen(value);

	for (const char *at = list; *at; at = strchr(at, ' ') + 1) {
		if (strncmp(at, value, len) == 0 && at[len] == ' ')
			return true;
	}
	return false;
}

/* A line is begin, the value, end; path: of the value. */
struct place {
	char begin[256], path[128], end[64];
};

static void put(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void put(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(to, size, format, args);
	va_end(args);
	assert_true(len >= 0 && (size_t)len < size);
}

static void check_at(const struct place *place, const char *value, const char *expected)
{
	struct flow_fault fault = {};
	char line[1024], is[1024], name[512];

	put(line, sizeof(line), "%s%s%s", place->begin, value, place->end);
	assert_row_int(line, check_line(line, &fault), expected ? -EBADMSG : 0);
	if (!expected)
		return;
	put(is, sizeof(is), "%s: %.*s is not %s", fault.field, (int)fault.value.len,
	    fault.value.bytes, fault.expected);
	put(name, sizeof(name), "%s: %s is not %s", place->path, value, expected);
	assert_row_str(line, is, name);
}

static unsigned int fields_checked[SCHEMA_KIND_MAX];

static void check_kind(const struct place *place, const struct schema_field *field, bool is_element)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		bool is_right = is_among(kinds[field->kind].right, values[i]) ||
				(!is_element && !strcmp(values[i], "null"));

		check_at(place, values[i], is_right ? NULL : kinds[field->kind].expected);
	}
	fields_checked[field->kind]++;
}

static void check_list(const struct place *place, const struct schema_field *field)
{
	struct place element = *place;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		bool is_right = !strcmp(values[i], "null") || !strcmp(values[i], "[]");

		check_at(place, values[i], is_right ? NULL : "a list");
	}
	put(element.begin, sizeof(element.begin), "%s[", place->begin);
	put(element.end, sizeof(element.end), "]%s", place->end);
	put(element.path, sizeof(element.path), "%s[0]", place->path);
	check_kind(&element, field, true);
}

static void check_fields(const struct place *up, const struct schema_field *fields)
{
	for (; fields->kind; fields++) {
		struct place place;

		put(place.begin, sizeof(place.begin), "%s{\"%s\":", up->begin, fields->name);
		put(place.path, sizeof(place.path), "%s%s%s", up->path, *up->path ? "." : "",
		    fields->name);
		put(place.end, sizeof(place.end), "}%s", up->end);
		if (fields->is_list)
			check_list(&place, fields);
		else
			check_kind(&place, fields, false);
		if (fields->fields && !fields->is_list)
			check_fields(&place, fields->fields);
	}
}

static void each_field_takes_values_of_its_kind_only(void **state)
{
	static const struct place line = {};

	(void)state;
	check_fields(&line, schema_response);
	for (int kind = SCHEMA_END + 1; kind < SCHEMA_KIND_MAX; kind++)
		assert_row(kinds[kind].expected, fields_checked[kind] > 0);
}

static void the_first_wrong_value_is_told(void **state)
{
	static const struct {
		const char *line, *field, *value;
	} cases[] = {
		{ "{\"nodeName\":7}", "node_name", "7" },
		{ "{\"flow\":{\"l4\":{\"TCP\":{\"sourcePort\":\"http\"}},\"uuid\":7}}",
		  "flow.l4.TCP.source_port", "\"http\"" },
		{ "{\"flow\":{\"source\":{\"labels\":[\"a\", \"b\" ,{\"c\" : 1}]}}}",
		  "flow.source.labels[2]", "{\"c\" : 1}" },
		{ "{\"flow\":{\"source\":{\"workloads\":[{},{\"name\":[ ]}]}}}",
		  "flow.source.workloads[1].name", "[ ]" },
		{ "{\"flow\":{\"l7\":{\"http\":{\"headers\":[{\"key\":null},null]}}}}",
		  "flow.l7.http.headers[1]", "null" },
		{ "{\"flow\":{\"extensions\":[]}}", "flow.extensions", "[]" },
		{ "{\"lost_events\":{\"cpu\":\"\"}}", "lost_events.cpu", "\"\"" },
		{ "{\"flow\":\"\\u001b\"}", "flow", "\"\\u001b\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct flow_fault fault = {};
		char value[64];

		assert_row_int(cases[i].line, check_line(cases[i].line, &fault), -EBADMSG);
		assert_row_str(cases[i].line, fault.field, cases[i].field);
		put(value, sizeof(value), "%.*s", (int)fault.value.len, fault.value.bytes);
		assert_row_str(cases[i].line, value, cases[i].value);
	}
}

static void what_is_not_known_may_have_any_value(void **state)
{
	static const char *const lines[] = {
		"{}",
		"{\"new\":7,\"flow\":{\"newer\":[{}],\"verdict\":\"LOST\",\"Type\":99}}",
		"{\"flow\":{\"extensions\":{\"@type\":7,\"value\":[null]}}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct flow_fault fault = {};

		assert_row_int(lines[i], check_line(lines[i], &fault), 0);
	}
}

static void all_that_the_agent_writes_is_right(void **state)
{
	auto_buf struct buf line = {};

	(void)state;
	for (size_t i = 0; i < record_cases_count(); i++) {
		struct flow_fault fault = {};

		buf_truncate(&line, 0);
		record_case_write(&line, i);
		buf_append_char(&line, '\0');
		assert_row_int(record_case_at(i)->name, check_line(buf_bytes(&line), &fault), 0);
	}
}

/* Whatever else is wrong with it. */
static void what_is_no_json_is_no_fault_of_a_field(void **state)
{
	static const char *const lines[] = {
		"",
		"7",
		"{",
		"{\"flow\":",
		"{\"flow\":{",
		"{\"flow\":{},",
		"{\"flow\":{\"uuid",
		"{flow:{}}",
		"{\"flow\":{\"uuid\":\"\\q\"}}",
		"{\"flow\":{\"source\":{\"labels\":[\"\\u12\"]}}}",
		"[{\"flow\":7}]",
		"{\"flow\":{\"uuid\":7},}",
		"{\"flow\":{\"uuid\":7}} {",
		"{\"flow\":{}}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct flow_fault fault = { .field = "x" };

		assert_row_int(lines[i], check_line(lines[i], &fault), -EBADMSG);
		assert_row_str(lines[i], fault.field, "");
	}
}

/* What is printed of a line tells what of it was read. */
static void print_line(const char *name, struct text line, bool want_check, struct buf *out)
{
	static const struct format_options all = {
		.want_names = true,
		.want_node = true,
		.want_process = true,
		.want_interface = true,
		.want_policies = true,
	};
	auto_flow_view struct flow_view view = {};
	const struct format_record record = { line.bytes, line.len, &view };
	struct format_target target = { .options = all, .out = out, .err = out };
	struct flow_fault fault;
	int r = want_check ? flow_check(&view, line, true, &fault)
			   : flow_view_parse(&view, line.bytes, line.len);

	assert_row_int(name, r, 0);
	time_text_init(&target.times, time_style_find("RFC3339Nano"), false);
	format_compact_record(&target, &record);
	format_dict_record(&target, &record);
	format_target_done(&target);
	buf_append_char(out, '\0');
}

static void assert_read_alike(const char *name, struct text line)
{
	auto_buf struct buf checked = {}, unchecked = {};

	print_line(name, line, true, &checked);
	print_line(name, line, false, &unchecked);
	assert_row_str(name, buf_bytes(&checked), buf_bytes(&unchecked));
}

static bool is_plain(struct text line)
{
	auto_flow_view struct flow_view view = {};
	struct flow_fault fault;

	return flow_check(&view, line, false, &fault) == 0 && view.is_plain;
}

static bool is_written_the_same(struct text line)
{
	static const struct flow_json_options options = { .want_bare = false };
	auto_buf struct buf scratch = {}, out = {};
	struct flow_json json = { .scratch = &scratch };

	return flow_json_append(&json, line, &options, &out) && buf_len(&out) == line.len &&
	       !memcmp(buf_bytes(&out), line.bytes, line.len);
}

static void a_line_is_read_the_same_with_and_without_checks(void **state)
{
	auto_file FILE *file = fopen("tests/golden/hubble/hubble-flows.jsonl", "re");
	static char line[1 << 16];
	unsigned int count = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		assert_read_alike(line, text_from_str(line));
		count++;
	}
	assert_int_equal(count, 14);
	for (size_t i = 0; i < record_cases_count(); i++) {
		auto_buf struct buf record = {};

		record_case_write(&record, i);
		assert_read_alike(record_case_at(i)->name,
				  (struct text){ buf_bytes(&record), buf_len(&record) });
	}
}

/* It need not be written anew, then: so it must be what would be written. */
static const struct {
	const char *line;
	bool is_plain;
} plain_cases[] = {
#define FLOW(fields) "{\"flow\":{" fields "},\"node_name\":\"n\"}"
	{ FLOW("\"verdict\":\"FORWARDED\",\"is_reply\":false"), true },
	{ FLOW("\"is_reply\":false,\"Summary\":\"a b\""), true },
	{ FLOW("\"source\":{},\"Type\":\"L3_L4\""), true },
	{ FLOW("\"verdict\":\"SOON\""), true },
	{ FLOW("\"extensions\":{\"b\":0,\"a\":[null,{}]}"), true },
	{ FLOW("\"verdict\":\"VERDICT_UNKNOWN\""), false },
	{ FLOW("\"verdict\":1"), false },
	{ FLOW("\"verdict\":null"), false },
	{ FLOW("\"verdict\":\"\""), false },
	{ FLOW("\"is_reply\":false,\"verdict\":\"FORWARDED\""), false },
	{ FLOW("\"verdict\":\"DROPPED\",\"verdict\":\"DROPPED\""), false },
	{ FLOW("\"isReply\":false"), false },
	{ FLOW("\"bogus\":1"), false },
	{ FLOW("\"Summary\":\"\""), false },
	{ FLOW("\"Summary\":\"\\u0041\""), false },
	{ FLOW("\"Summary\":\"k\xc3\xb6ln\""), false },
	{ FLOW("\"Summary\":\"\x1b[m\""), false },
	{ FLOW("\"Summary\":\"\x7f\""), false },
	{ FLOW("\"Summary\":\"a<b\""), false },
	{ FLOW("\"Summary\": \"x\""), false },
	{ FLOW("\"Summary\":\"x\" "), false },
	{ FLOW("\"source\":{\"identity\":0}"), false },
	{ FLOW("\"source\":{\"identity\":7.0}"), false },
	{ FLOW("\"source\":{\"identity\":\"7\"}"), false },
	{ FLOW("\"source\":{\"identity\":7}"), true },
	{ FLOW("\"source\":{\"labels\":[]}"), false },
	{ FLOW("\"source\":{\"labels\":[\"\"]}"), false },
	{ FLOW("\"source\":{\"labels\":null}"), false },
	{ FLOW("\"source\":{\"labels\":[\"a\"]}"), true },
	{ FLOW("\"IP\":{\"encrypted\":false}"), false },
	{ FLOW("\"IP\":{\"encrypted\":true}"), true },
	{ FLOW("\"time\":\"2024-05-06T07:08:09.5Z\""), false },
	{ FLOW("\"time\":\"2024-05-06T07:08:09.500Z\""), true },
	{ FLOW("\"time\":\"2024-05-06T09:08:09+02:00\""), false },
	{ FLOW("\"socket_cookie\":7"), false },
	{ FLOW("\"socket_cookie\":\"7\""), true },
	{ FLOW("\"socket_cookie\":\"07\""), false },
#undef FLOW
};

static void what_the_agent_writes_is_plain_and_what_would_change_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain_cases); i++) {
		struct text line = text_from_str(plain_cases[i].line);

		assert_row_int(plain_cases[i].line, is_plain(line), plain_cases[i].is_plain);
		assert_row(plain_cases[i].line, !is_plain(line) || is_written_the_same(line));
	}
	for (size_t i = 0; i < record_cases_count(); i++) {
		auto_buf struct buf record = {};
		struct text line;

		record_case_write(&record, i);
		line = (struct text){ buf_bytes(&record), buf_len(&record) - 1 }; /* the newline */
		assert_row(record_case_at(i)->name, !is_plain(line) || is_written_the_same(line));
		/* Names that are not ASCII are written anew. */
		assert_row(record_case_at(i)->name, is_plain(line) || !json_is_plain(line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_field_takes_values_of_its_kind_only),
		TEST(the_first_wrong_value_is_told),
		TEST(what_is_not_known_may_have_any_value),
		TEST(what_is_no_json_is_no_fault_of_a_field),
		TEST(all_that_the_agent_writes_is_right),
		TEST(a_line_is_read_the_same_with_and_without_checks),
		TEST(what_the_agent_writes_is_plain_and_what_would_change_is_not),
	};

	return cmocka_run_group_tests_name("flow_check", tests, record_parties_begin,
					   record_parties_end);
}

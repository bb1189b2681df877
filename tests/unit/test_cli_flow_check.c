// SPDX-License-Identifier: BSD-2-Clause
/* Which values a line may have where: each kind of field with each kind of value, field by field. */
#include "cli/flow_check.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/flow/flow_schema.h"
#include "tests/harness.h"
#include "tests/unit/record_cases.h"

static int check_line(const char *line, struct flow_fault *fault)
{
	auto_buf struct buf scratch = {};

	return flow_check(text_from_str(line), &scratch, fault);
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
		/* What is no JSON others refuse. */
		"",
		"7",
		"{\"flow\":",
		"{\"flow\":{\"uuid\":\"\\q\"}}",
		"[{\"flow\":7}]",
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_field_takes_values_of_its_kind_only),
		TEST(the_first_wrong_value_is_told),
		TEST(what_is_not_known_may_have_any_value),
		TEST(all_that_the_agent_writes_is_right),
	};

	return cmocka_run_group_tests_name("flow_check", tests, record_parties_begin,
					   record_parties_end);
}

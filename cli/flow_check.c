// SPDX-License-Identifier: BSD-2-Clause
/* By the tables of flow_schema, as proto3's JSON mapping has it: null is as good as absent. */
#include "flow_check.h"

#include <errno.h>
#include <stdio.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_scan.h"
#include "agent/flow/flow_schema.h"
#include "agent/flow/json_value.h"

/* The way from the line's object to a value. */
struct step {
	const struct step *up;
	const struct schema_field *field;
	int index; /* in a list; -1: it is in none */
};

struct check {
	struct json_scan scan;
	struct flow_fault *fault;
	bool has_fault;
};

/* A string unescaped, or a number: both may stand for a number. */
static bool get_scalar(struct check *check, struct text raw, struct text *ret)
{
	struct json_scan scan;
	enum json_kind kind;

	json_scan_init(&scan, raw, check->scan.scratch);
	kind = json_scan_value(&scan, ret);
	return kind == JSON_STRING || kind == JSON_NUMBER;
}

static bool is_string(struct check *check, struct text raw)
{
	(void)check;
	return *raw.bytes == '"';
}

/* Signed or not. */
static bool is_number(struct check *check, struct text raw)
{
	struct text text;
	int64_t number;

	return get_scalar(check, raw, &text) && json_value_i64(text, &number) &&
	       number >= INT32_MIN && number <= UINT32_MAX;
}

static bool is_number_64(struct check *check, struct text raw)
{
	struct text text;
	uint64_t number;
	int64_t with_sign;

	return get_scalar(check, raw, &text) &&
	       (json_value_u64(text, &number) || json_value_i64(text, &with_sign));
}

static bool is_bool(struct check *check, struct text raw)
{
	(void)check;
	return text_is(raw, "true") || text_is(raw, "false");
}

static bool is_time(struct check *check, struct text raw)
{
	struct text text;

	return is_string(check, raw) && get_scalar(check, raw, &text) && json_value_is_time(text);
}

/* A name that is not known is a newer server's. */
static bool is_enum(struct check *check, struct text raw)
{
	return is_string(check, raw) || is_number(check, raw);
}

static const struct {
	bool (*fits)(struct check *check, struct text raw); /* NULL: only an object does */
	const char *expected;
} kinds[] = {
	[SCHEMA_STRING] = { is_string, "a string" },
	[SCHEMA_NUMBER] = { is_number, "a number of 32 bits" },
	[SCHEMA_NUMBER_64] = { is_number_64, "a number of 64 bits" },
	[SCHEMA_BOOL] = { is_bool, "true or false" },
	[SCHEMA_NUMBER_VALUE] = { is_number, "a number of 32 bits" },
	[SCHEMA_BOOL_VALUE] = { is_bool, "true or false" },
	[SCHEMA_TIME] = { is_time, "an RFC 3339 time" },
	[SCHEMA_ENUM] = { is_enum, "a name or its number" },
	[SCHEMA_MESSAGE] = { NULL, "an object" },
	[SCHEMA_ANY] = { NULL, "an object" },
};
_Static_assert(ARRAY_SIZE(kinds) == SCHEMA_KIND_MAX, "a check for each kind");

static size_t write_path(const struct step *step, char *to, size_t size)
{
	size_t len = 0;
	int n;

	if (step->up)
		len = write_path(step->up, to, size);
	n = snprintf(to + len, size - len, "%s%s", len ? "." : "", step->field->name);
	if (n > 0)
		len += (size_t)n;
	if (step->index >= 0 && len < size)
		len += (size_t)snprintf(to + len, size - len, "[%d]", step->index);
	return len < size ? len : size - 1;
}

static void fail(struct check *check, const struct step *step, struct text raw,
		 const char *expected)
{
	check->has_fault = true;
	check->fault->value = raw;
	check->fault->expected = expected;
	write_path(step, check->fault->field, sizeof(check->fault->field));
}

static void check_members(struct check *check, const struct schema_field *fields,
			  const struct step *up);

static void check_value(struct check *check, const struct step *step)
{
	static const struct schema_field no_fields[] = { {} }; /* of what may hold anything */
	const struct schema_field *field = step->field;
	bool is_object = !kinds[field->kind].fits;
	const struct json_scan from = check->scan;
	struct text raw;

	if (is_object && json_scan_enter_object(&check->scan)) {
		check_members(check, field->fields ?: no_fields, step);
		return;
	}
	check->scan = from;
	raw = json_scan_raw(&check->scan);
	if (check->scan.failed || (step->index < 0 && text_is(raw, "null")))
		return;
	if (is_object || !kinds[field->kind].fits(check, raw))
		fail(check, step, raw, kinds[field->kind].expected);
}

static void check_list(struct check *check, const struct step *list)
{
	const struct json_scan from = check->scan;
	struct step element = *list;
	struct text raw;

	if (json_scan_enter_array(&check->scan)) {
		for (element.index = 0; !check->has_fault && json_scan_element(&check->scan);
		     element.index++)
			check_value(check, &element);
		return;
	}
	check->scan = from;
	raw = json_scan_raw(&check->scan);
	if (!check->scan.failed && !text_is(raw, "null"))
		fail(check, list, raw, "a list");
}

/* As deep as the tables are. */
static void check_members(struct check *check, const struct schema_field *fields,
			  const struct step *up)
{
	const struct schema_field *next = fields;
	struct text key;

	while (!check->has_fault && json_scan_key(&check->scan, &key)) {
		const struct schema_field *field = schema_find_from(fields, next, key);
		const struct step step = { up, field, -1 };

		if (!field) {
			json_scan_raw(&check->scan);
			continue;
		}
		if (field->is_list)
			check_list(check, &step);
		else
			check_value(check, &step);
		next = field + 1;
	}
}

int flow_check(struct text line, struct buf *scratch, struct flow_fault *ret)
{
	struct check check = { .fault = ret };

	buf_truncate(scratch, 0);
	if (!buf_reserve(scratch, line.len))
		return -ENOMEM;
	json_scan_init(&check.scan, line, scratch);
	if (json_scan_enter_object(&check.scan))
		check_members(&check, schema_response, NULL);
	return check.has_fault ? -EBADMSG : 0;
}

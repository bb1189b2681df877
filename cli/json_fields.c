// SPDX-License-Identifier: BSD-2-Clause
/* Table-driven decoding on top of json_scan. */
#include "json_fields.h"

#include <stdbool.h>
#include <string.h>

#include "agent/base/json_scan.h"
#include "agent/flow/json_key.h"
#include "agent/flow/json_value.h"

static void read_text(const struct json_field *field, struct json_scan *scan, void *member)
{
	struct text text;

	(void)field;
	if (json_scan_value(scan, &text) == JSON_STRING)
		*(struct text *)member = text;
}

static void read_u64(const struct json_field *field, struct json_scan *scan, void *member)
{
	struct text text;

	(void)field;
	json_scan_value(scan, &text);
	json_value_u64(text, member);
}

static void read_i64(const struct json_field *field, struct json_scan *scan, void *member)
{
	struct text text;

	(void)field;
	json_scan_value(scan, &text);
	json_value_i64(text, member);
}

static void read_tristate(const struct json_field *field, struct json_scan *scan, void *member)
{
	struct text text;

	(void)field;
	if (json_scan_value(scan, &text) == JSON_BOOL)
		*(enum tristate *)member = text_is(text, "true") ? TRISTATE_TRUE : TRISTATE_FALSE;
}

static void read_time(const struct json_field *field, struct json_scan *scan, void *member)
{
	struct json_time *time = member;
	struct text text;

	(void)field;
	if (json_scan_value(scan, &text) == JSON_STRING)
		time->is_set = json_value_time(text, &time->ns);
}

static void read_enum(const struct json_field *field, struct json_scan *scan, void *member)
{
	struct enum_value *value = member;
	struct text text;
	int64_t number;

	switch (json_scan_value(scan, &text)) {
	case JSON_STRING:
		*value = names_find(field->names, text);
		break;
	case JSON_NUMBER:
		if (json_value_i64(text, &number) && number >= 0)
			*value = (struct enum_value){ .number = number };
		break;
	case JSON_NONE:
	case JSON_BOOL:
	case JSON_NESTED:
		break;
	}
}

static void read_raw(const struct json_field *field, struct json_scan *scan, void *member)
{
	(void)field;
	*(struct text *)member = json_scan_raw(scan);
}

static bool is_field(const struct json_field *field, struct text key)
{
	return key.len && *key.bytes == *field->key && json_key_is(key, field->key);
}

const struct json_field *json_field_find(const struct json_field *fields,
					 const struct json_field **next, struct text key)
{
	const struct json_field *field = *next;

	while (field->kind && !is_field(field, key))
		field++;
	for (; !field->kind && fields < *next; fields++) {
		if (is_field(fields, key))
			field = fields;
	}
	if (!field->kind)
		return NULL;
	*next = field + 1;
	return field;
}

static void read_object(const struct json_field *field, struct json_scan *scan, void *target);

static void (*const readers[])(const struct json_field *field, struct json_scan *scan,
			       void *member) = {
	[JSON_FIELD_TEXT] = read_text, [JSON_FIELD_U64] = read_u64,
	[JSON_FIELD_I64] = read_i64,   [JSON_FIELD_TRISTATE] = read_tristate,
	[JSON_FIELD_TIME] = read_time, [JSON_FIELD_ENUM] = read_enum,
	[JSON_FIELD_RAW] = read_raw,
};

bool json_field_set(const struct json_field *field, struct text raw, struct buf *scratch,
		    void *target)
{
	bool is_plain = raw.len > 1 && *raw.bytes == '"' && !memchr(raw.bytes, '\\', raw.len);
	void *member = (char *)target + field->offset;
	struct json_scan scan;

	if (field->kind == JSON_FIELD_RAW) {
		*(struct text *)member = raw;
		return true;
	}
	if (field->kind == JSON_FIELD_TEXT && is_plain) {
		*(struct text *)member = (struct text){ raw.bytes + 1, raw.len - 2 };
		return true;
	}
	json_scan_init(&scan, raw, scratch);
	readers[field->kind](field, &scan, member);
	return !scan.failed;
}

void json_field_enter(const struct json_field *field, void *target)
{
	*(bool *)((char *)target + field->offset) = true;
}

void json_fields_rest(const struct json_field *fields, struct json_scan *scan, void *target)
{
	const struct json_field *next = fields;
	struct text key;

	while (json_scan_key(scan, &key)) {
		const struct json_field *field = json_field_find(fields, &next, key);

		if (!field)
			json_scan_raw(scan);
		else if (field->kind == JSON_FIELD_OBJECT)
			read_object(field, scan, target);
		else
			readers[field->kind](field, scan, (char *)target + field->offset);
	}
}

/* Nested tables fill the same struct; they are as deep as the tables are. */
static void read_object(const struct json_field *field, struct json_scan *scan, void *target)
{
	if (!json_scan_enter_object(scan))
		return;
	json_field_enter(field, target);
	json_fields_rest(field->fields, scan, target);
}

void json_fields_read(const struct json_field *fields, struct json_scan *scan, void *target)
{
	if (json_scan_enter_object(scan))
		json_fields_rest(fields, scan, target);
	else
		scan->failed = true;
}

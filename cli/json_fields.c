// SPDX-License-Identifier: BSD-2-Clause
/* Table-driven decoding on top of json_scan. */
#include "json_fields.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "agent/base/json_scan.h"
#include "agent/base/num.h"
#include "agent/base/timefmt.h"

/* RFC 3339 with a long fraction and a numeric zone; what is longer is no time. */
#define TIME_TEXT_SIZE 48
#define DIGITS_SIZE    sizeof("18446744073709551615")

static bool copy(struct text text, char *str, size_t size)
{
	if (!text.len || text.len >= size)
		return false;
	memcpy(str, text.bytes, text.len);
	str[text.len] = '\0';
	return true;
}

static bool parse_u64(struct text text, uint64_t max, uint64_t *ret)
{
	char digits[DIGITS_SIZE];

	return copy(text, digits, sizeof(digits)) && strlen(digits) == text.len &&
	       num_parse_u64(digits, max, ret) == 0;
}

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
	parse_u64(text, UINT64_MAX, member);
}

static void read_i64(const struct json_field *field, struct json_scan *scan, void *member)
{
	uint64_t number;
	struct text text;
	bool is_negative;

	(void)field;
	json_scan_value(scan, &text);
	is_negative = text.len && text.bytes[0] == '-';
	if (is_negative) {
		text.bytes++;
		text.len--;
	}
	if (parse_u64(text, INT64_MAX, &number))
		*(int64_t *)member = is_negative ? -(int64_t)number : (int64_t)number;
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
	char str[TIME_TEXT_SIZE];
	struct text text;

	(void)field;
	if (json_scan_value(scan, &text) == JSON_STRING && copy(text, str, sizeof(str)))
		time->is_set = time_from_rfc3339(str, &time->ns) == 0;
}

static void read_enum(const struct json_field *field, struct json_scan *scan, void *member)
{
	struct enum_value *value = member;
	struct text text;
	uint64_t number;

	switch (json_scan_value(scan, &text)) {
	case JSON_STRING:
		*value = names_find(field->names, text);
		break;
	case JSON_NUMBER:
		if (parse_u64(text, INT64_MAX, &number))
			*value = (struct enum_value){ .number = (int64_t)number };
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

static const struct json_field *find(const struct json_field *fields, struct text key)
{
	for (; key.len && fields->kind; fields++) {
		if (key.bytes[0] == fields->key[0] && text_is(key, fields->key))
			return fields;
	}
	return NULL;
}

static void read_object(const struct json_field *field, struct json_scan *scan, void *target);

static void (*const readers[])(const struct json_field *field, struct json_scan *scan,
			       void *member) = {
	[JSON_FIELD_TEXT] = read_text, [JSON_FIELD_U64] = read_u64,
	[JSON_FIELD_I64] = read_i64,   [JSON_FIELD_TRISTATE] = read_tristate,
	[JSON_FIELD_TIME] = read_time, [JSON_FIELD_ENUM] = read_enum,
	[JSON_FIELD_RAW] = read_raw,
};

static void read_members(const struct json_field *fields, struct json_scan *scan, void *target)
{
	struct text key;

	while (json_scan_key(scan, &key)) {
		const struct json_field *field = find(fields, key);

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
	*(bool *)((char *)target + field->offset) = true;
	read_members(field->fields, scan, target);
}

void json_fields_read(const struct json_field *fields, struct json_scan *scan, void *target)
{
	if (json_scan_enter_object(scan))
		read_members(fields, scan, target);
	else
		scan->failed = true;
}

// SPDX-License-Identifier: BSD-2-Clause
/* A rule for each kind of field: what proto3 leaves out is not there, and numbers are written as they are. */
#include "flow_plain.h"

#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/timefmt.h"
#include "agent/flow/json_value.h"

/* Not empty, and of digits; no zero in front, and not zero. */
static bool is_natural(struct text text)
{
	if (!text.len || text.bytes[0] == '0')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return false;
	}
	return true;
}

static struct text unquoted(struct text raw)
{
	return (struct text){ raw.bytes + 1, raw.len - 2 };
}

static bool is_string(const struct schema_field *field, struct text raw)
{
	(void)field;
	return raw.len > 2;
}

static bool is_number(const struct schema_field *field, struct text raw)
{
	(void)field;
	if (*raw.bytes == '-') {
		raw.bytes++;
		raw.len--;
	}
	return is_natural(raw);
}

static bool is_number_value(const struct schema_field *field, struct text raw)
{
	return text_is(raw, "0") || is_number(field, raw);
}

static bool is_number_64(const struct schema_field *field, struct text raw)
{
	(void)field;
	return *raw.bytes == '"' && is_natural(unquoted(raw));
}

static bool is_bool(const struct schema_field *field, struct text raw)
{
	(void)field;
	return text_is(raw, "true");
}

static bool is_any_bool(const struct schema_field *field, struct text raw)
{
	(void)field;
	(void)raw;
	return true;
}

static bool is_time(const struct schema_field *field, struct text raw)
{
	char text[TIME_RFC3339_SIZE];
	uint64_t ns;
	size_t len;

	(void)field;
	if (!json_value_time(unquoted(raw), &ns))
		return false;
	len = time_to_rfc3339(ns, text);
	return len == raw.len - 2 && !memcmp(text, raw.bytes + 1, len);
}

/* By name; the first one is left out. */
static bool is_enum(const struct schema_field *field, struct text raw)
{
	return *raw.bytes == '"' && raw.len > 2 &&
	       names_find(field->names, unquoted(raw)).number != 0;
}

static bool (*const kinds[])(const struct schema_field *field, struct text raw) = {
	[SCHEMA_STRING] = is_string,
	[SCHEMA_NUMBER] = is_number,
	[SCHEMA_NUMBER_64] = is_number_64,
	[SCHEMA_BOOL] = is_bool,
	[SCHEMA_NUMBER_VALUE] = is_number_value,
	[SCHEMA_BOOL_VALUE] = is_any_bool,
	[SCHEMA_TIME] = is_time,
	[SCHEMA_ENUM] = is_enum,
	[SCHEMA_MESSAGE] = NULL,
	[SCHEMA_ANY] = NULL,
};
_Static_assert(ARRAY_SIZE(kinds) == SCHEMA_KIND_MAX, "a rule for each kind");

bool flow_plain_is(const struct schema_field *field, struct text raw)
{
	return kinds[field->kind] && kinds[field->kind](field, raw);
}

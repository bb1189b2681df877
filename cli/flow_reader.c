// SPDX-License-Identifier: BSD-2-Clause
/*
 * The line's values by field, and how to read one by its field's kind. What is of another kind is
 * absent; numbers may be strings.
 */
#include "flow_reader.h"

#include <string.h>

#include "agent/base/addr.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_scan.h"
#include "agent/flow/json_value.h"
#include "agent/flow/names.h"

#include "flow_reader_places.h"
#include "flow_reader_ways.h"

struct text flow_reader_value(const struct flow_reader *reader, enum field field)
{
	return reader->values.at[field];
}

struct json_scan flow_reader_scan(struct flow_reader *reader, struct text raw)
{
	struct json_scan scan;

	buf_truncate(&reader->scratch, 0);
	json_scan_init(&scan, raw.len ? raw : text_from_str(""), &reader->scratch);
	return scan;
}

enum json_kind flow_reader_take(struct flow_reader *reader, enum field field, struct text *ret)
{
	struct json_scan scan = flow_reader_scan(reader, flow_reader_value(reader, field));

	*ret = (struct text){ "", 0 };
	return flow_reader_value(reader, field).len ? json_scan_value(&scan, ret) : JSON_NONE;
}

void flow_reader_tell(struct field_value *ret, struct text text)
{
	ret->text = text.bytes;
	ret->len = text.len;
}

static bool get_text(struct flow_reader *reader, enum field field, unsigned int index,
		     struct field_value *ret)
{
	struct text text;

	if (index || flow_reader_take(reader, field, &text) != JSON_STRING)
		return false;
	flow_reader_tell(ret, text);
	return true;
}

bool flow_reader_number(struct flow_reader *reader, enum field field, unsigned int index,
			struct field_value *ret)
{
	struct text text;

	if (index)
		return false;
	flow_reader_take(reader, field, &text);
	return json_value_u64(text, &ret->number);
}

static bool get_bool(struct flow_reader *reader, enum field field, unsigned int index,
		     struct field_value *ret)
{
	struct text text;

	if (index || flow_reader_take(reader, field, &text) != JSON_BOOL)
		return false;
	ret->number = text_is(text, "true");
	return true;
}

static bool get_time(struct flow_reader *reader, enum field field, unsigned int index,
		     struct field_value *ret)
{
	struct text text;

	return !index && flow_reader_take(reader, field, &text) == JSON_STRING &&
	       json_value_time(text, &ret->number);
}

static bool get_addr(struct flow_reader *reader, enum field field, unsigned int index,
		     struct field_value *ret)
{
	char str[ADDR_TEXT_SIZE];
	struct text text;
	int family;

	if (index || flow_reader_take(reader, field, &text) != JSON_STRING ||
	    text.len >= sizeof(str) || memchr(text.bytes, '\0', text.len))
		return false;
	memcpy(str, text.bytes, text.len);
	str[text.len] = '\0';
	if (addr_parse(str, reader->addr, &family) < 0)
		return false;
	ret->addr = reader->addr;
	return true;
}

static const flow_reader_fn kinds[] = {
	[FIELD_BOOL] = get_bool,
	[FIELD_NUMBER] = flow_reader_number,
	[FIELD_DURATION] = flow_reader_number,
	[FIELD_TIME] = get_time,
	[FIELD_FLAGS] = NULL,
	[FIELD_TEXT] = get_text,
	[FIELD_ADDR] = get_addr,
};
_Static_assert(ARRAY_SIZE(kinds) == FIELD_KIND_MAX, "a way to get each kind");

static void read_values(struct flow_reader *reader)
{
	struct json_scan scan;

	reader->is_read = true;
	reader->values = (struct flow_reader_values){};
	buf_truncate(&reader->scratch, 0);
	/* Room for strings without their escapes, and for what is made of them behind that. */
	if (!buf_reserve(&reader->scratch, 2 * reader->line.len + 1))
		return;
	json_scan_init(&scan, reader->line, &reader->scratch);
	json_fields_read(flow_reader_places, &scan, &reader->values);
}

static bool get(struct field_reader *base, enum field field, unsigned int index,
		struct field_value *ret)
{
	struct flow_reader *reader = (struct flow_reader *)base;

	if (!reader->is_read)
		read_values(reader);
	if (flow_reader_ways[field])
		return flow_reader_ways[field](reader, field, index, ret);
	return kinds[field_row(field)->kind](reader, field, index, ret);
}

void flow_reader_set(struct flow_reader *reader, struct text line)
{
	reader->reader.get = get;
	reader->line = line;
	reader->is_read = false;
}

void flow_reader_done(struct flow_reader *reader)
{
	buf_done(&reader->scratch);
	*reader = (struct flow_reader){};
}

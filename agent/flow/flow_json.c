// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages are read by the tables of flow_schema: what there is of a message is noted by field,
 * then written in order. A value of another kind than declared is left out.
 */
#include "flow_json.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/json_scan.h"

#include "field_mask.h"
#include "flow_schema.h"
#include "json_copy.h"
#include "json_value.h"

struct writer {
	struct json_out out;
	struct flow_json *json;
	const struct flow_json_options *options;
	bool failed;
};

/* A value as it was written, and where it goes; key NULL: into a list, or it is the outermost. */
struct value {
	const struct schema_field *field;
	const char *key;
	struct text raw;
	const struct field_mask *mask; /* of what is in a message */
};

static struct json_scan scan_of(const struct writer *writer, struct text raw)
{
	struct json_scan scan;

	buf_truncate(writer->json->scratch, 0);
	json_scan_init(&scan, raw, writer->json->scratch);
	return scan;
}

/* The string unescaped, the number or the bool. */
static enum json_kind take_scalar(struct writer *writer, const struct value *value,
				  struct text *ret)
{
	struct json_scan scan = scan_of(writer, value->raw);
	enum json_kind kind = json_scan_value(&scan, ret);

	writer->failed |= scan.failed;
	return kind;
}

static void write_string(struct writer *writer, const struct value *value)
{
	struct text text;

	if (take_scalar(writer, value, &text) == JSON_STRING && (text.len || !value->key))
		json_slice(&writer->out, value->key, text);
}

static void write_number(struct writer *writer, const struct value *value)
{
	struct text text;
	int64_t number;

	take_scalar(writer, value, &text);
	if (json_value_i64(text, &number) && number)
		json_i64(&writer->out, value->key, number);
}

static void write_number_value(struct writer *writer, const struct value *value)
{
	struct text text;
	int64_t number;

	take_scalar(writer, value, &text);
	if (json_value_i64(text, &number))
		json_i64(&writer->out, value->key, number);
}

static void write_number_64(struct writer *writer, const struct value *value)
{
	struct text text;
	uint64_t number;

	take_scalar(writer, value, &text);
	if (json_value_u64(text, &number) && number)
		json_u64_str(&writer->out, value->key, number);
}

static void write_bool(struct writer *writer, const struct value *value)
{
	if (text_is(value->raw, "true"))
		json_bool(&writer->out, value->key, true);
}

static void write_bool_value(struct writer *writer, const struct value *value)
{
	struct text text;

	if (take_scalar(writer, value, &text) == JSON_BOOL)
		json_bool(&writer->out, value->key, text_is(text, "true"));
}

/* What cannot be read, or lies before 1970 as Go's zero time does, stays as it is. */
static void write_time(struct writer *writer, const struct value *value)
{
	struct text text;
	uint64_t ns;

	if (take_scalar(writer, value, &text) != JSON_STRING || !text.len)
		return;
	if (json_value_time(text, &ns))
		json_time(&writer->out, value->key, ns);
	else
		json_slice(&writer->out, value->key, text);
}

/* A name is written as it is, also one that is not known. */
static void write_enum(struct writer *writer, const struct value *value)
{
	struct text text;
	int64_t number;
	const char *name;

	if (take_scalar(writer, value, &text) == JSON_STRING) {
		if (text.len && names_find(value->field->names, text).number)
			json_slice(&writer->out, value->key, text);
		return;
	}
	if (!json_value_i64(text, &number) || !number)
		return;
	name = names_get(value->field->names, number);
	if (name)
		json_string(&writer->out, value->key, name);
	else
		json_i64(&writer->out, value->key, number);
}

static void write_any(struct writer *writer, const struct value *value)
{
	json_key(&writer->out, value->key);
	json_copy(writer->out.buf, value->raw, writer->json->scratch);
}

static void write_message(struct writer *writer, const struct value *value);

static void (*const kinds[])(struct writer *writer, const struct value *value) = {
	[SCHEMA_STRING] = write_string,
	[SCHEMA_NUMBER] = write_number,
	[SCHEMA_NUMBER_64] = write_number_64,
	[SCHEMA_BOOL] = write_bool,
	[SCHEMA_NUMBER_VALUE] = write_number_value,
	[SCHEMA_BOOL_VALUE] = write_bool_value,
	[SCHEMA_TIME] = write_time,
	[SCHEMA_ENUM] = write_enum,
	[SCHEMA_MESSAGE] = write_message,
	[SCHEMA_ANY] = write_any,
};
_Static_assert(ARRAY_SIZE(kinds) == SCHEMA_KIND_MAX, "a writer for each kind");

/* An empty list is no list, and so is one of which nothing is left. */
static void write_list(struct writer *writer, const struct value *value)
{
	struct json_scan scan = scan_of(writer, value->raw);
	struct json_out before = writer->out;
	size_t len_before = buf_len(before.buf), len;
	struct value element = *value;

	element.key = NULL;
	if (!json_scan_enter_array(&scan))
		return;
	json_array_begin(&writer->out, value->key);
	len = buf_len(before.buf);
	while (json_scan_element(&scan)) {
		element.raw = json_scan_raw(&scan);
		kinds[value->field->kind](writer, &element);
	}
	if (buf_len(before.buf) > len) {
		json_array_end(&writer->out);
	} else {
		buf_truncate(before.buf, len_before);
		writer->out = before;
	}
	writer->failed |= scan.failed;
}

static void write_field(struct writer *writer, const struct value *value)
{
	if (text_is(value->raw, "null"))
		return;
	if (value->field->is_list)
		write_list(writer, value);
	else
		kinds[value->field->kind](writer, value);
}

/* The values of a message by field; false: it is none. */
static bool collect(struct writer *writer, const struct value *message,
		    struct text values[static SCHEMA_FIELDS_MAX])
{
	const struct schema_field *fields = message->field->fields, *next = fields;
	struct json_scan scan = scan_of(writer, message->raw);
	struct text key;

	if (!json_scan_enter_object(&scan))
		return false;
	while (json_scan_key(&scan, &key)) {
		const struct schema_field *field = schema_find_from(fields, next, key);
		struct text raw = json_scan_raw(&scan);

		if (!field) {
			if (!writer->json->unknown.len)
				writer->json->unknown = key;
			continue;
		}
		values[field - fields] = raw;
		next = field + 1;
	}
	writer->failed |= !json_scan_is_done(&scan);
	return true;
}

static void write_fields(struct writer *writer, const struct schema_field *fields,
			 const struct text *values, const struct field_mask *mask)
{
	for (size_t i = 0; fields[i].kind; i++) {
		struct value value = { &fields[i], fields[i].name, values[i], NULL };

		if (values[i].len && field_mask_wants(mask, &fields[i], &value.mask))
			write_field(writer, &value);
	}
}

/* As deep as the tables are. */
static void write_message(struct writer *writer, const struct value *value)
{
	struct text values[SCHEMA_FIELDS_MAX] = {};
	const struct field_mask *mask = value->mask;

	if (!collect(writer, value, values))
		return;
	if (value->field->fields == schema_flow)
		mask = writer->options->mask;
	json_object_begin(&writer->out, value->key);
	write_fields(writer, value->field->fields, values, mask);
	json_object_end(&writer->out);
}

/* The first of what a response may hold. */
static void write_bare(struct writer *writer, const struct value *response)
{
	struct text values[SCHEMA_FIELDS_MAX] = {};
	const struct schema_field *fields = schema_response;
	size_t i = 0;

	if (!collect(writer, response, values))
		return;
	while (fields[i].kind && !values[i].len)
		i++;
	if (fields[i].kind == SCHEMA_MESSAGE || fields[i].kind == SCHEMA_ANY)
		write_field(writer, &(struct value){ &fields[i], NULL, values[i], NULL });
}

bool flow_json_append(struct flow_json *json, struct text line,
		      const struct flow_json_options *options, struct buf *out)
{
	static const struct schema_field response = { .kind = SCHEMA_MESSAGE,
						      .fields = schema_response };
	struct writer writer = { .out = { .buf = out }, .json = json, .options = options };
	const struct value value = { .field = &response, .raw = line };
	size_t before = buf_len(out);

	if (!buf_reserve(json->scratch, line.len)) {
		out->failed = true;
		return false;
	}
	if (options->want_bare)
		write_bare(&writer, &value);
	else
		write_message(&writer, &value);
	if (!writer.failed && buf_len(out) > before)
		return true;
	buf_truncate(out, before);
	return false;
}

void flow_json_field(struct flow_json *json, const struct schema_field *field, struct text raw,
		     const struct field_mask *mask, struct json_out *out)
{
	struct writer writer = { .out = *out, .json = json };
	const struct value value = { field, field->name, raw, mask };

	if (!buf_reserve(json->scratch, raw.len))
		return;
	write_field(&writer, &value);
	out->need_comma = writer.out.need_comma;
}

// SPDX-License-Identifier: BSD-2-Clause
/* Keys whose values are numbers or ranges of them. */
#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "base/num.h"
#include "filter/filter_enum.h"
#include "filter/filter_key.h"
#include "filter/filter_term.h"

#define NUMBER_SIZE 32 /* a decimal of 64 bits, and room */
#define OR_A_RANGE  " or a range of them"

static int add_range(struct filter_term *term, uint64_t min, uint64_t max,
		     struct filter_error *error)
{
	struct filter_value *value = filter_add(term);

	if (!value)
		return filter_no_memory(error);
	value->range.min = min;
	value->range.max = max;
	return 0;
}

static bool is_within(const struct filter_term *term, uint64_t number)
{
	for (unsigned int i = 0; i < term->count; i++) {
		if (number >= term->values[i].range.min && number <= term->values[i].range.max)
			return true;
	}
	return false;
}

static bool number_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	if (filter_get(reader, term->field, &value))
		return is_within(term, value.number);
	return term->key->absent_is_0 && is_within(term, 0);
}

/* A decimal that fills the text. As num_parse_u64(). */
static int text_number(struct text text, uint64_t max, uint64_t *ret)
{
	char digits[NUMBER_SIZE];

	if (text.len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text.bytes, text.len);
	digits[text.len] = '\0';
	return num_parse_u64(digits, max, ret);
}

/* "8000" or "8000-8100". *ret_wrong: the part that is no number; "-1" is no end of a range. */
static int text_range(struct text text, uint64_t max, uint64_t ret[static 2],
		      struct text *ret_wrong)
{
	const char *dash = text.len ? memchr(text.bytes + 1, '-', text.len - 1) : NULL;
	size_t len = dash ? (size_t)(dash - text.bytes) : text.len;
	int r;

	*ret_wrong = (struct text){ text.bytes, len };
	r = text_number(*ret_wrong, max, &ret[0]);
	if (r)
		return r;
	ret[1] = ret[0];
	if (!dash)
		return 0;
	*ret_wrong = (struct text){ dash + 1, text.len - len - 1 };
	return text_number(*ret_wrong, max, &ret[1]);
}

static int number_parse(struct filter_term *term, struct json_object *json,
			struct filter_error *error)
{
	bool is_64 = term->key->is_64;
	uint64_t max = is_64 ? UINT64_MAX : UINT32_MAX, range[2];
	struct text text, wrong;

	if (filter_get_u64(json, max, &range[0]))
		return add_range(term, range[0], range[0], error);
	if (!term->key->has_ranges)
		return filter_refuse_json(term, error, json, is_64 ? NUM_U64_IS : NUM_U32_IS);
	if (!filter_get_text(json, &text) || text_range(text, max, range, &wrong) ||
	    range[0] > range[1])
		return filter_refuse_json(term, error, json,
					  is_64 ? NUM_U64_IS OR_A_RANGE : NUM_U32_IS OR_A_RANGE);
	return add_range(term, range[0], range[1], error);
}

/* Go's words. Who writes "80-http" is told of "http". */
static int refuse_port(const struct filter_term *term, struct filter_error *error, struct text port,
		       struct text wrong, int r)
{
	return filter_refuse(term, error,
			     "invalid port \"%.*s\": strconv.ParseUint: parsing \"%.*s\": %s",
			     (int)(port.len < 60 ? port.len : 60), port.bytes,
			     (int)(wrong.len < 60 ? wrong.len : 60), wrong.bytes,
			     r == -ERANGE ? "value out of range" : "invalid syntax");
}

static int port_add(struct filter_term *term, struct text port, struct filter_error *error)
{
	uint64_t range[2];
	struct text wrong;
	int r = text_range(port, UINT16_MAX, range, &wrong);

	if (r)
		return refuse_port(term, error, port, wrong, r);
	if (range[0] > range[1]) {
		return filter_refuse(term, error,
				     "invalid port \"%.*s\": the range ends before it begins",
				     (int)port.len, port.bytes);
	}
	return add_range(term, range[0], range[1], error);
}

/* "443", "8000-8100", and several, with commas between them. */
static int port_parse(struct filter_term *term, struct json_object *json,
		      struct filter_error *error)
{
	struct text text;
	int r = 0;

	if (json_object_is_type(json, json_type_int))
		text = text_from_str(json_object_get_string(json));
	else if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "a port or a range of ports");
	for (;;) {
		const char *comma = text.len ? memchr(text.bytes, ',', text.len) : NULL;
		size_t len = comma ? (size_t)(comma - text.bytes) : text.len;

		r = port_add(term, (struct text){ text.bytes, len }, error);
		if (r || !comma)
			return r;
		text = (struct text){ comma + 1, text.len - len - 1 };
	}
}

/* Port 0 is one that a flow with ports leaves out. */
static bool has_port_0(struct field_reader *reader)
{
	static const char *const protocols[] = { "tcp", "udp", "sctp" };
	struct field_value value;

	if (!filter_get(reader, FIELD_PROTOCOL, &value))
		return false;
	for (unsigned int i = 0; i < 3; i++) {
		if (text_is(filter_text_of(&value), protocols[i]))
			return true;
	}
	return false;
}

static bool port_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	if (filter_get(reader, term->field, &value))
		return is_within(term, value.number);
	return is_within(term, 0) && has_port_0(reader);
}

/* "404", "40+", "4+" */
static int status_parse(struct filter_term *term, struct json_object *json,
			struct filter_error *error)
{
	static const uint64_t scales[] = { 0, 100, 10, 1 };
	struct text text, digits;
	uint64_t number;
	bool is_prefix;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "a string");
	digits = text;
	is_prefix = text.len && text.bytes[text.len - 1] == '+';
	digits.len -= is_prefix;
	if (text_number(digits, 599, &number) || digits.len > 3 || is_prefix != (digits.len < 3) ||
	    number * scales[digits.len] < 100 || number * scales[digits.len] > 599)
		return filter_refuse(term, error, "invalid status code prefix: \"%.80s\"",
				     text.bytes);
	number *= scales[digits.len];
	return add_range(term, number, number + scales[digits.len] - 1, error);
}

static int size_parse(struct filter_term *term, struct json_object *json,
		      struct filter_error *error)
{
	struct text text;
	uint64_t min;

	if (filter_get_u64(json, UINT64_MAX, &min) ||
	    (filter_get_text(json, &text) && !num_parse_size(text.bytes, &min)))
		return add_range(term, min, UINT64_MAX, error);
	return filter_refuse_json(term, error, json, NUM_SIZE_SUCH_AS);
}

static int duration_parse(struct filter_term *term, struct json_object *json,
			  struct filter_error *error)
{
	struct text text;
	uint64_t min;

	if (!filter_get_text(json, &text) || num_parse_duration(text.bytes, &min))
		return filter_refuse_json(term, error, json, NUM_DURATION_SUCH_AS);
	return add_range(term, min, UINT64_MAX, error);
}

/* The field has 0, 4, 6 where the enum has 0, 1, 2. */
static int version_parse(struct filter_term *term, struct json_object *json,
			 struct filter_error *error)
{
	static const uint64_t versions[] = { 0, 4, 6 };
	const struct filter_enum *row = filter_enum_find(filter_ip_versions, json);

	if (!row)
		return filter_refuse_json(term, error, json, "an IP version (IPv4, IPv6)");
	return add_range(term, versions[row->number], versions[row->number], error);
}

static int bool_parse(struct filter_term *term, struct json_object *json,
		      struct filter_error *error)
{
	bool is_true;

	if (!json_object_is_type(json, json_type_boolean))
		return filter_refuse_json(term, error, json, "true or false");
	is_true = json_object_get_boolean(json);
	return add_range(term, is_true, is_true, error);
}

/* What was dropped is no reply, though it does not say so. */
static bool reply_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	if (filter_get(reader, FIELD_REPLY, &value))
		return is_within(term, value.number);
	return is_within(term, 0) && filter_get(reader, FIELD_VERDICT, &value) &&
	       text_is(filter_text_of(&value), "DROPPED");
}

#define COST 1

const struct filter_kind filter_numbers = { .parse = number_parse,
					    .match = number_match,
					    .cost = COST };
const struct filter_kind filter_ports = { .parse = port_parse, .match = port_match, .cost = COST };
const struct filter_kind filter_statuses = { .parse = status_parse,
					     .match = number_match,
					     .cost = COST };
const struct filter_kind filter_sizes = { .parse = size_parse,
					  .match = number_match,
					  .cost = COST };
const struct filter_kind filter_durations = { .parse = duration_parse,
					      .match = number_match,
					      .cost = COST };
const struct filter_kind filter_versions = { .parse = version_parse,
					     .match = number_match,
					     .cost = COST };
const struct filter_kind filter_bools = { .parse = bool_parse,
					  .match = number_match,
					  .cost = COST };
const struct filter_kind filter_replies = { .parse = bool_parse,
					    .match = reply_match,
					    .cost = COST };

// SPDX-License-Identifier: BSD-2-Clause
/* Keys whose values are objects of numbers: flags of TCP, event types. */
#include <json-c/json.h>

#include "base/cleanup.h"
#include "filter/filter_key.h"
#include "filter/filter_term.h"

/* By bit of FIELD_TCP_FLAGS. */
static const char *const flag_names[] = { "FIN", "SYN", "RST", "PSH", "ACK",
					  "URG", "ECE", "CWR", "NS" };

static bool add_flag(uint64_t *flags, const char *name, struct json_object *json)
{
	for (unsigned int bit = 0; bit < ARRAY_SIZE(flag_names); bit++) {
		if (!filter_key_is(name, flag_names[bit]))
			continue;
		if (!json_object_is_type(json, json_type_boolean))
			return false;
		if (json_object_get_boolean(json))
			*flags |= 1U << bit;
		return true;
	}
	return false;
}

/* {"SYN":true,"ACK":true} */
static int flags_parse(struct filter_term *term, struct json_object *json,
		       struct filter_error *error)
{
	struct filter_value *value = filter_add(term);

	if (!value)
		return filter_no_memory(error);
	if (!json_object_is_type(json, json_type_object))
		return filter_refuse_json(term, error, json, "an object of TCP flags");
	json_object_object_foreach(json, name, flag)
	{
		if (flag && !add_flag(&value->range.min, name, flag))
			return filter_refuse_json(term, error, json,
						  "an object of TCP flags ({\"SYN\":true})");
	}
	return 0;
}

/* All flags that are asked for; others do not matter. */
static bool flags_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	if (!filter_get(reader, term->field, &value))
		return false;
	for (unsigned int i = 0; i < term->count; i++) {
		if (!(term->values[i].range.min & ~value.number))
			return true;
	}
	return false;
}

static bool set_event(struct filter_value *value, const char *name, struct json_object *json)
{
	uint64_t number;

	if (filter_key_is(name, "match_sub_type")) {
		value->event.any_sub_type = !json_object_get_boolean(json);
		return json_object_is_type(json, json_type_boolean);
	}
	if (!filter_get_u64(json, INT32_MAX, &number))
		return false;
	if (filter_key_is(name, "type"))
		value->event.type = (uint32_t)number;
	else if (filter_key_is(name, "sub_type"))
		value->event.sub_type = (uint32_t)number;
	else
		return false;
	return true;
}

/* {"type":4,"match_sub_type":true,"sub_type":3} */
static int event_parse(struct filter_term *term, struct json_object *json,
		       struct filter_error *error)
{
	static const char expected[] = "an object of type, match_sub_type and sub_type";
	struct filter_value *value = filter_add(term);

	if (!value)
		return filter_no_memory(error);
	if (!json_object_is_type(json, json_type_object))
		return filter_refuse_json(term, error, json, expected);
	value->event.any_sub_type = true;
	json_object_object_foreach(json, name, member)
	{
		if (member && !set_event(value, name, member))
			return filter_refuse_json(term, error, json, expected);
	}
	return 0;
}

static bool event_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value type, sub_type = { 0 };

	if (!filter_get(reader, FIELD_TYPE, &type))
		return false;
	(void)filter_get(reader, FIELD_SUB_TYPE, &sub_type);
	for (unsigned int i = 0; i < term->count; i++) {
		const struct filter_value *value = &term->values[i];

		if ((!value->event.type || value->event.type == type.number) &&
		    (value->event.any_sub_type || value->event.sub_type == sub_type.number))
			return true;
	}
	return false;
}

const struct filter_kind filter_flags = { .parse = flags_parse, .match = flags_match, .cost = 1 };
const struct filter_kind filter_event_types = { .parse = event_parse,
						.match = event_match,
						.cost = 1 };

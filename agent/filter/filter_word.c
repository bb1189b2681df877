// SPDX-License-Identifier: BSD-2-Clause
/* Keys whose values are words, which a flow has exactly so. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "filter/filter_enum.h"
#include "filter/filter_key.h"
#include "filter/filter_term.h"

static int add_word(struct filter_term *term, struct text word, struct filter_error *error)
{
	return filter_add_text(term, word) ? 0 : filter_no_memory(error);
}

static int text_parse(struct filter_term *term, struct json_object *json,
		      struct filter_error *error)
{
	struct text text;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "a string");
	return add_word(term, text, error);
}

static bool has_word(const struct filter_term *term, struct text word)
{
	for (unsigned int i = 0; i < term->count; i++) {
		struct text text = term->values[i].text.first;

		if (text.len != word.len)
			continue;
		if (term->key->is_folded ? !strncasecmp(text.bytes, word.bytes, word.len)
					 : !memcmp(text.bytes, word.bytes, word.len))
			return true;
	}
	return false;
}

static bool text_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	if (filter_get(reader, term->field, &value))
		return has_word(term, filter_text_of(&value));
	return term->key->absent_is_0 && has_word(term, (struct text){ "", 0 });
}

static int cluster_parse(struct filter_term *term, struct json_object *json,
			 struct filter_error *error)
{
	struct text text;

	if (filter_get_text(json, &text) && !text.len)
		return filter_refuse(term, error, "invalid filter, name must not be empty");
	return text_parse(term, json, error);
}

static int enum_parse(struct filter_term *term, struct json_object *json,
		      struct filter_error *error)
{
	const struct filter_enum *row = filter_enum_find(term->key->names, json);

	if (!row)
		return filter_refuse_json(term, error, json, "a name or number of that enum");
	return add_word(term, text_from_str(row->text ? row->text : row->name), error);
}

static bool drop_reason_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	return filter_get(reader, FIELD_VERDICT, &value) &&
	       text_is(filter_text_of(&value), "DROPPED") && text_match(term, reader);
}

static bool get_interface(const char *key, struct json_object *json, struct text *name,
			  uint64_t *index)
{
	if (filter_key_is(key, "name"))
		return filter_get_text(json, name);
	return filter_key_is(key, "index") && filter_get_u64(json, UINT32_MAX, index);
}

/* {"index":2,"name":"eth0"} */
static int interface_parse(struct filter_term *term, struct json_object *json,
			   struct filter_error *error)
{
	static const char expected[] = "an object of index and name";
	struct filter_value *added;
	struct text name = { "", 0 };
	uint64_t index = 0;

	if (!json_object_is_type(json, json_type_object))
		return filter_refuse_json(term, error, json, expected);
	json_object_object_foreach(json, key, value)
	{
		if (value && !get_interface(key, value, &name, &index))
			return filter_refuse_json(term, error, json, expected);
	}
	added = filter_add_text(term, name);
	if (!added)
		return filter_no_memory(error);
	added->interface.index = (uint32_t)index;
	return 0;
}

/* What is not asked for may be anything, if there is an interface. */
static bool interface_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value = { 0 }, number = { 0 };
	bool has_index = filter_get(reader, FIELD_INTERFACE_INDEX, &number);
	bool has_name = filter_get(reader, FIELD_INTERFACE, &value);

	for (unsigned int i = 0; (has_name || has_index) && i < term->count; i++) {
		const struct filter_value *wanted = &term->values[i];
		struct text name = wanted->interface.name;

		if (wanted->interface.index &&
		    (!has_index || wanted->interface.index != number.number))
			continue;
		if (!name.len || (has_name && value.len == name.len &&
				  !memcmp(value.text, name.bytes, name.len)))
			return true;
	}
	return false;
}

/* "icmp" is both of them. */
static int protocol_add(struct filter_term *term, const char *name, struct filter_error *error)
{
	if (strcmp(name, "icmp") != 0)
		return add_word(term, text_from_str(name), error);
	return add_word(term, text_from_str("icmpv4"), error) ||
			       add_word(term, text_from_str("icmpv6"), error)
		       ? -ENOMEM
		       : 0;
}

static int protocol_parse(struct filter_term *term, struct json_object *json,
			  struct filter_error *error)
{
	static const char *const names[] = { "icmp", "icmpv4", "icmpv6", "tcp",	 "udp",	 "sctp",
					     "vrrp", "igmp",   "dns",	 "http", "kafka" };
	struct text text;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "a string");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcasecmp(names[i], text.bytes))
			return protocol_add(term, names[i], error);
	}
	return filter_refuse(term, error, "unknown protocol: \"%.80s\"", text.bytes);
}

/* DNS over UDP is both. */
static bool protocol_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	for (unsigned int i = 0; reader->get(reader, term->field, i, &value); i++) {
		if (has_word(term, filter_text_of(&value)))
			return true;
	}
	return false;
}

#define COST 3

const struct filter_kind filter_texts = { .parse = text_parse, .match = text_match, .cost = COST };
const struct filter_kind filter_clusters = { .parse = cluster_parse,
					     .match = text_match,
					     .cost = COST };
const struct filter_kind filter_enums = { .parse = enum_parse, .match = text_match, .cost = COST };
const struct filter_kind filter_drop_reasons = { .parse = enum_parse,
						 .match = drop_reason_match,
						 .cost = COST };
const struct filter_kind filter_interfaces = { .parse = interface_parse,
					       .match = interface_match,
					       .cost = COST };
const struct filter_kind filter_protocols = { .parse = protocol_parse,
					      .match = protocol_match,
					      .cost = COST };

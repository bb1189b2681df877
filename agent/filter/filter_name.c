// SPDX-License-Identifier: BSD-2-Clause
/* Keys whose values have two parts: pods and services, workloads, headers of HTTP. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "filter/filter_key.h"
#include "filter/filter_term.h"

#define NAMESPACE_DEFAULT "default"

static bool is_same(struct text a, struct text b)
{
	return a.len == b.len && !memcmp(a.bytes, b.bytes, a.len);
}

/* "" stands for any. */
static bool is_or_any(struct text wanted, struct text is)
{
	return !wanted.len || is_same(wanted, is);
}

static enum field namespace_of(enum field field)
{
	switch ((int)field) {
	case FIELD_SOURCE_POD:
		return FIELD_SOURCE_NAMESPACE;
	case FIELD_DESTINATION_POD:
		return FIELD_DESTINATION_NAMESPACE;
	case FIELD_SOURCE_SERVICE:
		return FIELD_SOURCE_SERVICE_NAMESPACE;
	default:
		return FIELD_DESTINATION_SERVICE_NAMESPACE;
	}
}

/*
 * "namespace/prefix"; "namespace/" is all of it, "/prefix" any namespace, "prefix" the one called
 * default. What follows a second slash does not matter, as in Hubble.
 */
static int name_parse(struct filter_term *term, struct json_object *json,
		      struct filter_error *error)
{
	struct text namespace = text_from_str(NAMESPACE_DEFAULT), name;
	const char *slash;

	if (!filter_get_text(json, &name))
		return filter_refuse_json(term, error, json, "a string");
	slash = strchr(name.bytes, '/');
	if (slash) {
		namespace = (struct text){ name.bytes, (size_t)(slash - name.bytes) };
		name = (struct text){ slash + 1, strcspn(slash + 1, "/") };
	} else if (!name.len) {
		namespace.len = 0;
	}
	return filter_add_pair(term, namespace, name) ? 0 : filter_no_memory(error);
}

/* What one ask has given is gone with the next. */
static bool has_name(const struct filter_term *term, struct field_reader *reader,
		     const struct filter_value *wanted)
{
	enum field of_namespace = namespace_of(term->field);
	struct field_value namespace = { .text = "" }, name = { .text = "" };
	struct text prefix = wanted->text.second;

	(void)filter_get(reader, of_namespace, &namespace);
	if (!is_or_any(wanted->text.first, filter_text_of(&namespace)))
		return false;
	(void)filter_get(reader, term->field, &name);
	return (namespace.len || name.len) && prefix.len <= name.len &&
	       !memcmp(prefix.bytes, name.text, prefix.len);
}

static bool name_match(const struct filter_term *term, struct field_reader *reader)
{
	for (unsigned int i = 0; i < term->count; i++) {
		if (has_name(term, reader, &term->values[i]))
			return true;
	}
	return false;
}

/* Two members that are strings, each of which may be left out. */
static int pair_parse(struct filter_term *term, struct json_object *json, const char *first,
		      const char *second, struct filter_error *error)
{
	struct text texts[2] = { { "", 0 }, { "", 0 } };
	char expected[64];

	snprintf(expected, sizeof(expected), "an object of %s and %s", first, second);
	if (!json_object_is_type(json, json_type_object))
		return filter_refuse_json(term, error, json, expected);
	json_object_object_foreach(json, key, value)
	{
		bool is_first = filter_key_is(key, first);

		if (!value)
			continue;
		if ((!is_first && !filter_key_is(key, second)) ||
		    !filter_get_text(value, &texts[!is_first]))
			return filter_refuse_json(term, error, json, expected);
	}
	return filter_add_pair(term, texts[0], texts[1]) ? 0 : filter_no_memory(error);
}

static int workload_parse(struct filter_term *term, struct json_object *json,
			  struct filter_error *error)
{
	return pair_parse(term, json, "name", "kind", error);
}

/* Names and kinds are two lists of one length. */
static bool has_workload(const struct filter_term *term, struct field_reader *reader,
			 unsigned int index)
{
	enum field of_kind = term->field - FIELD_SOURCE_WORKLOAD + FIELD_SOURCE_WORKLOAD_KIND;
	struct field_value name, kind;

	for (unsigned int i = 0; i < term->count; i++) {
		const struct filter_value *wanted = &term->values[i];

		(void)reader->get(reader, term->field, index, &name);
		if (!is_or_any(wanted->text.first, filter_text_of(&name)))
			continue;
		if (!reader->get(reader, of_kind, index, &kind))
			kind = (struct field_value){ .text = "" };
		if (is_or_any(wanted->text.second, filter_text_of(&kind)))
			return true;
	}
	return false;
}

static bool workload_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value name;

	for (unsigned int i = 0; reader->get(reader, term->field, i, &name); i++) {
		if (has_workload(term, reader, i))
			return true;
	}
	return false;
}

static int header_parse(struct filter_term *term, struct json_object *json,
			struct filter_error *error)
{
	return pair_parse(term, json, "key", "value", error);
}

/* "Key:Value" of the flow. */
static bool has_header(const struct filter_term *term, struct text header)
{
	const char *colon = memchr(header.bytes, ':', header.len);
	size_t len = colon ? (size_t)(colon - header.bytes) : header.len;
	struct text key = { header.bytes, len };
	struct text value = { header.bytes + len + !!colon, header.len - len - !!colon };

	for (unsigned int i = 0; i < term->count; i++) {
		if (is_or_any(term->values[i].text.first, key) &&
		    is_or_any(term->values[i].text.second, value))
			return true;
	}
	return false;
}

static bool header_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	for (unsigned int i = 0; reader->get(reader, term->field, i, &value); i++) {
		if (value.len && has_header(term, filter_text_of(&value)))
			return true;
	}
	return false;
}

#define COST 4

const struct filter_kind filter_names = { .parse = name_parse, .match = name_match, .cost = COST };
const struct filter_kind filter_workloads = { .parse = workload_parse,
					      .match = workload_match,
					      .cost = COST };
const struct filter_kind filter_headers = { .parse = header_parse,
					    .match = header_match,
					    .cost = COST };

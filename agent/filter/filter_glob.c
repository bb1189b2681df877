// SPDX-License-Identifier: BSD-2-Clause
/* weir's own keys of who it is: names, and patterns of them in which * stands for any text. */
#include <string.h>

#include "filter/filter_key.h"
#include "filter/filter_pause.h"
#include "filter/filter_term.h"
#include "filter/star.h"

#define COMM_LEN_MAX	  15 /* the kernel keeps no more of a process's name */
#define ID_PREFIX_LEN_MIN 4  /* of a container's; shorter ones are names only */

static const char service_suffix[] = ".service";

static int pattern_parse(struct filter_term *term, struct json_object *json,
			 struct filter_error *error)
{
	struct text text;

	if (!filter_get_text(json, &text) || !text.len)
		return filter_refuse_json(term, error, json, "a name or a pattern");
	return filter_add_text(term, text) ? 0 : filter_no_memory(error);
}

static bool is_pattern(struct text text)
{
	return memchr(text.bytes, '*', text.len) != NULL;
}

static bool glob_any(const struct filter_term *term, struct text text, struct filter_pause *pause)
{
	for (unsigned int i = FILTER_GOES_ON(pause, value); i < term->count; i++) {
		if (star_match(term->values[i].text.first, text, NULL))
			return true;
		if (pause && filter_pause_after(pause, i, &pause->value))
			return false;
	}
	return false;
}

static bool pattern_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	return filter_get(reader, term->field, &value) &&
	       glob_any(term, filter_text_of(&value), reader->pause);
}

/* A longer name than the kernel keeps is meant as it keeps it. */
static int process_parse(struct filter_term *term, struct json_object *json,
			 struct filter_error *error)
{
	int r = pattern_parse(term, json, error);
	struct text *text;

	if (r)
		return r;
	text = &term->values[term->count - 1].text.first;
	if (text->len > COMM_LEN_MAX && !is_pattern(*text))
		text->len = COMM_LEN_MAX;
	return 0;
}

static bool is_service(struct text unit)
{
	const size_t suffix_len = sizeof(service_suffix) - 1;

	return unit.len > suffix_len &&
	       !memcmp(unit.bytes + unit.len - suffix_len, service_suffix, suffix_len);
}

/* "nginx" is nginx.service, and so is "nginx.service". */
static bool unit_match(const struct filter_term *term, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;
	unsigned int names, i = FILTER_GOES_ON(pause, index);
	struct field_value value;
	struct text unit;

	if (!filter_get(reader, term->field, &value))
		return false;
	unit = filter_text_of(&value);
	for (names = is_service(unit) ? 2 : 1; i < names; i++) {
		unit.len = value.len - (i ? sizeof(service_suffix) - 1 : 0);
		if (glob_any(term, unit, pause))
			return true;
		if (pause && filter_pause_within(pause, i, &pause->index))
			return false;
	}
	return false;
}

static bool has_id(const struct filter_term *term, struct text id)
{
	for (unsigned int i = 0; i < term->count; i++) {
		struct text prefix = term->values[i].text.first;

		if (prefix.len >= ID_PREFIX_LEN_MIN && prefix.len <= id.len &&
		    !memcmp(prefix.bytes, id.bytes, prefix.len))
			return true;
	}
	return false;
}

/* By name, or by the beginning of its id. */
static bool container_match(const struct filter_term *term, struct field_reader *reader)
{
	enum field of_id = term->field - FIELD_SOURCE_CONTAINER + FIELD_SOURCE_CONTAINER_ID;
	struct field_value value;

	if (pattern_match(term, reader))
		return true;
	if (reader->pause && reader->pause->is_up)
		return false;
	return filter_get(reader, of_id, &value) && has_id(term, filter_text_of(&value));
}

#define COST 5

const struct filter_kind filter_globs = { .parse = pattern_parse,
					  .match = pattern_match,
					  .cost = COST };
const struct filter_kind filter_processes = { .parse = process_parse,
					      .match = pattern_match,
					      .cost = COST };
const struct filter_kind filter_units = { .parse = pattern_parse,
					  .match = unit_match,
					  .cost = COST };
const struct filter_kind filter_containers = { .parse = pattern_parse,
					       .match = container_match,
					       .cost = COST };

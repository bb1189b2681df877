// SPDX-License-Identifier: BSD-2-Clause
/* Expressions: weir's own, and Hubble's, which are refused. */
#include <errno.h>

#include <json-c/json.h>

#include "filter/filter_key.h"
#include "filter/filter_pause.h"
#include "filter/filter_term.h"
#include "filter/where.h"

static int where_parse(struct filter_term *term, struct json_object *json,
		       struct filter_error *error)
{
	struct where_error reason;
	struct filter_value *value;
	struct text text;
	int r;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "an expression");
	value = filter_add(term);
	r = value ? where_compile(&value->where, text.bytes, &reason) : -ENOMEM;
	if (r == -EINVAL)
		return filter_refuse(term, error, "where: byte %zu: %s", reason.at, reason.message);
	return r ? filter_no_memory(error) : 0;
}

static void where_done(struct filter_value *value)
{
	where_free(&value->where);
}

static unsigned int take_memos(struct filter_value *value, unsigned int max)
{
	return where_take_memos(value->where, max);
}

static uint64_t gave_up(const struct filter_value *value)
{
	return where_gave_up(value->where);
}

static bool where_any(const struct filter_term *term, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;

	for (unsigned int i = FILTER_GOES_ON(pause, value); i < term->count; i++) {
		if (where_match(term->values[i].where, reader))
			return true;
		if (pause && filter_pause_within(pause, i, &pause->value))
			return false;
	}
	return false;
}

static int cel_parse(struct filter_term *term, struct json_object *json, struct filter_error *error)
{
	if (json_object_is_type(json, json_type_object) && !json_object_object_length(json))
		return 0;
	return filter_refuse(term, error,
			     "experimental.cel_expression: CEL is not spoken here; say it with "
			     "--where (the key \"where\")");
}

/* The most expensive one: asked last. */
const struct filter_kind filter_wheres = {
	.parse = where_parse,
	.match = where_any,
	.free = where_done,
	.take_memos = take_memos,
	.gave_up = gave_up,
	.cost = 9,
};
const struct filter_kind filter_cel = { .parse = cel_parse };

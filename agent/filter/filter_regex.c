// SPDX-License-Identifier: BSD-2-Clause
/* Regular expressions, found anywhere in the text: paths and URLs of HTTP, names asked of DNS. */
#include <errno.h>

#include "filter/filter_key.h"
#include "filter/filter_pause.h"
#include "filter/filter_term.h"
#include "filter/regex.h"

static int refuse_regex(const struct filter_term *term, struct filter_error *error,
			struct text pattern, const char *reason, size_t at)
{
	/* Hubble shows the expression of all but this one. */
	if (term->field == FIELD_DNS_QUERY)
		return filter_refuse(term, error, "failed to compile regexp: %s at byte %zu",
				     reason, at);
	return filter_refuse(term, error, "%.80s: error parsing regexp: %s at byte %zu",
			     pattern.bytes, reason, at);
}

static int regex_parse(struct filter_term *term, struct json_object *json,
		       struct filter_error *error)
{
	struct filter_value *value;
	char reason[REGEX_REASON_SIZE];
	struct text text;
	size_t at = 0;
	int r;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "a regular expression");
	value = filter_add(term);
	r = value ? regex_new(&value->regex, text.bytes, text.len, &at, reason) : -ENOMEM;
	if (r == -EINVAL)
		return refuse_regex(term, error, text, reason, at);
	return r ? filter_no_memory(error) : 0;
}

static void regex_done(struct filter_value *value)
{
	regex_free(&value->regex);
}

static bool regex_any(const struct filter_term *term, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;
	struct field_value value;

	if (!filter_get(reader, term->field, &value))
		return false;
	for (unsigned int i = FILTER_GOES_ON(pause, value); i < term->count; i++) {
		if (filter_search(pause, term->values[i].regex, filter_text_of(&value)))
			return true;
		if (pause && filter_pause_after(pause, i, &pause->value))
			return false;
	}
	return false;
}

static uint64_t gave_up(const struct filter_value *value)
{
	return regex_gave_up(value->regex);
}

const struct filter_kind filter_regexes = {
	.parse = regex_parse, .match = regex_any, .free = regex_done, .gave_up = gave_up, .cost = 8
};

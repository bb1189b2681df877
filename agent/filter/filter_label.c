// SPDX-License-Identifier: BSD-2-Clause
/* Keys whose values are label selectors. */
#include <errno.h>

#include "filter/filter_key.h"
#include "filter/filter_pause.h"
#include "filter/filter_term.h"
#include "filter/label_selector.h"

static int label_parse(struct filter_term *term, struct json_object *json,
		       struct filter_error *error)
{
	char reason[LABEL_SELECTOR_REASON_SIZE];
	struct filter_value *value;
	struct text text;
	int r;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "a label selector");
	value = filter_add(term);
	r = value ? label_selector_new(&value->selector, text.bytes, reason) : -ENOMEM;
	if (r == -EINVAL)
		return filter_refuse(term, error, "%s", reason);
	return r ? filter_no_memory(error) : 0;
}

static void label_done(struct filter_value *value)
{
	label_selector_free(&value->selector);
}

static bool label_match(const struct filter_term *term, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;

	for (unsigned int i = FILTER_GOES_ON(pause, value); i < term->count; i++) {
		if (label_selector_match(term->values[i].selector, reader, term->field))
			return true;
		if (pause && filter_pause_after(pause, i, &pause->value))
			return false;
	}
	return false;
}

const struct filter_kind filter_labels = {
	.parse = label_parse, .match = label_match, .free = label_done, .cost = 7
};

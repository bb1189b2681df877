// SPDX-License-Identifier: BSD-2-Clause
/* One list of filters: what the flags gave, and the one or two objects that come of it. */
#include "filter_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"

#include "filter_conflict.h"
#include "filter_flag.h"
#include "filter_name.h"

void filter_list_done(struct filter_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i].text);
	free(list->values);
	*list = (struct filter_list){ 0 };
}

const char *filter_list_next(const struct filter_list *list, enum filter_side side,
			     enum filter_key key, size_t *at)
{
	while (*at < list->count) {
		const struct filter_value *value = &list->values[(*at)++];

		if (value->key == key && value->sides & side)
			return value->text;
	}
	return NULL;
}

/*
 * 0 or -EINVAL with the reason: is this a value of the flag? An empty one is what a variable that is
 * not set leaves of --pod "$POD": where its key takes it, it matches all that have any, or nothing.
 */
static int check(const struct option_row *row, const char *text,
		 char reason[static OPTION_REASON_SIZE])
{
	const struct filter_flag *flag = row->data;
	auto_buf struct buf scratch = {};
	struct json_out out = { .buf = &scratch };
	int r = 0;

	if (flag->source < FILTER_KEY_MAX)
		r = filter_key_row(flag->source)->write(&out, text, reason);
	if (r < 0 || *text || flag->value)
		return r;
	snprintf(reason, OPTION_REASON_SIZE, "empty --%s value", row->long_name);
	return -EINVAL;
}

static int append(struct filter_list *list, const struct filter_value *value)
{
	auto_free char *copy = strdup(value->text);
	struct filter_value *values;

	if (list->count == FILTER_VALUES_MAX)
		return -E2BIG;
	values = reallocarray(list->values, list->count + 1, sizeof(*values));
	if (values)
		list->values = values;
	if (!values || !copy)
		return -ENOMEM;
	values[list->count] = *value;
	values[list->count++].text = TAKE_PTR(copy);
	return 0;
}

static int add_sides(struct filter_list *list, const struct option_row *row, char *text)
{
	const struct filter_flag *flag = row->data;
	unsigned int both = FILTER_LEFT | FILTER_RIGHT;
	int r;

	switch (flag->form) {
	case FILTER_FORM_EITHER:
		r = append(list, &(struct filter_value){ row, flag->source, FILTER_LEFT, text });
		if (r < 0)
			return r;
		return append(list,
			      &(struct filter_value){ row, flag->destination, FILTER_RIGHT, text });
	case FILTER_FORM_TO:
		return append(list, &(struct filter_value){ row, flag->destination, both, text });
	case FILTER_FORM_PLAIN:
	case FILTER_FORM_FROM:
		break;
	}
	return append(list, &(struct filter_value){ row, flag->source, both, text });
}

static int add_one(struct filter_list *list, const struct option_row *row, char *text,
		   char reason[static OPTION_REASON_SIZE])
{
	int r = check(row, text, reason);

	if (r < 0)
		return r;
	r = add_sides(list, row, text);
	if (r == -E2BIG)
		snprintf(reason, OPTION_REASON_SIZE, "more than %d filters", FILTER_VALUES_MAX);
	else if (r < 0)
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(-r));
	return r < 0 ? -EINVAL : 0;
}

int filter_list_add(struct filter_list *list, const struct option_row *row, const char *value,
		    char reason[static OPTION_REASON_SIZE])
{
	const struct filter_flag *flag = row->data;
	auto_free char *copy = strdup(flag->value ? flag->value : value);
	char *rest = copy;
	int r = filter_conflict_check_flags(list, row, reason);

	if (r == 0 && !copy) {
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
		return -EINVAL;
	}
	while (r == 0 && rest)
		r = add_one(list, row, flag->is_list ? strsep(&rest, ",") : TAKE_PTR(rest), reason);
	return r < 0 ? r : filter_conflict_check_names(list, reason);
}

static void write_values(const struct filter_list *list, enum filter_side side, enum filter_key key,
			 struct json_out *out)
{
	const struct filter_key_row *row = filter_key_row(key);
	char reason[OPTION_REASON_SIZE];
	const char *text;
	size_t at = 0;

	json_array_begin(out, row->name);
	while ((text = filter_list_next(list, side, key, &at)))
		(void)row->write(out, text, reason);
	json_array_end(out);
}

/* The last value; without the brackets of a list. */
static void write_single(const struct filter_list *list, enum filter_side side, enum filter_key key,
			 struct json_out *out)
{
	const struct filter_key_row *row = filter_key_row(key);
	auto_buf struct buf scratch = {};
	struct json_out value = { .buf = &scratch };
	char reason[OPTION_REASON_SIZE];
	const char *text;
	size_t at = 0;

	while ((text = filter_list_next(list, side, key, &at))) {
		buf_truncate(&scratch, 0);
		value.need_comma = false;
		(void)row->write(&value, text, reason);
	}
	json_raw(out, row->name, buf_bytes(&scratch), buf_len(&scratch));
}

static void write_filter(const struct filter_list *list, enum filter_side side,
			 struct json_out *out)
{
	json_object_begin(out, NULL);
	for (enum filter_key key = 0; key < FILTER_KEY_MAX; key++) {
		size_t at = 0;

		if (filter_name_is_one(key))
			filter_name_write(list, side, key, out);
		else if (!filter_list_next(list, side, key, &at))
			continue;
		else if (filter_key_row(key)->is_single)
			write_single(list, side, key, out);
		else
			write_values(list, side, key, out);
	}
	json_object_end(out);
}

void filter_list_write(const struct filter_list *list, struct json_out *out)
{
	auto_buf struct buf left = {}, right = {};

	if (!list->count)
		return;
	write_filter(list, FILTER_LEFT, &(struct json_out){ .buf = &left });
	write_filter(list, FILTER_RIGHT, &(struct json_out){ .buf = &right });
	out->buf->failed |= left.failed || right.failed;
	json_raw(out, NULL, buf_bytes(&left), buf_len(&left));
	if (buf_len(&left) != buf_len(&right) ||
	    memcmp(buf_bytes(&left), buf_bytes(&right), buf_len(&left)) != 0)
		json_raw(out, NULL, buf_bytes(&right), buf_len(&right));
}

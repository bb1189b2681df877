// SPDX-License-Identifier: BSD-2-Clause
/* What all kinds of keys need: places for values, messages, values out of JSON. */
#include "filter/filter_term.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/num.h"
#include "filter/filter_key.h"

struct filter_value *filter_add(struct filter_term *term)
{
	struct filter_value *values =
		reallocarray(term->values, term->count + 1, sizeof(*term->values));

	if (!values)
		return NULL;
	term->values = values;
	memset(&values[term->count], 0, sizeof(*values));
	return &values[term->count++];
}

struct filter_value *filter_add_text(struct filter_term *term, struct text text)
{
	return filter_add_pair(term, text, (struct text){ "", 0 });
}

struct filter_value *filter_add_pair(struct filter_term *term, struct text first,
				     struct text second)
{
	struct filter_value *value = filter_add(term);
	char *at = value ? malloc(first.len + second.len + 2) : NULL;

	if (!at)
		return NULL;
	value->owned = at;
	value->text.first = (struct text){ at, first.len };
	memcpy(at, first.bytes, first.len);
	at += first.len;
	*at++ = '\0';
	value->text.second = (struct text){ at, second.len };
	memcpy(at, second.bytes, second.len);
	at[second.len] = '\0';
	return value;
}

int filter_refuse(const struct filter_term *term, struct filter_error *error, const char *format,
		  ...)
{
	const char *blank = *term->side ? " " : "";
	va_list args;
	int len = 0;

	if (term->key->called)
		len = snprintf(error->message, sizeof(error->message),
			       "invalid %s%s%s filter: ", term->side, blank, term->key->called);
	va_start(args, format);
	vsnprintf(error->message + len, sizeof(error->message) - (size_t)len, format, args);
	va_end(args);
	return -EINVAL;
}

int filter_refuse_json(const struct filter_term *term, struct filter_error *error,
		       struct json_object *json, const char *expected)
{
	snprintf(error->message, sizeof(error->message), "%s%s%s: %.80s is not %s", term->side,
		 *term->side ? "_" : "", term->key->name,
		 json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN), expected);
	return -EINVAL;
}

int filter_no_memory(struct filter_error *error)
{
	snprintf(error->message, sizeof(error->message), "out of memory");
	return -ENOMEM;
}

bool filter_get_text(struct json_object *json, struct text *ret)
{
	if (!json_object_is_type(json, json_type_string))
		return false;
	*ret = (struct text){ json_object_get_string(json),
			      (size_t)json_object_get_string_len(json) };
	return !memchr(ret->bytes, '\0', ret->len);
}

bool filter_get_u64(struct json_object *json, uint64_t max, uint64_t *ret)
{
	struct text text;
	uint64_t number;

	if (filter_get_text(json, &text))
		return !num_parse_u64(text.bytes, max, ret);
	if (!json_object_is_type(json, json_type_int) || json_object_get_int64(json) < 0)
		return false;
	number = json_object_get_uint64(json);
	if (number > max)
		return false;
	*ret = number;
	return true;
}

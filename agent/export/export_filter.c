// SPDX-License-Identifier: BSD-2-Clause
#include "export/export_filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "filter/filter.h"
#include "socket/request_words.h"

#define JSON_DEPTH_MAX 32

static const char blanks[] = " \t\r\n";

static void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

static void cleanup_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

#define auto_json __attribute__((cleanup(cleanup_json)))

/* The next object of the text, to the array. How long it was, or -errno with the reason. */
static int parse_one(struct json_tokener *tokener, const char *text, struct json_object *array,
		     char reason[static OPTION_REASON_SIZE])
{
	auto_json struct json_object *object =
		json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
	enum json_tokener_error why = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);
	const char *what = why == json_tokener_success ? NULL : json_tokener_error_desc(why);
	struct request_fault fault;
	size_t at = end;

	request_words_check(text, end < strlen(text) ? end : strlen(text), &fault);
	if (fault.what) {
		what = fault.what;
		at = fault.at;
	}
	if (what) {
		snprintf(reason, OPTION_REASON_SIZE, "not JSON: %s at byte %zu", what, at);
		return -EINVAL;
	}
	if (!json_object_is_type(object, json_type_object)) {
		snprintf(reason, OPTION_REASON_SIZE, "not a FlowFilter in JSON");
		return -EINVAL;
	}
	return json_object_array_add(array, json_object_get(object)) ? -ENOMEM : (int)end;
}

static int parse(const char *text, struct json_object *array,
		 char reason[static OPTION_REASON_SIZE])
{
	__attribute__((cleanup(cleanup_tokener))) struct json_tokener *tokener =
		json_tokener_new_ex(JSON_DEPTH_MAX);
	int len = 0;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
						JSON_TOKENER_VALIDATE_UTF8);
	for (text += strspn(text, blanks); *text && len >= 0; text += strspn(text, blanks)) {
		json_tokener_reset(tokener);
		len = parse_one(tokener, text, array, reason);
		if (len > 0)
			text += len;
	}
	return len < 0 ? len : 0;
}

static int parse_list(const struct str_list *list, struct json_object *array)
{
	char reason[OPTION_REASON_SIZE];
	int r = array ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < list->count; i++)
		r = parse(list->items[i], array, reason);
	return r;
}

int export_filter_check(const char *text, char reason[static OPTION_REASON_SIZE])
{
	auto_json struct json_object *array = json_object_new_array();
	const struct filter_lists lists = { .allow = array };
	struct filter *filter = NULL;
	struct filter_error why;
	int r;

	snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
	r = array ? parse(text, array, reason) : -ENOMEM;
	if (r)
		return -EINVAL;
	if (filter_compile(&filter, &lists, &why)) {
		snprintf(reason, OPTION_REASON_SIZE, "%s", why.message);
		return -EINVAL;
	}
	filter_free(&filter);
	return 0;
}

int export_filter_new(struct filter **ret, const struct str_list *allow,
		      const struct str_list *deny)
{
	auto_json struct json_object *allowed = json_object_new_array();
	auto_json struct json_object *denied = json_object_new_array();
	const struct filter_lists lists = { .allow = allowed, .deny = denied };
	struct filter_error why;
	int r;

	if (!allow->count && !deny->count)
		return 0;
	r = parse_list(allow, allowed);
	if (!r)
		r = parse_list(deny, denied);
	return r ? r : filter_compile(ret, &lists, &why);
}

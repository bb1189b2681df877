// SPDX-License-Identifier: BSD-2-Clause
#include "tests/json_read.h"

#include <json-c/json.h>

#include "tests/harness.h"

struct json_object *json_read(const char *name, const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)len);
	assert_row_int(name, json_tokener_get_error(tokener), json_tokener_success);
	assert_row_int(name, json_tokener_get_parse_end(tokener), len);
	json_tokener_free(tokener);
	return object;
}

struct json_object *json_read_at(struct json_object *object, const char *path)
{
	char name[128], *rest = name, *key;

	snprintf(name, sizeof(name), "%s", path);
	while (object && (key = strsep(&rest, ".")))
		object = json_object_object_get(object, key);
	return object;
}

const char *json_read_text(struct json_object *object, const char *path)
{
	const char *text = json_object_get_string(json_read_at(object, path));

	return text ? text : "(absent)";
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * A tolerant reader on top of json-c. Documents deeper than json-c's default of 32 levels are
 * refused by it.
 */
#include "json_in.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <json-c/json.h>

#include "agent/base/cleanup.h"
#include "agent/base/num.h"

#define KEY_SIZE    64
#define DIGITS_SIZE sizeof("18446744073709551615")

static void cleanup_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

int json_in_parse(const char *bytes, size_t len, struct json_object **ret)
{
	__attribute__((cleanup(cleanup_tokener))) struct json_tokener *tokener = json_tokener_new();
	auto_json struct json_object *object = NULL;

	if (!tokener)
		return -ENOMEM;
	if (len > INT_MAX)
		return -EBADMSG;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, bytes, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    !json_object_is_type(object, json_type_object))
		return -EBADMSG;
	*ret = TAKE_PTR(object);
	return 0;
}

void json_in_free(struct json_object **object)
{
	json_object_put(*object);
	*object = NULL;
}

struct json_object *json_in_get(struct json_object *object, const char *path)
{
	while (object && *path) {
		size_t len = strcspn(path, ".");
		struct json_object *value = NULL;
		char key[KEY_SIZE];

		if (len >= sizeof(key) || !json_object_is_type(object, json_type_object))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		json_object_object_get_ex(object, key, &value);
		object = value;
		path += len + (path[len] == '.');
	}
	return object;
}

static struct json_object *get_typed(struct json_object *object, const char *path,
				     enum json_type type)
{
	struct json_object *value = json_in_get(object, path);

	return json_object_is_type(value, type) ? value : NULL;
}

struct json_object *json_in_object(struct json_object *object, const char *path)
{
	return get_typed(object, path, json_type_object);
}

struct json_object *json_in_array(struct json_object *object, const char *path)
{
	return get_typed(object, path, json_type_array);
}

struct text json_in_text(struct json_object *object, const char *path)
{
	struct json_object *value = get_typed(object, path, json_type_string);

	if (!value)
		return (struct text){ "", 0 };
	return (struct text){ json_object_get_string(value),
			      (size_t)json_object_get_string_len(value) };
}

static bool u64_from_text(struct text text, uint64_t *ret)
{
	char digits[DIGITS_SIZE];

	if (text.len >= sizeof(digits))
		return false;
	memcpy(digits, text.bytes, text.len);
	digits[text.len] = '\0';
	return strlen(digits) == text.len && num_parse_u64(digits, UINT64_MAX, ret) == 0;
}

bool json_in_u64(struct json_object *object, const char *path, uint64_t *ret)
{
	struct json_object *value = json_in_get(object, path);

	if (json_object_is_type(value, json_type_string))
		return u64_from_text(json_in_text(value, ""), ret);
	if (!json_object_is_type(value, json_type_int))
		return false;
	if (json_object_get_int64(value) < 0)
		return false;
	*ret = json_object_get_uint64(value);
	return true;
}

bool json_in_double(struct json_object *object, const char *path, double *ret)
{
	struct json_object *value = json_in_get(object, path);

	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int))
		return false;
	*ret = json_object_get_double(value);
	return true;
}

bool json_in_bool(struct json_object *object, const char *path, bool *ret)
{
	struct json_object *value = get_typed(object, path, json_type_boolean);

	if (value)
		*ret = json_object_get_boolean(value);
	return value != NULL;
}

size_t json_in_len(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *json_in_at(struct json_object *array, size_t index)
{
	return index < json_in_len(array) ? json_object_array_get_idx(array, index) : NULL;
}

void json_in_each(struct json_object *object,
		  void (*fn)(void *context, const char *key, struct json_object *value),
		  void *context)
{
	if (!json_object_is_type(object, json_type_object))
		return;
	json_object_object_foreach(object, key, value) fn(context, key, value);
}

const char *json_in_pretty(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_SPACED |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
}

static size_t skip_blanks(const char *bytes, size_t len, size_t at)
{
	while (at < len && strchr(" \t\r", bytes[at]) && bytes[at])
		at++;
	return at;
}

struct text json_in_first_key(const char *bytes, size_t len)
{
	size_t at = skip_blanks(bytes, len, 0);
	const char *end;

	if (at == len || bytes[at] != '{')
		return (struct text){ "", 0 };
	at = skip_blanks(bytes, len, at + 1);
	if (at == len || bytes[at] != '"')
		return (struct text){ "", 0 };
	at++;
	end = memchr(bytes + at, '"', len - at);
	return (struct text){ bytes + at, end ? (size_t)(end - bytes) - at : 0 };
}

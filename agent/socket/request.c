// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests by json-c. What a request asks for and is not known is refused by name: an answer that
 * ignored half of the question would be a wrong one.
 */
#include "socket/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "filter/aggregate.h"
#include "filter/filter.h"
#include "log/record_mask.h"
#include "socket/request_keys.h"
#include "socket/request_private.h"
#include "socket/request_words.h"

#define JSON_DEPTH_MAX 32
#define KEY_SHOWN_MAX  40

static void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

static void cleanup_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

int request_refuse(struct request_error *error, const char *code, const char *format, ...)
{
	va_list args;

	error->code = code;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return -EINVAL;
}

static int parse_method(struct json_object *object, struct reading *reading,
			struct request_error *error)
{
	struct json_object *name, *params = NULL;
	const char *text;
	size_t len;

	json_object_object_foreach(object, key, value)
	{
		(void)value;
		if (strcmp(key, "method") != 0 && strcmp(key, "params") != 0) {
			return request_refuse(error, "INVALID_ARGUMENT",
					      "%.80s: a request has \"method\" and \"params\"",
					      key);
		}
	}
	if (!json_object_object_get_ex(object, "method", &name) || !name)
		return request_refuse(error, "INVALID_ARGUMENT", "the request has no \"method\"");
	if (!json_object_is_type(name, json_type_string))
		return request_refuse(error, "INVALID_ARGUMENT", "method %.80s is not a string",
				      json_object_to_json_string(name));
	text = json_object_get_string(name);
	len = (size_t)json_object_get_string_len(name); /* a NUL may be within */
	if (json_object_object_get_ex(object, "params", &params) && params &&
	    !json_object_is_type(params, json_type_object))
		return request_refuse(error, "INVALID_ARGUMENT", "params is not an object");
	if (request_params_find(text, len, &reading->request.method)) {
		return request_refuse(error, "UNIMPLEMENTED", "method %.80s is not known",
				      strlen(text) == len ? text
							  : json_object_to_json_string(name));
	}
	return params ? request_params_read(reading->request.method, params, reading, error) : 0;
}

/* What is wrong, where, and behind which key. */
static int refuse_text(struct request_error *error, const char *what, size_t at,
		       const struct request_fault *fault)
{
	if (!fault->key)
		return request_refuse(error, "INVALID_ARGUMENT", "%s at byte %zu", what, at);
	return request_refuse(error, "INVALID_ARGUMENT", "%s at byte %zu, after \"%.*s\"", what, at,
			      fault->key_len < KEY_SHOWN_MAX ? (int)fault->key_len : KEY_SHOWN_MAX,
			      fault->key);
}

/* *ret: a new reference, to an object; *ret_end: where it ends. */
static int parse_text(struct json_tokener *tokener, const char *line, size_t len,
		      struct json_object **ret, size_t *ret_end, struct request_error *error)
{
	struct json_object *object = json_tokener_parse_ex(tokener, line, (int)len);
	enum json_tokener_error why = json_tokener_get_error(tokener);
	struct request_fault fault;
	struct request_key key;
	char what[96];

	*ret = object;
	*ret_end = json_tokener_get_parse_end(tokener);
	request_words_check(line, *ret_end, &fault);
	if (fault.what)
		return refuse_text(error, fault.what, fault.at, &fault);
	if (why == json_tokener_continue)
		return request_refuse(error, "INVALID_ARGUMENT",
				      "not a JSON object: unexpected end at byte %zu", *ret_end);
	if (why != json_tokener_success) {
		snprintf(what, sizeof(what), "not a JSON object: %s", json_tokener_error_desc(why));
		return refuse_text(error, what, *ret_end, &fault);
	}
	if (!json_object_is_type(object, json_type_object))
		return request_refuse(error, "INVALID_ARGUMENT",
				      "the request is not a JSON object");
	if (request_keys_check(line, *ret_end, &key)) {
		return request_refuse(error, "INVALID_ARGUMENT", "\"%.*s\" %s (byte %zu)",
				      key.len < KEY_SHOWN_MAX ? (int)key.len : KEY_SHOWN_MAX,
				      key.name, key.fault, key.at);
	}
	return 0;
}

int request_parse(const char *line, size_t len, struct request *ret, struct request_error *error)
{
	struct json_tokener *tokener __attribute__((cleanup(cleanup_tokener))) =
		json_tokener_new_ex(JSON_DEPTH_MAX);
	struct json_object *object __attribute__((cleanup(cleanup_json))) = NULL;
	struct reading reading = { .request.for_ns = VERIFY_FOR_DEFAULT_NS };
	size_t end;
	int r;

	if (!tokener)
		return request_refuse(error, "RESOURCE_EXHAUSTED", "out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
						JSON_TOKENER_VALIDATE_UTF8);
	r = parse_text(tokener, line, len, &object, &end, error);
	if (r)
		return r;
	for (; end < len; end++) {
		if (!memchr(" \t\r", line[end], 3)) {
			return request_refuse(error, "INVALID_ARGUMENT",
					      "more than one JSON object on the line (byte %zu)",
					      end);
		}
	}
	r = parse_method(object, &reading, error);
	if (!r && reading.request.flows.log.first && reading.request.flows.log.follow)
		r = request_refuse(error, "INVALID_ARGUMENT",
				   "first cannot be specified with follow");
	if (!r)
		r = request_compile(&reading, error);
	json_object_put(reading.aggregate_by);
	if (!r)
		*ret = reading.request;
	else
		request_done(&reading.request);
	return r;
}

void request_done(struct request *request)
{
	filter_free(&request->flows.filter);
	aggregate_free(&request->aggregate);
	record_mask_free(&request->mask);
}

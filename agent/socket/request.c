// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests by json-c. What a request asks for and is not known is refused by name: an answer that
 * ignored half of the question would be a wrong one.
 */
#include "socket/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/protocol.h"
#include "base/timefmt.h"
#include "filter/aggregate.h"
#include "filter/filter.h"
#include "log/record_mask.h"
#include "socket/request_private.h"
#include "socket/request_words.h"

#define JSON_DEPTH_MAX 32
#define KEY_SHOWN_MAX  40

struct param {
	const char *name;
	int (*set)(struct reading *reading, struct json_object *value);
	const char *expects;
	uint64_t min_ns, max_ns; /* of a duration; max 0: it is none */
};

struct method {
	const char *name;
	const struct param *params;
};

static void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

static void cleanup_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

/* proto3 JSON: a 64-bit number is a string, but a plain number is taken too. */
static int get_u64(struct json_object *value, uint64_t *ret)
{
	if (json_object_is_type(value, json_type_string))
		return num_parse_u64(json_object_get_string(value), UINT64_MAX, ret);
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return -EINVAL;
	*ret = json_object_get_uint64(value);
	return 0;
}

static int get_bool(struct json_object *value, bool *ret)
{
	if (!json_object_is_type(value, json_type_boolean))
		return -EINVAL;
	*ret = json_object_get_boolean(value);
	return 0;
}

static int get_time(struct json_object *value, uint64_t *ret)
{
	int r;

	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	r = time_from_rfc3339(json_object_get_string(value), ret);
	if (!r && !*ret)
		*ret = 1; /* 1970 is a bound, 0 is none */
	return r;
}

static int set_number(struct reading *reading, struct json_object *value)
{
	return get_u64(value, &reading->request.flows.log.number);
}

static int set_first(struct reading *reading, struct json_object *value)
{
	return get_bool(value, &reading->request.flows.log.first);
}

static int set_follow(struct reading *reading, struct json_object *value)
{
	return get_bool(value, &reading->request.flows.log.follow);
}

static int set_since(struct reading *reading, struct json_object *value)
{
	return get_time(value, &reading->request.flows.log.since_ns);
}

static int set_until(struct reading *reading, struct json_object *value)
{
	return get_time(value, &reading->request.flows.log.until_ns);
}

/* What is in them filter_compile() looks at, and says what is wrong. */
static int set_whitelist(struct reading *reading, struct json_object *value)
{
	reading->filters.allow = value;
	return 0;
}

static int set_blacklist(struct reading *reading, struct json_object *value)
{
	reading->filters.deny = value;
	return 0;
}

/* A filter, but for what it is not to be counted among. */
static int set_extensions(struct reading *reading, struct json_object *value)
{
	struct json_object *by = NULL;

	reading->filters.either = value;
	if (!json_object_is_type(value, json_type_object) ||
	    !json_object_object_get_ex(value, "aggregate_by", &by))
		return 0;
	/* As if it were given by itself: null is as good as nothing. */
	json_object_put(reading->aggregate_by);
	reading->aggregate_by = json_object_get(by);
	json_object_object_del(value, "aggregate_by");
	if (!json_object_object_length(value))
		reading->filters.either = NULL;
	return 0;
}

static int get_paths(struct json_object *value, const char **ret)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) ||
	    strlen(text) != (size_t)json_object_get_string_len(value))
		return -EINVAL;
	*ret = text;
	return 0;
}

static int set_field_mask(struct reading *reading, struct json_object *value)
{
	return get_paths(value, &reading->field_mask);
}

/* As older clients ask: an object with a "field_mask", and with nothing else. */
static int set_experimental(struct reading *reading, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_object))
		return -EINVAL;
	json_object_object_foreach(value, key, mask)
	{
		if (strcmp(key, "field_mask") != 0 ||
		    (mask && get_paths(mask, &reading->experimental_mask)))
			return -EINVAL;
	}
	return 0;
}

static int set_for(struct reading *reading, struct json_object *value)
{
	int r;

	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	r = num_parse_duration(json_object_get_string(value), &reading->request.for_ns);
	return r || reading->request.for_ns < VERIFY_FOR_MIN_NS ||
			       reading->request.for_ns > VERIFY_FOR_MAX_NS
		       ? -EINVAL
		       : 0;
}

/* What Endpoints may be asked for. */
static const struct {
	const char *name;
	enum who_kind kind;
} kinds[] = {
	{ "endpoints", WHO_ENDPOINTS },	  { "pods", WHO_PODS },
	{ "containers", WHO_CONTAINERS }, { "netns", WHO_NETNS },
	{ "listeners", WHO_LISTENERS },
};

/* An object with a "kind", and with nothing else. */
static int set_kind(struct reading *reading, struct json_object *value)
{
	struct json_object *kind;

	if (!json_object_is_type(value, json_type_object) ||
	    json_object_object_length(value) != 1 ||
	    !json_object_object_get_ex(value, "kind", &kind) ||
	    !json_object_is_type(kind, json_type_string))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, json_object_get_string(kind)) != 0)
			continue;
		reading->request.kind = kinds[i].kind;
		return 0;
	}
	return -EINVAL;
}

/* Of what log_query.h reads. */
#define SELECTION                                                                     \
	{ .name = "number", .set = set_number, .expects = "a number" },               \
		{ .name = "first", .set = set_first, .expects = "true or false" },    \
		{ .name = "follow", .set = set_follow, .expects = "true or false" },  \
		{ .name = "since", .set = set_since, .expects = "an RFC 3339 time" }, \
	{                                                                             \
		.name = "until", .set = set_until, .expects = "an RFC 3339 time"      \
	}
#define PATHS "a string of fields, parted by commas"

static const struct param flows_params[] = {
	SELECTION,
	{ .name = "whitelist", .set = set_whitelist },
	{ .name = "blacklist", .set = set_blacklist },
	{ .name = "field_mask", .set = set_field_mask, .expects = PATHS },
	{ .name = "experimental",
	  .set = set_experimental,
	  .expects = "{\"field_mask\": " PATHS "}" },
	{ .name = "extensions", .set = set_extensions },
	{ 0 },
};

static const struct param events_params[] = { SELECTION, { 0 } };

static const struct param verify_params[] = {
	{ .name = "for",
	  .set = set_for,
	  .expects = "a duration",
	  .min_ns = VERIFY_FOR_MIN_NS,
	  .max_ns = VERIFY_FOR_MAX_NS },
	{ 0 },
};

static const struct param endpoints_params[] = {
	{ .name = "extensions",
	  .set = set_kind,
	  .expects = "{\"kind\": one of endpoints, pods, containers, netns, listeners}" },
	{ 0 },
};

static const struct param no_params[] = { { 0 } };

static const struct method methods[] = {
	[REQUEST_GET_FLOWS] = { "GetFlows", flows_params },
	[REQUEST_GET_AGENT_EVENTS] = { "GetAgentEvents", events_params },
	[REQUEST_GET_DEBUG_EVENTS] = { "GetDebugEvents", events_params },
	[REQUEST_SERVER_STATUS] = { "ServerStatus", no_params },
	[REQUEST_INTERFACES] = { "Interfaces", no_params },
	[REQUEST_VERIFY] = { "Verify", verify_params },
	[REQUEST_GET_NODES] = { "GetNodes", no_params },
	[REQUEST_GET_NAMESPACES] = { "GetNamespaces", no_params },
	[REQUEST_ENDPOINTS] = { "Endpoints", endpoints_params },
};
_Static_assert(ARRAY_SIZE(methods) == REQUEST_METHOD_MAX, "a row for each method");

int request_refuse(struct request_error *error, const char *code, const char *format, ...)
{
	va_list args;

	error->code = code;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return -EINVAL;
}

static int invalid_param(struct request_error *error, const struct param *param,
			 struct json_object *value)
{
	const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
	char min[DURATION_SIZE], max[DURATION_SIZE];

	if (!param->max_ns)
		return request_refuse(error, "INVALID_ARGUMENT", "params.%s: %.80s is not %s",
				      param->name, text, param->expects);
	duration_to_str(param->min_ns, min);
	duration_to_str(param->max_ns, max);
	return request_refuse(error, "INVALID_ARGUMENT",
			      "params.%s: %.80s is not %s between %s and %s", param->name, text,
			      param->expects, min, max);
}

static int parse_params(const struct method *method, struct json_object *params,
			struct reading *reading, struct request_error *error)
{
	json_object_object_foreach(params, key, value)
	{
		const struct param *param = method->params;

		while (param->name && strcmp(param->name, key) != 0)
			param++;
		if (!param->name) {
			return request_refuse(error, "INVALID_ARGUMENT",
					      "params.%.80s: %s does not know it", key,
					      method->name);
		}
		if (value && param->set(reading, value))
			return invalid_param(error, param, value);
	}
	return 0;
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
	if (!json_object_object_get_ex(object, "method", &name) ||
	    !json_object_is_type(name, json_type_string))
		return request_refuse(error, "INVALID_ARGUMENT", "the request has no \"method\"");
	text = json_object_get_string(name);
	len = (size_t)json_object_get_string_len(name); /* a NUL may be within */
	if (json_object_object_get_ex(object, "params", &params) && params &&
	    !json_object_is_type(params, json_type_object))
		return request_refuse(error, "INVALID_ARGUMENT", "params is not an object");
	for (unsigned int i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strlen(methods[i].name) != len || strcmp(methods[i].name, text) != 0)
			continue;
		reading->request.method = i;
		return params ? parse_params(&methods[i], params, reading, error) : 0;
	}
	return request_refuse(error, "UNIMPLEMENTED", "method %.80s is not known", text);
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

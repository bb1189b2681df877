// SPDX-License-Identifier: BSD-2-Clause
/*
 * What each method may be asked, and how it is read from json-c: a row for each.
 */
#include "socket/request_private.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/protocol.h"
#include "base/timefmt.h"

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

/* NULL: it is no string, or one that holds a NUL, behind which nobody would look. */
static const char *get_text(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) ||
	    strlen(text) != (size_t)json_object_get_string_len(value))
		return NULL;
	return text;
}

/* proto3 JSON: a 64-bit number is a string, but a plain number is taken too. */
static int get_u64(struct json_object *value, uint64_t *ret)
{
	const char *text = get_text(value);

	if (text)
		return num_parse_u64(text, UINT64_MAX, ret);
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
	const char *text = get_text(value);
	int r;

	if (!text)
		return -EINVAL;
	r = time_nearest_from_rfc3339(text, ret);
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
	const char *text = get_text(value);

	if (!text)
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
	const char *text = get_text(value);
	int r;

	if (!text)
		return -EINVAL;
	r = num_parse_duration(text, &reading->request.for_ns);
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
	const char *text;

	if (!json_object_is_type(value, json_type_object) ||
	    json_object_object_length(value) != 1 ||
	    !json_object_object_get_ex(value, "kind", &kind))
		return -EINVAL;
	text = get_text(kind);
	if (!text)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, text) != 0)
			continue;
		reading->request.kind = kinds[i].kind;
		return 0;
	}
	return -EINVAL;
}

/* Of what log_query.h reads. */
#define SELECTION                                                                     \
	{ .name = "number", .set = set_number, .expects = NUM_U64_IS },               \
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

int request_params_find(const char *name, size_t len, enum request_method *ret)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strlen(methods[i].name) != len || strcmp(methods[i].name, name) != 0)
			continue;
		*ret = i;
		return 0;
	}
	return -ENOENT;
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

int request_params_read(enum request_method method, struct json_object *params,
			struct reading *reading, struct request_error *error)
{
	json_object_object_foreach(params, key, value)
	{
		const struct param *param = methods[method].params;

		while (param->name && strcmp(param->name, key) != 0)
			param++;
		if (!param->name) {
			return request_refuse(error, "INVALID_ARGUMENT",
					      "params.%.80s: %s does not know it", key,
					      methods[method].name);
		}
		if (value && param->set(reading, value))
			return invalid_param(error, param, value);
	}
	return 0;
}

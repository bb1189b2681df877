// SPDX-License-Identifier: BSD-2-Clause
/* What a request asks for that is more than a value: filters, counts, fields. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "filter/aggregate.h"
#include "filter/where.h"
#include "flow/field_mask.h"
#include "log/record_mask.h"
#include "socket/request_private.h"

/* A request that asks for all has none. */
static int compile_filter(struct reading *reading, struct request_error *error)
{
	const struct filter_lists *lists = &reading->filters;
	struct filter_error why;
	size_t before, after;
	int r;

	if (!lists->allow && !lists->deny && !lists->either)
		return 0;
	before = memory_in_use();
	r = filter_compile(&reading->request.flows.filter, lists, &why);
	after = memory_in_use();
	reading->request.filter_bytes = after > before ? after - before : 0;
	if (!r)
		return 0;
	return request_refuse(error, r == -ENOMEM ? "RESOURCE_EXHAUSTED" : "INVALID_ARGUMENT", "%s",
			      why.message);
}

static int refuse_field(struct request_error *error, struct json_object *name, const char *why)
{
	const char *text = json_object_to_json_string_ext(name, JSON_C_TO_STRING_PLAIN);

	return request_refuse(error, "INVALID_ARGUMENT",
			      "params.extensions.aggregate_by: %.80s: %s", text, why);
}

static int add_fields(struct aggregate *aggregate, struct json_object *names,
		      struct request_error *error)
{
	struct where_error why;

	for (size_t i = 0; i < json_object_array_length(names); i++) {
		struct json_object *name = json_object_array_get_idx(names, i);
		struct text text = { 0 };

		if (!json_object_is_type(name, json_type_string))
			return refuse_field(error, name, "not the name of a field");
		text.bytes = json_object_get_string(name);
		text.len = (size_t)json_object_get_string_len(name);
		if (aggregate_add_field(aggregate, text, &why) < 0)
			return refuse_field(error, name, why.message);
	}
	return 0;
}

static int compile_aggregate(struct reading *reading, struct request_error *error)
{
	struct json_object *names = reading->aggregate_by;
	struct request *request = &reading->request;

	if (!names)
		return 0;
	if (!json_object_is_type(names, json_type_array) || !json_object_array_length(names))
		return refuse_field(error, names, "not a list of fields");
	if (aggregate_new(&request->aggregate, &aggregate_limits_default) < 0)
		return request_refuse(error, "RESOURCE_EXHAUSTED", "out of memory");
	return add_fields(request->aggregate, names, error);
}

/* *ret: NULL if no field is named, and so all of them are wanted. */
static int mask_new(struct record_mask **ret, const char *paths,
		    char reason[static OPTION_REASON_SIZE])
{
	auto_field_mask struct field_mask *fields = NULL;
	int r;

	snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
	r = field_mask_new(&fields);
	if (!r)
		r = field_mask_add_list(fields, paths, reason);
	if (!r && !field_mask_is_empty(fields))
		r = record_mask_new(ret, &fields);
	return r;
}

static int compile_mask(struct reading *reading, struct request_error *error)
{
	bool is_experimental = !reading->field_mask;
	const char *paths = is_experimental ? reading->experimental_mask : reading->field_mask;
	const char *name = is_experimental ? "experimental.field_mask" : "field_mask";
	char reason[OPTION_REASON_SIZE];
	int r;

	if (!paths)
		return 0;
	if (reading->aggregate_by) {
		return request_refuse(
			error, "INVALID_ARGUMENT",
			"params.%s: not with aggregate_by, whose answer has no records", name);
	}
	r = mask_new(&reading->request.mask, paths, reason);
	if (!r)
		return 0;
	return request_refuse(error, r == -ENOMEM ? "RESOURCE_EXHAUSTED" : "INVALID_ARGUMENT",
			      "params.%s: %s", name, reason);
}

int request_compile(struct reading *reading, struct request_error *error)
{
	int r = compile_filter(reading, error);

	if (!r)
		r = compile_aggregate(reading, error);
	return r ? r : compile_mask(reading, error);
}

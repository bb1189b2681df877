// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever JSON a client sends as filters: they are refused with a message, or can be asked of any
 * flow, and say the same when asked again, at once or in parts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "filter/field.h"
#include "filter/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_so)
{
	if (!is_so)
		abort();
}

/* A flow whose texts, and numbers, are those of the input. */
struct fuzz_flow {
	struct field_reader base;
	const uint8_t *data;
	size_t size;
};

static bool get(struct field_reader *base, enum field field, unsigned int index,
		struct field_value *ret)
{
	const struct fuzz_flow *flow = (struct fuzz_flow *)base;
	static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 };
	size_t at = flow->size ? (field + index) % flow->size : 0;

	if (index > 3 || (flow->size && flow->data[at] & 1 << index))
		return false;
	ret->number = flow->size ? flow->data[at] : 0;
	ret->text = (const char *)flow->data + at;
	ret->len = flow->size - at < 40 ? flow->size - at : 40;
	ret->addr = addr;
	return true;
}

static uint64_t who(struct field_reader *base, bool is_destination)
{
	(void)base;
	return 1 + is_destination;
}

static struct json_object *list_of(struct json_object *json)
{
	struct json_object *list;

	if (json_object_is_type(json, json_type_array))
		return json_object_get(json);
	list = json_object_new_array();
	json_object_array_add(list, json_object_get(json));
	return list;
}

/* Its time is up after each step. */
static bool ask_in_parts(struct filter *filter, struct field_reader *reader)
{
	enum filter_answer answer;

	do
		answer = filter_ask(filter, reader, 0);
	while (answer == FILTER_PAUSED);
	return answer == FILTER_YES;
}

static void check_lists(const struct filter_lists *lists, const uint8_t *data, size_t size)
{
	struct fuzz_flow flow = { { .get = get }, data, size };
	struct filter *filter = NULL;
	struct filter_error error = { "" };
	bool is_match;

	if (filter_compile(&filter, lists, &error)) {
		check(!filter && error.message[0]);
		check(strnlen(error.message, sizeof(error.message)) < sizeof(error.message));
		return;
	}
	is_match = filter_match(filter, &flow.base);
	check(filter_match(filter, &flow.base) == is_match);
	check(ask_in_parts(filter, &flow.base) == is_match);
	flow.base.who = who;
	check(ask_in_parts(filter, &flow.base) == is_match);
	check(filter_match(filter, &flow.base) == is_match);
	check(filter_match(filter, &flow.base) == is_match);
	filter_free(&filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(32);
	struct json_object *json, *list;

	if (!tokener)
		return 0;
	json = json_tokener_parse_ex(tokener, (const char *)data, (int)size);
	if (json) {
		list = list_of(json);
		check_lists(&(struct filter_lists){ .allow = list }, data, size);
		check_lists(&(struct filter_lists){ .deny = list }, data, size);
		check_lists(&(struct filter_lists){ .either = json }, data, size);
		json_object_put(list);
		json_object_put(json);
	}
	json_tokener_free(tokener);
	return 0;
}

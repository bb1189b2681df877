// SPDX-License-Identifier: BSD-2-Clause
/* Pods and services with their namespaces, at the time they are written. */
#include "filter_name.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"

static const struct filter_names ends[FILTER_NAMES_COUNT] = {
	{ FILTER_SOURCE_POD, FILTER_SOURCE_SERVICE, FILTER_SOURCE_NAMESPACE },
	{ FILTER_DESTINATION_POD, FILTER_DESTINATION_SERVICE, FILTER_DESTINATION_NAMESPACE },
};

const struct filter_names *filter_names_of(unsigned int end)
{
	return &ends[end];
}

static const struct filter_names *find_end(enum filter_key key)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (key == ends[i].pod || key == ends[i].service)
			return &ends[i];
	}
	return NULL;
}

bool filter_name_is_one(enum filter_key key)
{
	return find_end(key);
}

static bool has(const struct filter_list *list, enum filter_side side, enum filter_key key)
{
	size_t at = 0;

	return filter_list_next(list, side, key, &at);
}

/* The name once for each namespace. */
static void write_in_namespaces(const struct filter_list *list, enum filter_side side,
				enum filter_key namespaces, const char *name, struct json_out *out)
{
	const char *namespace;
	size_t at = 0;

	while ((namespace = filter_list_next(list, side, namespaces, &at))) {
		auto_buf struct buf full = {};

		buf_printf(&full, "%s/%s", namespace, name);
		buf_append_char(&full, '\0');
		out->buf->failed |= full.failed;
		json_string(out, NULL, buf_bytes(&full));
	}
}

void filter_name_write(const struct filter_list *list, enum filter_side side, enum filter_key key,
		       struct json_out *out)
{
	const struct filter_names *end = find_end(key);
	bool has_namespace = has(list, side, end->namespace);
	bool are_all = has_namespace && key == end->pod && !has(list, side, end->pod) &&
		       !has(list, side, end->service);
	const char *name;
	size_t at = 0;

	if (!are_all && !has(list, side, key))
		return;
	json_array_begin(out, filter_key_row(key)->name);
	if (are_all)
		write_in_namespaces(list, side, end->namespace, "", out);
	while ((name = filter_list_next(list, side, key, &at))) {
		if (has_namespace && !strchr(name, '/'))
			write_in_namespaces(list, side, end->namespace, name, out);
		else
			json_string(out, NULL, name);
	}
	json_array_end(out);
}

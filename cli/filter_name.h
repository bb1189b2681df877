/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of pods and services, and the namespaces that go in front of them: --namespace is no key of
 * the filter, it completes the names ("y/x"), or stands for all pods ("y/") where none is named.
 */
#pragma once

#include <stdbool.h>

#include "filter_list.h"

struct filter_names {
	enum filter_key pod, service, namespace;
};

/* Of the source and of the destination. */
#define FILTER_NAMES_COUNT 2
const struct filter_names *filter_names_of(unsigned int end);

/* Is it the key of a pod or a service? */
bool filter_name_is_one(enum filter_key key);
/* Writes the list under its key; nothing if it is empty. */
void filter_name_write(const struct filter_list *list, enum filter_side side, enum filter_key key,
		       struct json_out *out);

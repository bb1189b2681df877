/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a FlowFilter lets through, by the slowest and plainest way: key by key, value by value, on the
 * JSON of the flow. Knows the forms that test_filter_random.c makes up, and no others.
 */
#pragma once

#include <stdbool.h>

struct json_object;

/* side: "" of a FlowFilter, else what its keys that have a side lack: "source", "destination". */
bool reference_object(struct json_object *object, const char *side, struct json_object *line);
/* Lists, or NULL. */
bool reference_match(struct json_object *allow, struct json_object *deny,
		     struct json_object *either, struct json_object *line);

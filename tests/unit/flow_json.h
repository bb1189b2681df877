/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields of a flow as its JSON says them, by the plainest way: what those who read flows are held
 * against.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "filter/field.h"

struct json_object;

#define FLOW_JSON_TEXT 1024

/*
 * The value at index as text, of a line {"flow":...}: numbers in decimal, addresses as they are
 * written, times and durations in ns. False: there are not so many.
 */
bool flow_json_value(struct json_object *line, enum field field, unsigned int index,
		     char text[static FLOW_JSON_TEXT]);
/* The same of a value that a reader has given. */
void flow_json_text(const struct field_value *value, enum field field,
		    char text[static FLOW_JSON_TEXT]);

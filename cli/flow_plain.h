/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a line written as -o json would write it anew (agent/flow/flow_json.c)? Those of our agent are, and
 * need not be. No is always a right answer: it costs time, and nothing else.
 */
#pragma once

#include <stdbool.h>

#include "agent/flow/flow_schema.h"

#include "text.h"

/* A value that its field can have, as written; no object, and not in a list of which it is one. */
bool flow_plain_is(const struct schema_field *field, struct text raw);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does each value of a line fit its field? Formats and filters take what does not as absent, which
 * is right of an agent's answer; of a file it would be another flow than the one that stands there.
 */
#pragma once

#include <stdbool.h>

#include "text.h"

struct flow_view;

#define FLOW_CHECK_FIELD_SIZE 128

struct flow_fault {
	char field[FLOW_CHECK_FIELD_SIZE]; /* "flow.source.labels[1]" */
	struct text value;		   /* as it stands there */
	const char *expected;		   /* "a string" */
};

/*
 * Reads a line as flow_view_parse() does. -EBADMSG if a value is none that its field can have, with
 * *ret filled: the first such; keys that Hubble does not know may have any. -EBADMSG as well if it is no
 * JSON object: ret->field is empty then. -ENOMEM.
 *
 * want_fields: false of who prints the line and no fields; the view has its kind and times only, and
 * tells whether the line is_plain.
 */
int flow_check(struct flow_view *view, struct text line, bool want_fields, struct flow_fault *ret);

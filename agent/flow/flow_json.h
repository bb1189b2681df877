/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A GetFlowsResponse of whatever origin in the one form in which Hubble prints it, and our agent
 * writes it: keys in the order of declaration, enums by name, times with 0, 3, 6 or 9 digits,
 * nothing that is a default, every character escaped that a terminal must not be shown. What
 * flow.extensions holds keeps its order.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct buf;
struct field_mask;
struct json_out;
struct schema_field;

struct flow_json_options {
	bool want_bare;		       /* what the envelope holds */
	const struct field_mask *mask; /* of flows; NULL: all of them */
};

struct flow_json {
	struct buf *scratch;
	struct text unknown; /* the first key that Hubble does not know, in the line */
};

/* Appends nothing that is no JSON: false, and `out` is as it was. A line without a newline. */
bool flow_json_append(struct flow_json *json, struct text line,
		      const struct flow_json_options *options, struct buf *out);
/* A field of a flow, its value in that form already, cut by what is wanted of it. */
void flow_json_field(struct flow_json *json, const struct schema_field *field, struct text raw,
		     const struct field_mask *mask, struct json_out *out);

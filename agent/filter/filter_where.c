// SPDX-License-Identifier: BSD-2-Clause
/* Expressions: weir's own, and Hubble's, which are refused. */
#include <json-c/json.h>

#include "filter/filter_key.h"
#include "filter/filter_term.h"

static int cel_parse(struct filter_term *term, struct json_object *json, struct filter_error *error)
{
	if (json_object_is_type(json, json_type_object) && !json_object_object_length(json))
		return 0;
	return filter_refuse(term, error,
			     "experimental.cel_expression: CEL is not spoken here; say it with "
			     "--where (the key \"where\")");
}

const struct filter_kind filter_cel = { .parse = cel_parse };

/* SPDX-License-Identifier: BSD-2-Clause */
/* Hubble's enums: in JSON by name or by number. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct json_object;

struct filter_enum {
	const char *name; /* NULL: no more rows */
	const char *text; /* as flows have it; NULL: just so; "": they leave it out */
	uint32_t number;  /* FILTER_ENUM_UNNUMBERED: by name only */
};

#define FILTER_ENUM_UNNUMBERED UINT32_MAX

extern const struct filter_enum filter_verdicts[], filter_directions[], filter_ip_versions[],
	filter_drop_reason_names[], filter_events[];

/* NULL: there is no such name or number. */
const struct filter_enum *filter_enum_find(const struct filter_enum *rows,
					   struct json_object *json);

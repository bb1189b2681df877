// SPDX-License-Identifier: BSD-2-Clause
/* The table of output formats; the first is the default. */
#include "format.h"

#include <string.h>

#include "agent/base/cleanup.h"

static const struct format formats[] = {
	{ .name = "compact", .want_view = true, .record = format_compact_record },
	{ .name = "json", .record = format_json_record },
	{ .name = "jsonpb", .record = format_json_record },
	{ .name = "JSON", .record = format_json_record },
};

const struct format *format_find(const char *name)
{
	if (!name)
		return &formats[0];
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	return NULL;
}

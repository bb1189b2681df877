// SPDX-License-Identifier: BSD-2-Clause
/* The table of output formats; the first is the default. */
#include "format.h"

#include "agent/base/cleanup.h"

#include "named.h"

static const struct format formats[] = {
	{ .name = "compact", .want_view = true, .record = format_compact_record },
	{ .name = "wide",
	  .want_view = true,
	  .want_process = true,
	  .record = format_compact_record },
	{ .name = "json", .record = format_json_record },
	{ .name = "jsonpb", .record = format_json_record },
	{ .name = "JSON", .record = format_json_record },
};

static const struct named named = NAMED(formats);

const struct format *format_find(const char *name)
{
	return named_find(&named, name);
}

int format_check(const char *name, char reason[static OPTION_REASON_SIZE])
{
	return named_check(&named, "output format", name, reason);
}

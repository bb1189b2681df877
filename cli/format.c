// SPDX-License-Identifier: BSD-2-Clause
/* The table of output formats; the first is the default. */
#include "format.h"

#include "agent/base/cleanup.h"

#include "groups.h"
#include "named.h"

#define TABLE                                                            \
	.want_view = true, .is_held = true, .begin = format_table_begin, \
	.record = format_table_record, .end = format_table_end
#define JSON .takes_mask = true, .record = format_json_record

static const struct format formats[] = {
	{ .name = "compact", .want_view = true, .record = format_compact_record },
	{ .name = "wide",
	  .want_view = true,
	  .want_process = true,
	  .want_interface = true,
	  .record = format_compact_record },
	{ .name = "dict", .want_view = true, .record = format_dict_record },
	{ .name = "table", TABLE },
	{ .name = "tab", TABLE },
	{ .name = "json", JSON },
	{ .name = "jsonpb", JSON },
	{ .name = "JSON", JSON },
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

void format_target_done(struct format_target *target)
{
	table_done(&target->table);
	groups_free(&target->groups);
	buf_done(&target->scratch);
}

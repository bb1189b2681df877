// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/settings.h"

#include "base/cleanup.h"

#define AT(member) offsetof(struct settings, member)

static int check_colour(const char *value, char reason[static OPTION_REASON_SIZE])
{
	if (strcmp(value, "red") == 0)
		return 0;
	snprintf(reason, OPTION_REASON_SIZE, "not red");
	return -EINVAL;
}

const struct option_row settings_rows[] = {
	{ .short_name = 'f',
	  .long_name = "follow",
	  .kind = OPT_BOOL,
	  .offset = AT(follow),
	  .help = "keep printing flows" },
	{ .short_name = 'n',
	  .long_name = "last",
	  .kind = OPT_U64,
	  .offset = AT(last),
	  .metavar = "N",
	  .help = "the last N flows",
	  .min = 1,
	  .max = 1000 },
	{ .long_name = "ring-size",
	  .kind = OPT_SIZE,
	  .offset = AT(ring_bytes),
	  .metavar = "SIZE",
	  .help = "bytes of the ring",
	  .min = 4096,
	  .max = 64 << 20,
	  .is_power_of_two = true },
	{ .long_name = "update-interval",
	  .kind = OPT_DURATION,
	  .offset = AT(update_ns),
	  .metavar = "D",
	  .help = "100ms or more",
	  .min = 100000000 },
	{ .short_name = 'i',
	  .long_name = "interface",
	  .kind = OPT_LIST,
	  .offset = AT(interfaces),
	  .metavar = "NAME",
	  .help = "only these" },
	{ .long_name = "where",
	  .kind = OPT_LIST_RAW,
	  .offset = AT(where),
	  .metavar = "EXPRESSION",
	  .help = "only what matches",
	  .takes_empty = true },
	{ .long_name = "attach-the-programs-by",
	  .kind = OPT_CHOICE,
	  .offset = AT(attach),
	  .metavar = "auto|tcx|clsact",
	  .help = "how" },
	{ .long_name = "colour",
	  .kind = OPT_STRING,
	  .offset = AT(colour),
	  .metavar = "C",
	  .help = "red",
	  .other_env = "OTHER_COLOUR",
	  .check = check_colour },
	{},
};

const struct option_row settings_extra[] = {
	{ .short_name = 's',
	  .long_name = "server",
	  .kind = OPT_STRING,
	  .offset = AT(server),
	  .metavar = "ADDRESS",
	  .help = "the agent's socket" },
	{ .short_name = 'q',
	  .long_name = "quiet",
	  .kind = OPT_BOOL,
	  .offset = AT(quiet),
	  .help = "say nothing",
	  .is_flag_only = true },
	{},
};

void settings_done(struct settings *settings)
{
	options_done(settings_rows, settings);
	options_done(settings_extra, settings);
}

int settings_parse_flags(struct options *options, struct line *line, const char *words)
{
	char *rest = line->text;

	snprintf(line->text, sizeof(line->text), "weir%s%s", *words ? "|" : "", words);
	line->argc = 0;
	while (rest && line->argc < (int)ARRAY_SIZE(line->argv) - 1)
		line->argv[line->argc++] = strsep(&rest, "|");
	line->argv[line->argc] = NULL;
	return options_parse(options, line->argc, line->argv);
}

int settings_parse(struct settings *settings, struct line *line, const char *words)
{
	struct options options = { .tables = { settings_rows, settings_extra },
				   .target = settings };

	return settings_parse_flags(&options, line, words);
}

void assert_settings_list(const struct str_list *list, const char *joined)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < list->count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "|" : "",
					list->items[i]);
	assert_string_equal(text, joined);
}

void settings_forget_environment(void)
{
	static const char *const names[] = {
		"WEIR_FOLLOW",
		"WEIR_LAST",
		"WEIR_RING_SIZE",
		"WEIR_UPDATE_INTERVAL",
		"WEIR_INTERFACE",
		"WEIR_WHERE",
		"WEIR_ATTACH_THE_PROGRAMS_BY",
		"WEIR_COLOUR",
		"OTHER_COLOUR",
		"WEIR_QUIET",
		"COLUMNS",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
}

// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/filter_words.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "cli/filters.h"
#include "tests/harness.h"

#define WORDS_MAX 64

const struct option_row filter_words_rows[] = {
	{ .kind = OPT_TABLE,
	  .help = "Filters",
	  .table = filter_options,
	  .end = filters_end,
	  .done = filters_done },
	{ .kind = OPT_TABLE, .help = "Own", .table = filter_own_options },
	{ .kind = OPT_TABLE, .help = "Raw", .table = filter_raw_options },
	{},
};

static int build(struct filters *filters, const char *words, struct buf *yaml)
{
	struct options options = { .tables = { filter_words_rows }, .target = filters };
	auto_raw_filters struct raw_filters lists = {};
	auto_free char *copy = strdup(words);
	char *argv[WORDS_MAX + 1] = { copy }, *rest = *copy ? copy : NULL;
	int argc = 1, r;

	while (rest && argc < WORDS_MAX)
		argv[argc++] = strsep(&rest, "|");
	r = options_parse(&options, argc, argv);
	assert_true(r <= 0);
	if (r == 0)
		r = options_from_env(&options);
	if (r == 0)
		r = filters_build(filters, &lists);
	if (r == 0)
		filters_print(&lists, yaml);
	return r;
}

int filter_words_run(const char *words, char text[static FILTER_TEXT_SIZE])
{
	struct filters filters = {};
	auto_buf struct buf yaml = {};
	struct captured captured;
	int r;

	capture_begin(&captured);
	r = build(&filters, words, &yaml);
	capture_end(&captured);
	options_done(filter_words_rows, &filters);
	buf_append_char(&yaml, '\0');
	snprintf(text, FILTER_TEXT_SIZE, "%s", r < 0 ? captured.text : buf_bytes(&yaml));
	return r;
}

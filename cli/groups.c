// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tables come as JSON, from the agent or from what was counted here. One that has many groups comes
 * in several lines, and is shown when the last one is there.
 */
#include "groups.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/log.h"
#include "agent/base/timefmt.h"
#include "agent/filter/aggregate.h"
#include "agent/filter/where.h"

#include "flow_reader.h"
#include "json_in.h"
#include "table.h"
#include "time_text.h"

#define CLEAR	      "\033[H\033[J" /* from the upper left corner to the end */
#define LINES_DEFAULT 24

struct groups {
	struct groups_options options;
	struct aggregate *aggregate; /* of flows of a file */
	struct flow_reader reader;
	/* The table that comes. */
	struct table table;
	bool has_begun;
	unsigned int columns, rows;
	/* Of those before it. */
	bool has_printed;
};

/* What a group has besides its key. */
struct measure {
	const char *title;
	const char *path;
	void (*append)(struct groups *groups, struct json_object *group, const char *path);
};

static int make_aggregate(struct aggregate **ret, const char *fields, struct where_error *error)
{
	auto_aggregate struct aggregate *aggregate = NULL;
	int r = aggregate_new(&aggregate, &aggregate_limits_default);

	if (r == 0)
		r = aggregate_add_fields(aggregate, fields, error);
	if (r == 0)
		*ret = TAKE_PTR(aggregate);
	return r;
}

int groups_check(const char *fields, char reason[static OPTION_REASON_SIZE])
{
	auto_aggregate struct aggregate *aggregate = NULL;
	struct where_error error;
	int r = make_aggregate(&aggregate, fields, &error);

	if (r == -EINVAL)
		snprintf(reason, OPTION_REASON_SIZE, "%s", error.message);
	return r;
}

void groups_request(const char *fields, struct json_out *out)
{
	auto_buf struct buf name = {};
	struct text field;

	json_array_begin(out, "aggregate_by");
	while (aggregate_next_name(&fields, &field)) {
		buf_truncate(&name, 0);
		buf_append(&name, field.bytes, field.len);
		buf_append_char(&name, '\0');
		json_string(out, NULL, name.failed ? "" : buf_bytes(&name));
	}
	json_array_end(out);
}

int groups_new(struct groups **ret, const struct groups_options *options)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	struct where_error error;
	int r;

	if (!groups)
		return -ENOMEM;
	groups->options = *options;
	r = make_aggregate(&groups->aggregate, options->fields, &error);
	if (r < 0) {
		if (r == -EINVAL)
			log_err(0, "--aggregate-by %s: %s", options->fields, error.message);
		groups_free(&groups);
		return r;
	}
	*ret = groups;
	return 0;
}

void groups_free(struct groups **at)
{
	struct groups *groups = TAKE_PTR(*at);

	if (!groups)
		return;
	aggregate_free(&groups->aggregate);
	flow_reader_done(&groups->reader);
	table_done(&groups->table);
	free(groups);
}

static void append_count(struct groups *groups, struct json_object *group, const char *path)
{
	uint64_t number;

	if (json_in_u64(group, path, &number))
		text_append_grouped(&groups->table.text, number);
}

static void append_bytes(struct groups *groups, struct json_object *group, const char *path)
{
	char text[DURATION_SIZE];
	uint64_t bytes;

	if (!json_in_u64(group, path, &bytes))
		return;
	bytes_to_str(bytes, text);
	buf_append_str(&groups->table.text, text);
}

static void append_duration(struct groups *groups, struct json_object *group, const char *path)
{
	char text[DURATION_SIZE];
	uint64_t ns;

	if (!json_in_u64(group, path, &ns))
		return;
	duration_to_str(ns, text);
	buf_append_str(&groups->table.text, text);
}

static void append_time(struct groups *groups, struct json_object *group, const char *path)
{
	struct text value = json_in_text(group, path);
	char text[TIME_RFC3339_SIZE];
	uint64_t ns;

	if (!value.len || value.len >= sizeof(text))
		return;
	memcpy(text, value.bytes, value.len);
	text[value.len] = '\0';
	if (time_from_rfc3339(text, &ns) == 0)
		time_text_append(groups->options.times, ns, &groups->table.text);
}

static const struct measure measures[] = {
	{ "FLOWS", "flows", append_count },
	{ "RECORDS", "records", append_count },
	{ "BYTES", "bytes", append_bytes },
	{ "PACKETS", "packets", append_count },
	{ "DROPS", "drops", append_count },
	{ "RTT", "rtt_median_ns", append_duration },
	{ "RTT-P99", "rtt_p99_ns", append_duration },
	{ "FIRST", "first", append_time },
	{ "LAST", "last", append_time },
};

/* "source.pod": "SOURCE-POD" */
static void add_title(struct table *table, struct text field)
{
	for (size_t i = 0; i < field.len; i++) {
		char c = field.bytes[i];

		if (!isalnum((unsigned char)c))
			c = '-';
		buf_append_char(&table->text, (char)toupper((unsigned char)c));
	}
	table_end_cell(table);
}

static void begin_table(struct groups *groups, struct json_object *fields)
{
	table_done(&groups->table);
	groups->has_begun = true;
	groups->rows = 0;
	groups->columns = (unsigned int)json_in_len(fields);
	table_init(&groups->table, groups->columns + ARRAY_SIZE(measures));
	for (unsigned int i = 0; i < groups->columns; i++)
		add_title(&groups->table, json_in_text(json_in_at(fields, i), ""));
	for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
		table_add_str(&groups->table, measures[i].title);
}

static void add_row(struct groups *groups, struct json_object *group)
{
	struct json_object *key = json_in_array(group, "key");

	groups->rows++;
	for (unsigned int i = 0; i < groups->columns; i++) {
		if (key)
			text_append(&groups->table.text, json_in_text(json_in_at(key, i), ""));
		else if (i == 0)
			buf_append_str(&groups->table.text, "(other)");
		table_end_cell(&groups->table);
	}
	for (size_t i = 0; i < ARRAY_SIZE(measures); i++) {
		measures[i].append(groups, group, measures[i].path);
		table_end_cell(&groups->table);
	}
}

/*
 * How many groups there is room for on the terminal, below the titles and above what is said of the
 * rest: where it is narrow, a row takes several of its lines.
 */
static unsigned int screen_rows(const struct groups *groups)
{
	struct winsize size = { .ws_row = 0 };
	size_t lines = 1, rows;

	if (ioctl(groups->options.terminal, TIOCGWINSZ, &size) < 0 || !size.ws_row)
		size.ws_row = LINES_DEFAULT;
	if (size.ws_col)
		lines = (table_width(&groups->table) + size.ws_col - 1) / size.ws_col;
	rows = size.ws_row > 2 ? (size.ws_row - 2U) / lines : 0;
	return rows > 2 ? (unsigned int)rows - 1 : 1;
}

/* What the sums do not tell. */
static void print_notes(struct json_object *table, struct buf *out)
{
	uint64_t number;

	if (json_in_u64(table, "not_told_apart", &number)) {
		buf_printf(out,
			   "%" PRIu64 " records are of connections for which there was no room: "
			   "they count when they end\n",
			   number);
	}
	if (json_in_u64(table, "rtts_left_out", &number))
		buf_printf(out, "%" PRIu64 " round trips are not in RTT: there was no room\n",
			   number);
}

static void print_table(struct groups *groups, struct json_object *table, struct buf *out)
{
	unsigned int shown = groups->rows;

	if (groups->options.terminal >= 0) {
		unsigned int room = screen_rows(groups);

		buf_append_str(out, CLEAR);
		if (shown > room)
			shown = room;
	} else if (groups->has_printed) {
		buf_append_char(out, '\n');
	}
	groups->table.count -= (groups->rows - shown) * groups->table.columns;
	table_print(&groups->table, "", out);
	if (shown < groups->rows)
		buf_printf(out, "and %u more\n", groups->rows - shown);
	print_notes(table, out);
	groups->has_printed = true;
	groups->has_begun = false;
}

/* A line's groups, and the end of the table if it is there. */
static void take_table(struct groups *groups, struct json_object *table, struct buf *out)
{
	struct json_object *rows = json_in_array(table, "groups");
	struct json_object *other = json_in_object(table, "other");
	bool has_more = false;

	if (!groups->has_begun)
		begin_table(groups, json_in_array(table, "fields"));
	for (size_t i = 0; i < json_in_len(rows); i++)
		add_row(groups, json_in_at(rows, i));
	if (other)
		add_row(groups, other);
	if (!json_in_bool(table, "more", &has_more) || !has_more)
		print_table(groups, table, out);
}

bool groups_table(struct groups *groups, struct text line, struct buf *out)
{
	auto_json struct json_object *json = NULL;

	if (!text_is(json_in_first_key(line.bytes, line.len), "aggregate"))
		return false;
	if (groups->options.is_json) {
		buf_append(out, line.bytes, line.len);
		buf_append_char(out, '\n');
		return true;
	}
	if (json_in_parse(line.bytes, line.len, &json) < 0 || !json_in_object(json, "aggregate"))
		return false;
	take_table(groups, json_in_object(json, "aggregate"), out);
	return true;
}

void groups_add(struct groups *groups, struct text line)
{
	flow_reader_set(&groups->reader, line);
	aggregate_add(groups->aggregate, &groups->reader.reader);
}

void groups_end(struct groups *groups, struct buf *out)
{
	auto_buf struct buf line = {};
	unsigned int next = 0;
	bool is_last;

	(void)aggregate_sort(groups->aggregate);
	do {
		buf_truncate(&line, 0);
		is_last = aggregate_to_json(groups->aggregate, &next, &line);
		if (line.failed) {
			out->failed = true;
			return;
		}
		(void)groups_table(groups, (struct text){ buf_bytes(&line), buf_len(&line) - 1 },
				   out);
	} while (!is_last);
}

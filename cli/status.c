// SPDX-License-Identifier: BSD-2-Clause
/* ServerStatus in Hubble's formats; compact, which holds more, is status_compact.c. */
#include "status.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/timefmt.h"

#include "json_in.h"
#include "named.h"
#include "table.h"

#define NS_PER_SECOND 1e9

void status_parse(struct status *status, const char *address, struct text line,
		  struct json_object *json)
{
	*status = (struct status){
		.address = address,
		.line = line,
		.extensions = json_in_object(json, "extensions"),
		.version = json_in_text(json, "version"),
	};
	json_in_u64(json, "num_flows", &status->num_flows);
	json_in_u64(json, "max_flows", &status->max_flows);
	json_in_u64(json, "seen_flows", &status->seen_flows);
	json_in_u64(json, "uptime_ns", &status->uptime_ns);
	json_in_double(json, "flows_rate", &status->flows_rate);
}

void status_append_rate(struct buf *out, const struct status *status)
{
	double rate = status->flows_rate;

	if (rate <= 0 && status->uptime_ns)
		rate = (double)status->seen_flows / ((double)status->uptime_ns / NS_PER_SECOND);
	else if (rate <= 0)
		rate = -1;
	if (rate < 0)
		buf_append_str(out, "N/A");
	else
		buf_printf(out, "%.2f", rate);
}

void status_append_percent(struct buf *out, uint64_t part, uint64_t whole)
{
	if (whole)
		buf_printf(out, " (%.2f%%)", (double)part / (double)whole * 100);
}

static void append_num_flows(struct buf *out, const struct status *status)
{
	text_append_grouped(out, status->num_flows);
}

static void append_max_flows(struct buf *out, const struct status *status)
{
	text_append_grouped(out, status->max_flows);
}

static void append_seen_flows(struct buf *out, const struct status *status)
{
	text_append_grouped(out, status->seen_flows);
}

static void append_uptime(struct buf *out, const struct status *status)
{
	char text[DURATION_SIZE];

	duration_to_go(status->uptime_ns, text);
	buf_append_str(out, text);
}

/* Nodes are counted by Hubble's Relay only. */
static void append_nodes(struct buf *out, const struct status *status)
{
	(void)status;
	buf_append_str(out, "N/A");
}

static void append_version(struct buf *out, const struct status *status)
{
	text_append(out, status->version);
}

static const struct status_row {
	const char *dict_title, *table_title;
	void (*append)(struct buf *out, const struct status *status);
} rows[] = {
	{ "          NUM FLOWS", "NUM FLOWS", append_num_flows },
	{ "          MAX FLOWS", "MAX FLOWS", append_max_flows },
	{ "         SEEN FLOWS", "SEEN FLOWS", append_seen_flows },
	{ "   FLOWS PER SECOND", "FLOWS PER SECOND", status_append_rate },
	{ "             UPTIME", "UPTIME", append_uptime },
	{ "NUM CONNECTED NODES", "NUM CONNECTED NODES", append_nodes },
	{ " NUM UNAVAIL. NODES", "NUM UNAVAILABLE NODES", append_nodes },
	{ "            VERSION", "VERSION", append_version },
};

static void print_dict(const struct status *status, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		buf_printf(out, "%s: ", rows[i].dict_title);
		rows[i].append(out, status);
		buf_append_char(out, '\n');
	}
}

static void print_table(const struct status *status, struct buf *out)
{
	auto_table struct table table = {};

	table_init(&table, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		table_add_str(&table, rows[i].table_title);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rows[i].append(&table.text, status);
		table_end_cell(&table);
	}
	table_print(&table, "", out);
}

static void print_json(const struct status *status, struct buf *out)
{
	buf_append(out, status->line.bytes, status->line.len);
	buf_append_char(out, '\n');
}

static const struct status_format formats[] = {
	{ "compact", status_print_compact },
	{ "json", print_json },
	{ "dict", print_dict },
	{ "table", print_table },
};

static const struct named named = NAMED(formats);

const struct status_format *status_format_find(const char *name)
{
	return named_find(&named, name);
}

int status_format_check(const char *name, char reason[static OPTION_REASON_SIZE])
{
	return named_check(&named, "output format", name, reason);
}

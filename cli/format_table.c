// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's table format: columns as wide as their widest cell, so nothing is printed before the end. */
#include "format.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

#include "agent_event.h"
#include "debug_event.h"
#include "event_text.h"
#include "flow_text.h"

/* NULL behind the last. Hubble leaves a column empty. */
static const char *const titles[SUBJECT_MAX][7] = {
	[SUBJECT_FLOWS] = { "SOURCE", "DESTINATION", "TYPE", "VERDICT", "SUMMARY" },
	[SUBJECT_AGENT_EVENTS] = { "TYPE", "DETAILS" },
	[SUBJECT_DEBUG_EVENTS] = { "FROM", "", "TYPE", "CPU/MARK", "MESSAGE" },
};

void format_table_begin(struct format_target *target)
{
	const char *const *own = titles[target->options.subject];
	bool want_node = target->options.want_node;
	size_t count = 0;

	while (own[count])
		count++;
	table_init(&target->table, 1 + want_node + count);
	target->table.keeps_empty = true;
	table_add_str(&target->table, "TIMESTAMP");
	if (want_node)
		table_add_str(&target->table, "NODE");
	for (size_t i = 0; i < count; i++)
		table_add_str(&target->table, own[i]);
}

static void add_begin(struct format_target *target, struct json_time time, struct text node_name)
{
	flow_text_time(&target->table.text, &target->times, time);
	table_end_cell(&target->table);
	if (target->options.want_node)
		table_add(&target->table, node_name);
}

static void flow_record(struct format_target *target, const struct flow_view *view)
{
	const struct flow_fields *flow = &view->flow;
	struct format_options options = target->options;
	struct table *table = &target->table;

	options.want_colour = false;
	add_begin(target, flow->time, flow->node_name);
	flow_text_host(&table->text, flow, &flow->source, &options);
	table_end_cell(table);
	flow_text_host(&table->text, flow, &flow->destination, &options);
	table_end_cell(table);
	flow_text_type(&table->text, flow);
	table_end_cell(table);
	flow_text_verdict(&table->text, flow, &options);
	table_end_cell(table);
	flow_text_summary(&table->text, flow, false);
	table_end_cell(table);
}

/* Where no column tells of what kind the loss is, the last one does. */
static void add_lost(struct format_target *target, const struct lost_fields *lost,
		     const char *title, bool is_last)
{
	bool has_source = target->options.subject == SUBJECT_FLOWS;
	struct buf *text = &target->table.text;

	if (!strcmp(title, "SOURCE") || (is_last && !has_source))
		event_text_lost_source(text, lost);
	if (is_last && !has_source)
		buf_append_char(text, ' ');
	if (is_last)
		event_text_lost(text, &target->times, lost, " - ");
	else if (!strcmp(title, "TYPE"))
		buf_append_str(text, "EVENTS LOST");
	else if (*title && strcmp(title, "SOURCE") != 0)
		buf_append_char(text, '-');
	table_end_cell(&target->table);
}

static void lost_record(struct format_target *target, const struct flow_view *view)
{
	const char *const *title = titles[target->options.subject];

	add_begin(target, view->time, view->node_name);
	for (; *title; title++)
		add_lost(target, &view->lost, *title, !title[1]);
}

static void agent_event_record(struct format_target *target, const struct flow_view *view)
{
	auto_buf struct buf scratch = {};
	struct table *table = &target->table;
	struct agent_event event;

	agent_event_read(&event, view->agent_event, &scratch);
	add_begin(target, view->time, view->node_name);
	agent_event_type(&table->text, &event);
	table_end_cell(table);
	agent_event_details(&table->text, &target->times, &event);
	table_end_cell(table);
}

static void debug_event_record(struct format_target *target, const struct flow_view *view)
{
	auto_buf struct buf scratch = {};
	struct table *table = &target->table;
	struct debug_event event;

	debug_event_read(&event, view->debug_event, &scratch);
	add_begin(target, view->time, view->node_name);
	debug_event_from(&table->text, &event);
	table_end_cell(table);
	table_add_str(table, "");
	debug_event_type(&table->text, &event);
	table_end_cell(table);
	debug_event_cpu(&table->text, &event);
	buf_append_char(&table->text, ' ');
	debug_event_mark(&table->text, &event);
	table_end_cell(table);
	table_add(table, event.message);
}

static void (*const kind_rows[])(struct format_target *target, const struct flow_view *view) = {
	[FLOW_VIEW_FLOW] = flow_record,
	[FLOW_VIEW_LOST] = lost_record,
	[FLOW_VIEW_AGENT_EVENT] = agent_event_record,
	[FLOW_VIEW_DEBUG_EVENT] = debug_event_record,
	[FLOW_VIEW_NODE_STATUS] = event_text_node_status,
};
_Static_assert(ARRAY_SIZE(kind_rows) == FLOW_VIEW_MAX, "a row for every kind");

void format_table_record(struct format_target *target, const struct format_record *record)
{
	if (kind_rows[record->view->kind])
		kind_rows[record->view->kind](target, record->view);
}

void format_table_end(struct format_target *target)
{
	table_print(&target->table, "", target->out);
}

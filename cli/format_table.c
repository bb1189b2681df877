// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's table format: columns as wide as their widest cell, so nothing is printed before the end. */
#include "format.h"

#include "agent/base/cleanup.h"

#include "event_text.h"
#include "flow_text.h"

static const char *const titles[] = {
	"TIMESTAMP", "NODE", "SOURCE", "DESTINATION", "TYPE", "VERDICT", "SUMMARY",
};

#define NODE_COLUMN 1

void format_table_begin(struct format_target *target)
{
	bool want_node = target->options.want_node;

	table_init(&target->table, ARRAY_SIZE(titles) - !want_node);
	target->table.keeps_empty = true;
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
		if (i != NODE_COLUMN || want_node)
			table_add_str(&target->table, titles[i]);
	}
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

static void lost_record(struct format_target *target, const struct flow_view *view)
{
	struct table *table = &target->table;

	add_begin(target, view->time, view->node_name);
	event_text_lost_source(&table->text, &view->lost);
	table_end_cell(table);
	table_add_str(table, "-");
	table_add_str(table, "EVENTS LOST");
	table_add_str(table, "-");
	event_text_lost(&table->text, &target->times, &view->lost, " - ");
	table_end_cell(table);
}

static void (*const kind_rows[])(struct format_target *target, const struct flow_view *view) = {
	[FLOW_VIEW_FLOW] = flow_record,
	[FLOW_VIEW_LOST] = lost_record,
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

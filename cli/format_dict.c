// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's dict format: a line for each thing that is known, and one between records. */
#include "format.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

#include "agent_event.h"
#include "debug_event.h"
#include "event_text.h"
#include "flow_text.h"
#include "names_text.h"

#define SEPARATOR   "------------\n"
#define LABEL_WIDTH 11 /* of "DESTINATION" */

static void begin_line(struct buf *out, const char *label)
{
	buf_printf(out, "%*s: ", LABEL_WIDTH, label);
}

static void text_line(struct buf *out, const char *label, struct text text)
{
	begin_line(out, label);
	text_append(out, text);
	buf_append_char(out, '\n');
}

/* What every record begins with. */
static void begin_record(struct format_target *target, struct buf *out, struct json_time time,
			 struct text node_name)
{
	if (target->has_begun)
		buf_append_str(out, SEPARATOR);
	target->has_begun = true;
	begin_line(out, "TIMESTAMP");
	flow_text_time(out, &target->times, time);
	buf_append_char(out, '\n');
	if (target->options.want_node)
		text_line(out, "NODE", node_name);
}

static void flow_record(struct format_target *target, const struct flow_view *view)
{
	const struct flow_fields *flow = &view->flow;
	struct buf *out = target->out;

	begin_record(target, out, flow->time, flow->node_name);
	begin_line(out, "SOURCE");
	flow_text_host(out, flow, &flow->source, &target->options);
	buf_append_char(out, '\n');
	begin_line(out, "DESTINATION");
	flow_text_host(out, flow, &flow->destination, &target->options);
	buf_append_char(out, '\n');
	begin_line(out, "TYPE");
	flow_text_type(out, flow);
	buf_append_char(out, '\n');
	begin_line(out, "VERDICT");
	flow_text_verdict(out, flow, &target->options);
	buf_append_char(out, '\n');
	begin_line(out, "SUMMARY");
	flow_text_summary(out, flow, target->options.want_colour);
	buf_append_char(out, '\n');
}

static void lost_record(struct format_target *target, const struct flow_view *view)
{
	struct buf *out = target->out;

	begin_record(target, out, view->time, view->node_name);
	begin_line(out, "SOURCE");
	event_text_lost_source(out, &view->lost);
	buf_append_char(out, '\n');
	text_line(out, "TYPE", text_from_str("EVENTS LOST"));
	text_line(out, "VERDICT", text_from_str("-"));
	begin_line(out, "SUMMARY");
	event_text_lost(out, &target->times, &view->lost, " - ");
	buf_append_char(out, '\n');
}

static void agent_event_record(struct format_target *target, const struct flow_view *view)
{
	auto_buf struct buf scratch = {};
	struct buf *out = target->out;
	struct agent_event event;

	agent_event_read(&event, view->agent_event, &scratch);
	begin_record(target, out, view->time, view->node_name);
	begin_line(out, "TYPE");
	agent_event_type(out, &event);
	buf_append_char(out, '\n');
	begin_line(out, "DETAILS");
	agent_event_details(out, &target->times, &event);
	buf_append_char(out, '\n');
}

static void debug_event_record(struct format_target *target, const struct flow_view *view)
{
	auto_buf struct buf scratch = {};
	struct buf *out = target->out;
	struct debug_event event;

	debug_event_read(&event, view->debug_event, &scratch);
	begin_record(target, out, view->time, view->node_name);
	begin_line(out, "TYPE");
	debug_event_type(out, &event);
	buf_append_char(out, '\n');
	begin_line(out, "FROM");
	debug_event_from(out, &event);
	buf_append_char(out, '\n');
	begin_line(out, "MARK");
	debug_event_mark(out, &event);
	buf_append_char(out, '\n');
	begin_line(out, "CPU");
	debug_event_cpu(out, &event);
	buf_append_char(out, '\n');
	text_line(out, "MESSAGE", event.message);
}

/* The separator too goes to stderr, so that records stay apart where both end on one terminal. */
static void node_status_record(struct format_target *target, const struct flow_view *view)
{
	const struct node_status_fields *status = &view->node_status;
	struct buf *out = target->err;

	begin_record(target, out, view->time, view->node_name);
	begin_line(out, "STATE");
	names_append(out, NAMES_NODE_STATE, status->state);
	buf_append_char(out, '\n');
	begin_line(out, "NODES");
	flow_text_joined(out, status->names, ", ");
	buf_append_char(out, '\n');
	if (!status->message.len)
		return;
	begin_line(out, "MESSAGE");
	buf_append_char(out, '"');
	text_append(out, status->message);
	buf_append_str(out, "\"\n");
}

static void (*const kind_rows[])(struct format_target *target, const struct flow_view *view) = {
	[FLOW_VIEW_FLOW] = flow_record,
	[FLOW_VIEW_LOST] = lost_record,
	[FLOW_VIEW_AGENT_EVENT] = agent_event_record,
	[FLOW_VIEW_DEBUG_EVENT] = debug_event_record,
	[FLOW_VIEW_NODE_STATUS] = node_status_record,
};
_Static_assert(ARRAY_SIZE(kind_rows) == FLOW_VIEW_MAX, "a row for every kind");

void format_dict_record(struct format_target *target, const struct format_record *record)
{
	if (kind_rows[record->view->kind])
		kind_rows[record->view->kind](target, record->view);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hubble's compact format, byte for byte, except that every control character is escaped:
 * TIME[ [NODE]]: SOURCE (ID) ARROW DESTINATION (ID) TYPE VERDICT (SUMMARY)
 * And wide: the same with processes behind the names and the interface behind the type.
 */
#include "format.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

#include "agent_event.h"
#include "debug_event.h"
#include "event_text.h"
#include "flow_text.h"
#include "flow_view.h"

static const char *const arrows[] = {
	[TRISTATE_ABSENT] = " <> ",
	[TRISTATE_FALSE] = " -> ",
	[TRISTATE_TRUE] = " <- ",
};

static void append_side(struct buf *out, const struct flow_fields *flow,
			const struct flow_side *side, const struct format_options *options)
{
	flow_text_host(out, flow, side, options);
	if (options->want_process)
		flow_text_process(out, side);
	buf_append_char(out, ' ');
	flow_text_identity(out, side->identity, options->want_colour);
}

/* The one who began stays on the left: a reply is shown turned around. */
static void append_sides(struct buf *out, const struct flow_fields *flow,
			 const struct format_options *options)
{
	bool is_reply = flow->is_reply == TRISTATE_TRUE;
	const struct flow_side *left = is_reply ? &flow->destination : &flow->source;
	const struct flow_side *right = is_reply ? &flow->source : &flow->destination;

	append_side(out, flow, left, options);
	buf_append_str(out, arrows[flow->is_reply]);
	append_side(out, flow, right, options);
}

static void flow_record(struct format_target *target, const struct flow_view *view)
{
	const struct format_options *options = &target->options;
	const struct flow_fields *flow = &view->flow;
	struct buf *out = target->out;

	flow_text_time(out, &target->times, flow->time);
	if (options->want_node)
		event_text_node(out, flow->node_name);
	buf_append_str(out, ": ");
	append_sides(out, flow, options);
	buf_append_char(out, ' ');
	flow_text_type(out, flow);
	if (options->want_interface && flow->interface.len) {
		buf_append_char(out, ' ');
		text_append(out, flow->interface);
	}
	buf_append_char(out, ' ');
	flow_text_verdict(out, flow, options);
	buf_append_str(out, " (");
	flow_text_summary(out, flow, options->want_colour);
	buf_append_str(out, ")\n");
}

static void begin_event(struct format_target *target, const struct flow_view *view)
{
	flow_text_time(target->out, &target->times, view->time);
	if (target->options.want_node)
		event_text_node(target->out, view->node_name);
	buf_append_str(target->out, ": ");
}

static void agent_event_record(struct format_target *target, const struct flow_view *view)
{
	auto_buf struct buf scratch = {};
	struct buf *out = target->out;
	struct agent_event event;

	agent_event_read(&event, view->agent_event, &scratch);
	begin_event(target, view);
	agent_event_type(out, &event);
	buf_append_str(out, " (");
	agent_event_details(out, &target->times, &event);
	buf_append_str(out, ")\n");
}

static void debug_event_record(struct format_target *target, const struct flow_view *view)
{
	auto_buf struct buf scratch = {};
	struct buf *out = target->out;
	struct debug_event event;

	debug_event_read(&event, view->debug_event, &scratch);
	begin_event(target, view);
	debug_event_from(out, &event);
	buf_append_char(out, ' ');
	debug_event_type(out, &event);
	buf_append_str(out, " MARK: ");
	debug_event_mark(out, &event);
	buf_append_str(out, " CPU: ");
	debug_event_cpu(out, &event);
	buf_append_str(out, " (");
	text_append(out, event.message);
	buf_append_str(out, ")\n");
}

static void lost_record(struct format_target *target, const struct flow_view *view)
{
	struct buf *out = target->out;

	flow_text_time(out, &target->times, view->time);
	buf_append_str(out, " EVENTS LOST: ");
	event_text_lost_source(out, &view->lost);
	buf_append_char(out, ' ');
	event_text_lost(out, &target->times, &view->lost, " ");
	buf_append_char(out, '\n');
}

static void (*const kind_rows[])(struct format_target *target, const struct flow_view *view) = {
	[FLOW_VIEW_FLOW] = flow_record,
	[FLOW_VIEW_LOST] = lost_record,
	[FLOW_VIEW_AGENT_EVENT] = agent_event_record,
	[FLOW_VIEW_DEBUG_EVENT] = debug_event_record,
	[FLOW_VIEW_NODE_STATUS] = event_text_node_status,
};
_Static_assert(ARRAY_SIZE(kind_rows) == FLOW_VIEW_MAX, "a row for every kind");

void format_compact_record(struct format_target *target, const struct format_record *record)
{
	if (kind_rows[record->view->kind])
		kind_rows[record->view->kind](target, record->view);
}

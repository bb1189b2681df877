// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hubble's compact format, byte for byte, except that every control character is escaped:
 * TIME[ [NODE]]: SOURCE (ID) ARROW DESTINATION (ID) TYPE VERDICT (SUMMARY)
 */
#include "format.h"

#include <inttypes.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

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

static void append_node(struct buf *out, struct text name)
{
	buf_append_str(out, " [");
	text_append(out, name);
	buf_append_char(out, ']');
}

static void flow_record(const struct format_target *target, const struct flow_view *view)
{
	const struct format_options *options = &target->options;
	const struct flow_fields *flow = &view->flow;
	struct buf *out = target->out;

	flow_text_time(out, flow->time);
	if (options->want_node)
		append_node(out, flow->node_name);
	buf_append_str(out, ": ");
	append_sides(out, flow, options);
	buf_append_char(out, ' ');
	flow_text_type(out, flow);
	buf_append_char(out, ' ');
	flow_text_verdict(out, flow, options->want_colour);
	flow_text_summary(out, flow, options->want_colour);
	buf_append_char(out, '\n');
}

static void lost_record(const struct format_target *target, const struct flow_view *view)
{
	const struct lost_fields *lost = &view->lost;
	struct buf *out = target->out;

	flow_text_time(out, view->time);
	buf_append_str(out, " EVENTS LOST: ");
	names_append(out, NAMES_LOST_SOURCE, lost->source);
	buf_printf(out, " CPU(%" PRId64 ") %" PRIu64, lost->cpu, lost->count);
	if (lost->first.is_set || lost->last.is_set) {
		buf_append_str(out, " (first: ");
		flow_text_time(out, lost->first);
		buf_append_str(out, ", last: ");
		flow_text_time(out, lost->last);
		buf_append_char(out, ')');
	}
	buf_append_char(out, '\n');
}

static void append_node_state(struct buf *out, const struct node_status_fields *status)
{
	auto_buf struct buf names = {};
	size_t count = flow_text_joined(&names, status->names, ", ");

	if (status->state.number == NODE_STATE_ERROR) {
		buf_append_str(out, ": Error \"");
		text_append(out, status->message);
		buf_printf(out, "\" on %zu nodes: ", count);
	} else {
		buf_printf(out, ": %zu nodes are unavailable: ", count);
	}
	if (buf_len(&names))
		buf_append(out, buf_bytes(&names), buf_len(&names));
	buf_append_char(out, '\n');
}

static void node_status_record(const struct format_target *target, const struct flow_view *view)
{
	int64_t state = view->node_status.state.number;

	if (state != NODE_STATE_UNAVAILABLE && state != NODE_STATE_ERROR)
		return;
	flow_text_time(target->err, view->time);
	append_node(target->err, view->node_name);
	append_node_state(target->err, &view->node_status);
}

static void (*const kind_rows[])(const struct format_target *target,
				 const struct flow_view *view) = {
	[FLOW_VIEW_FLOW] = flow_record,
	[FLOW_VIEW_LOST] = lost_record,
	[FLOW_VIEW_NODE_STATUS] = node_status_record,
};
_Static_assert(ARRAY_SIZE(kind_rows) == FLOW_VIEW_MAX, "a row for every kind");

void format_compact_record(const struct format_target *target, const struct format_record *record)
{
	if (kind_rows[record->view->kind])
		kind_rows[record->view->kind](target, record->view);
}

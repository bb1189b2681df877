// SPDX-License-Identifier: BSD-2-Clause
/* Lost events and node states in Hubble's words. */
#include "event_text.h"

#include <inttypes.h>

#include "agent/base/buf.h"

#include "flow_text.h"
#include "format.h"
#include "names_text.h"

void event_text_node(struct buf *out, struct text name)
{
	buf_append_str(out, " [");
	text_append(out, name);
	buf_append_char(out, ']');
}

void event_text_lost_source(struct buf *out, const struct lost_fields *lost)
{
	names_append(out, NAMES_LOST_SOURCE, lost->source);
}

void event_text_lost(struct buf *out, struct time_text *times, const struct lost_fields *lost,
		     const char *gap)
{
	buf_printf(out, "CPU(%" PRId64 ")%s%" PRIu64, lost->cpu, gap, lost->count);
	if (!lost->first.is_set && !lost->last.is_set)
		return;
	buf_append_str(out, " (first: ");
	flow_text_time(out, times, lost->first);
	buf_append_str(out, ", last: ");
	flow_text_time(out, times, lost->last);
	buf_append_char(out, ')');
}

static void append_state(struct buf *out, const struct node_status_fields *status)
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

void event_text_node_status(struct format_target *target, const struct flow_view *view)
{
	int64_t state = view->node_status.state.number;

	if (state != NODE_STATE_UNAVAILABLE && state != NODE_STATE_ERROR)
		return;
	flow_text_time(target->err, &target->times, view->time);
	event_text_node(target->err, view->node_name);
	append_state(target->err, &view->node_status);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Our agent's lines are printed as they come: it writes them in the canonical form, in which they may
 * stand in a file as well. Others, and those of which only a part is wanted, are written anew.
 */
#include "format.h"

#include "agent/base/buf.h"
#include "agent/flow/flow_json.h"

#include "flow_view.h"
#include "json_in.h"

static bool is_node_status(const struct format_record *record)
{
	if (record->view)
		return record->view->kind == FLOW_VIEW_NODE_STATUS;
	return text_is(json_in_first_key(record->line, record->len), "node_status");
}

void format_json_record(struct format_target *target, const struct format_record *record)
{
	const struct format_options *options = &target->options;
	const struct flow_json_options wanted = { options->want_bare, options->mask };
	const struct text line = { record->line, record->len };
	struct flow_json json = { .scratch = &target->scratch };
	struct buf *to = is_node_status(record) ? target->err : target->out;
	bool is_canonical = !options->is_foreign || (record->view && record->view->is_plain);
	bool is_as_it_comes = is_canonical && !options->want_bare && !options->mask;

	if (!is_as_it_comes && !flow_json_append(&json, line, &wanted, to))
		return;
	if (is_as_it_comes)
		buf_append(to, line.bytes, line.len);
	buf_append_char(to, '\n');
	target->unknown = json.unknown;
}

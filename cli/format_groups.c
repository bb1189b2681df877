// SPDX-License-Identifier: BSD-2-Clause
/* Not a row of formats: what --aggregate-by makes of an answer, or of the flows of a file. */
#include "format.h"

#include "flow_view.h"
#include "groups.h"

/* Losses are told, but not among the tables. */
static void other_record(struct format_target *target, const struct format_record *record)
{
	struct format_target aside = *target;

	aside.out = target->err;
	format_compact_record(&aside, record);
}

static void agent_record(struct format_target *target, const struct format_record *record)
{
	struct format_record other = { record->line, record->len, NULL };
	struct flow_view view = {};

	if (groups_table(target->groups, (struct text){ record->line, record->len }, target->out))
		return;
	other.view = &view;
	if (flow_view_parse(&view, record->line, record->len) == 0)
		other_record(target, &other);
	flow_view_done(&view);
}

/* Lines of a file come with their view. */
static void groups_record(struct format_target *target, const struct format_record *record)
{
	if (!record->view)
		agent_record(target, record);
	else if (record->view->kind == FLOW_VIEW_FLOW)
		groups_add(target->groups, (struct text){ record->line, record->len });
	else
		other_record(target, record);
}

static void groups_are_over(struct format_target *target)
{
	if (target->options.is_foreign)
		groups_end(target->groups, target->out);
}

const struct format format_groups = { .name = "table",
				      .record = groups_record,
				      .end = groups_are_over };

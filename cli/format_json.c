// SPDX-License-Identifier: BSD-2-Clause
/* The agent's lines as they are: it writes them in the canonical form. */
#include "format.h"

#include "agent/base/buf.h"

#include "json_in.h"

void format_json_record(const struct format_target *target, const struct format_record *record)
{
	struct text kind = json_in_first_key(record->line, record->len);
	struct buf *to = text_is(kind, "node_status") ? target->err : target->out;

	buf_append(to, record->line, record->len);
	buf_append_char(to, '\n');
}

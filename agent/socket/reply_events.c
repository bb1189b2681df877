// SPDX-License-Identifier: BSD-2-Clause
#include "socket/reply_events.h"

#include "base/buf.h"
#include "base/json_out.h"
#include "socket/control.h"
#include "socket/reply_who.h"

void reply_events_begin(struct reply_events *reply, const struct agent *agent, const char *key,
			struct event_log *log, const struct log_query *asked)
{
	reply->lost = 0;
	(void)event_reader_begin(&reply->reader, agent, key, log, asked);
}

static void write_end(const struct reply_events *reply, struct buf *buf)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "end");
	json_u64_str(&out, "events", log_query_taken(&reply->reader.query));
	json_u64_str(&out, "lost", reply->lost);
	json_object_end(&out);
	json_object_end(&out);
	buf_append_char(buf, '\n');
}

int reply_events_write(struct reply_events *reply, struct buf *out, size_t max, uint64_t *lost)
{
	uint64_t told = event_reader_write(&reply->reader, out, max, false);

	reply->lost += told;
	*lost += told;
	if (event_reader_has_more(&reply->reader))
		return REPLY_MORE;
	if (!reply->reader.query.is_done)
		return REPLY_WAITS;
	write_end(reply, out);
	return REPLY_DONE;
}

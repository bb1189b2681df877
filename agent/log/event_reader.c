// SPDX-License-Identifier: BSD-2-Clause
#include "log/event_reader.h"

#include "agent.h"
#include "base/buf.h"
#include "base/json_out.h"
#include "log/event_log.h"

/* What is done before others have their turn. */
#define SLICE_NS       500000ULL
#define EVENTS_A_SLICE 4096U

int event_reader_begin(struct event_reader *reader, const struct agent *agent, const char *key,
		       struct event_log *log, const struct log_query *asked)
{
	struct log_view view = event_log_view(log);

	*reader = (struct event_reader){ .agent = agent, .key = key, .log = log, .query = *asked };
	return log_query_start(&reader->query, &view);
}

static void write_event(const struct event_reader *reader, uint64_t seq, struct buf *buf)
{
	struct json_out out = { .buf = buf };
	uint64_t time_ns;
	struct text json = event_log_get(reader->log, seq, &time_ns);

	json_object_begin(&out, NULL);
	json_raw(&out, reader->key, json.bytes, json.len);
	json_string(&out, "node_name", reader->agent->node_name);
	json_time(&out, "time", time_ns);
	json_object_end(&out);
	buf_append_char(buf, '\n');
}

uint64_t event_reader_write(struct event_reader *reader, struct buf *out, size_t max, bool is_last)
{
	struct log_view view = event_log_view(reader->log);
	struct log_query *query = &reader->query;
	struct log_slice slice;
	uint64_t seq;

	log_slice_begin(&slice, EVENTS_A_SLICE, SLICE_NS);
	while (buf_len(out) < max && (seq = log_query_next(query, &view, &slice)))
		write_event(reader, seq, out);
	return lost_events_tell(&reader->lost_events, reader->agent, query,
				is_last || query->is_done, out);
}

bool event_reader_has_more(const struct event_reader *reader)
{
	struct log_view view = event_log_view(reader->log);

	return log_query_has_more(&reader->query, &view);
}

// SPDX-License-Identifier: BSD-2-Clause
#include "log/lost_events.h"

#include "agent.h"
#include "base/buf.h"
#include "base/json_out.h"
#include "base/timefmt.h"
#include "kernel/datapath.h"
#include "log/log_query.h"

#define TELL_EVERY_NS 1000000000ULL

static uint64_t ring_lost(const struct agent *agent)
{
	uint64_t counters[WEIR_COUNTER_MAX] = { 0 };

	(void)datapath_counters(agent->datapath, counters);
	return counters[WEIR_EVENTS_LOST];
}

static void write_line(struct buf *buf, const struct agent *agent, const char *source,
		       uint64_t count)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "lost_events");
	json_string(&out, "source", source);
	json_u64_str(&out, "num_events_lost", count);
	json_object_end(&out);
	json_string(&out, "node_name", agent->node_name);
	json_time(&out, "time", time_realtime_ns());
	json_object_end(&out);
	buf_append_char(buf, '\n');
}

void lost_events_start(struct lost_events *lost, const struct agent *agent)
{
	*lost = (struct lost_events){ .has_ring = true, .in_ring = ring_lost(agent) };
}

static void tell_ring(struct lost_events *lost, const struct agent *agent, struct buf *out)
{
	uint64_t in_ring = ring_lost(agent);

	if (in_ring > lost->in_ring)
		write_line(out, agent, "PERF_EVENT_RING_BUFFER", in_ring - lost->in_ring);
	lost->in_ring = in_ring;
}

uint64_t lost_events_tell(struct lost_events *lost, const struct agent *agent,
			  struct log_query *query, bool is_last, struct buf *out)
{
	uint64_t now = time_monotonic_ns(), entries = query->lost;

	if (!is_last && now - lost->told_ns < TELL_EVERY_NS)
		return 0;
	lost->told_ns = now;
	if (entries)
		write_line(out, agent, "HUBBLE_RING_BUFFER", entries);
	query->lost = 0;
	if (lost->has_ring)
		tell_ring(lost, agent, out);
	return entries;
}

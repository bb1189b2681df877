/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GetAgentEvents and GetDebugEvents: a log of events is read as the flow log is, but for filters.
 */
#pragma once

#include <stdint.h>

#include "log/event_reader.h"

struct agent;
struct buf;
struct event_log;

/* It owns nothing. */
struct reply_events {
	struct event_reader reader;
	uint64_t lost;
};

/* asked: of a request that was parsed, so that it can't be wrong. */
void reply_events_begin(struct reply_events *reply, const struct agent *agent, const char *key,
			struct event_log *log, const struct log_query *asked);
/*
 * Writes lines while there is room: less than max in out. REPLY_DONE, with the line that ends the answer;
 * REPLY_MORE; REPLY_WAITS, for events (reply_who.h). Losses that it tells it adds to *lost.
 */
int reply_events_write(struct reply_events *reply, struct buf *out, size_t max, uint64_t *lost);

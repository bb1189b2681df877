/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a log of events (event_log.h) as lines of JSON: for a client, for the file of the export.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/log_query.h"
#include "log/lost_events.h"

struct agent;
struct buf;
struct event_log;

/* It owns nothing. */
struct event_reader {
	const struct agent *agent;
	struct event_log *log; /* NULL: nothing is ever told there */
	const char *key;       /* of the event in its line */
	struct log_query query;
	struct lost_events lost_events;
};

/* -EINVAL: first together with follow. */
int event_reader_begin(struct event_reader *reader, const struct agent *agent, const char *key,
		       struct event_log *log, const struct log_query *asked);
/*
 * Appends lines as long as out has less than max bytes, and what has been lost, if it is time to
 * tell that or is_last says that nothing will be read any more. Returns how many were.
 */
uint64_t event_reader_write(struct event_reader *reader, struct buf *out, size_t max, bool is_last);
/* There is more in the log. */
bool event_reader_has_more(const struct event_reader *reader);

/* SPDX-License-Identifier: BSD-2-Clause */
/* What is no flow, as Hubble words it: lost events and the state of nodes. */
#pragma once

#include "flow_view.h"

struct buf;
struct format_target;
struct time_text;

/* " [host1]" */
void event_text_node(struct buf *out, struct text name);
/* "HUBBLE_RING_BUFFER" */
void event_text_lost_source(struct buf *out, const struct lost_fields *lost);
/* "CPU(0) 17 (first: TIME, last: TIME)"; gap stands before the number. */
void event_text_lost(struct buf *out, struct time_text *times, const struct lost_fields *lost,
		     const char *gap);
/* A line on `err` of nodes that are in trouble; nothing of others. */
void event_text_node_status(struct format_target *target, const struct flow_view *view);

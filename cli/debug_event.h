/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's DebugEvent, read out of JSON and put into Hubble's words. weir's agent has none to tell
 * of: these are in files.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "json_fields.h"

struct buf;

struct debug_event {
	struct enum_value type;
	bool has_source;
	uint64_t id;
	struct text namespace, pod;
	struct text labels;    /* a JSON array */
	struct text hash, cpu; /* as written; wrapped: 0 is not the same as absent */
	struct text message;
};

/* Texts are in json or in scratch. What is no object is an event of which nothing is known. */
void debug_event_read(struct debug_event *event, struct text json, struct buf *scratch);
/* "DBG_CT_LOOKUP" */
void debug_event_type(struct buf *out, const struct debug_event *event);
/* "shop/cart (ID: 12)", "reserved:host (ID: 1)", "ID: 12", "N/A" */
void debug_event_from(struct buf *out, const struct debug_event *event);
/* "0xabcd", "N/A" */
void debug_event_mark(struct buf *out, const struct debug_event *event);
/* "01", "N/A" */
void debug_event_cpu(struct buf *out, const struct debug_event *event);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pieces of a flow as Hubble words them, for the formats that people read. All text that came
 * from elsewhere is escaped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow_view.h"

struct buf;
struct format_options;
struct time_text;

/* In the style of times, or N/A. */
void flow_text_time(struct buf *out, struct time_text *times, struct json_time time);
/* The strings of a JSON array; returns their number. */
size_t flow_text_joined(struct buf *out, struct text names, const char *separator);
/* Name or address and port; the MAC address of a flow without IP. */
void flow_text_host(struct buf *out, const struct flow_fields *flow, const struct flow_side *side,
		    const struct format_options *options);
/* " [curl/4242 nginx.service]"; nothing if neither is known. */
void flow_text_process(struct buf *out, const struct flow_side *side);
/* "(host)", "(ID:4242)" */
void flow_text_identity(struct buf *out, uint64_t identity, bool want_colour);
/* "to-stack", "dns-request proxy" */
void flow_text_type(struct buf *out, const struct flow_fields *flow);
/* "FORWARDED"; with policies "ALLOWED BY allow-all (CiliumNetworkPolicy)" */
void flow_text_verdict(struct buf *out, const struct flow_fields *flow,
		       const struct format_options *options);
void flow_text_summary(struct buf *out, const struct flow_fields *flow, bool want_colour);

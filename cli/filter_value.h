/* SPDX-License-Identifier: BSD-2-Clause */
/* How the values of filter flags are written as JSON: each is a filter_write_fn (filter_key.h). */
#pragma once

#include "agent/base/options.h"

struct json_out;

#define FILTER_WRITE(kind)                                               \
	int filter_write_##kind(struct json_out *out, const char *value, \
				char reason[static OPTION_REASON_SIZE])

FILTER_WRITE(text); /* what the agent checks */
FILTER_WRITE(bool);
FILTER_WRITE(port); /* "80", "https"; the number is checked by the agent */
FILTER_WRITE(verdict);
FILTER_WRITE(drop_reason);
FILTER_WRITE(direction);
FILTER_WRITE(type); /* "trace:to-stack", "4:3" */
FILTER_WRITE(tcp_flags);
FILTER_WRITE(ip_version);
FILTER_WRITE(ip_trace_id);
FILTER_WRITE(identity);	 /* a number or "world" */
FILTER_WRITE(workload);	 /* "[Kind/]name" */
FILTER_WRITE(interface); /* its name */
FILTER_WRITE(header);	 /* "name:value" */
FILTER_WRITE(uid);
FILTER_WRITE(netns);
FILTER_WRITE(event);
FILTER_WRITE(bytes); /* "1000000", "1M" */
FILTER_WRITE(duration);
FILTER_WRITE(where); /* filter_where.c */

/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's ServerStatus, decoded, and the ways to print it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/options.h"

#include "text.h"

struct buf;
struct json_object;

struct status {
	const char *address;
	struct text line;		/* as the agent sent it */
	struct json_object *extensions; /* borrowed; NULL: none */
	uint64_t num_flows, max_flows, seen_flows, uptime_ns;
	double flows_rate;
	struct text version;
};

/* Borrows everything it is given. */
void status_parse(struct status *status, const char *address, struct text line,
		  struct json_object *json);

struct status_format {
	const char *name;
	void (*print)(const struct status *status, struct buf *out);
};

/* NULL: the default, compact. NULL if there is no such format. */
const struct status_format *status_format_find(const char *name);
/* For the option: -EINVAL with the reason. */
int status_format_check(const char *name, char reason[static OPTION_REASON_SIZE]);

/* 12.35: what the agent measured, else the mean since its start. N/A if neither is known. */
void status_append_rate(struct buf *out, const struct status *status);
/* " (6.25%)"; nothing where there is no whole. */
void status_append_percent(struct buf *out, uint64_t part, uint64_t whole);

/* The rows' functions that are files of their own. */
void status_print_compact(const struct status *status, struct buf *out);

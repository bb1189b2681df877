/* SPDX-License-Identifier: BSD-2-Clause */
/* Which flows are asked for: flags -> GetFlowsRequest in proto3 JSON. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/options.h"

struct buf;
struct raw_filters;

/* 0 and NULL: not given. */
struct flow_selectors {
	uint64_t last, first;
	bool all, follow;
	bool is_events; /* not of flows: who follows gets the last ones, too, as with Hubble */
	bool is_file;	/* of a file: all of it if nothing else is chosen */
	char *since, *until;
	const char *aggregate_by; /* all of them then, too; the agent counts, unless it is a file */
	const struct str_list *mask; /* what of them is told; of a file nobody else cuts it */
};

/* For the options: these two select in ways that nobody can mean at once. */
bool flow_request_exclude(const struct option_row *row, const struct option_row *other,
			  const void *target);
/* For the options --since and --until: -EINVAL with the reason in Hubble's words. */
int flow_request_check_since(const char *text, char reason[static OPTION_REASON_SIZE]);
int flow_request_check_until(const char *text, char reason[static OPTION_REASON_SIZE]);
/* Appends the request to params. -EINVAL after a message in Hubble's words. */
int flow_request_build(const struct flow_selectors *selectors, const struct raw_filters *filters,
		       uint64_t now_ns, struct buf *params);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output formats of flows: a row each. begin and end may be NULL. A record is one line of the
 * agent's answer; what is for people rather than data (node status) goes to `err`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/options.h"

struct buf;
struct flow_view;

struct format_options {
	bool want_colour;
	bool want_names; /* instead of addresses */
	bool want_node;
	bool want_process;
};

struct format_record {
	const char *line; /* as the agent sent it, without the newline */
	size_t len;
	const struct flow_view *view; /* only for formats that want it */
};

struct format_target {
	struct format_options options;
	struct buf *out, *err;
};

struct format {
	const char *name;
	bool want_view;
	bool want_process;
	void (*begin)(const struct format_target *target);
	void (*record)(const struct format_target *target, const struct format_record *record);
	void (*end)(const struct format_target *target);
};

/* NULL: the default, compact. NULL if there is no such format. */
const struct format *format_find(const char *name);
/* For the option: -EINVAL with the reason. */
int format_check(const char *name, char reason[static OPTION_REASON_SIZE]);

/* The functions behind the rows. */
void format_compact_record(const struct format_target *target, const struct format_record *record);
void format_json_record(const struct format_target *target, const struct format_record *record);

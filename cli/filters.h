/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which flows are wanted: the filter flags of observe -> whitelist and blacklist, lists of Hubble's
 * FlowFilter in proto3 JSON. A flow is shown if one of the whitelist matches it (or there is none)
 * and none of the blacklist.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/buf.h"
#include "agent/base/options.h"

#include "filter_list.h"

#define FILTERS_NO_CEL "weir knows no CEL: --where takes an expression"

/* What the options fill. All zeros: none. */
struct filters {
	struct filter_list allow, deny;
	bool is_not; /* --not came last */
	bool print_raw;
	struct str_list allowlist, denylist; /* more of them, as JSON */
};

/* Hubble's flags, weir's own, and those that take whole filters; all fill a struct filters. */
extern const struct option_row filter_options[], filter_own_options[], filter_raw_options[];

/*
 * JSON arrays of objects, "[{...},{...}]"; empty where there are none. No NUL at their ends. Begins
 * as zeros.
 */
struct raw_filters {
	struct buf whitelist, blacklist;
};

void raw_filters_done(struct raw_filters *lists);

#define auto_raw_filters __attribute__((cleanup(raw_filters_done)))

/* 0, -EINVAL or -ENOMEM after a message. */
int filters_build(const struct filters *filters, struct raw_filters *ret);
/* --print-raw-filters: appends them as YAML, which a configuration file could hold. */
void filters_print(const struct raw_filters *lists, struct buf *out);

/* For the options: data is a struct filters. */
int filters_end(void *data);
void filters_done(void *data);

/* SPDX-License-Identifier: BSD-2-Clause */
/* --export-allowlist and --export-denylist: which records go to the file. */
#pragma once

#include "base/options.h"

struct filter;

/* For the rows of both: a value is Hubble's FlowFilters in JSON, one behind the other. */
int export_filter_check(const char *text, char reason[static OPTION_REASON_SIZE]);
/* Of values that were checked. *ret NULL: all records. -errno. */
int export_filter_new(struct filter **ret, const struct str_list *allow,
		      const struct str_list *deny);

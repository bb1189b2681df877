/* SPDX-License-Identifier: BSD-2-Clause */
/* Which filter flags and which of their values do not go together. */
#pragma once

#include "filter_list.h"

/* May row be given beside what the list has? 0, or -EINVAL with the reason. */
int filter_conflict_check_flags(const struct filter_list *list, const struct option_row *row,
				char reason[static OPTION_REASON_SIZE]);
/*
 * For the options: flags that exclude each other, whatever their values; target is a struct filters.
 * What is denied excludes nothing: only the command line can deny, and only there it is held against
 * what else is denied.
 */
bool filter_conflict_excludes(const struct option_row *row, const struct option_row *other,
			      const void *target);
/* Do the namespaces of pods and services agree with each other and with --namespace? Likewise. */
int filter_conflict_check_names(const struct filter_list *list,
				char reason[static OPTION_REASON_SIZE]);

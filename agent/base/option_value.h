/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The member of a struct that an option row describes: set from text, refused with a reason.
 * Only options.c needs it.
 */
#pragma once

#include <stdbool.h>

#include "options.h"

bool option_is_list(const struct option_row *row);
/*
 * A list grows, everything else is replaced. 0, or -EINVAL with the reason ("not true or false") for
 * the end of a message; the member is then as it was, but for a list out of memory.
 */
int option_set(const struct option_row *row, void *target, const char *value,
	       char reason[static OPTION_REASON_SIZE]);
/* The same answer, and nothing is set; of OPT_CALL always 0. */
int option_check(const struct option_row *row, const char *value,
		 char reason[static OPTION_REASON_SIZE]);
/* Frees a string or a list. */
void option_clear(const struct option_row *row, void *target);

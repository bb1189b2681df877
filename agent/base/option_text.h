/* SPDX-License-Identifier: BSD-2-Clause */
/* An option's member as text: the other way round than option_value.h. */
#pragma once

#include "options.h"

struct buf;

/*
 * Appends what option_set() would take for it. Of a list, and of what a call has made, nothing; nor
 * of a string that is not set.
 */
void option_to_text(const struct option_row *row, const void *member, struct buf *out);

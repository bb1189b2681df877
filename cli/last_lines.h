/* SPDX-License-Identifier: BSD-2-Clause */
/* The last lines of many: a ring of copies that is as large as it has to be. All zeros but max is empty. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct last_lines {
	uint64_t max; /* not 0 */
	struct last_line **lines;
	size_t count, size;
	size_t oldest;
};

void last_lines_done(struct last_lines *last);

/* 0 or -ENOMEM. */
int last_lines_add(struct last_lines *last, struct text line);
/* From 0, the oldest. */
struct text last_lines_at(const struct last_lines *last, size_t index);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of Verify's answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* What was compared, both numbers, whether they agree, and a note unless it is "". Returns ok. */
bool verify_line(struct buf *buf, const char *what, uint64_t weir, uint64_t kernel, bool ok,
		 const char *note);

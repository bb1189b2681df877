/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that came from elsewhere, on its way to a terminal. Names and summaries are written by
 * whoever makes a packet, a container or an interface: what could move the cursor, forge a line
 * or turn it around is written as an escape.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/base/text.h"

struct buf;

/* \n \r \t, ESC as ^[, other control characters \u00XX, bytes that are not UTF-8 \xXX. */
void text_append(struct buf *out, struct text text);
/* Columns of text that text_append() wrote: one a character. */
size_t text_width(const char *bytes, size_t len);
/* 1234567 as 1,234,567. */
void text_append_grouped(struct buf *out, uint64_t number);

/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of JSON that wait to be sent. */
#pragma once

#include <stdint.h>

struct buf;

/*
 * Takes those out whose first key is this one, of the answer that runs: those behind the last "end" or
 * "error". Returns how many. The first line stays, as a part of it may have been sent.
 */
uint64_t json_lines_drop(struct buf *buf, const char *key);

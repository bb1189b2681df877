/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "base/text.h"

struct buf;

/*
 * Appends JSON, taken whole by json_scan, as our agent would write it: without blanks, and with
 * every character escaped that a terminal must not be shown. What scratch holds is overwritten.
 */
void json_copy(struct buf *out, struct text json, struct buf *scratch);

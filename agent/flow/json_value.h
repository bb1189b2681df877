/* SPDX-License-Identifier: BSD-2-Clause */
/* What a JSON string or number says: proto3 writes 64-bit numbers as strings, and times are strings. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* False: it is none, and *ret as it was. */
bool json_value_u64(struct text text, uint64_t *ret);
bool json_value_i64(struct text text, int64_t *ret);
/* RFC 3339, as ns since 1970. */
bool json_value_time(struct text text, uint64_t *ret);
/* Is it such a time, though it may be before 1970 as Go's zero time is, or later than 64 bits tell? */
bool json_value_is_time(struct text text);

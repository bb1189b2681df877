/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in filter flags, refused in the words of Go's strconv, which Hubble passes on. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Decimal, 0 .. max. 0, or -EINVAL with why ("strconv.ParseUint: parsing "x": invalid syntax"). */
int filter_number_parse(const char *text, uint64_t max, uint64_t *ret, char *why, size_t why_size);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checked parsing of numbers, sizes and durations: the whole string must match, no sign, no
 * blanks. Each returns 0, -EINVAL (not a number) or -ERANGE; *ret is untouched on failure.
 */
#pragma once

#include <stdint.h>

/* Decimal, 0 .. max. */
int num_parse_u64(const char *text, uint64_t max, uint64_t *ret);
/* A number with an optional K, M or G (times 1024 each; "8M"), "KiB" and so on alike. */
int num_parse_size(const char *text, uint64_t *ret_bytes);
/* Go's durations: "5s", "1h30m", "250ms", "1.5s", units ns us µs ms s m h; "0" alone is
 * allowed. At most 2^63 - 1 ns, as in Go. */
int num_parse_duration(const char *text, uint64_t *ret_ns);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checked parsing of numbers, sizes and durations: the whole string must match, no sign, no
 * blanks. Each returns 0, -EINVAL (not a number) or -ERANGE; *ret is untouched on failure.
 */
#pragma once

#include <stdint.h>

/* Decimal, 0 .. max. */
int num_parse_u64(const char *text, uint64_t max, uint64_t *ret);
/*
 * Bytes, with a unit or without: "8M" and "8MiB" are times 1024, "8MB" times 1000; K, M, G and T, in
 * any case, and parts of them: "1.5G".
 */
int num_parse_size(const char *text, uint64_t *ret_bytes);
/* Go's durations: "5s", "1h30m", "250ms", "1.5s", units ns us µs ms s m h; and d, of 24 hours. "0"
 * alone is allowed. At most 2^63 - 1 ns, as in Go. */
int num_parse_duration(const char *text, uint64_t *ret_ns);

/* What a text is not that these refuse, in all messages. */
#define NUM_U32_IS	     "a whole number from 0 to 4294967295"
#define NUM_U64_IS	     "a whole number from 0 to 18446744073709551615"
#define NUM_SIZE_SUCH_AS     "a size such as 10k, 8M or 1.5GiB (powers of 1024) or 1MB (of 1000)"
#define NUM_DURATION_SUCH_AS "a duration such as 1.5s, 100ms or 2h30m (ns, us, ms, s, m, h, d)"

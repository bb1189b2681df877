/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times as text. All times are ns since 1970-01-01 UTC; durations are ns.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TIME_RFC3339_SIZE sizeof("2026-11-21T21:00:03.412345678Z")
#define DURATION_SIZE	  32

/* "2026-11-21T21:00:03.412Z": 0, 3, 6 or 9 digits of fraction, the fewest that lose nothing. Returns its length. */
size_t time_to_rfc3339(uint64_t ns, char text[static TIME_RFC3339_SIZE]);
/*
 * What --since and --until accept (facts of Hubble): a duration counted back from now_ns, or
 * YYYY-MM-DD, YYYY-MM-DDTHHZ, YYYY-MM-DDTHH:MMZ (or with +hh:mm), RFC 3339 with fraction,
 * RFC 1123 with numeric zone. 0 or -EINVAL.
 */
int time_parse(const char *text, uint64_t now_ns, uint64_t *ret_ns);
/*
 * RFC 3339 only, any number of fraction digits. 0, -EINVAL, or -ERANGE: that is a time, but before
 * 1970 or later than 64 bits tell.
 */
int time_from_rfc3339(const char *text, uint64_t *ret_ns);
/* For bounds: of a time that 64 bits don't tell the nearest that they do. 0, -EINVAL. */
int time_nearest_from_rfc3339(const char *text, uint64_t *ret_ns);
/* For people: "3.2s", "412us", "5m3s", "2h5m", "3d4h": two or three digits that matter. */
void duration_to_str(uint64_t ns, char text[static DURATION_SIZE]);
/* Go's time.Duration.String(): "1h2m3.000000123s", "0s", "250ms". */
void duration_to_go(uint64_t ns, char text[static DURATION_SIZE]);
/* For people, SI: "950B", "12.3kB", "1.2MB", "27.0GB". */
void bytes_to_str(uint64_t bytes, char text[static DURATION_SIZE]);
/* Now, ns since 1970; and CLOCK_MONOTONIC. */
uint64_t time_realtime_ns(void);
uint64_t time_monotonic_ns(void);
/* Processor time that this thread has used. */
uint64_t time_worked_ns(void);

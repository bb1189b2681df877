// SPDX-License-Identifier: BSD-2-Clause
/*
 * Durations and byte counts for people, and durations as Go prints them: the second half of
 * timefmt.h.
 */
#include "timefmt.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_US   1000ULL
#define NS_PER_MS   1000000ULL
#define NS_PER_SEC  1000000000ULL
#define SEC_PER_DAY 86400

struct scale {
	uint64_t factor;
	const char *name;
};

/* One decimal below 100 unless it is dropped as ".0"; cut off, not rounded: 999.96ms stay ms. */
static void print_scaled(uint64_t value, const struct scale *scale, bool keep_zero,
			 char text[static DURATION_SIZE])
{
	uint64_t whole = value / scale->factor;
	unsigned int tenth = (unsigned int)(value % scale->factor * 10 / scale->factor);

	if (scale->factor == 1 || whole >= 100 || (tenth == 0 && !keep_zero))
		snprintf(text, DURATION_SIZE, "%" PRIu64 "%s", whole, scale->name);
	else
		snprintf(text, DURATION_SIZE, "%" PRIu64 ".%u%s", whole, tenth, scale->name);
}

/* "5m3s"; the smaller unit is left out when there is none of it. */
static void print_two(uint64_t big, char big_unit, uint64_t small, char small_unit,
		      char text[static DURATION_SIZE])
{
	int len = snprintf(text, DURATION_SIZE, "%" PRIu64 "%c", big, big_unit);

	if (small)
		snprintf(text + len, DURATION_SIZE - (size_t)len, "%" PRIu64 "%c", small,
			 small_unit);
}

void duration_to_str(uint64_t ns, char text[static DURATION_SIZE])
{
	static const struct scale scales[] = {
		{ NS_PER_SEC, "s" }, { NS_PER_MS, "ms" }, { NS_PER_US, "us" }, { 1, "ns" }
	};
	const struct scale *scale = scales;
	uint64_t sec = ns / NS_PER_SEC;

	if (sec >= SEC_PER_DAY) {
		print_two(sec / SEC_PER_DAY, 'd', sec / 3600 % 24, 'h', text);
	} else if (sec >= 3600) {
		print_two(sec / 3600, 'h', sec / 60 % 60, 'm', text);
	} else if (sec >= 60) {
		print_two(sec / 60, 'm', sec % 60, 's', text);
	} else if (ns == 0) {
		memcpy(text, "0s", sizeof("0s"));
	} else {
		while (ns < scale->factor)
			scale++;
		print_scaled(ns, scale, false, text);
	}
}

/* value of 10^digits, without trailing zeros: "3", "3.5". */
static int print_fraction(char *text, size_t size, uint64_t value, int digits)
{
	uint64_t one = 1;

	for (int i = 0; i < digits; i++)
		one *= 10;
	if (value % one == 0)
		return snprintf(text, size, "%" PRIu64, value / one);
	while (value % 10 == 0) {
		value /= 10;
		one /= 10;
		digits--;
	}
	return snprintf(text, size, "%" PRIu64 ".%0*" PRIu64, value / one, digits, value % one);
}

void duration_to_go(uint64_t ns, char text[static DURATION_SIZE])
{
	char seconds[DURATION_SIZE];
	uint64_t minutes = ns / (60 * NS_PER_SEC);
	const char *unit = "s";
	int digits = 9;

	if (ns == 0) {
		digits = 0;
	} else if (ns < NS_PER_US) {
		unit = "ns";
		digits = 0;
	} else if (ns < NS_PER_MS) {
		unit = "\u00b5s";
		digits = 3;
	} else if (ns < NS_PER_SEC) {
		unit = "ms";
		digits = 6;
	}
	print_fraction(seconds, sizeof(seconds), ns % (60 * NS_PER_SEC), digits);
	if (minutes >= 60) {
		snprintf(text, DURATION_SIZE, "%" PRIu64 "h%" PRIu64 "m%.12s%s", minutes / 60,
			 minutes % 60, seconds, unit);
	} else if (minutes) {
		snprintf(text, DURATION_SIZE, "%" PRIu64 "m%.12s%s", minutes, seconds, unit);
	} else {
		snprintf(text, DURATION_SIZE, "%.12s%s", seconds, unit);
	}
}

void bytes_to_str(uint64_t bytes, char text[static DURATION_SIZE])
{
	static const struct scale scales[] = {
		{ 1000000000000000000, "EB" },
		{ 1000000000000000, "PB" },
		{ 1000000000000, "TB" },
		{ 1000000000, "GB" },
		{ 1000000, "MB" },
		{ 1000, "kB" },
		{ 1, "B" },
	};
	const struct scale *scale = scales;

	while (bytes < scale->factor && scale->factor > 1)
		scale++;
	print_scaled(bytes, scale, true, text);
}

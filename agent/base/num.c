// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers as people type them. Everything is read digit by digit, so that no sign, blank or
 * base prefix slips through and an overflow is told from nonsense.
 */
#include "num.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"

/* As many digits of a fraction as matter: a terabyte has 1.1e12 bytes, a day 8.6e13 ns. */
#define FRACTION_DIGITS 18

struct unit {
	const char *name;
	uint64_t factor;
};

/* As dd and df have them: a letter alone is binary, with "B" it is decimal. Case does not matter. */
static const struct unit size_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "K", 1ULL << 10 },
	{ "KiB", 1ULL << 10 },
	{ "kB", 1000 },
	{ "M", 1ULL << 20 },
	{ "MiB", 1ULL << 20 },
	{ "MB", 1000000 },
	{ "G", 1ULL << 30 },
	{ "GiB", 1ULL << 30 },
	{ "GB", 1000000000 },
	{ "T", 1ULL << 40 },
	{ "TiB", 1ULL << 40 },
	{ "TB", 1000000000000 },
};

static const struct unit duration_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\u00b5s", 1000 }, /* micro sign */
	{ "\u03bcs", 1000 }, /* Greek mu */
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * 1000000000ULL },
	{ "h", 3600 * 1000000000ULL },
	{ "d", 86400 * 1000000000ULL },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads all digits at *at and moves past them; *ret saturates and *too_big tells of it. */
static void take_digits(const char **at, uint64_t *ret, bool *too_big)
{
	uint64_t value = 0;

	for (; is_digit(**at); (*at)++) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value)) {
			*too_big = true;
			value = UINT64_MAX;
		}
	}
	*ret = value;
}

typedef int (*compare_fn)(const char *a, const char *b, size_t len);

static const struct unit *find_unit(const struct unit *units, size_t count, compare_fn compare,
				    const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(units[i].name) == len && compare(units[i].name, name, len) == 0)
			return &units[i];
	}
	return NULL;
}

int num_parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	const char *at = text;
	bool too_big = false;
	uint64_t value;

	take_digits(&at, &value, &too_big);
	if (at == text || *at)
		return -EINVAL;
	if (too_big || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

struct decimal {
	uint64_t whole;
	uint64_t fraction; /* of scale */
	uint64_t scale;
};

/* "1", "1.5", ".5" and, as in Go, "1.". False where there is no digit at all. */
static bool take_decimal(const char **at, struct decimal *ret, bool *too_big)
{
	const char *begin = *at;
	bool any;

	*ret = (struct decimal){ .scale = 1 };
	take_digits(at, &ret->whole, too_big);
	any = *at > begin;
	if (**at != '.')
		return any;
	begin = ++*at;
	for (; is_digit(**at); (*at)++) {
		if (*at - begin >= FRACTION_DIGITS)
			continue;
		ret->fraction = ret->fraction * 10 + (uint64_t)(**at - '0');
		ret->scale *= 10;
	}
	return any || *at > begin;
}

/* Cut off, not rounded. False: the sum is more than max. */
static bool add_scaled(const struct decimal *number, uint64_t factor, uint64_t max, uint64_t *total)
{
	uint64_t whole;
	unsigned __int128 part = (unsigned __int128)number->fraction * factor / number->scale;

	return !__builtin_mul_overflow(number->whole, factor, &whole) &&
	       !__builtin_add_overflow(*total, whole, total) &&
	       !__builtin_add_overflow(*total, (uint64_t)part, total) && *total <= max;
}

int num_parse_size(const char *text, uint64_t *ret_bytes)
{
	const struct unit *unit;
	const char *at = text;
	struct decimal number;
	bool too_big = false;
	uint64_t total = 0;

	if (!take_decimal(&at, &number, &too_big))
		return -EINVAL;
	unit = find_unit(size_units, ARRAY_SIZE(size_units), strncasecmp, at, strlen(at));
	/* There are no parts of a byte, and "1." is nobody's number. */
	if (!unit || (unit->factor == 1 && memchr(text, '.', (size_t)(at - text))))
		return -EINVAL;
	if (!add_scaled(&number, unit->factor, UINT64_MAX, &total) || too_big)
		return -ERANGE;
	*ret_bytes = total;
	return 0;
}

int num_parse_duration(const char *text, uint64_t *ret_ns)
{
	const char *at = text;
	bool too_big = false;
	uint64_t total = 0;

	if (strcmp(text, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	do {
		const struct unit *unit;
		struct decimal number;
		size_t len;

		if (!take_decimal(&at, &number, &too_big))
			return -EINVAL;
		len = strcspn(at, ".0123456789");
		unit = find_unit(duration_units, ARRAY_SIZE(duration_units), strncmp, at, len);
		if (!unit)
			return -EINVAL;
		if (!add_scaled(&number, unit->factor, INT64_MAX, &total))
			too_big = true;
		at += len;
	} while (*at);
	if (too_big)
		return -ERANGE;
	*ret_ns = total;
	return 0;
}

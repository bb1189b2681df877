// SPDX-License-Identifier: BSD-2-Clause
#include "json_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/timefmt.h"

/* RFC 3339 with a long fraction and a numeric zone; what is longer is no time. */
#define TIME_TEXT_SIZE 48
#define DIGITS_SIZE    sizeof("18446744073709551615")
#define SHORT_LEN      18 /* digits: less than INT64_MAX */
#define REAL_SIZE      64
#define WHOLE_MAX      9007199254740992.0

static bool copy(struct text text, char *str, size_t size)
{
	if (!text.len || text.len >= size)
		return false;
	memcpy(str, text.bytes, text.len);
	str[text.len] = '\0';
	return true;
}

/* JSON may write a whole number as 80.0 or 8e1; whole beyond 2^53 a double is by chance. */
static bool parse_real(struct text text, uint64_t max, uint64_t *ret)
{
	char digits[REAL_SIZE], *end;
	double value;

	if (!copy(text, digits, sizeof(digits)) || strspn(digits, "0123456789.eE+-") != text.len)
		return false;
	value = strtod(digits, &end);
	if (*end || value < 0 || value > WHOLE_MAX || (double)(uint64_t)value < value)
		return false;
	*ret = (uint64_t)value;
	return *ret <= max;
}

static bool is_real(struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.bytes[i] == '.' || (text.bytes[i] | 0x20) == 'e')
			return true;
	}
	return false;
}

/* A few digits, as numbers are as a rule: they are no more than any max. */
static bool parse_short(struct text text, uint64_t *ret)
{
	uint64_t number = 0;

	if (!text.len || text.len > SHORT_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(text.bytes[i] - '0');
	}
	*ret = number;
	return true;
}

static bool parse(struct text text, uint64_t max, uint64_t *ret)
{
	char digits[DIGITS_SIZE];

	if (parse_short(text, ret))
		return true;
	if (is_real(text))
		return parse_real(text, max, ret);
	return copy(text, digits, sizeof(digits)) && strlen(digits) == text.len &&
	       num_parse_u64(digits, max, ret) == 0;
}

bool json_value_u64(struct text text, uint64_t *ret)
{
	return parse(text, UINT64_MAX, ret);
}

bool json_value_i64(struct text text, int64_t *ret)
{
	bool is_negative = text.len && text.bytes[0] == '-';
	uint64_t number;

	if (is_negative) {
		text.bytes++;
		text.len--;
	}
	if (!parse(text, INT64_MAX, &number))
		return false;
	*ret = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

bool json_value_is_time(struct text text)
{
	char str[TIME_TEXT_SIZE];
	uint64_t ns;
	int r;

	if (!copy(text, str, sizeof(str)))
		return false;
	r = time_from_rfc3339(str, &ns);
	return r == 0 || r == -ERANGE;
}

bool json_value_time(struct text text, uint64_t *ret)
{
	char str[TIME_TEXT_SIZE];

	return copy(text, str, sizeof(str)) && time_from_rfc3339(str, ret) == 0;
}

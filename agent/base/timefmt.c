// SPDX-License-Identifier: BSD-2-Clause
/*
 * Times as text and back; durations are in duration.c. Calendar arithmetic is done here rather than by
 * gmtime_r() and timegm(): records carry several times each, and a day that does not exist must
 * be refused, not moved into the next month.
 */
#include "timefmt.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cleanup.h"
#include "num.h"

#define NS_PER_US   1000ULL
#define NS_PER_MS   1000000ULL
#define NS_PER_SEC  1000000000ULL
#define SEC_PER_DAY 86400

struct civil {
	unsigned int year, month, day, hour, minute, second, ns;
};

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char weekdays[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

/*
 * Years are counted from March, so that the leap day is the last of its year and the months'
 * lengths follow (153 * m + 2) / 5; 400 years have 146097 days, and 1970 began 719468 days
 * after 0000-03-01.
 */
static struct civil civil_from_ns(uint64_t ns)
{
	uint64_t sec = ns / NS_PER_SEC;
	unsigned int rest = (unsigned int)(sec % SEC_PER_DAY);
	unsigned int days = (unsigned int)(sec / SEC_PER_DAY) + 719468;
	unsigned int era = days / 146097, of_era = days % 146097;
	unsigned int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned int of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned int month = (5 * of_year + 2) / 153;

	return (struct civil){
		.year = year + era * 400 + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60,
		.ns = (unsigned int)(ns % NS_PER_SEC),
	};
}

static int64_t civil_to_sec(const struct civil *civil)
{
	int64_t year = (int64_t)civil->year - (civil->month <= 2);
	int64_t month = (civil->month + 9) % 12;
	int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
		       civil->day - 1 - 719468;

	return ((days * 24 + civil->hour) * 60 + civil->minute) * 60 + civil->second;
}

static bool civil_exists(const struct civil *civil)
{
	static const uint8_t lengths[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = civil->year % 4 == 0 && (civil->year % 100 != 0 || civil->year % 400 == 0);
	unsigned int length;

	if (civil->year == 0 || civil->month < 1 || civil->month > 12)
		return false;
	length = lengths[civil->month - 1] + (civil->month == 2 && leap);
	return civil->day >= 1 && civil->day <= length && civil->hour < 24 && civil->minute < 60 &&
	       civil->second < 60;
}

/* Writes exactly count digits, the last ones if there are more. */
static char *put_digits(char *at, unsigned int value, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + count;
}

static char *put_fraction(char *at, unsigned int ns)
{
	if (ns == 0)
		return at;
	*at++ = '.';
	if (ns % NS_PER_MS == 0)
		return put_digits(at, ns / NS_PER_MS, 3);
	if (ns % NS_PER_US == 0)
		return put_digits(at, ns / NS_PER_US, 6);
	return put_digits(at, ns, 9);
}

size_t time_to_rfc3339(uint64_t ns, char text[static TIME_RFC3339_SIZE])
{
	struct civil civil = civil_from_ns(ns);
	char *at = put_digits(text, civil.year, 4);

	*at++ = '-';
	at = put_digits(at, civil.month, 2);
	*at++ = '-';
	at = put_digits(at, civil.day, 2);
	*at++ = 'T';
	at = put_digits(at, civil.hour, 2);
	*at++ = ':';
	at = put_digits(at, civil.minute, 2);
	*at++ = ':';
	at = put_digits(at, civil.second, 2);
	at = put_fraction(at, civil.ns);
	*at++ = 'Z';
	*at = '\0';
	return (size_t)(at - text);
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool take_digits(const char **at, int count, unsigned int *ret)
{
	unsigned int value = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (unsigned int)(**at - '0');
	}
	*ret = value;
	return true;
}

/* Any number of digits after the point; those below a nanosecond are dropped. */
static bool take_fraction(const char **at, unsigned int *ret_ns)
{
	unsigned int ns = 0, scale = NS_PER_SEC / 10;
	const char *begin;

	if (!take_char(at, '.'))
		return true;
	for (begin = *at; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
		ns += scale * (unsigned int)(**at - '0');
	*ret_ns = ns;
	return *at > begin;
}

/* "+hh:mm", or "+hhmm" without the colon. */
static bool take_offset(const char **at, bool colon, int *ret_sec)
{
	bool west = **at == '-';
	unsigned int hours, minutes;

	if (!take_char(at, '+') && !take_char(at, '-'))
		return false;
	if (!take_digits(at, 2, &hours) || (colon && !take_char(at, ':')) ||
	    !take_digits(at, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_sec = (int)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

static bool take_zone(const char **at, int *ret_sec)
{
	*ret_sec = 0;
	return take_char(at, 'Z') || take_offset(at, true, ret_sec);
}

static bool take_date(const char **at, struct civil *ret)
{
	return take_digits(at, 4, &ret->year) && take_char(at, '-') &&
	       take_digits(at, 2, &ret->month) && take_char(at, '-') &&
	       take_digits(at, 2, &ret->day);
}

static bool take_clock(const char **at, struct civil *ret)
{
	return take_digits(at, 2, &ret->hour) && take_char(at, ':') &&
	       take_digits(at, 2, &ret->minute) && take_char(at, ':') &&
	       take_digits(at, 2, &ret->second);
}

/*
 * What ends a time: nothing may follow, and the day must exist. -ERANGE: 64 bits don't hold it, and
 * *ret_ns is the nearest that they do.
 */
static int finish(const char *at, const struct civil *civil, int offset_sec, uint64_t *ret_ns)
{
	int64_t sec;
	uint64_t ns;

	if (*at || !civil_exists(civil))
		return -EINVAL;
	sec = civil_to_sec(civil) - offset_sec;
	*ret_ns = sec < 0 ? 0 : UINT64_MAX;
	if (sec < 0 || __builtin_mul_overflow((uint64_t)sec, NS_PER_SEC, &ns) ||
	    __builtin_add_overflow(ns, civil->ns, &ns))
		return -ERANGE;
	*ret_ns = ns;
	return 0;
}

static int parse_rfc3339(const char *text, uint64_t *ret_ns)
{
	struct civil civil = { 0 };
	int offset_sec;

	if (!take_date(&text, &civil) || !take_char(&text, 'T') || !take_clock(&text, &civil) ||
	    !take_fraction(&text, &civil.ns) || !take_zone(&text, &offset_sec))
		return -EINVAL;
	return finish(text, &civil, offset_sec, ret_ns);
}

int time_from_rfc3339(const char *text, uint64_t *ret_ns)
{
	uint64_t ns;
	int r = parse_rfc3339(text, &ns);

	if (!r)
		*ret_ns = ns;
	return r;
}

int time_nearest_from_rfc3339(const char *text, uint64_t *ret_ns)
{
	uint64_t ns;
	int r = parse_rfc3339(text, &ns);

	if (r && r != -ERANGE)
		return r;
	*ret_ns = ns;
	return 0;
}

/* YYYY-MM-DD, YYYY-MM-DDTHHZ, YYYY-MM-DDTHH:MMZ. */
static int parse_coarse(const char *text, uint64_t *ret_ns)
{
	struct civil civil = { 0 };
	int offset_sec = 0;

	if (!take_date(&text, &civil))
		return -EINVAL;
	if (*text) {
		if (!take_char(&text, 'T') || !take_digits(&text, 2, &civil.hour))
			return -EINVAL;
		if (take_char(&text, ':') && !take_digits(&text, 2, &civil.minute))
			return -EINVAL;
		if (!take_zone(&text, &offset_sec))
			return -EINVAL;
	}
	return finish(text, &civil, offset_sec, ret_ns);
}

static bool take_name(const char **at, const char names[][4], unsigned int count,
		      unsigned int *ret_index)
{
	for (unsigned int i = 0; i < count; i++) {
		if (strncasecmp(*at, names[i], 3) == 0) {
			*at += 3;
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* "Mon, 02 Jan 2006 15:04:05 -0700"; as in Go, the weekday need not be the right one. */
static int parse_rfc1123(const char *text, uint64_t *ret_ns)
{
	struct civil civil = { 0 };
	unsigned int index;
	int offset_sec;

	if (!take_name(&text, weekdays, ARRAY_SIZE(weekdays), &index) || !take_char(&text, ',') ||
	    !take_char(&text, ' ') || !take_digits(&text, 2, &civil.day) ||
	    !take_char(&text, ' ') || !take_name(&text, months, ARRAY_SIZE(months), &index) ||
	    !take_char(&text, ' ') || !take_digits(&text, 4, &civil.year) ||
	    !take_char(&text, ' ') || !take_clock(&text, &civil) || !take_char(&text, ' ') ||
	    !take_offset(&text, false, &offset_sec))
		return -EINVAL;
	civil.month = index + 1;
	return finish(text, &civil, offset_sec, ret_ns);
}

int time_parse(const char *text, uint64_t now_ns, uint64_t *ret_ns)
{
	static int (*const forms[])(const char *, uint64_t *) = { parse_rfc3339, parse_coarse,
								  parse_rfc1123 };
	uint64_t ns;

	if (num_parse_duration(text, &ns) == 0) {
		/* Before 1970 nothing was recorded: from the beginning. */
		*ret_ns = ns < now_ns ? now_ns - ns : 0;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int r = forms[i](text, &ns);

		if (r && r != -ERANGE)
			continue;
		*ret_ns = ns;
		return 0;
	}
	return -EINVAL;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

uint64_t time_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t time_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t time_worked_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

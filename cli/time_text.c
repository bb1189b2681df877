// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's nine time formats. */
#include "time_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/buf.h"

#include "named.h"

#define NS_PER_SEC   1000000000ULL
#define NS_DIGITS    9
#define MIN_PER_HOUR 60

/* What stands behind the fraction. */
enum zone {
	ZONE_NONE,
	ZONE_ISO, /* "Z", "+01:00" */
};

/* A function each: the compiler checks the formats of strftime() only where it sees them. */
#define PUT(name, format)                                            \
	static size_t put_##name(char *text, const struct tm *tm)    \
	{                                                            \
		return strftime(text, TIME_TEXT_SIZE, (format), tm); \
	}
PUT(stamp, "%b %e %H:%M:%S")
PUT(day, "%Y-%m-%d")
PUT(hour, "%Y-%m-%dT%H")
PUT(minute, "%Y-%m-%dT%H:%M")
PUT(second, "%Y-%m-%dT%H:%M:%S")
PUT(rfc1123, "%a, %d %b %Y %H:%M:%S %z")

struct time_style {
	const char *name;
	size_t (*put)(char *text, const struct tm *tm); /* up to the fraction */
	unsigned int digits;				/* of the fraction, at most */
	bool keeps_zeros; /* exactly so many digits; else none that says nothing */
	enum zone zone;
};

static const struct time_style styles[] = {
	{ .name = "StampMilli", .put = put_stamp, .digits = 3, .keeps_zeros = true },
	{ .name = "YearMonthDay", .put = put_day },
	{ .name = "YearMonthDayHour", .put = put_hour, .zone = ZONE_ISO },
	{ .name = "YearMonthDayHourMinute", .put = put_minute, .zone = ZONE_ISO },
	{ .name = "RFC3339", .put = put_second, .zone = ZONE_ISO },
	{ .name = "RFC3339Milli", .put = put_second, .digits = 3, .zone = ZONE_ISO },
	{ .name = "RFC3339Micro", .put = put_second, .digits = 6, .zone = ZONE_ISO },
	{ .name = "RFC3339Nano", .put = put_second, .digits = NS_DIGITS, .zone = ZONE_ISO },
	{ .name = "RFC1123Z", .put = put_rfc1123 },
};

static const struct named named = NAMED(styles);

const struct time_style *time_style_find(const char *name)
{
	return named_find(&named, name);
}

int time_style_check(const char *name, char reason[static OPTION_REASON_SIZE])
{
	return named_check(&named, "time format", name, reason);
}

void time_text_init(struct time_text *times, const struct time_style *style, bool is_local)
{
	*times = (struct time_text){ .style = style, .is_local = is_local };
	if (is_local)
		tzset();
}

static void iso_zone(char zone[static TIME_ZONE_SIZE], long east_sec)
{
	unsigned int minutes = (unsigned int)(east_sec < 0 ? -east_sec : east_sec) / 60;

	if (!minutes) {
		memcpy(zone, "Z", sizeof("Z"));
		return;
	}
	snprintf(zone, TIME_ZONE_SIZE, "%c%02u:%02u", east_sec < 0 ? '-' : '+',
		 minutes / MIN_PER_HOUR % 100, minutes % MIN_PER_HOUR);
}

static void keep(struct time_text *times, uint64_t second)
{
	time_t time = (time_t)second;
	struct tm tm = {};

	if (times->is_local)
		localtime_r(&time, &tm);
	else
		gmtime_r(&time, &tm);
	times->len = times->style->put(times->text, &tm);
	times->zone[0] = '\0';
	if (times->style->zone == ZONE_ISO)
		iso_zone(times->zone, tm.tm_gmtoff);
	times->second = second;
	times->is_kept = true;
}

static void append_fraction(const struct time_style *style, unsigned int ns, struct buf *out)
{
	char digits[1 + NS_DIGITS] = ".";
	size_t len = 1 + style->digits;

	for (size_t i = NS_DIGITS; i; i--, ns /= 10)
		digits[i] = (char)('0' + ns % 10);
	while (!style->keeps_zeros && len > 1 && digits[len - 1] == '0')
		len--;
	if (len > 1)
		buf_append(out, digits, len);
}

void time_text_append(struct time_text *times, uint64_t ns, struct buf *out)
{
	if (!times->is_kept || times->second != ns / NS_PER_SEC)
		keep(times, ns / NS_PER_SEC);
	buf_append(out, times->text, times->len);
	append_fraction(times->style, (unsigned int)(ns % NS_PER_SEC), out);
	buf_append_str(out, times->zone);
}

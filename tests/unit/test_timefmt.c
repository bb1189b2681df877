// SPDX-License-Identifier: BSD-2-Clause
/*
 * Times and durations: against the C library's calendar, round trips, and dates that do not exist.
 */
#include "base/timefmt.h"

#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#define SEC	  1000000000ULL
#define NOW	  (1700000000 * SEC)
#define UNTOUCHED 4711

static void a_time_has_the_fewest_digits_that_lose_nothing(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z" },
		{ 1000, "1970-01-01T00:00:00.000001Z" },
		{ 1000000, "1970-01-01T00:00:00.001Z" },
		{ 1714979289 * SEC, "2024-05-06T07:08:09Z" },
		{ 1714979289 * SEC + 200000000, "2024-05-06T07:08:09.200Z" },
		{ 1714979289 * SEC + 120340000, "2024-05-06T07:08:09.120340Z" },
		{ 1714979289 * SEC + 123456789, "2024-05-06T07:08:09.123456789Z" },
		{ 951782400 * SEC, "2000-02-29T00:00:00Z" },
		{ 951868799 * SEC, "2000-02-29T23:59:59Z" },
		{ 951868800 * SEC, "2000-03-01T00:00:00Z" },
		{ 4107542400 * SEC, "2100-03-01T00:00:00Z" },
		{ 4107542399 * SEC, "2100-02-28T23:59:59Z" },
		{ UINT64_MAX, "2554-07-21T23:34:33.709551615Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[TIME_RFC3339_SIZE];
		size_t len = time_to_rfc3339(cases[i].ns, text);

		assert_row_str(cases[i].text, text, cases[i].text);
		assert_row_int(cases[i].text, len, strlen(cases[i].text));
	}
}

static void every_day_is_that_of_the_c_library(void **state)
{
	(void)state;
	for (time_t day = 0; day < 213503; day++) {
		time_t sec = day * 86400 + day % 86400;
		char text[TIME_RFC3339_SIZE], expected[64];
		uint64_t back = UNTOUCHED;
		struct tm tm;

		time_to_rfc3339((uint64_t)sec * SEC, text);
		gmtime_r(&sec, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_string_equal(text, expected);
		assert_int_equal(time_from_rfc3339(text, &back), 0);
		assert_int_equal(back, (uint64_t)sec * SEC);
	}
}

struct time_case {
	const char *text;
	uint64_t ns; /* UNTOUCHED: refused */
};

typedef int (*parse_fn)(const char *text, uint64_t *ret);

static int parse_since(const char *text, uint64_t *ret)
{
	return time_parse(text, NOW, ret);
}

static void check(parse_fn parse, const struct time_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t ns = UNTOUCHED;
		int r = parse(cases[i].text, &ns);

		assert_row_int(cases[i].text, r, cases[i].ns == UNTOUCHED ? -EINVAL : 0);
		assert_row_int(cases[i].text, ns, cases[i].ns);
	}
}

static void rfc3339_is_read_with_any_fraction_and_zone(void **state)
{
	static const struct time_case cases[] = {
		{ "2024-05-06T07:08:09Z", 1714979289 * SEC },
		{ "2024-05-06T07:08:09.2Z", 1714979289 * SEC + 200000000 },
		{ "2024-05-06T07:08:09.123456789Z", 1714979289 * SEC + 123456789 },
		{ "2024-05-06T07:08:09.1234567899999999999Z", 1714979289 * SEC + 123456789 },
		{ "2024-05-06T07:08:09+00:00", 1714979289 * SEC },
		{ "2024-05-06T09:08:09+02:00", 1714979289 * SEC },
		{ "2024-05-06T12:38:09.5+05:30", 1714979289 * SEC + 500000000 },
		{ "2024-05-05T23:08:09-08:00", 1714979289 * SEC },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:00:00-01:00", 0 },
		{ "2554-07-21T23:34:33.709551615Z", UINT64_MAX },
		{ "2000-02-29T00:00:00Z", 951782400 * SEC },
	};

	(void)state;
	check(time_from_rfc3339, cases, ARRAY_SIZE(cases));
	check(parse_since, cases, ARRAY_SIZE(cases));
}

static void what_is_no_rfc3339_time_is_refused(void **state)
{
	static const struct time_case cases[] = {
		{ "", UNTOUCHED },
		{ "2024", UNTOUCHED },
		{ "2024-05-06T07:08:09", UNTOUCHED },
		{ "2024-05-06 07:08:09Z", UNTOUCHED },
		{ "2024-05-06t07:08:09z", UNTOUCHED },
		{ "2024-05-06T07:08:09.Z", UNTOUCHED },
		{ "2024-05-06T07:08:09,5Z", UNTOUCHED },
		{ "2024-05-06T07:08:09ZZ", UNTOUCHED },
		{ " 2024-05-06T07:08:09Z", UNTOUCHED },
		{ "2024-05-06T07:08:09Z ", UNTOUCHED },
		{ "2024-5-6T07:08:09Z", UNTOUCHED },
		{ "2024-05-06T7:08:09Z", UNTOUCHED },
		{ "2024-05-06T07:08:09+2:00", UNTOUCHED },
		{ "2024-05-06T07:08:09+0200", UNTOUCHED },
		{ "2024-05-06T07:08:09+24:00", UNTOUCHED },
		{ "2024-05-06T07:08:09+02:60", UNTOUCHED },
		{ "+024-05-06T07:08:09Z", UNTOUCHED },
		{ "2024-05-06T07:08:-9Z", UNTOUCHED },
		{ "2024-00-06T07:08:09Z", UNTOUCHED },
		{ "2024-13-06T07:08:09Z", UNTOUCHED },
		{ "2024-05-00T07:08:09Z", UNTOUCHED },
		{ "2024-05-32T07:08:09Z", UNTOUCHED },
		{ "2024-04-31T07:08:09Z", UNTOUCHED },
		{ "2023-02-29T07:08:09Z", UNTOUCHED },
		{ "2100-02-29T07:08:09Z", UNTOUCHED },
		{ "2024-02-30T07:08:09Z", UNTOUCHED },
		{ "2024-05-06T24:00:00Z", UNTOUCHED },
		{ "2024-05-06T07:60:00Z", UNTOUCHED },
		{ "2024-05-06T07:08:60Z", UNTOUCHED },
		{ "0000-01-01T00:00:00Z", UNTOUCHED },
	};

	(void)state;
	check(time_from_rfc3339, cases, ARRAY_SIZE(cases));
	check(parse_since, cases, ARRAY_SIZE(cases));
}

static void times_that_64_bits_do_not_hold_are_told_apart(void **state)
{
	/* As a bound each is the nearest that there is. */
	static const struct time_case cases[] = {
		{ "1969-12-31T23:59:59Z", 0 },
		{ "1970-01-01T00:00:00+00:01", 0 },
		{ "0001-01-01T00:00:00Z", 0 },
		{ "2554-07-21T23:34:33.709551616Z", UINT64_MAX },
		{ "2554-07-21T23:34:34Z", UINT64_MAX },
		{ "9999-12-31T23:59:59.999999999Z", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t ns = UNTOUCHED;

		assert_row_int(cases[i].text, time_from_rfc3339(cases[i].text, &ns), -ERANGE);
		assert_row_int(cases[i].text, ns, UNTOUCHED);
		assert_row_int(cases[i].text, time_nearest_from_rfc3339(cases[i].text, &ns), 0);
		assert_row(cases[i].text, ns == cases[i].ns);
	}
	check(parse_since, cases, ARRAY_SIZE(cases));
}

static void since_takes_durations_and_hubbles_layouts(void **state)
{
	static const struct time_case cases[] = {
		{ "0", NOW },
		{ "3s", NOW - 3 * SEC },
		{ "1h30m", NOW - 5400 * SEC },
		{ "1.5h", NOW - 5400 * SEC },
		{ "2000000h", 0 },
		{ "2024-05-06", 1714953600 * SEC },
		{ "2024-02-29", 1709164800 * SEC },
		{ "2024-05-06T07Z", 1714978800 * SEC },
		{ "2024-05-06T09+02:00", 1714978800 * SEC },
		{ "2024-05-06T07:08Z", 1714979280 * SEC },
		{ "2024-05-06T09:08+02:00", 1714979280 * SEC },
		{ "Mon, 06 May 2024 07:08:09 +0000", 1714979289 * SEC },
		{ "Mon, 06 May 2024 09:08:09 +0200", 1714979289 * SEC },
		{ "mon, 06 may 2024 07:08:09 -0000", 1714979289 * SEC },
	};

	(void)state;
	check(parse_since, cases, ARRAY_SIZE(cases));
}

static void since_refuses_everything_else(void **state)
{
	static const struct time_case cases[] = {
		{ "foo", UNTOUCHED },
		{ "-5s", UNTOUCHED },
		{ " 5s", UNTOUCHED },
		{ "5s3", UNTOUCHED },
		{ "5", UNTOUCHED },
		{ "0x10", UNTOUCHED },
		{ "2023-02-29", UNTOUCHED },
		{ "2024-05-06T", UNTOUCHED },
		{ "2024-05-06Z", UNTOUCHED },
		{ "2024-05-06T07", UNTOUCHED },
		{ "2024-05-06T07:Z", UNTOUCHED },
		{ "2024-05-06T07:08", UNTOUCHED },
		{ "2024-05-06T25Z", UNTOUCHED },
		{ "May  6 07:08:09.009", UNTOUCHED },
		{ "Mon, 06 May 2024 07:08:09 GMT", UNTOUCHED },
		{ "Mon, 06 May 2024 07:08:09 +02:00", UNTOUCHED },
		{ "Mon, 31 Apr 2024 07:08:09 +0000", UNTOUCHED },
		{ "Mon, 06 Foo 2024 07:08:09 +0000", UNTOUCHED },
		{ "Mo, 06 May 2024 07:08:09 +0000", UNTOUCHED },
		{ "Mon", UNTOUCHED },
		{ "M", UNTOUCHED },
		{ "999999999999999999999999h", UNTOUCHED },
	};

	(void)state;
	check(parse_since, cases, ARRAY_SIZE(cases));
}

struct duration_case {
	uint64_t value;
	const char *text;
};

static void check_text(void (*print)(uint64_t, char text[static DURATION_SIZE]),
		       const struct duration_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[DURATION_SIZE];

		print(cases[i].value, text);
		assert_row_str(cases[i].text, text, cases[i].text);
	}
}

static void a_duration_for_people_has_the_digits_that_matter(void **state)
{
	static const struct duration_case cases[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1000, "1us" },
		{ 1500, "1.5us" },
		{ 412000, "412us" },
		{ 99900, "99.9us" },
		{ 999999, "999us" },
		{ 1000000, "1ms" },
		{ 999960000, "999ms" },
		{ 3200345678, "3.2s" },
		{ 59999999999, "59.9s" },
		{ 60 * SEC, "1m" },
		{ 303 * SEC, "5m3s" },
		{ 3600 * SEC - 1, "59m59s" },
		{ 3600 * SEC, "1h" },
		{ 7500 * SEC, "2h5m" },
		{ 86399 * SEC, "23h59m" },
		{ 86400 * SEC, "1d" },
		{ (3 * 86400 + 4 * 3600) * SEC, "3d4h" },
		{ UINT64_MAX, "213503d23h" },
	};

	(void)state;
	check_text(duration_to_str, cases, ARRAY_SIZE(cases));
}

static void a_go_duration_is_exact(void **state)
{
	static const struct duration_case cases[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 1100, "1.1\u00b5s" },
		{ 1000000, "1ms" },
		{ 2200000, "2.2ms" },
		{ 250000000, "250ms" },
		{ 999999999, "999.999999ms" },
		{ SEC, "1s" },
		{ 3300000000, "3.3s" },
		{ 60 * SEC, "1m0s" },
		{ 303 * SEC, "5m3s" },
		{ 305 * SEC + 1000000, "5m5.001s" },
		{ 3600 * SEC, "1h0m0s" },
		{ 3723 * SEC + 123, "1h2m3.000000123s" },
		{ INT64_MAX, "2562047h47m16.854775807s" },
		{ UINT64_MAX, "5124095h34m33.709551615s" },
	};

	(void)state;
	check_text(duration_to_go, cases, ARRAY_SIZE(cases));
}

/* "x" counted back from the latest moment there is. */
static void a_go_duration_can_be_read_back(void **state)
{
	uint64_t value = 1;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		char text[DURATION_SIZE];
		uint64_t ns = UNTOUCHED;

		/* Knuth's generator: the same values on each run. */
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		duration_to_go(value >> (1 + i % 60), text);
		assert_int_equal(time_parse(text, UINT64_MAX, &ns), 0);
		assert_int_equal(UINT64_MAX - ns, value >> (1 + i % 60));
	}
}

static void bytes_for_people_are_decimal(void **state)
{
	static const struct duration_case cases[] = {
		{ 0, "0B" },
		{ 950, "950B" },
		{ 999, "999B" },
		{ 1000, "1.0kB" },
		{ 12345, "12.3kB" },
		{ 99999, "99.9kB" },
		{ 100000, "100kB" },
		{ 999999, "999kB" },
		{ 1234567, "1.2MB" },
		{ 27000000000, "27.0GB" },
		{ 5000000000000, "5.0TB" },
		{ UINT64_MAX, "18.4EB" },
	};

	(void)state;
	check_text(bytes_to_str, cases, ARRAY_SIZE(cases));
}

static void the_clocks_run(void **state)
{
	uint64_t realtime = time_realtime_ns(), monotonic = time_monotonic_ns();

	(void)state;
	assert_true(realtime > NOW);
	assert_true(monotonic > 0);
	assert_true(time_monotonic_ns() >= monotonic);
}

int main(void)
{
	return RUN_TESTS(TEST(a_time_has_the_fewest_digits_that_lose_nothing),
			 TEST(every_day_is_that_of_the_c_library),
			 TEST(rfc3339_is_read_with_any_fraction_and_zone),
			 TEST(what_is_no_rfc3339_time_is_refused),
			 TEST(times_that_64_bits_do_not_hold_are_told_apart),
			 TEST(since_takes_durations_and_hubbles_layouts),
			 TEST(since_refuses_everything_else),
			 TEST(a_duration_for_people_has_the_digits_that_matter),
			 TEST(a_go_duration_is_exact), TEST(a_go_duration_can_be_read_back),
			 TEST(bytes_for_people_are_decimal), TEST(the_clocks_run));
}

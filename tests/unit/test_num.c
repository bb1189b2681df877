// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers, sizes and durations: what is accepted, what is refused, and with which error.
 */
#include "base/num.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#define UNTOUCHED 4711
#define SEC	  1000000000ULL
#define HOUR	  (3600 * SEC)

struct num_case {
	const char *text;
	int result;
	uint64_t value; /* where result is 0 */
};

typedef int (*parse_fn)(const char *text, uint64_t *ret);

static int parse_u64(const char *text, uint64_t *ret)
{
	return num_parse_u64(text, UINT64_MAX, ret);
}

static int parse_port(const char *text, uint64_t *ret)
{
	return num_parse_u64(text, 65535, ret);
}

static void check(parse_fn parse, const struct num_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = UNTOUCHED;

		assert_row_int(cases[i].text, parse(cases[i].text, &value), cases[i].result);
		assert_row_int(cases[i].text, value,
			       cases[i].result == 0 ? cases[i].value : UNTOUCHED);
	}
}

static void decimal_numbers_are_read_to_their_limit(void **state)
{
	static const struct num_case cases[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551620", -ERANGE, 0 },
		{ "99999999999999999999999999999999999999", -ERANGE, 0 },
		{ "000000000000000000000000000000000000001", 0, 1 },
	};

	(void)state;
	check(parse_u64, cases, ARRAY_SIZE(cases));
}

static void what_is_no_decimal_number_is_refused(void **state)
{
	static const struct num_case cases[] = {
		{ "", -EINVAL, 0 },
		{ " ", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "80x", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "1,2", -EINVAL, 0 },
		{ "\n1", -EINVAL, 0 },
		{ "1\n", -EINVAL, 0 },
		{ "nan", -EINVAL, 0 },
		{ "\xd9\xa1", -EINVAL, 0 },
		/* Nonsense is told from overflow. */
		{ "99999999999999999999999x", -EINVAL, 0 },
	};

	(void)state;
	check(parse_u64, cases, ARRAY_SIZE(cases));
}

static void a_number_above_the_callers_limit_is_out_of_range(void **state)
{
	static const struct num_case cases[] = {
		{ "65535", 0, 65535 },
		{ "65536", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
	};

	(void)state;
	check(parse_port, cases, ARRAY_SIZE(cases));
}

static void sizes_have_units_as_people_type_them(void **state)
{
	static const struct num_case cases[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "1K", 0, 1024 },
		{ "1KiB", 0, 1024 },
		{ "8M", 0, 8 << 20 },
		{ "8MiB", 0, 8 << 20 },
		{ "3G", 0, 3ULL << 30 },
		{ "3GiB", 0, 3ULL << 30 },
		{ "2T", 0, 2ULL << 40 },
		{ "2TiB", 0, 2ULL << 40 },
		{ "100B", 0, 100 },
		{ "1kB", 0, 1000 },
		{ "1MB", 0, 1000000 },
		{ "3GB", 0, 3000000000 },
		{ "2TB", 0, 2000000000000 },
		{ "10k", 0, 10240 },
		{ "10KB", 0, 10000 },
		{ "8m", 0, 8 << 20 },
		{ "8mb", 0, 8000000 },
		{ "8mib", 0, 8 << 20 },
		{ "1.5M", 0, 3 << 19 },
		{ "1.5GB", 0, 1500000000 },
		{ ".5k", 0, 512 },
		{ "0.0001k", 0, 0 },
		{ "1.9999999999999999999999999k", 0, 2047 },
		{ "16777215.9999999999T", 0, 18446744073709551506ULL },
		{ "16777216T", -ERANGE, 0 },
		{ "17179869183G", 0, 17179869183ULL << 30 },
		{ "17179869184G", -ERANGE, 0 },
		{ "99999999999999999999K", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "8X", -EINVAL, 0 },
		{ "8MiBs", -EINVAL, 0 },
		{ "8KM", -EINVAL, 0 },
		{ "8P", -EINVAL, 0 },
		{ "8Mi", -EINVAL, 0 },
		{ "8 M", -EINVAL, 0 },
		{ "8M ", -EINVAL, 0 },
		{ "8MM", -EINVAL, 0 },
		{ "-8M", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1.", -EINVAL, 0 },
		{ "1.0B", -EINVAL, 0 },
		{ ".M", -EINVAL, 0 },
		{ "1.5.5M", -EINVAL, 0 },
		{ "1M500k", -EINVAL, 0 },
		{ "0x8M", -EINVAL, 0 },
		{ "99999999999999999999X", -EINVAL, 0 },
	};

	(void)state;
	check(num_parse_size, cases, ARRAY_SIZE(cases));
}

static void durations_are_go_durations_and_days(void **state)
{
	static const struct num_case cases[] = {
		{ "0", 0, 0 },
		{ "0s", 0, 0 },
		{ "5s", 0, 5 * SEC },
		{ "1ns", 0, 1 },
		{ "1us", 0, 1000 },
		{ "1\xc2\xb5s", 0, 1000 },
		{ "1\xce\xbcs", 0, 1000 },
		{ "250ms", 0, 250000000 },
		{ "5m", 0, 300 * SEC },
		{ "1h30m", 0, HOUR + 1800 * SEC },
		{ "1.5h", 0, HOUR + 1800 * SEC },
		{ "1.5s", 0, 1500000000 },
		{ ".5s", 0, 500000000 },
		{ "5.s", 0, 5 * SEC },
		{ "0.9ns", 0, 0 },
		{ "1m1m", 0, 120 * SEC },
		{ "1ms1s", 0, 1001000000 },
		{ "0.000000001s", 0, 1 },
		{ "0.3333333333333333333333333333h", 0, 1199999999999 },
		{ "1h2m3.000000123s", 0, HOUR + 123 * SEC + 123 },
		{ "9223372036854775807ns", 0, INT64_MAX },
		{ "2562047h", 0, 2562047 * HOUR },
		{ "2h30m", 0, 2 * HOUR + 1800 * SEC },
		{ "1d", 0, 24 * HOUR },
		{ "3d4h", 0, 76 * HOUR },
		{ "0.5d", 0, 12 * HOUR },
		{ "106751d", 0, 106751ULL * 24 * HOUR },
	};

	(void)state;
	check(num_parse_duration, cases, ARRAY_SIZE(cases));
}

static void what_is_no_duration_is_refused(void **state)
{
	static const struct num_case cases[] = {
		{ "", -EINVAL, 0 },
		{ "5", -EINVAL, 0 },
		{ "00", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ ".", -EINVAL, 0 },
		{ ".s", -EINVAL, 0 },
		{ "5s3", -EINVAL, 0 },
		{ "-5s", -EINVAL, 0 },
		{ "+5s", -EINVAL, 0 },
		{ " 5s", -EINVAL, 0 },
		{ "5s ", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ "5s 3m", -EINVAL, 0 },
		{ "1w", -EINVAL, 0 },
		{ "1D", -EINVAL, 0 },
		{ "5min", -EINVAL, 0 },
		{ "1H", -EINVAL, 0 },
		{ "1..5s", -EINVAL, 0 },
		{ "1.5.5s", -EINVAL, 0 },
		{ "0x10s", -EINVAL, 0 },
		{ "1\xb5s", -EINVAL, 0 },
		{ "9223372036854775808ns", -ERANGE, 0 },
		{ "2562048h", -ERANGE, 0 },
		{ "106752d", -ERANGE, 0 },
		{ "99999999999999999999h", -ERANGE, 0 },
		{ "2562047h2562047h", -ERANGE, 0 },
		{ "99999999999999999999hx", -EINVAL, 0 },
	};

	(void)state;
	check(num_parse_duration, cases, ARRAY_SIZE(cases));
}

int main(void)
{
	return RUN_TESTS(TEST(decimal_numbers_are_read_to_their_limit),
			 TEST(what_is_no_decimal_number_is_refused),
			 TEST(a_number_above_the_callers_limit_is_out_of_range),
			 TEST(sizes_have_units_as_people_type_them),
			 TEST(durations_are_go_durations_and_days),
			 TEST(what_is_no_duration_is_refused));
}

// SPDX-License-Identifier: BSD-2-Clause
/* Times as --time-format and --local-time show them. */
#include "cli/time_text.h"

#include "agent/base/buf.h"
#include "tests/harness.h"

#define MAY_6 1714979289123456789 /* 2024-05-06T07:08:09.123456789Z */
#define NS    1000000000ULL

static void assert_time(const char *style, bool is_local, uint64_t ns, const char *expect)
{
	auto_buf struct buf out = {};
	struct time_text times;

	time_text_init(&times, time_style_find(style), is_local);
	/* A second time out of what was kept. */
	for (int round = 0; round < 2; round++) {
		buf_truncate(&out, 0);
		time_text_append(&times, ns, &out);
		buf_append_char(&out, '\0');
		assert_false(out.failed);
		assert_row_str(style ? style : "default", buf_bytes(&out), expect);
	}
}

static const struct {
	const char *style, *utc, *local, *even;
} cases[] = {
	{ NULL, "May  6 07:08:09.123", "May  6 12:38:09.123", "May  6 07:08:10.000" },
	{ "StampMilli", "May  6 07:08:09.123", "May  6 12:38:09.123", "May  6 07:08:10.000" },
	{ "YearMonthDay", "2024-05-06", "2024-05-06", "2024-05-06" },
	{ "YearMonthDayHour", "2024-05-06T07Z", "2024-05-06T12+05:30", "2024-05-06T07Z" },
	{ "YearMonthDayHourMinute", "2024-05-06T07:08Z", "2024-05-06T12:38+05:30",
	  "2024-05-06T07:08Z" },
	{ "RFC3339", "2024-05-06T07:08:09Z", "2024-05-06T12:38:09+05:30", "2024-05-06T07:08:10Z" },
	{ "RFC3339Milli", "2024-05-06T07:08:09.123Z", "2024-05-06T12:38:09.123+05:30",
	  "2024-05-06T07:08:10Z" },
	{ "RFC3339Micro", "2024-05-06T07:08:09.123456Z", "2024-05-06T12:38:09.123456+05:30",
	  "2024-05-06T07:08:10Z" },
	{ "RFC3339Nano", "2024-05-06T07:08:09.123456789Z", "2024-05-06T12:38:09.123456789+05:30",
	  "2024-05-06T07:08:10Z" },
	{ "RFC1123Z", "Mon, 06 May 2024 07:08:09 +0000", "Mon, 06 May 2024 12:38:09 +0530",
	  "Mon, 06 May 2024 07:08:10 +0000" },
};

static void each_style_is_hubbles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_time(cases[i].style, false, MAY_6, cases[i].utc);
		assert_time(cases[i].style, false, MAY_6 / NS * NS + NS, cases[i].even);
	}
}

static void local_time_tells_its_zone(void **state)
{
	(void)state;
	setenv("TZ", "IST-5:30", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_time(cases[i].style, true, MAY_6, cases[i].local);
	setenv("TZ", "WEST3", 1);
	assert_time("RFC3339", true, MAY_6, "2024-05-06T04:08:09-03:00");
	setenv("TZ", "UTC", 1);
	assert_time("RFC3339", true, MAY_6, "2024-05-06T07:08:09Z");
	unsetenv("TZ");
}

static void zeros_at_the_end_of_a_fraction_are_left_out(void **state)
{
	(void)state;
	assert_time("RFC3339Nano", false, MAY_6 / NS * NS + 200000000, "2024-05-06T07:08:09.2Z");
	assert_time("RFC3339Milli", false, MAY_6 / NS * NS + 999999, "2024-05-06T07:08:09Z");
	assert_time("RFC3339Micro", false, MAY_6 / NS * NS + 1000, "2024-05-06T07:08:09.000001Z");
	assert_time(NULL, false, MAY_6 / NS * NS + 200000000, "May  6 07:08:09.200");
}

static void the_ends_of_time_are_times(void **state)
{
	(void)state;
	assert_time("RFC3339Nano", false, 0, "1970-01-01T00:00:00Z");
	assert_time("RFC3339Nano", false, UINT64_MAX, "2554-07-21T23:34:33.709551615Z");
}

static void a_second_is_kept_only_until_another_comes(void **state)
{
	auto_buf struct buf out = {};
	struct time_text times;

	(void)state;
	time_text_init(&times, time_style_find("RFC3339"), false);
	for (uint64_t second = 0; second < 3; second++) {
		time_text_append(&times, second / 2 * NS, &out);
		buf_append_char(&out, second < 2 ? ' ' : '\0');
	}
	assert_string_equal(buf_bytes(&out),
			    "1970-01-01T00:00:00Z 1970-01-01T00:00:00Z 1970-01-01T00:00:01Z");
}

static void a_style_that_does_not_exist_is_refused(void **state)
{
	char reason[OPTION_REASON_SIZE];

	(void)state;
	assert_null(time_style_find("RFC822"));
	assert_int_equal(time_style_check("RFC3339", reason), 0);
	assert_int_equal(time_style_check("RFC822", reason), -EINVAL);
	assert_non_null(
		strstr(reason, "invalid time format: RFC822; one of StampMilli|YearMonthDay|"));
}

int main(void)
{
	return RUN_TESTS(TEST(each_style_is_hubbles), TEST(local_time_tells_its_zone),
			 TEST(zeros_at_the_end_of_a_fraction_are_left_out),
			 TEST(the_ends_of_time_are_times),
			 TEST(a_second_is_kept_only_until_another_comes),
			 TEST(a_style_that_does_not_exist_is_refused));
}

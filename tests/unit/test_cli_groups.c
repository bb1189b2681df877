// SPDX-License-Identifier: BSD-2-Clause
/* Tables of groups: as they come from the agent, and of flows that are counted here. */
#include "cli/groups.h"

#include <pty.h>
#include <sys/ioctl.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "cli/time_text.h"
#include "tests/harness.h"

#define FIRST_PART                                                                          \
	"{\"aggregate\":{\"fields\":[\"source.pod\",\"rtt\"],\"groups\":[{\"key\":[\"a\","  \
	"\"5ms\"],\"flows\":\"1234567\",\"records\":\"2\",\"bytes\":\"12345\",\"packets\":" \
	"\"1000\",\"drops\":\"0\",\"rtts\":\"3\",\"rtt_median_ns\":\"412000\","             \
	"\"rtt_p99_ns\":\"5000000\",\"first\":\"2026-11-21T21:00:03.412Z\",\"last\":"       \
	"\"2026-11-21T21:00:04Z\"}],\"more\":true}}"
#define LAST_PART                                                                          \
	"{\"aggregate\":{\"fields\":[\"source.pod\",\"rtt\"],\"groups\":[{\"key\":[\"\","  \
	"\"e\\u001b[31m\"],\"flows\":\"1\",\"records\":\"1\",\"bytes\":\"0\",\"packets\":" \
	"\"0\",\"drops\":\"7\"}],\"other\":{\"flows\":\"5\",\"records\":\"6\",\"bytes\":"  \
	"\"1\",\"packets\":\"1\",\"drops\":\"0\"},\"not_told_apart\":\"9\","               \
	"\"rtts_left_out\":\"2\"}}"
#define TABLE                                                                              \
	"SOURCE-POD   RTT       FLOWS       RECORDS   BYTES    PACKETS   DROPS   RTT     " \
	"RTT-P99   FIRST                 LAST\n"                                           \
	"a            5ms       1,234,567   2         12.3kB   1,000     0       412us   " \
	"5ms       Nov 21 21:00:03.412   Nov 21 21:00:04.000\n"                            \
	"-            e^[[31m   1           1         0B       0         7       -       " \
	"-         -                     -\n"                                              \
	"(other)      -         5           6         1B       1         0       -       " \
	"-         -                     -\n"                                              \
	"9 records are of connections for which there was no room: they count when they "  \
	"end\n"                                                                            \
	"2 round trips are not in RTT: there was no room\n"

static void cleanup_groups(struct groups **at)
{
	groups_free(at);
}
#define auto_groups __attribute__((cleanup(cleanup_groups)))

static void groups_of(struct groups **ret, struct time_text *times, bool is_json, int terminal)
{
	struct groups_options options = {
		.fields = "source.pod",
		.is_json = is_json,
		.terminal = terminal,
		.times = times,
	};

	time_text_init(times, time_style_find(NULL), false);
	assert_int_equal(groups_new(ret, &options), 0);
}

static void assert_holds(struct buf *out, const char *expect)
{
	assert_false(out->failed);
	buf_append_char(out, '\0');
	assert_string_equal(buf_bytes(out), expect);
	buf_truncate(out, 0);
}

static void a_table_is_shown_when_its_last_part_is_there(void **state)
{
	auto_groups struct groups *groups = NULL;
	auto_buf struct buf out = {};
	struct time_text times;

	(void)state;
	groups_of(&groups, &times, false, -1);
	assert_true(groups_table(groups, text_from_str(FIRST_PART), &out));
	assert_int_equal(buf_len(&out), 0);
	assert_true(groups_table(groups, text_from_str(LAST_PART), &out));
	assert_holds(&out, TABLE);
	/* The next one after a blank line. */
	assert_true(groups_table(groups, text_from_str(FIRST_PART), &out));
	assert_true(groups_table(groups, text_from_str(LAST_PART), &out));
	assert_holds(&out, "\n" TABLE);
}

static void a_table_takes_the_place_of_the_one_before_on_a_terminal(void **state)
{
	auto_groups struct groups *groups = NULL;
	auto_close int terminal = open("/dev/null", O_WRONLY | O_CLOEXEC);
	auto_buf struct buf out = {};
	struct time_text times;

	(void)state;
	groups_of(&groups, &times, false, terminal);
	for (int i = 0; i < 2; i++) {
		assert_true(groups_table(groups, text_from_str(FIRST_PART), &out));
		assert_true(groups_table(groups, text_from_str(LAST_PART), &out));
		assert_holds(&out, "\033[H\033[J" TABLE);
	}
}

/* In one line: 0 to 99. */
static void hundred_groups(struct buf *line)
{
	buf_append_str(line, "{\"aggregate\":{\"fields\":[\"uid\"],\"groups\":[");
	for (unsigned int i = 0; i < 100; i++)
		buf_printf(line, "%s{\"key\":[\"%u\"]}", i ? "," : "", i);
	buf_append_str(line, "]}}");
}

/* What is no terminal does not tell its size, so 24 lines are assumed. */
static void what_is_below_the_screen_is_counted(void **state)
{
	auto_groups struct groups *groups = NULL;
	auto_close int terminal = open("/dev/null", O_WRONLY | O_CLOEXEC);
	auto_buf struct buf out = {}, line = {};
	struct time_text times;
	unsigned int lines = 0;

	(void)state;
	groups_of(&groups, &times, false, terminal);
	hundred_groups(&line);
	assert_true(groups_table(groups, (struct text){ buf_bytes(&line), buf_len(&line) }, &out));
	buf_append_char(&out, '\0');
	for (const char *at = buf_bytes(&out); *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 23);
	assert_non_null(strstr(buf_bytes(&out), "\n20    "));
	assert_null(strstr(buf_bytes(&out), "\n21    "));
	assert_non_null(strstr(buf_bytes(&out), "\nand 79 more\n"));
}

/* uid and the nine measures are 78 characters wide. */
static void a_row_that_the_terminal_breaks_takes_more_of_its_lines(void **state)
{
	static const struct {
		unsigned short lines, columns;
		unsigned int shown;
	} cases[] = {
		{ 24, 100, 21 }, { 24, 78, 21 }, { 24, 77, 10 }, { 24, 39, 10 }, { 24, 38, 6 },
		{ 24, 0, 21 },	 { 5, 78, 2 },	 { 4, 78, 1 },	 { 1, 10, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct winsize size = { .ws_row = cases[i].lines, .ws_col = cases[i].columns };
		auto_groups struct groups *groups = NULL;
		auto_close int terminal = -1, other = -1;
		auto_buf struct buf out = {}, line = {};
		struct time_text times;
		char row[32], more[32];

		assert_int_equal(openpty(&other, &terminal, NULL, NULL, &size), 0);
		groups_of(&groups, &times, false, terminal);
		hundred_groups(&line);
		assert_true(groups_table(groups, (struct text){ buf_bytes(&line), buf_len(&line) },
					 &out));
		buf_append_char(&out, '\0');
		snprintf(row, sizeof(row), "\n%-3u  ", cases[i].shown - 1);
		snprintf(more, sizeof(more), "\nand %u more\n", 100 - cases[i].shown);
		assert_non_null(strstr(buf_bytes(&out), row));
		assert_non_null(strstr(buf_bytes(&out), more));
	}
}

static void lines_of_json_stay_as_they_are(void **state)
{
	auto_groups struct groups *groups = NULL;
	auto_buf struct buf out = {};
	struct time_text times;

	(void)state;
	groups_of(&groups, &times, true, -1);
	assert_true(groups_table(groups, text_from_str(FIRST_PART), &out));
	assert_true(groups_table(groups, text_from_str(LAST_PART), &out));
	assert_holds(&out, FIRST_PART "\n" LAST_PART "\n");
}

static void other_lines_are_not_ours(void **state)
{
	static const char *const lines[] = { "",
					     "{",
					     "{}",
					     "{\"flow\":{}}",
					     "{\"aggregate\":1}",
					     "[]",
					     "\"aggregate\"",
					     "{\"aggregate\":{}" };
	auto_groups struct groups *groups = NULL;
	auto_buf struct buf out = {};
	struct time_text times;

	(void)state;
	groups_of(&groups, &times, false, -1);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_row(lines[i], !groups_table(groups, text_from_str(lines[i]), &out));
	assert_int_equal(buf_len(&out), 0);
	/* One without anything in it is a table all the same. */
	assert_true(groups_table(groups, text_from_str("{\"aggregate\":{}}"), &out));
	assert_holds(&out, "FLOWS   RECORDS   BYTES   PACKETS   DROPS   RTT   RTT-P99   FIRST   "
			   "LAST\n");
}

static void flows_of_a_file_are_counted(void **state)
{
	static const char flow[] =
		"{\"flow\":{\"time\":\"2026-11-21T21:00:03Z\",\"verdict\":\"FORWARDED\",\"IP\":{"
		"\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"},\"source\":{\"pod_name\":"
		"\"a\"},\"extensions\":{\"@type\":\"x\",\"value\":{\"event\":\"update\","
		"\"conn_id\":\"9f86d081884c7d65\",\"rtt_ns\":200,\"forward\":{\"packets\":1,"
		"\"bytes\":100},\"reverse\":{\"packets\":2,\"bytes\":50}}}}}";
	auto_groups struct groups *groups = NULL;
	auto_buf struct buf out = {};
	struct time_text times;

	(void)state;
	groups_of(&groups, &times, true, -1);
	groups_add(groups, text_from_str(flow));
	groups_add(groups, text_from_str(flow));
	groups_end(groups, &out);
	assert_holds(&out, "{\"aggregate\":{\"fields\":[\"source.pod\"],\"groups\":[{\"key\":["
			   "\"a\"],\"flows\":\"1\",\"records\":\"2\",\"bytes\":\"150\","
			   "\"packets\":\"3\",\"drops\":\"0\",\"rtts\":\"1\",\"rtt_median_ns\":"
			   "\"200\",\"rtt_p99_ns\":\"200\",\"first\":\"2026-11-21T21:00:03Z\","
			   "\"last\":\"2026-11-21T21:00:03Z\"}]}}\n");
}

static void fields_are_checked_and_asked_for(void **state)
{
	static const struct {
		const char *fields, *reason, *request;
	} cases[] = {
		{ "pod,port", "", "\"aggregate_by\":[\"pod\",\"port\"]" },
		{ "rtt", "", "\"aggregate_by\":[\"rtt\"]" },
		{ "verdict, port", "", "\"aggregate_by\":[\"verdict\",\"port\"]" },
		{ "", "a field has no name", "\"aggregate_by\":[\"\"]" },
		{ "pod,", "a field has no name", "\"aggregate_by\":[\"pod\",\"\"]" },
		{ "pdo", "no field is called \"pdo\": did you mean \"pod\"?",
		  "\"aggregate_by\":[\"pdo\"]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char reason[OPTION_REASON_SIZE] = "";
		auto_buf struct buf out = {};
		struct json_out json = { .buf = &out };

		assert_row_int(cases[i].fields, groups_check(cases[i].fields, reason),
			       *cases[i].reason ? -EINVAL : 0);
		assert_row_str(cases[i].fields, reason, cases[i].reason);
		groups_request(cases[i].fields, &json);
		assert_holds(&out, cases[i].request);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(a_table_is_shown_when_its_last_part_is_there),
			 TEST(a_table_takes_the_place_of_the_one_before_on_a_terminal),
			 TEST(what_is_below_the_screen_is_counted),
			 TEST(a_row_that_the_terminal_breaks_takes_more_of_its_lines),
			 TEST(lines_of_json_stay_as_they_are), TEST(other_lines_are_not_ours),
			 TEST(flows_of_a_file_are_counted), TEST(fields_are_checked_and_asked_for));
}

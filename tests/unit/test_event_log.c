// SPDX-License-Identifier: BSD-2-Clause
/* The log of events: what it keeps, and that it is read by the rules of the flow log. */
#include "log/event_log.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/harness.h"

#define START	       1700000000000000000ULL
#define AT(seconds)    (START + 1000000000ULL * (seconds))
#define auto_event_log __attribute__((cleanup(event_log_free)))
#define BYTES_MAX      64
#define ANSWER_SIZE    256

static void add(struct event_log *log, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "{%u}", number);
	event_log_add(log, AT(number), text_from_str(text));
}

/* Events 1 .. count, a second apart, each "{N}". */
static struct event_log *log_of(unsigned int max_events, unsigned int count)
{
	struct event_log *log = NULL;

	assert_int_equal(event_log_new(&log, max_events, BYTES_MAX), 0);
	for (unsigned int i = 1; i <= count; i++)
		add(log, i);
	return log;
}

/* What there is to be read now, at_once events at a time: "{3} {4}". */
static const char *read_all(struct event_log *log, struct log_query *query, unsigned int at_once,
			    char answer[static ANSWER_SIZE])
{
	struct log_view view = event_log_view(log);
	size_t len = 0;

	answer[0] = '\0';
	do {
		struct log_slice slice = { .left = at_once, .until_ns = UINT64_MAX };
		uint64_t seq, time_ns;

		while ((seq = log_query_next(query, &view, &slice))) {
			struct text json = event_log_get(log, seq, &time_ns);

			assert_true(time_ns == AT(seq));
			len += (size_t)snprintf(answer + len, ANSWER_SIZE - len, "%s%.*s",
						len ? " " : "", (int)json.len, json.bytes);
		}
	} while (log_query_has_more(query, &view));
	return answer;
}

/* Of events 1 .. 6, of which 3 .. 6 are there. */
static const struct row {
	const char *name;
	struct log_query query;
	const char *answer;
} rows[] = {
	{ "nothing asked: all", { 0 }, "{3} {4} {5} {6}" },
	{ "number: the last", { .number = 2 }, "{5} {6}" },
	{ "number of all", { .number = 4 }, "{3} {4} {5} {6}" },
	{ "number without bound", { .number = UINT64_MAX }, "{3} {4} {5} {6}" },
	{ "first", { .number = 2, .first = true }, "{3} {4}" },
	{ "since is inclusive", { .since_ns = AT(5) }, "{5} {6}" },
	{ "since wins over number", { .since_ns = AT(4), .number = 1 }, "{4}" },
	{ "until is inclusive", { .until_ns = AT(4) }, "{3} {4}" },
	{ "until never positions", { .until_ns = AT(4), .number = 2 }, "" },
	{ "between", { .since_ns = AT(4), .until_ns = AT(5) }, "{4} {5}" },
	{ "follow: live only", { .follow = true }, "" },
	{ "follow and number", { .follow = true, .number = 1 }, "{6}" },
};

static void check_row(const struct row *row, struct event_log *log, unsigned int at_once)
{
	struct log_view view = event_log_view(log);
	struct log_query query = row->query;
	char answer[ANSWER_SIZE];

	assert_row_int(row->name, log_query_start(&query, &view), 0);
	assert_row_str(row->name, read_all(log, &query, at_once, answer), row->answer);
	assert_row_int(row->name, query.lost, 0);
	assert_row_int(row->name, query.is_done, !query.follow);
}

static void each_selector_does_what_it_does_with_flows(void **state)
{
	auto_event_log struct event_log *log = log_of(4, 6);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned int at_once = 1; at_once < 6; at_once++)
			check_row(&rows[i], log, at_once);
	}
}

static void who_follows_gets_what_comes_and_is_told_of_what_he_missed(void **state)
{
	auto_event_log struct event_log *log = log_of(4, 2);
	struct log_query query = { .follow = true };
	struct log_view view = event_log_view(log);
	char answer[ANSWER_SIZE];

	(void)state;
	assert_int_equal(log_query_start(&query, &view), 0);
	add(log, 3);
	assert_string_equal(read_all(log, &query, 9, answer), "{3}");
	for (unsigned int i = 4; i <= 10; i++)
		add(log, i);
	assert_string_equal(read_all(log, &query, 9, answer), "{7} {8} {9} {10}");
	assert_int_equal(query.lost, 3);
	assert_false(query.is_done);
}

static void the_oldest_make_room_by_their_bytes_too(void **state)
{
	static const char long_text[] = "{12345678901234567890123456789012345678901234567890}";
	auto_event_log struct event_log *log = log_of(100, 8); /* of 3 bytes each */
	struct log_query query = { 0 };
	struct log_view view = event_log_view(log);
	char answer[ANSWER_SIZE], expect[ANSWER_SIZE];

	(void)state;
	event_log_add(log, AT(9), text_from_str(long_text)); /* 52 of 64 */
	assert_int_equal(log_query_start(&query, &view), 0);
	snprintf(expect, sizeof(expect), "{5} {6} {7} {8} %s", long_text);
	assert_string_equal(read_all(log, &query, 9, answer), expect);
}

static void what_no_memory_is_found_for_counts_as_lost(void **state)
{
	auto_event_log struct event_log *log = log_of(4, 2);
	struct log_query query = { .follow = true, .number = 1 };
	struct log_view view = event_log_view(log);
	char answer[ANSWER_SIZE];

	(void)state;
	assert_int_equal(log_query_start(&query, &view), 0);
	assert_string_equal(read_all(log, &query, 9, answer), "{2}");
	event_log_add(log, AT(3), (struct text){ "", SIZE_MAX });
	assert_string_equal(read_all(log, &query, 9, answer), "");
	assert_int_equal(query.lost, 1);
	add(log, 4);
	assert_string_equal(read_all(log, &query, 9, answer), "{4}");
	assert_int_equal(query.lost, 1);
}

static void nothing_is_ever_told_in_no_log(void **state)
{
	struct log_query all = { 0 }, follow = { .follow = true };
	struct log_view view = event_log_view(NULL);
	char answer[ANSWER_SIZE];

	(void)state;
	assert_int_equal(log_query_start(&all, &view), 0);
	assert_string_equal(read_all(NULL, &all, 9, answer), "");
	assert_true(all.is_done);
	assert_int_equal(log_query_start(&follow, &view), 0);
	assert_string_equal(read_all(NULL, &follow, 9, answer), "");
	assert_false(follow.is_done);
}

int main(void)
{
	return RUN_TESTS(TEST(each_selector_does_what_it_does_with_flows),
			 TEST(who_follows_gets_what_comes_and_is_told_of_what_he_missed),
			 TEST(the_oldest_make_room_by_their_bytes_too),
			 TEST(what_no_memory_is_found_for_counts_as_lost),
			 TEST(nothing_is_ever_told_in_no_log));
}

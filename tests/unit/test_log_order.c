// SPDX-License-Identifier: BSD-2-Clause
/* Logs that go on when the clock is set back: what is found in them by time, and nothing is lost. */
#include "log/log_order.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "log/event_log.h"
#include "tests/harness.h"
#include "tests/unit/flow_log.h"

static void what_runs_on_is_in_order_from_the_beginning(void **state)
{
	struct log_order order = { 0 };

	(void)state;
	for (uint64_t seq = 1; seq < 100; seq++)
		log_order_note(&order, seq, AT(seq) - (seq % 3) * 20 * MS);
	assert_int_equal(order.from, 0);
	assert_int_equal(order.latest_ns, AT(99));
}

static void what_is_as_much_out_of_order_as_may_be_is_no_step(void **state)
{
	struct log_order order = { 0 };

	(void)state;
	log_order_note(&order, 1, AT(9));
	log_order_note(&order, 2, AT(9) - LOG_QUERY_SLACK_NS);
	assert_int_equal(order.from, 0);
	log_order_note(&order, 3, AT(9) - LOG_QUERY_SLACK_NS - 1);
	assert_int_equal(order.from, 3);
}

/* Records 1 .. 6 are of seconds 1 .. 6; 7 .. 10, an hour having been taken back, of 7 .. 10. */
#define HOUR 3600ULL
static const struct row {
	const char *name;
	struct log_query query;
	const char *answer;
} rows[] = {
	{ "all", { 0 }, "3 4 5 6 7 8 9 10" },
	{ "the last", { .number = 5 }, "6 7 8 9 10" },
	{ "since before the step, as told then", { .since_ns = AT(HOUR + 5) }, "5 6" },
	{ "since after it", { .since_ns = AT(8) }, "3 4 5 6 8 9 10" },
	{ "until before it", { .until_ns = AT(HOUR + 4) }, "3 4 7 8 9 10" },
	{ "until after it", { .until_ns = AT(8) }, "7 8" },
	{ "between, after it", { .since_ns = AT(8), .until_ns = AT(9) }, "8 9" },
	{ "between, before it", { .since_ns = AT(HOUR), .until_ns = AT(HOUR + 4) }, "3 4" },
	{ "first", { .since_ns = AT(8), .number = 5, .first = true }, "3 4 5 6 8" },
	{ "follow", { .since_ns = AT(9), .follow = true }, "3 4 5 6 9 10" },
};

static uint64_t time_of(uint64_t seq)
{
	return seq <= 6 ? AT(HOUR + seq) : AT(seq);
}

static void check_row(const struct row *row, const struct history *history, unsigned int at_once)
{
	struct flow_query query = { .log = row->query };
	uint64_t seqs[16];
	char text[256];
	unsigned int count;

	assert_row_int(row->name, flow_query_start(&query, history), 0);
	count = log_read(&query, history, at_once, seqs, ARRAY_SIZE(seqs));
	assert_row_str(row->name, log_numbers(seqs, count, text), row->answer);
	assert_row_int(row->name, query.log.lost, 0);
	assert_row_int(row->name, query.log.is_done, !query.log.follow);
}

static void each_bound_means_the_time_that_was_told(void **state)
{
	auto_history struct history *history = log_of(8, 0);

	(void)state;
	for (uint64_t seq = 1; seq <= 10; seq++)
		log_add(history, time_of(seq));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned int at_once = 1; at_once < 12; at_once++)
			check_row(&rows[i], history, at_once);
	}
}

/* How many records are looked at to find the last one. */
static unsigned int looked_at(const struct history *history, uint64_t since_ns)
{
	struct flow_query query = { .log = { .since_ns = since_ns } };
	struct log_slice slice = log_slice(20000);
	const struct record_leg *legs;

	assert_int_equal(flow_query_start(&query, history), 0);
	while (flow_query_next(&query, history, &slice, &legs))
		;
	assert_int_equal(query.log.sent, 1);
	return 20000 - slice.left;
}

static void a_step_that_has_been_overwritten_costs_nothing(void **state)
{
	auto_history struct history *history = log_of(10000, 0);

	(void)state;
	log_add(history, AT(2 * HOUR));
	for (uint64_t seq = 1; seq < 10000; seq++)
		log_add(history, AT(seq));
	assert_int_equal(history_orderly(history), 2);
	assert_int_equal(looked_at(history, AT(9999)), 10000);
	log_add(history, AT(10000));
	assert_int_equal(history_oldest(history), 2);
	assert_int_equal(looked_at(history, AT(10000)), 1);
}

/* What is told in it is of after the step, what has been told behind it of before. */
static void a_place_that_was_reserved_before_the_step(void **state)
{
	auto_history struct history *history = log_of(8, 0);
	struct flow_query query = { .log = { .until_ns = AT(3) } };
	const struct record rec = { .time_ns = AT(1) };
	uint64_t seqs[8], place = history_reserve(history);
	char text[256];

	(void)state;
	log_add(history, AT(HOUR + 2));
	history_fill(history, place, &rec, NULL, 0);
	log_add(history, AT(3));
	assert_int_equal(history_orderly(history), 3);
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_string_equal(log_numbers(seqs, log_read(&query, history, 9, seqs, 8), text), "1 3");
}

static void events_are_found_by_the_time_that_was_told_too(void **state)
{
	static const unsigned int hours[] = { 5, 6, 1, 2 };
	__attribute__((cleanup(event_log_free))) struct event_log *log = NULL;
	struct log_query query = { .since_ns = AT(2 * HOUR), .until_ns = AT(5 * HOUR) };
	struct log_slice slice = log_slice(100);
	struct log_view view;

	(void)state;
	assert_int_equal(event_log_new(&log, 8, 100), 0);
	for (size_t i = 0; i < ARRAY_SIZE(hours); i++)
		event_log_add(log, AT(hours[i] * HOUR), text_from_str("{}"));
	view = event_log_view(log);
	assert_int_equal(log_query_start(&query, &view), 0);
	assert_int_equal(log_query_next(&query, &view, &slice), 1);
	assert_int_equal(log_query_next(&query, &view, &slice), 4);
	assert_int_equal(log_query_next(&query, &view, &slice), 0);
	assert_true(query.is_done);
}

int main(void)
{
	return RUN_TESTS(TEST(what_runs_on_is_in_order_from_the_beginning),
			 TEST(what_is_as_much_out_of_order_as_may_be_is_no_step),
			 TEST(each_bound_means_the_time_that_was_told),
			 TEST(a_step_that_has_been_overwritten_costs_nothing),
			 TEST(a_place_that_was_reserved_before_the_step),
			 TEST(events_are_found_by_the_time_that_was_told_too));
}

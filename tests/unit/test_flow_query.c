// SPDX-License-Identifier: BSD-2-Clause
/* GetFlows' selection as Hubble's server does it: each selector alone. */
#include "log/flow_query.h"

#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/flow_log.h"

static const struct {
	const char *name;
	struct log_query query;
	const char *answer;
} selectors[] = {
	/* Records 3 .. 10 are there. */
	{ "nothing asked: all", { 0 }, "3 4 5 6 7 8 9 10" },
	{ "number: the last", { .number = 3 }, "8 9 10" },
	{ "number of all", { .number = 8 }, "3 4 5 6 7 8 9 10" },
	{ "number above", { .number = 9 }, "3 4 5 6 7 8 9 10" },
	{ "number without bound", { .number = UINT64_MAX }, "3 4 5 6 7 8 9 10" },
	{ "first: all", { .first = true }, "3 4 5 6 7 8 9 10" },
	{ "first of number", { .first = true, .number = 3 }, "3 4 5" },
	{ "first of more", { .first = true, .number = 99 }, "3 4 5 6 7 8 9 10" },
	{ "follow: live only", { .follow = true }, "" },
	{ "follow and number", { .follow = true, .number = 2 }, "9 10" },
	{ "follow and more", { .follow = true, .number = 99 }, "3 4 5 6 7 8 9 10" },
	{ "since is inclusive", { .since_ns = AT(8) }, "8 9 10" },
	{ "just after", { .since_ns = AT(8) + 1 }, "9 10" },
	{ "since before all", { .since_ns = AT(1) }, "3 4 5 6 7 8 9 10" },
	{ "since after all", { .since_ns = AT(10) + 1 }, "" },
	{ "since wins over number", { .since_ns = AT(5), .number = 2 }, "5 6" },
	{ "since, few", { .since_ns = AT(9), .number = 5 }, "9 10" },
	{ "since and first", { .since_ns = AT(5), .number = 2, .first = true }, "5 6" },
	{ "since and follow", { .since_ns = AT(8), .follow = true }, "8 9 10" },
	{ "since, number and follow",
	  { .since_ns = AT(8), .number = 1, .follow = true },
	  "8 9 10" },
	{ "until is inclusive", { .until_ns = AT(5) }, "3 4 5" },
	{ "just before", { .until_ns = AT(5) - 1 }, "3 4" },
	{ "until before all", { .until_ns = AT(2) }, "" },
	{ "until after all", { .until_ns = AT(11) }, "3 4 5 6 7 8 9 10" },
	{ "until without end", { .until_ns = UINT64_MAX }, "3 4 5 6 7 8 9 10" },
	{ "until never positions", { .until_ns = AT(5), .number = 3 }, "" },
	{ "until cuts the last", { .until_ns = AT(9), .number = 3 }, "8 9" },
	{ "until cuts the first", { .until_ns = AT(4), .number = 3, .first = true }, "3 4" },
	{ "between", { .since_ns = AT(5), .until_ns = AT(7) }, "5 6 7" },
	{ "the wrong way round", { .since_ns = AT(7), .until_ns = AT(5) }, "" },
	{ "one moment", { .since_ns = AT(7), .until_ns = AT(7) }, "7" },
	{ "all bounds",
	  { .since_ns = AT(5), .until_ns = AT(9), .number = 3, .first = true },
	  "5 6 7" },
};

static void each_selector_does_what_hubbles_does(void **state)
{
	auto_history struct history *history = log_of(8, 10);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
		for (unsigned int at_once = 1; at_once < 12; at_once++) {
			struct flow_query query = { .log = selectors[i].query };
			uint64_t seqs[16];
			char text[256];
			unsigned int count;

			assert_row_int(selectors[i].name, flow_query_start(&query, history), 0);
			count = log_read(&query, history, at_once, seqs, ARRAY_SIZE(seqs));
			assert_row_str(selectors[i].name, log_numbers(seqs, count, text),
				       selectors[i].answer);
			assert_row_int(selectors[i].name, query.log.sent, count);
			assert_row_int(selectors[i].name, query.log.lost, 0);
		}
	}
}

static void first_with_follow_is_refused(void **state)
{
	auto_history struct history *history = log_of(8, 10);
	struct flow_query query = { .log = { .first = true, .follow = true } };

	(void)state;
	assert_int_equal(flow_query_start(&query, history), -EINVAL);
}

static void an_empty_log_is_answered_at_once(void **state)
{
	auto_history struct history *history = log_of(8, 0);
	struct flow_query query = { .log = { .number = 20 } };
	struct flow_query follow = { .log = { .follow = true, .number = 20 } };
	uint64_t seqs[4];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_int_equal(log_read(&query, history, 1, seqs, 4), 0);
	assert_int_equal(flow_query_start(&follow, history), 0);
	assert_int_equal(log_read(&follow, history, 1, seqs, 4), 0);
	log_add(history, START);
	assert_int_equal(log_read(&follow, history, 1, seqs, 4), 1);
}

static void a_follower_sees_the_newest_at_once(void **state)
{
	auto_history struct history *history = log_of(8, 10);
	struct flow_query query = { .log = { .follow = true } };
	uint64_t seqs[4];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	for (uint64_t seq = 11; seq < 100; seq++) {
		assert_int_equal(log_read(&query, history, 256, seqs, 4), 0);
		log_add(history, AT(seq));
		assert_true(flow_query_has_more(&query, history));
		assert_int_equal(log_read(&query, history, 256, seqs, 4), 1);
		assert_int_equal(seqs[0], seq);
	}
	assert_int_equal(query.log.lost, 0);
}

static void an_answer_ends_at_what_was_newest_when_it_began(void **state)
{
	auto_history struct history *history = log_of(100, 10);
	struct flow_query query = { .log = { .number = 3 } };
	uint64_t seqs[8];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	log_add(history, AT(11));
	assert_int_equal(log_read(&query, history, 256, seqs, 8), 3);
	assert_int_equal(seqs[2], 10);
}

/* A client need not be asked again only to learn that nothing is left. */
static void what_was_asked_for_is_known_to_be_all(void **state)
{
	static const struct {
		const char *name;
		struct log_query query;
		unsigned int count;
	} cases[] = {
		{ "first", { .first = true, .number = 2 }, 2 },
		{ "last", { .number = 2 }, 2 },
		{ "all", { 0 }, 8 },
	};
	auto_history struct history *history = log_of(8, 10);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct flow_query query = { .log = cases[i].query };
		struct log_slice slice = log_slice(cases[i].count);
		const struct record_leg *legs;

		assert_int_equal(flow_query_start(&query, history), 0);
		for (unsigned int n = 0; n < cases[i].count; n++) {
			assert_row(cases[i].name, !query.log.is_done);
			assert_row(cases[i].name, flow_query_has_more(&query, history));
			assert_row(cases[i].name, flow_query_next(&query, history, &slice, &legs));
		}
		assert_row_int(cases[i].name, slice.left, 0);
		assert_row(cases[i].name, query.log.is_done);
		assert_row(cases[i].name, !flow_query_has_more(&query, history));
	}
}

static void what_is_passed_over_counts_as_looked_at(void **state)
{
	auto_history struct history *history = NULL;
	struct flow_query query = { .log = { .since_ns = START + 5 } };
	struct log_slice slice = log_slice(4);
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 100, NULL, NULL), 0);
	for (uint64_t i = 0; i < 10; i++)
		log_add(history, START + i);
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_null(flow_query_next(&query, history, &slice, &legs));
	assert_int_equal(slice.left, 0);
	assert_true(flow_query_has_more(&query, history));
	slice = log_slice(4);
	assert_non_null(flow_query_next(&query, history, &slice, &legs));
	assert_int_equal(slice.left, 2);
}

static void a_lapped_follower_knows_what_it_has_missed(void **state)
{
	auto_history struct history *history = log_of(8, 10);
	struct flow_query query = { .log = { .follow = true } };
	uint64_t seqs[16];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	for (uint64_t seq = 11; seq <= 30; seq++)
		log_add(history, AT(seq));
	assert_int_equal(log_read(&query, history, 3, seqs, 16), 8);
	assert_int_equal(seqs[0], 23);
	assert_int_equal(query.log.lost, 12);
	query.log.lost = 0; /* told */
	for (uint64_t seq = 31; seq <= 39; seq++)
		log_add(history, AT(seq));
	assert_int_equal(log_read(&query, history, 3, seqs, 16), 8);
	assert_int_equal(query.log.lost, 1);
}

static void an_answer_misses_no_more_than_it_was_to_have(void **state)
{
	static const struct {
		const char *name;
		unsigned int added;
		unsigned int read;
		uint64_t lost;
	} cases[] = {
		/* Of records 3 .. 10, of which two were read before the log went on. */
		{ "not lapped", 2, 6, 0 }, { "by one", 3, 5, 1 },	 { "but one", 7, 1, 5 },
		{ "by all", 8, 0, 6 },	   { "by much more", 90, 0, 6 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_history struct history *history = log_of(8, 10);
		struct flow_query query = { .log = { .number = 8 } };
		struct log_slice slice = log_slice(2);
		const struct record_leg *legs;
		uint64_t seqs[16];

		assert_int_equal(flow_query_start(&query, history), 0);
		while (flow_query_next(&query, history, &slice, &legs))
			;
		for (uint64_t seq = 0; seq < cases[i].added; seq++)
			log_add(history, AT(11 + seq));
		assert_row_int(cases[i].name, log_read(&query, history, 3, seqs, 16),
			       cases[i].read);
		assert_row_int(cases[i].name, query.log.lost, cases[i].lost);
	}
}

/* It is woken once more when what it waits for is told. */
static void a_follower_waits_for_a_reserved_place(void **state)
{
	auto_history struct history *history = log_of(8, 2);
	struct flow_query query = { .log = { .follow = true, .number = 1 } };
	const struct record rec = { .time_ns = AT(3) };
	uint64_t seqs[8], place;
	char text[256];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	place = history_reserve(history);
	log_add(history, AT(4));
	assert_int_equal(log_read(&query, history, 256, seqs, 8), 1);
	assert_int_equal(seqs[0], 2);
	log_add(history, AT(5));
	assert_false(flow_query_has_more(&query, history));
	history_fill(history, place, &rec, NULL, 0);
	assert_true(flow_query_has_more(&query, history));
	assert_string_equal(log_numbers(seqs, log_read(&query, history, 256, seqs, 8), text),
			    "3 4 5");
	assert_int_equal(query.log.sent, 4);
	assert_int_equal(query.log.lost, 0);
}

static void an_answer_ends_before_a_reserved_place(void **state)
{
	auto_history struct history *history = log_of(8, 3);
	struct flow_query query = { .log = { .number = 2 } };
	uint64_t seqs[8], place = history_reserve(history);
	char text[256];

	(void)state;
	log_add(history, AT(5));
	assert_int_equal(flow_query_start(&query, history), 0);
	history_void(history, place);
	assert_string_equal(log_numbers(seqs, log_read(&query, history, 1, seqs, 8), text), "2 3");
}

static void void_places_are_passed_over(void **state)
{
	static const struct {
		const char *name;
		struct log_query query;
		const char *answer;
	} cases[] = {
		{ "all", { 0 }, "3 5 6 9 10" },
		{ "last", { .number = 3 }, "6 9 10" },
		{ "last, but one", { .number = 4 }, "5 6 9 10" },
		{ "last, all", { .number = 5 }, "3 5 6 9 10" },
		{ "last, too many", { .number = 6 }, "3 5 6 9 10" },
		{ "first", { .number = 2, .first = true }, "3 5" },
		{ "since", { .since_ns = AT(7) }, "9 10" },
		{ "since one before a void place", { .since_ns = AT(3) }, "3 5 6 9 10" },
		{ "until", { .until_ns = AT(8) }, "3 5 6" },
		{ "follow", { .number = 3, .follow = true }, "6 9 10" },
	};
	auto_history struct history *history = log_of(8, 1);

	(void)state;
	for (uint64_t seq = 2; seq <= 10; seq++) {
		if (seq == 2 || seq == 4 || seq == 7 || seq == 8)
			history_void(history, history_reserve(history));
		else
			log_add(history, AT(seq));
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int at_once = 1; at_once < 12; at_once++) {
			struct flow_query query = { .log = cases[i].query };
			uint64_t seqs[16];
			char text[256];
			unsigned int count;

			assert_int_equal(flow_query_start(&query, history), 0);
			count = log_read(&query, history, at_once, seqs, ARRAY_SIZE(seqs));
			assert_row_str(cases[i].name, log_numbers(seqs, count, text),
				       cases[i].answer);
			assert_row_int(cases[i].name, query.log.sent, count);
		}
	}
}

/* Nor those that were reserved and are told elsewhere. */
static void void_places_are_not_lost(void **state)
{
	auto_history struct history *history = log_of(8, 2);
	struct flow_query query = { .log = { .follow = true, .number = 2 } };
	uint64_t seqs[16];

	(void)state;
	history_void(history, history_reserve(history));
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_int_equal(log_read(&query, history, 256, seqs, 16), 2);
	for (uint64_t seq = 4; seq <= 23; seq++) {
		if (seq % 5)
			log_add(history, AT(seq));
		else if (seq % 2)
			history_void(history, history_reserve(history));
		else
			(void)history_reserve(history);
	}
	history_void(history, 20);
	/* Of 4 .. 23, four of them void, 16 .. 23 are there. */
	assert_int_equal(log_read(&query, history, 256, seqs, 16), 7);
	assert_int_equal(query.log.lost, 9);
}

int main(void)
{
	return RUN_TESTS(TEST(each_selector_does_what_hubbles_does),
			 TEST(first_with_follow_is_refused), TEST(an_empty_log_is_answered_at_once),
			 TEST(a_follower_sees_the_newest_at_once),
			 TEST(an_answer_ends_at_what_was_newest_when_it_began),
			 TEST(what_was_asked_for_is_known_to_be_all),
			 TEST(what_is_passed_over_counts_as_looked_at),
			 TEST(a_lapped_follower_knows_what_it_has_missed),
			 TEST(an_answer_misses_no_more_than_it_was_to_have),
			 TEST(a_follower_waits_for_a_reserved_place),
			 TEST(an_answer_ends_before_a_reserved_place),
			 TEST(void_places_are_passed_over), TEST(void_places_are_not_lost));
}

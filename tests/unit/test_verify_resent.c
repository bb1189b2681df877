// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which two readings Verify compares of what TCP has sent again: a segment that was counted and had
 * not reached the tracepoint is no mismatch, one that never does is, whichever are taken.
 */
#include "verify/verify_resent.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"
#include "verify/verify_line.h"

/* So many, of which so many have not reached the tracepoint; and what came while it was read. */
static struct resent_reading reading(uint64_t kernel, uint64_t on_the_way, uint64_t meanwhile)
{
	return (struct resent_reading){ .weir = kernel - on_the_way,
					.before = kernel,
					.after = kernel + meanwhile };
}

static bool first(struct resent_pair *pair, uint64_t kernel, uint64_t on_the_way)
{
	struct resent_reading now = reading(kernel, on_the_way, 0);

	return resent_pair_first(pair, &now);
}

static bool second(struct resent_pair *pair, uint64_t kernel, uint64_t on_the_way)
{
	struct resent_reading now = reading(kernel, on_the_way, 0);

	return resent_pair_second(pair, &now);
}

static void what_was_on_its_way_at_one_first_reading_is_no_mismatch(void **state)
{
	(void)state;
	for (unsigned int at = 0; at < VERIFY_FIRSTS_MAX; at++) {
		struct resent_pair pair = { 0 };

		for (unsigned int k = 0; k < VERIFY_FIRSTS_MAX; k++)
			assert_true(first(&pair, 100 + k, k == at ? 0 : 1 + k));
		assert_true(second(&pair, 190, 0));
		assert_int_equal(pair.first.weir, 100 + at);
		assert_int_equal(pair.second.weir, 190);
	}
}

static void what_stands_still_takes_one_place(void **state)
{
	struct resent_pair pair = { 0 };

	(void)state;
	for (unsigned int k = 0; k < 3 * VERIFY_FIRSTS_MAX; k++)
		assert_true(first(&pair, 100 + k / 2, 1));
	assert_int_equal(pair.n_firsts, 1);
	assert_true(first(&pair, 200, 0));
	assert_int_equal(pair.n_firsts, 2);
	assert_true(second(&pair, 290, 0));
	assert_int_equal(pair.first.weir, 200);
}

static void what_is_on_its_way_at_the_second_reading_heals(void **state)
{
	struct resent_pair pair = { 0 };

	(void)state;
	first(&pair, 100, 0);
	assert_false(second(&pair, 190, 1));
	assert_true(second(&pair, 190, 0));
	assert_int_equal(pair.second.weir, 190);
}

static void what_never_reached_the_tracepoint_is_missing_in_each_pair(void **state)
{
	struct resent_pair pair = { 0 };

	(void)state;
	for (unsigned int k = 0; k < VERIFY_FIRSTS_MAX; k++)
		first(&pair, 100 + k, k % 2);
	for (unsigned int k = 0; k < 5; k++)
		assert_false(second(&pair, 190 + k, 2));
}

static void what_came_too_often_is_missing_in_each_pair(void **state)
{
	struct resent_pair pair = { 0 };
	struct resent_reading more = { .weir = 191, .before = 190, .after = 190 };

	(void)state;
	first(&pair, 100, 0);
	first(&pair, 101, 0);
	assert_false(resent_pair_second(&pair, &more));
}

static void a_reading_that_moved_is_taken_for_want_of_a_better_one(void **state)
{
	struct resent_reading moved = reading(100, 0, 3);
	struct resent_pair pair = { 0 };

	(void)state;
	assert_false(resent_pair_first(&pair, &moved));
	assert_int_equal(pair.n_firsts, 0);
	assert_true(second(&pair, 190, 0));
	assert_int_equal(pair.first.after, 103);
	/* And as a second one: what agrees is looked for once more, to be exact. */
	moved = reading(190, 0, 3);
	assert_false(resent_pair_second(&pair, &moved));
	assert_int_equal(pair.second.after, 193);

	assert_true(first(&pair, 110, 0));
	assert_int_equal(pair.firsts[0].after, 110);
}

/* Since the first reading, on a kernel that tells of what failed with the socket's next, or at once. */
static enum verify_result result_of(uint64_t kernel, uint64_t weir, uint64_t failed, bool tells)
{
	struct verify_bounds bounds = { .weir = weir, .low = kernel, .high = kernel };
	struct resent_reading then = { .weir = 50, .before = 60, .after = 60, .failed = 3 };
	struct resent_reading now = { .weir = 50 + weir,
				      .before = 60 + kernel,
				      .after = 60 + kernel,
				      .failed = 3 + failed,
				      .tells_failed = tells };
	struct resent_pair pair = { 0 };
	bool agrees;

	bounds.failed = tells ? 0 : failed;
	bounds.failed_before = tells ? 0 : 3;
	resent_pair_first(&pair, &then);
	agrees = resent_pair_second(&pair, &now);
	assert_int_equal(agrees, verify_between(&bounds) == VERIFY_OK);
	return verify_between(&bounds);
}

static void what_could_not_be_sent_may_be_told_later(void **state)
{
	static const struct {
		const char *name;
		uint64_t kernel, weir, failed;
		enum verify_result untold, told;
	} cases[] = {
		{ "none has failed", 9, 9, 0, VERIFY_OK, VERIFY_OK },
		{ "one is missing, and none has failed", 9, 8, 0, VERIFY_FAILED, VERIFY_FAILED },
		{ "all that failed are missing", 9, 7, 2, VERIFY_OK, VERIFY_FAILED },
		{ "one of two is", 9, 8, 2, VERIFY_UNKNOWN, VERIFY_FAILED },
		{ "none of them is", 9, 9, 2, VERIFY_OK, VERIFY_OK },
		{ "more than have failed are missing", 9, 6, 2, VERIFY_FAILED, VERIFY_FAILED },
		{ "some that failed before have come", 9, 12, 0, VERIFY_UNKNOWN, VERIFY_FAILED },
		{ "more than failed before have come", 9, 13, 0, VERIFY_FAILED, VERIFY_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_row_int(cases[i].name,
			       result_of(cases[i].kernel, cases[i].weir, cases[i].failed, false),
			       cases[i].untold);
		assert_row_int(cases[i].name,
			       result_of(cases[i].kernel, cases[i].weir, cases[i].failed, true),
			       cases[i].told);
	}
}

static void the_line_tells_how_many_could_not_be_sent(void **state)
{
	static const struct {
		struct verify_bounds bounds;
		const char *line;
	} cases[] = {
		{ { .weir = 9, .low = 9, .high = 9, .failed = 2 },
		  "{\"check\":\"x\",\"weir\":\"9\",\"kernel\":\"9\",\"ok\":true}\n" },
		{ { .weir = 7, .low = 9, .high = 9, .failed = 2 },
		  "{\"check\":\"x\",\"weir\":\"7\",\"kernel\":\"9\",\"ok\":true,"
		  "\"note\":\"2 that TCP could not send again (TCPRetransFail)\"}\n" },
		{ { .weir = 8, .low = 9, .high = 10, .failed = 3 },
		  "{\"check\":\"x\",\"weir\":\"8\",\"kernel\":\"10\",\"comparable\":false,"
		  "\"note\":\"moving: 9 .. 10; 3 that TCP could not send again (TCPRetransFail)\"}\n" },
		{ { .weir = 10, .low = 9, .high = 9, .failed_before = 4 },
		  "{\"check\":\"x\",\"weir\":\"10\",\"kernel\":\"9\",\"comparable\":false,"
		  "\"note\":\"4 that TCP could not send again before (TCPRetransFail)\"}\n" },
		{ { .weir = 7, .low = 9, .high = 9 },
		  "{\"check\":\"x\",\"weir\":\"7\",\"kernel\":\"9\",\"ok\":false}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf buf = { 0 };
		struct verify_report report = { .out = &buf };

		verify_report_between(&report, "x", &cases[i].bounds);
		buf_append_char(&buf, '\0');
		assert_string_equal(buf_bytes(&buf), cases[i].line);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(what_was_on_its_way_at_one_first_reading_is_no_mismatch),
			 TEST(what_stands_still_takes_one_place),
			 TEST(what_is_on_its_way_at_the_second_reading_heals),
			 TEST(what_never_reached_the_tracepoint_is_missing_in_each_pair),
			 TEST(what_came_too_often_is_missing_in_each_pair),
			 TEST(what_could_not_be_sent_may_be_told_later),
			 TEST(the_line_tells_how_many_could_not_be_sent),
			 TEST(a_reading_that_moved_is_taken_for_want_of_a_better_one));
}

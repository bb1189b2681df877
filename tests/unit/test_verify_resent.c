// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which two readings Verify compares of what TCP has sent again: a segment that was counted and had
 * not reached the tracepoint is no mismatch, one that never does is, whichever are taken.
 */
#include "verify/verify_resent.h"

#include "base/cleanup.h"
#include "tests/harness.h"

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

int main(void)
{
	return RUN_TESTS(TEST(what_was_on_its_way_at_one_first_reading_is_no_mismatch),
			 TEST(what_stands_still_takes_one_place),
			 TEST(what_is_on_its_way_at_the_second_reading_heals),
			 TEST(what_never_reached_the_tracepoint_is_missing_in_each_pair),
			 TEST(what_came_too_often_is_missing_in_each_pair),
			 TEST(a_reading_that_moved_is_taken_for_want_of_a_better_one));
}

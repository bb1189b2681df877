// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which two readings Verify compares: a packet that was on its way at one of them is no mismatch,
 * and one that passed by is, whichever is taken.
 */
#include "verify/verify_pair.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define SIZE 100 /* of a packet */

/* So many packets, of which the kernel has counted some more, or some fewer. */
static struct verify_reading reading(uint64_t packets, int64_t more)
{
	uint64_t kernel = packets + (uint64_t)more;

	return (struct verify_reading){ .raw = { packets, packets * SIZE },
					.kernel = { kernel, kernel * SIZE },
					.is_quiet = true };
}

static bool first(struct verify_pair *pair, struct verify_hook *hook, uint64_t packets,
		  int64_t more)
{
	struct verify_reading now = reading(packets, more);

	return verify_pair_first(pair, hook, &now);
}

static bool second(struct verify_pair *pair, struct verify_hook *hook, uint64_t packets,
		   int64_t more)
{
	struct verify_reading now = reading(packets, more);

	return verify_pair_second(pair, hook, &now);
}

static enum verify_result result(const struct verify_hook *hook)
{
	struct verify_judgement judgement;

	verify_judge(hook, &judgement);
	assert_int_equal(judgement.packets.result, judgement.bytes.result);
	return judgement.packets.result;
}

static void what_was_on_its_way_at_one_first_reading_is_no_mismatch(void **state)
{
	static const int64_t on_the_way[] = { 15, -15 }; /* in a backlog to us; behind us */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(on_the_way); i++) {
		for (unsigned int at = 0; at < VERIFY_FIRSTS_MAX; at++) {
			struct verify_hook hook = { 0 };
			struct verify_pair pair = { 0 };

			for (unsigned int k = 0; k < VERIFY_FIRSTS_MAX; k++) {
				int64_t more = k == at ? 0 : on_the_way[i];

				assert_int_equal(first(&pair, &hook, 1000 + k, more),
						 k + 1 == VERIFY_FIRSTS_MAX);
			}
			assert_true(second(&pair, &hook, 2000, 0));
			assert_int_equal(hook.first.raw.packets, 1000 + at);
			assert_int_equal(result(&hook), VERIFY_OK);
		}
	}
}

static void what_is_on_its_way_at_the_second_reading_heals(void **state)
{
	struct verify_hook hook = { 0 };
	struct verify_pair pair = { 0 };

	(void)state;
	assert_false(first(&pair, &hook, 1000, 0));
	assert_false(second(&pair, &hook, 2000, 3));
	assert_int_equal(result(&hook), VERIFY_FAILED);
	assert_true(second(&pair, &hook, 2003, 0));
	assert_int_equal(result(&hook), VERIFY_OK);
	/* What is read later is no better. */
	assert_true(second(&pair, &hook, 2010, 1));
	assert_int_equal(hook.second.raw.packets, 2003);
}

static void what_passed_by_is_missing_in_each_pair(void **state)
{
	struct verify_hook hook = { 0 };
	struct verify_pair pair = { 0 };

	(void)state;
	for (unsigned int k = 0; k < VERIFY_FIRSTS_MAX; k++)
		first(&pair, &hook, 1000 + k, 0);
	for (unsigned int k = 0; k < 5; k++)
		assert_false(second(&pair, &hook, 2000 + k, 1));
	assert_int_equal(result(&hook), VERIFY_FAILED);
}

static void where_nothing_has_moved_two_first_readings_are_enough(void **state)
{
	struct verify_hook hook = { 0 };
	struct verify_pair pair = { 0 };

	(void)state;
	assert_false(first(&pair, &hook, 1000, 0));
	assert_true(first(&pair, &hook, 1000, 0));
	assert_int_equal(pair.n_firsts, 1);
	/* The other hook of the interface may need more of them. */
	for (unsigned int k = 1; k < 3 * VERIFY_FIRSTS_MAX; k++)
		assert_int_equal(first(&pair, &hook, 1000 + k, 0), k + 1 >= VERIFY_FIRSTS_MAX);
	assert_int_equal(pair.n_firsts, VERIFY_FIRSTS_MAX);
}

static void a_reading_that_moved_is_taken_for_want_of_a_better_one(void **state)
{
	struct verify_reading moved = reading(1000, 0);
	struct verify_hook hook = { 0 };
	struct verify_pair pair = { 0 };

	(void)state;
	moved.is_quiet = false;
	assert_false(verify_pair_first(&pair, &hook, &moved));
	assert_int_equal(pair.n_firsts, 0);
	assert_true(second(&pair, &hook, 2000, 0));
	assert_int_equal(hook.first.raw.packets, 1000);

	hook = (struct verify_hook){ 0 };
	pair = (struct verify_pair){ 0 };
	verify_pair_first(&pair, &hook, &moved);
	assert_false(first(&pair, &hook, 1500, 0));
	assert_int_equal(hook.first.raw.packets, 1500);
	assert_true(second(&pair, &hook, 2000, 0));
	assert_int_equal(hook.first.raw.packets, 1500);
}

int main(void)
{
	return RUN_TESTS(TEST(what_was_on_its_way_at_one_first_reading_is_no_mismatch),
			 TEST(what_is_on_its_way_at_the_second_reading_heals),
			 TEST(what_passed_by_is_missing_in_each_pair),
			 TEST(where_nothing_has_moved_two_first_readings_are_enough),
			 TEST(a_reading_that_moved_is_taken_for_want_of_a_better_one));
}

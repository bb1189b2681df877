// SPDX-License-Identifier: BSD-2-Clause
/*
 * The flow log as a ring: what is there, what was overwritten, and whose legs are still whole; many
 * laps against a reference that forgets nothing.
 */
#include "tests/unit/history_kept.h"

#include <stdlib.h>
#include <string.h>

static void an_empty_log_holds_nothing(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 4, NULL, NULL), 0);
	assert_int_equal(history_capacity(history), 4);
	assert_int_equal(history_next(history), 1);
	assert_int_equal(history_oldest(history), 1);
	for (uint64_t seq = 0; seq < 10; seq++)
		assert_null(history_get(history, seq, &legs));
	assert_null(history_get(history, UINT64_MAX, &legs));
}

static void records_are_numbered_from_one(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 4, NULL, NULL), 0);
	kept_add(history, 0);
	kept_add(history, 0);
	assert_int_equal(history_oldest(history), 1);
	assert_int_equal(history_next(history), 3);
	assert_true(kept_get(history, 1, &legs));
	assert_null(legs);
	assert_true(kept_get(history, 2, &legs));
	assert_false(kept_get(history, 0, &legs));
	assert_false(kept_get(history, 3, &legs));
}

static void the_oldest_is_overwritten_first(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	for (int i = 0; i < 5; i++)
		kept_add(history, 0);
	assert_int_equal(history_oldest(history), 3);
	assert_int_equal(history_next(history), 6);
	assert_false(kept_get(history, 2, &legs));
	for (uint64_t seq = 3; seq <= 5; seq++)
		assert_true(kept_get(history, seq, &legs));
}

static void the_log_keeps_a_copy(void **state)
{
	auto_history struct history *history = NULL;
	struct record rec = { .time_ns = 1000, .conn_id = ~1ULL };
	struct record_leg legs[RECORD_SLOTS_MAX];
	const struct record_leg *kept;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	kept_legs(legs, 1);
	history_add(history, &rec, legs, 3);
	memset(&rec, 0xff, sizeof(rec));
	memset(legs, 0xff, sizeof(legs));
	assert_true(kept_get(history, 1, &kept));
	assert_non_null(kept);
	kept_assert_legs(kept, 1, 3);
}

static void no_more_legs_are_kept_than_fit(void **state)
{
	auto_history struct history *history = NULL;
	struct record_leg many[RECORD_SLOTS_MAX + 3] = { 0 };
	struct record rec = { .time_ns = 1000, .conn_id = ~1ULL };
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	kept_legs(many, 1);
	history_add(history, &rec, many, RECORD_SLOTS_MAX + 3);
	assert_true(kept_get(history, 1, &legs));
	assert_non_null(legs);
	kept_assert_legs(legs, 1, RECORD_SLOTS_MAX);
	assert_int_equal(history_get(history, 1, &legs)->legs, RECORD_SLOTS_MAX - 1);
}

/* Totals of several legs: what the first has counted is in its leg alone. */
static void of_totals_of_many_all_legs_are_kept(void **state)
{
	auto_history struct history *history = NULL;
	struct record_leg many[RECORD_SLOTS_MAX] = { 0 };
	struct record rec = { .time_ns = 1000, .is_of_many = true };
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	kept_legs(many, 1);
	for (unsigned int count = 2; count <= RECORD_SLOTS_MAX; count++) {
		history_add(history, &rec, many, count);
		assert_int_equal(history_get(history, count - 1, &legs)->legs, count);
		assert_non_null(legs);
		assert_memory_equal(legs, many, count * sizeof(*many));
	}
}

static void of_one_leg_the_record_itself_tells(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	kept_add(history, 1);
	assert_true(kept_get(history, 1, &legs));
	assert_null(legs);
	assert_int_equal(history_get(history, 1, &legs)->legs, 0);
}

static void legs_are_lost_before_their_record_when_many_have_some(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 64, NULL, NULL), 0);
	for (int i = 0; i < 64; i++)
		kept_add(history, 2);
	for (uint64_t seq = 1; seq <= 48; seq++) {
		assert_true(kept_get(history, seq, &legs));
		assert_null(legs);
		assert_int_equal(history_get(history, seq, &legs)->legs, 1);
	}
	for (uint64_t seq = 49; seq <= 64; seq++) {
		assert_true(kept_get(history, seq, &legs));
		assert_non_null(legs);
		kept_assert_legs(legs, seq, 2);
	}
}

static void legs_of_one_record_in_few_outlast_a_lap(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 100, NULL, NULL), 0);
	for (int i = 0; i < 250; i++)
		kept_add(history, i % 10 ? 0 : 4);
	for (uint64_t seq = 151; seq <= 250; seq++) {
		assert_true(kept_get(history, seq, &legs));
		if (seq % 10 == 1)
			kept_assert_legs(legs, seq, 4);
		else
			assert_null(legs);
	}
}

static void a_log_of_one_holds_the_newest_with_its_legs(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 1, NULL, NULL), 0);
	for (uint64_t seq = 1; seq < 100; seq++) {
		unsigned int count = seq % (RECORD_SLOTS_MAX + 1);

		kept_add(history, count);
		assert_int_equal(history_oldest(history), seq);
		assert_int_equal(history_next(history), seq + 1);
		assert_false(kept_get(history, seq - 1, &legs));
		assert_true(kept_get(history, seq, &legs));
		assert_int_equal(legs != NULL, count > 1);
		if (legs)
			kept_assert_legs(legs, seq, count);
	}
}

/* A log and what has ever been added to it. */
struct twin {
	struct history *history;
	uint64_t capacity;
	unsigned int legs[100000]; /* by sequence number */
};

/* Legs are there, whole, until more further ones came than the log has room for. */
static void check_all(const struct twin *twin)
{
	uint64_t next = history_next(twin->history), used = 0;
	uint64_t places = twin->capacity / 4;

	for (uint64_t seq = next - 1; seq && seq + twin->capacity + 2 > next; seq--) {
		const struct record_leg *legs;

		if (seq + twin->capacity < next) {
			assert_false(kept_get(twin->history, seq, &legs));
			continue;
		}
		used += twin->legs[seq] ? twin->legs[seq] - 1 : 0;
		assert_true(kept_get(twin->history, seq, &legs));
		if (twin->legs[seq] < 2)
			assert_null(legs);
		else if (used <= places || used < RECORD_SLOTS_MAX)
			assert_non_null(legs);
		if (legs)
			kept_assert_legs(legs, seq, twin->legs[seq]);
	}
}

static void many_laps_are_those_of_a_log_without_end(void **state)
{
	static const uint64_t capacities[] = { 1, 2, 3, 5, 7, 8, 9, 64, 100 };
	static struct twin twin;

	(void)state;
	srand(2);
	for (size_t i = 0; i < ARRAY_SIZE(capacities); i++) {
		auto_history struct history *history = NULL;

		twin.capacity = capacities[i];
		assert_int_equal(history_new(&history, twin.capacity, NULL, NULL), 0);
		twin.history = history;
		for (uint64_t seq = 1; seq < 2000 + 20 * twin.capacity; seq++) {
			unsigned int count = rand() % 3 ? 0 : (unsigned int)rand() % 9;

			twin.legs[seq] = count;
			kept_add(history, count);
			check_all(&twin);
		}
	}
}

int main(void)
{
	return RUN_TESTS(TEST(an_empty_log_holds_nothing), TEST(records_are_numbered_from_one),
			 TEST(the_oldest_is_overwritten_first), TEST(the_log_keeps_a_copy),
			 TEST(no_more_legs_are_kept_than_fit),
			 TEST(of_totals_of_many_all_legs_are_kept),
			 TEST(of_one_leg_the_record_itself_tells),
			 TEST(legs_are_lost_before_their_record_when_many_have_some),
			 TEST(legs_of_one_record_in_few_outlast_a_lap),
			 TEST(a_log_of_one_holds_the_newest_with_its_legs),
			 TEST(many_laps_are_those_of_a_log_without_end));
}

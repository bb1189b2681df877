// SPDX-License-Identifier: BSD-2-Clause
/*
 * Places of the flow log that are reserved and told later, or never; and which records its owner is
 * told have gone.
 */
#include "tests/unit/history_kept.h"

#include <stdlib.h>

static void nothing_is_seen_from_a_reserved_place_on(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 8, NULL, NULL), 0);
	kept_add(history, 0);
	assert_int_equal(history_reserve(history), 2);
	kept_add_behind(history, 3);
	assert_int_equal(history_reserve(history), 4);
	kept_add_behind(history, 5);
	assert_int_equal(history_next(history), 2);
	assert_int_equal(history_count(history), 1);
	assert_int_equal(history_seen(history), 1);
	assert_true(kept_get(history, 1, &legs));
	for (uint64_t seq = 2; seq <= 6; seq++)
		assert_false(kept_get(history, seq, &legs));
	assert_true(kept_fill(history, 4, 3));
	assert_int_equal(history_next(history), 2);
	assert_true(kept_fill(history, 2, 2));
	assert_int_equal(history_next(history), 6);
	assert_int_equal(history_seen(history), 5);
	for (uint64_t seq = 1; seq <= 5; seq++) {
		assert_true(kept_get(history, seq, &legs));
		assert_int_equal(legs != NULL, seq == 2 || seq == 4);
		if (legs)
			kept_assert_legs(legs, seq, seq == 2 ? 2 : 3);
	}
	kept_add(history, 0);
	assert_int_equal(history_next(history), 7);
}

static void a_void_place_counts_as_no_record(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 8, NULL, NULL), 0);
	kept_add(history, 0);
	assert_int_equal(history_reserve(history), 2);
	assert_int_equal(history_reserve(history), 3);
	kept_add_behind(history, 4);
	history_void(history, 3);
	assert_int_equal(history_next(history), 2);
	assert_int_equal(history_seen(history), 1);
	history_void(history, 2);
	assert_int_equal(history_next(history), 5);
	assert_int_equal(history_seen(history), 2);
	assert_int_equal(history_count(history), 2);
	for (uint64_t seq = 2; seq <= 3; seq++) {
		assert_true(history_get(history, seq, &legs)->is_void);
		assert_int_equal(history_get(history, seq, &legs)->time_ns, 1000);
		assert_null(legs);
	}
	assert_int_equal(history_voids(history, 1), 0);
	assert_int_equal(history_voids(history, 3), 1);
	assert_int_equal(history_voids(history, 5), 2);
	assert_int_equal(history_last(history, 1), 4);
	assert_int_equal(history_last(history, 2), 1);
	for (uint64_t seq = 5; seq <= 30; seq++)
		kept_add(history, 0);
	assert_int_equal(history_count(history), 8);
	assert_int_equal(history_seen(history), 28);
	assert_int_equal(history_voids(history, history_oldest(history)), 2);
}

static void a_reserved_place_may_be_overwritten(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	assert_int_equal(history_reserve(history), 1);
	assert_int_equal(history_reserve(history), 2);
	kept_add_behind(history, 3);
	history_void(history, 2);
	assert_int_equal(history_next(history), 1);
	kept_add_behind(history, 4);
	assert_false(kept_fill(history, 1, 0));
	history_void(history, 1);
	assert_int_equal(history_oldest(history), 2);
	assert_int_equal(history_next(history), 5);
	assert_true(history_get(history, 2, &legs)->is_void);
	assert_true(kept_get(history, 3, &legs));
	assert_true(kept_get(history, 4, &legs));
	assert_int_equal(history_count(history), 2);
	assert_int_equal(history_seen(history), 2);
}

enum place_state {
	PLACE_RESERVED,
	PLACE_TOLD,
	PLACE_VOID
};

/* What was done with each number, by a log without end. */
struct places {
	struct history *history;
	uint64_t capacity, count;
	enum place_state state[4096];
};

static void check_places(const struct places *places)
{
	const struct history *history = places->history;
	uint64_t oldest =
		places->count > places->capacity ? places->count - places->capacity + 1 : 1;
	uint64_t next = oldest, told = 0, voids = 0, seen = 0;
	const struct record_leg *legs;

	assert_int_equal(history_oldest(history), oldest);
	while (next <= places->count && places->state[next] != PLACE_RESERVED)
		next++;
	assert_int_equal(history_next(history), next);
	for (uint64_t seq = 1; seq < next; seq++) {
		bool is_void = places->state[seq] != PLACE_TOLD;

		if (seq >= oldest) {
			assert_int_equal(history_get(history, seq, &legs)->is_void, is_void);
			assert_int_equal(history_voids(history, seq), voids);
			assert_true(is_void || kept_get(history, seq, &legs));
			told += !is_void;
		}
		voids += is_void;
		seen += !is_void;
	}
	assert_int_equal(history_count(history), told);
	assert_int_equal(history_seen(history), seen);
	for (uint64_t seq = next, last = 0; seq-- > oldest;) {
		last += places->state[seq] == PLACE_TOLD;
		if (places->state[seq] == PLACE_TOLD && last < told)
			assert_int_equal(history_last(history, last), seq);
	}
	assert_int_equal(history_last(history, told), oldest);
}

/* What the owner was told has gone, by its number. */
struct dropped {
	uint64_t seq[4096];
	unsigned int count;
};

static void on_drop(void *ctx, const struct record *rec)
{
	struct dropped *dropped = ctx;

	assert_true(dropped->count < ARRAY_SIZE(dropped->seq));
	assert_false(rec->is_void);
	assert_int_equal(rec->conn_id, ~(rec->time_ns / 1000));
	dropped->seq[dropped->count++] = rec->time_ns / 1000;
}

static void each_record_is_dropped_once_and_in_order(void **state)
{
	auto_history struct history *history = NULL;
	struct dropped dropped = { .count = 0 };

	(void)state;
	assert_int_equal(history_new(&history, 4, on_drop, &dropped), 0);
	for (unsigned int i = 0; i < 4; i++)
		kept_add(history, i % 3);
	assert_int_equal(dropped.count, 0);
	for (unsigned int i = 0; i < 20; i++)
		kept_add(history, i % 3);
	assert_int_equal(dropped.count, 20);
	for (unsigned int i = 0; i < dropped.count; i++)
		assert_int_equal(dropped.seq[i], i + 1);
	/* What is there at the end goes without a word. */
	history_free(&history);
	assert_int_equal(dropped.count, 20);
}

static void what_was_never_told_is_not_dropped(void **state)
{
	auto_history struct history *history = NULL;
	struct dropped dropped = { .count = 0 };

	(void)state;
	assert_int_equal(history_new(&history, 4, on_drop, &dropped), 0);
	kept_add(history, 0);
	assert_int_equal(history_reserve(history), 2);
	assert_int_equal(history_reserve(history), 3);
	kept_add_behind(history, 4);
	history_void(history, 3); /* void, behind one that is reserved */
	kept_add_behind(history, 5);
	assert_int_equal(dropped.count, 1);
	kept_add_behind(history, 6); /* over the reserved one */
	kept_add_behind(history, 7); /* over the void one */
	assert_int_equal(dropped.count, 1);
	assert_false(kept_fill(history, 2, 0));
	kept_add_behind(history, 8);
	assert_int_equal(dropped.count, 2);
	assert_int_equal(dropped.seq[1], 4);
	/* A place that is told late is a record like others. */
	assert_int_equal(history_reserve(history), 9);
	assert_true(kept_fill(history, 9, 2));
	assert_int_equal(dropped.count, 3);
	for (uint64_t seq = 10; seq <= 13; seq++)
		kept_add(history, 0);
	assert_int_equal(dropped.count, 7);
	assert_int_equal(dropped.seq[6], 9);
}

/* At any time what was told has either been dropped, once, or is still there. */
static void check_dropped(const struct places *places, const struct dropped *dropped)
{
	unsigned int at = 0;

	for (uint64_t seq = 1; seq <= places->count; seq++) {
		bool is_there = seq + places->capacity > places->count;

		if (places->state[seq] == PLACE_TOLD && !is_there) {
			assert_true(at < dropped->count);
			assert_int_equal(dropped->seq[at++], seq);
		}
	}
	assert_int_equal(at, dropped->count);
}

static void random_places_are_those_of_a_log_without_end(void **state)
{
	static const uint64_t capacities[] = { 1, 2, 3, 8, 50 };
	static struct places places;

	(void)state;
	srand(5);
	for (unsigned int round = 0; round < 20; round++) {
		auto_history struct history *history = NULL;

		struct dropped dropped = { .count = 0 };

		places = (struct places){ .capacity = capacities[round % ARRAY_SIZE(capacities)] };
		assert_int_equal(history_new(&history, places.capacity, on_drop, &dropped), 0);
		places.history = history;
		while (places.count < 1000) {
			uint64_t seq = places.count + 1 - (uint64_t)rand() % (places.count + 1);

			if (places.count > 60 && rand() % 4)
				seq = places.count + 1 - (uint64_t)rand() % 60;
			if (seq > places.count && rand() % 2) {
				kept_add_behind(history, ++places.count);
				places.state[seq] = PLACE_TOLD;
			} else if (seq > places.count) {
				assert_int_equal(history_reserve(history), ++places.count);
			} else if (places.state[seq] == PLACE_RESERVED && rand() % 3 == 0) {
				history_void(history, seq);
				places.state[seq] = PLACE_VOID;
			} else if (places.state[seq] == PLACE_RESERVED) {
				/* What was overwritten before is no record ever. */
				places.state[seq] =
					kept_fill(history, seq, (unsigned int)rand() % 9)
						? PLACE_TOLD
						: PLACE_VOID;
			}
			check_places(&places);
			check_dropped(&places, &dropped);
		}
	}
}

int main(void)
{
	return RUN_TESTS(TEST(nothing_is_seen_from_a_reserved_place_on),
			 TEST(a_void_place_counts_as_no_record),
			 TEST(a_reserved_place_may_be_overwritten),
			 TEST(each_record_is_dropped_once_and_in_order),
			 TEST(what_was_never_told_is_not_dropped),
			 TEST(random_places_are_those_of_a_log_without_end));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * The flow log as a ring: what is there, what was overwritten, and whose legs are still whole; many
 * laps against a reference that forgets nothing. And places that are reserved.
 */
#include "log/history.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_history __attribute__((cleanup(history_free)))

/* Every byte of a leg tells whose it is, so that parted or mixed-up legs show. */
static void fill_legs(struct record_leg legs[static RECORD_SLOTS_MAX], uint64_t seq)
{
	for (unsigned int i = 0; i < RECORD_SLOTS_MAX; i++) {
		legs[i] = (struct record_leg){ .ifindex = (uint32_t)seq, .vlan = (uint16_t)i };
		legs[i].count[0].packets = seq * RECORD_SLOTS_MAX + i;
		legs[i].count[1].bytes = ~legs[i].count[0].packets;
	}
}

/* A record of so many legs in all, of which the first is in itself. */
static void add(struct history *history, unsigned int legs_count)
{
	uint64_t seq = history_next(history);
	struct record rec = { .time_ns = seq * 1000, .conn_id = ~seq };
	struct record_leg legs[RECORD_SLOTS_MAX];

	fill_legs(legs, seq);
	history_add(history, &rec, legs, legs_count);
	assert_int_equal(history_next(history), seq + 1);
}

/* Is the record there and unchanged? *ret_legs as history_get() gives them. */
static bool get(const struct history *history, uint64_t seq, const struct record_leg **ret_legs)
{
	const struct record *rec = history_get(history, seq, ret_legs);

	if (!rec)
		return false;
	assert_int_equal(history_seq(history, rec), seq);
	assert_int_equal(rec->time_ns, seq * 1000);
	assert_int_equal(rec->conn_id, ~seq);
	return true;
}

/* All but the first of them. */
static void assert_legs(const struct record_leg *legs, uint64_t seq, unsigned int count)
{
	struct record_leg expected[RECORD_SLOTS_MAX];

	fill_legs(expected, seq);
	assert_memory_equal(legs, expected + 1, (count - 1) * sizeof(*legs));
}

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
	add(history, 0);
	add(history, 0);
	assert_int_equal(history_oldest(history), 1);
	assert_int_equal(history_next(history), 3);
	assert_true(get(history, 1, &legs));
	assert_null(legs);
	assert_true(get(history, 2, &legs));
	assert_false(get(history, 0, &legs));
	assert_false(get(history, 3, &legs));
}

static void the_oldest_is_overwritten_first(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	for (int i = 0; i < 5; i++)
		add(history, 0);
	assert_int_equal(history_oldest(history), 3);
	assert_int_equal(history_next(history), 6);
	assert_false(get(history, 2, &legs));
	for (uint64_t seq = 3; seq <= 5; seq++)
		assert_true(get(history, seq, &legs));
}

static void the_log_keeps_a_copy(void **state)
{
	auto_history struct history *history = NULL;
	struct record rec = { .time_ns = 1000, .conn_id = ~1ULL };
	struct record_leg legs[RECORD_SLOTS_MAX];
	const struct record_leg *kept;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	fill_legs(legs, 1);
	history_add(history, &rec, legs, 3);
	memset(&rec, 0xff, sizeof(rec));
	memset(legs, 0xff, sizeof(legs));
	assert_true(get(history, 1, &kept));
	assert_non_null(kept);
	assert_legs(kept, 1, 3);
}

static void no_more_legs_are_kept_than_fit(void **state)
{
	auto_history struct history *history = NULL;
	struct record_leg many[RECORD_SLOTS_MAX + 3] = { 0 };
	struct record rec = { .time_ns = 1000, .conn_id = ~1ULL };
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	fill_legs(many, 1);
	history_add(history, &rec, many, RECORD_SLOTS_MAX + 3);
	assert_true(get(history, 1, &legs));
	assert_non_null(legs);
	assert_legs(legs, 1, RECORD_SLOTS_MAX);
	assert_int_equal(history_get(history, 1, &legs)->legs, RECORD_SLOTS_MAX - 1);
}

static void of_one_leg_the_record_itself_tells(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 3, NULL, NULL), 0);
	add(history, 1);
	assert_true(get(history, 1, &legs));
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
		add(history, 2);
	for (uint64_t seq = 1; seq <= 48; seq++) {
		assert_true(get(history, seq, &legs));
		assert_null(legs);
		assert_int_equal(history_get(history, seq, &legs)->legs, 1);
	}
	for (uint64_t seq = 49; seq <= 64; seq++) {
		assert_true(get(history, seq, &legs));
		assert_non_null(legs);
		assert_legs(legs, seq, 2);
	}
}

static void legs_of_one_record_in_few_outlast_a_lap(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 100, NULL, NULL), 0);
	for (int i = 0; i < 250; i++)
		add(history, i % 10 ? 0 : 4);
	for (uint64_t seq = 151; seq <= 250; seq++) {
		assert_true(get(history, seq, &legs));
		if (seq % 10 == 1)
			assert_legs(legs, seq, 4);
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

		add(history, count);
		assert_int_equal(history_oldest(history), seq);
		assert_int_equal(history_next(history), seq + 1);
		assert_false(get(history, seq - 1, &legs));
		assert_true(get(history, seq, &legs));
		assert_int_equal(legs != NULL, count > 1);
		if (legs)
			assert_legs(legs, seq, count);
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
			assert_false(get(twin->history, seq, &legs));
			continue;
		}
		used += twin->legs[seq] ? twin->legs[seq] - 1 : 0;
		assert_true(get(twin->history, seq, &legs));
		if (twin->legs[seq] < 2)
			assert_null(legs);
		else if (used <= places || used < RECORD_SLOTS_MAX)
			assert_non_null(legs);
		if (legs)
			assert_legs(legs, seq, twin->legs[seq]);
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
			add(history, count);
			check_all(&twin);
		}
	}
}

/* Into the place, or none if it has gone; as add() does. */
static bool fill(struct history *history, uint64_t place, unsigned int legs_count)
{
	struct record rec = { .time_ns = place * 1000, .conn_id = ~place };
	struct record_leg legs[RECORD_SLOTS_MAX];

	if (!history_has_place(history, place))
		return false;
	fill_legs(legs, place);
	history_fill(history, place, &rec, legs, legs_count);
	return true;
}

/* add() where the place can't be seen at once. */
static void add_behind(struct history *history, uint64_t seq)
{
	struct record rec = { .time_ns = seq * 1000, .conn_id = ~seq };

	history_add(history, &rec, NULL, 0);
}

static void nothing_is_seen_from_a_reserved_place_on(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 8, NULL, NULL), 0);
	add(history, 0);
	assert_int_equal(history_reserve(history), 2);
	add_behind(history, 3);
	assert_int_equal(history_reserve(history), 4);
	add_behind(history, 5);
	assert_int_equal(history_next(history), 2);
	assert_int_equal(history_count(history), 1);
	assert_int_equal(history_seen(history), 1);
	assert_true(get(history, 1, &legs));
	for (uint64_t seq = 2; seq <= 6; seq++)
		assert_false(get(history, seq, &legs));
	assert_true(fill(history, 4, 3));
	assert_int_equal(history_next(history), 2);
	assert_true(fill(history, 2, 2));
	assert_int_equal(history_next(history), 6);
	assert_int_equal(history_seen(history), 5);
	for (uint64_t seq = 1; seq <= 5; seq++) {
		assert_true(get(history, seq, &legs));
		assert_int_equal(legs != NULL, seq == 2 || seq == 4);
		if (legs)
			assert_legs(legs, seq, seq == 2 ? 2 : 3);
	}
	add(history, 0);
	assert_int_equal(history_next(history), 7);
}

static void a_void_place_counts_as_no_record(void **state)
{
	auto_history struct history *history = NULL;
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 8, NULL, NULL), 0);
	add(history, 0);
	assert_int_equal(history_reserve(history), 2);
	assert_int_equal(history_reserve(history), 3);
	add_behind(history, 4);
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
		add(history, 0);
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
	add_behind(history, 3);
	history_void(history, 2);
	assert_int_equal(history_next(history), 1);
	add_behind(history, 4);
	assert_false(fill(history, 1, 0));
	history_void(history, 1);
	assert_int_equal(history_oldest(history), 2);
	assert_int_equal(history_next(history), 5);
	assert_true(history_get(history, 2, &legs)->is_void);
	assert_true(get(history, 3, &legs));
	assert_true(get(history, 4, &legs));
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
			assert_true(is_void || get(history, seq, &legs));
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
		add(history, i % 3);
	assert_int_equal(dropped.count, 0);
	for (unsigned int i = 0; i < 20; i++)
		add(history, i % 3);
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
	add(history, 0);
	assert_int_equal(history_reserve(history), 2);
	assert_int_equal(history_reserve(history), 3);
	add_behind(history, 4);
	history_void(history, 3); /* void, behind one that is reserved */
	add_behind(history, 5);
	assert_int_equal(dropped.count, 1);
	add_behind(history, 6); /* over the reserved one */
	add_behind(history, 7); /* over the void one */
	assert_int_equal(dropped.count, 1);
	assert_false(fill(history, 2, 0));
	add_behind(history, 8);
	assert_int_equal(dropped.count, 2);
	assert_int_equal(dropped.seq[1], 4);
	/* A place that is told late is a record like others. */
	assert_int_equal(history_reserve(history), 9);
	assert_true(fill(history, 9, 2));
	assert_int_equal(dropped.count, 3);
	for (uint64_t seq = 10; seq <= 13; seq++)
		add(history, 0);
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
				add_behind(history, ++places.count);
				places.state[seq] = PLACE_TOLD;
			} else if (seq > places.count) {
				assert_int_equal(history_reserve(history), ++places.count);
			} else if (places.state[seq] == PLACE_RESERVED && rand() % 3 == 0) {
				history_void(history, seq);
				places.state[seq] = PLACE_VOID;
			} else if (places.state[seq] == PLACE_RESERVED) {
				/* What was overwritten before is no record ever. */
				places.state[seq] = fill(history, seq, (unsigned int)rand() % 9)
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
	return RUN_TESTS(
		TEST(an_empty_log_holds_nothing), TEST(records_are_numbered_from_one),
		TEST(the_oldest_is_overwritten_first), TEST(the_log_keeps_a_copy),
		TEST(no_more_legs_are_kept_than_fit), TEST(of_one_leg_the_record_itself_tells),
		TEST(legs_are_lost_before_their_record_when_many_have_some),
		TEST(legs_of_one_record_in_few_outlast_a_lap),
		TEST(a_log_of_one_holds_the_newest_with_its_legs),
		TEST(many_laps_are_those_of_a_log_without_end),
		TEST(nothing_is_seen_from_a_reserved_place_on),
		TEST(a_void_place_counts_as_no_record), TEST(a_reserved_place_may_be_overwritten),
		TEST(each_record_is_dropped_once_and_in_order),
		TEST(what_was_never_told_is_not_dropped),
		TEST(random_places_are_those_of_a_log_without_end));
}

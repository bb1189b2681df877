// SPDX-License-Identifier: BSD-2-Clause
/* What the clock on the wall says of a moment, when somebody sets it and when the reader is held up. */
#include "base/wall_clock.h"

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/harness.h"

#define S    1000000000ULL
#define NOON (1700000000 * S)

/* Each look takes `look_ns`, but the one numbered `held_at`, counted from 0 on, 5 ms more. */
static struct {
	uint64_t now_ns, offset_ns, look_ns;
	int looks, held_at;
} world;

static void pass_time(void)
{
	world.now_ns += world.look_ns + (world.looks++ == world.held_at ? 5000000 : 0);
}

static uint64_t monotonic(void)
{
	pass_time();
	return world.now_ns;
}

static uint64_t realtime(void)
{
	pass_time();
	return world.now_ns + world.offset_ns;
}

/* A clock that is right. */
static struct wall_clock clock_at(uint64_t look_ns)
{
	world = (typeof(world)){
		.now_ns = 77 * S, .offset_ns = NOON, .look_ns = look_ns, .held_at = -1
	};
	return (struct wall_clock){ NOON, monotonic, realtime };
}

static void a_clock_that_nobody_sets_stays_as_it_is(void **state)
{
	struct wall_clock clock = clock_at(20);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		world.now_ns += S;
		assert_int_equal(wall_clock_look(&clock), 0);
	}
	assert_int_equal(clock.offset_ns, NOON);
	assert_int_equal(world.looks, 3000);
}

static void a_step_is_seen_once_and_exactly(void **state)
{
	static const struct {
		const char *name;
		int64_t step_ns;
	} rows[] = {
		{ "an hour forward", 3600 * (int64_t)S },
		{ "an hour back", -3600 * (int64_t)S },
		{ "a leap second", -(int64_t)S },
		{ "a millisecond", 1000000 },
		{ "two microseconds", 2000 },
		{ "two back", -2000 },
		{ "to 1970", 100 * (int64_t)S - (int64_t)NOON },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wall_clock clock = clock_at(20);

		world.offset_ns += (uint64_t)rows[i].step_ns;
		assert_row_int(rows[i].name, wall_clock_look(&clock), rows[i].step_ns);
		assert_row_int(rows[i].name, clock.offset_ns, world.offset_ns);
		assert_row_int(rows[i].name, wall_clock_look(&clock), 0);
	}
}

/* 5 ms lie between two looks: within these it may have been set or not. */
static void who_is_held_up_sees_no_step_that_is_none(void **state)
{
	(void)state;
	for (int held_at = 0; held_at < 3; held_at++) {
		struct wall_clock clock = clock_at(20);

		world.held_at = held_at;
		assert_int_equal(wall_clock_look(&clock), 0);
		assert_int_equal(clock.offset_ns, NOON);
	}
}

static void who_is_held_up_sees_a_small_step_the_next_time(void **state)
{
	struct wall_clock clock = clock_at(20);

	(void)state;
	world.offset_ns += 1000000;
	world.held_at = 2;
	assert_int_equal(wall_clock_look(&clock), 0);
	assert_int_equal(wall_clock_look(&clock), 1000000);
}

/* The looks that notice it are three; held up is the first measurement of it. */
static void a_measurement_that_was_held_up_is_made_again(void **state)
{
	(void)state;
	for (int held_at = 3; held_at < 6; held_at++) {
		struct wall_clock clock = clock_at(20);

		world.offset_ns -= 3600 * S;
		world.held_at = held_at;
		assert_int_equal(wall_clock_look(&clock), -3600 * (int64_t)S);
	}
}

/* As where each look is a system call of an emulated machine. */
static void a_slow_clock_is_as_exact_as_it_can_be(void **state)
{
	struct wall_clock clock = clock_at(40000);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(wall_clock_look(&clock), 0);
	world.offset_ns += 7 * S;
	assert_int_equal(wall_clock_look(&clock), 7 * (int64_t)S);
}

static void this_machines_clock_is_read(void **state)
{
	struct wall_clock clock;
	uint64_t before_ns = time_realtime_ns(), now_ns;

	(void)state;
	wall_clock_init(&clock);
	now_ns = time_monotonic_ns() + clock.offset_ns;
	assert_in_range(now_ns, before_ns - 1000, time_realtime_ns() + 1000);
}

int main(void)
{
	return RUN_TESTS(TEST(a_clock_that_nobody_sets_stays_as_it_is),
			 TEST(a_step_is_seen_once_and_exactly),
			 TEST(who_is_held_up_sees_no_step_that_is_none),
			 TEST(who_is_held_up_sees_a_small_step_the_next_time),
			 TEST(a_measurement_that_was_held_up_is_made_again),
			 TEST(a_slow_clock_is_as_exact_as_it_can_be),
			 TEST(this_machines_clock_is_read));
}

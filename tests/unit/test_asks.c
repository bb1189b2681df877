// SPDX-License-Identifier: BSD-2-Clause
/*
 * The list of questions to the kernel: how many wait, who leaves, and what becomes of more.
 */
#include "who/asks.h"

#include "loop.h"
#include "tests/harness.h"

struct world {
	struct loop *loop;
	struct asks *asks;
	uint32_t looked;
	uint16_t wanted_from; /* those from this port on are wanted */
};

static bool is_wanted(void *ctx, const struct weir_tuple *tuple)
{
	struct world *world = ctx;

	world->looked++;
	return tuple->port[0] >= world->wanted_from;
}

static const struct asks_ops ops = { .is_wanted = is_wanted };

static void world_init(struct world *world)
{
	assert_int_equal(loop_new(&world->loop), 0);
	assert_int_equal(asks_new(&world->asks, world->loop, NULL, &ops, world), 0);
}

static void world_done(struct world *world)
{
	asks_free(&world->asks);
	loop_free(&world->loop);
}

/* Of ports that go on where the last ones ended. */
static void add(struct world *world, unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct weir_tuple tuple = { .port = { (uint16_t)(first + i) } };

		asks_add(world->asks, &tuple, WEIR_NSID_CURRENT);
	}
}

static void those_that_find_no_room_are_counted(void **state)
{
	struct world world = { .wanted_from = 0 };

	(void)state;
	world_init(&world);
	add(&world, 0, ASKS_MAX);
	assert_int_equal(asks_refused(world.asks), 0);
	assert_int_equal(world.looked, 0); /* nothing is asked in the call */
	add(&world, ASKS_MAX, 300);
	assert_int_equal(asks_refused(world.asks), 300);
	assert_int_equal(world.looked, ASKS_MAX); /* not for each of them */
	world_done(&world);
}

static void those_that_are_not_wanted_any_more_make_room(void **state)
{
	struct world world = { .wanted_from = 1000 };

	(void)state;
	world_init(&world);
	add(&world, 0, ASKS_MAX); /* of which 24 are wanted */
	add(&world, ASKS_MAX, 1000);
	assert_int_equal(asks_refused(world.asks), 0);
	add(&world, 2 * ASKS_MAX, 5); /* now all are */
	assert_int_equal(asks_refused(world.asks), 5);
	world.wanted_from = UINT16_MAX; /* not looked at again before the next slice */
	add(&world, 3 * ASKS_MAX, 1);
	assert_int_equal(asks_refused(world.asks), 6);
	world_done(&world);
}

int main(void)
{
	return RUN_TESTS(TEST(those_that_find_no_room_are_counted),
			 TEST(those_that_are_not_wanted_any_more_make_room));
}

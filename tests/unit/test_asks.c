// SPDX-License-Identifier: BSD-2-Clause
/*
 * The list of questions to the kernel: how many wait, and what becomes of more.
 */
#include "who/asks.h"

#include "loop.h"
#include "tests/harness.h"

static bool is_wanted(void *ctx, const struct weir_tuple *tuple __attribute__((unused)))
{
	uint32_t *looked = ctx;

	(*looked)++;
	return false;
}

static const struct asks_ops ops = { .is_wanted = is_wanted };

static void those_that_find_no_room_are_counted(void **state)
{
	const struct weir_tuple tuple = { 0 };
	struct loop *loop = NULL;
	struct asks *asks = NULL;
	uint32_t looked = 0;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(asks_new(&asks, loop, NULL, &ops, &looked), 0);
	for (int i = 0; i < ASKS_MAX; i++)
		asks_add(asks, &tuple, WEIR_NSID_CURRENT);
	assert_int_equal(asks_refused(asks), 0);
	for (int i = 0; i < 3; i++)
		asks_add(asks, &tuple, WEIR_NSID_CURRENT);
	assert_int_equal(asks_refused(asks), 3);
	assert_int_equal(looked, 0); /* nothing is asked in the call */
	asks_free(&asks);
	loop_free(&loop);
}

int main(void)
{
	return RUN_TESTS(TEST(those_that_find_no_room_are_counted));
}

// SPDX-License-Identifier: BSD-2-Clause
/* The connections of an aggregate against a plain array, while the table grows and shrinks. */
#include "filter/aggregate_conns.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_conns __attribute__((cleanup(aggregate_conns_done)))
#define IDS	   4000U
#define STEPS	   200000

static bool is_there[IDS];
static uint32_t there;

/* Those next to each other have places all over. */
static uint64_t id_of(uint32_t number)
{
	return (number + 1) * 0x2545f4914f6cdd1dULL;
}

static void add(struct aggregate_conns *conns, uint32_t number)
{
	struct aggregate_conn *conn;
	bool is_new;

	conn = aggregate_conns_find_or_add(conns, id_of(number), &is_new);
	assert_int_equal(is_new, !is_there[number]);
	if (!conn) {
		assert_false(is_there[number]);
		assert_int_equal(there, conns->max);
		return;
	}
	assert_int_equal(conn->id, id_of(number));
	assert_int_equal(conn->records, is_new ? 0 : number);
	conn->records = number;
	there += is_new;
	is_there[number] = true;
}

static void take(struct aggregate_conns *conns, uint32_t number)
{
	struct aggregate_conn *conn = aggregate_conns_find(conns, id_of(number));

	assert_int_equal(conn != NULL, is_there[number]);
	if (!conn)
		return;
	assert_int_equal(conn->records, number);
	aggregate_conns_remove(conns, conn);
	is_there[number] = false;
	there--;
}

static void check_all(const struct aggregate_conns *conns)
{
	const struct aggregate_conn *conn;
	uint32_t count = 0;

	for (uint32_t i = 0; (conn = aggregate_conns_at(conns, i)); i++) {
		if (!conn->id)
			continue;
		count++;
		assert_int_equal(conn->id, id_of(conn->records));
		assert_true(is_there[conn->records]);
	}
	assert_int_equal(count, there);
	for (uint32_t i = 0; i < IDS; i++)
		assert_int_equal(aggregate_conns_find(conns, id_of(i)) != NULL, is_there[i]);
}

static void whoever_was_added_is_found_until_removed(void **state)
{
	/* 3072 is as full as a table of 4096 may be. */
	auto_conns struct aggregate_conns conns = { .max = 3072 };
	unsigned int moving = 0, grown = 0;
	uint32_t size = 0;

	(void)state;
	srand(17);
	memset(is_there, 0, sizeof(is_there));
	there = 0;
	check_all(&conns);
	for (int step = 0; step < STEPS; step++) {
		uint32_t number = (uint32_t)rand() % IDS;

		/* It fills up, and in the end it empties. */
		if (rand() % 8 < (step < STEPS / 2 ? 6 : 2))
			add(&conns, number);
		else
			take(&conns, number);
		grown += conns.now.size != size;
		size = conns.now.size;
		if (conns.old.count || step % 5000 == 0) {
			moving++;
			check_all(&conns);
		}
	}
	assert_int_equal(size, 4096);
	assert_int_equal(grown, 5);
	assert_true(moving > 200);
}

int main(void)
{
	return RUN_TESTS(TEST(whoever_was_added_is_found_until_removed));
}

// SPDX-License-Identifier: BSD-2-Clause
/* Quantiles of many values, against the values themselves. */
#include "filter/sketch.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define VALUES 20000

static uint64_t seed = 7;

static uint64_t roll(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t exact_quantile(const uint64_t *sorted, uint64_t count, unsigned int permille)
{
	uint64_t rank = (count * permille + 999) / 1000;

	return sorted[rank ? rank - 1 : 0];
}

static void assert_quantiles(const struct sketch *sketch, uint64_t *values, uint64_t count)
{
	static const unsigned int permilles[] = { 0, 1, 10, 250, 500, 900, 990, 999, 1000 };

	qsort(values, count, sizeof(*values), compare);
	assert_int_equal(sketch->total, count);
	for (size_t i = 0; i < ARRAY_SIZE(permilles); i++) {
		uint64_t is = sketch_quantile(sketch, permilles[i]);
		uint64_t exact = exact_quantile(values, count, permilles[i]);
		uint64_t off = is > exact ? is - exact : exact - is;

		if (off > exact / 256)
			fail_msg("%u of 1000: %llu, not %llu", permilles[i], (unsigned long long)is,
				 (unsigned long long)exact);
	}
}

static void quantiles_are_within_a_256th(void **state)
{
	static uint64_t values[VALUES];
	uint32_t left = UINT32_MAX;
	struct sketch sketch = { 0 };

	(void)state;
	/* Of every size from one bit to 64. */
	for (unsigned int i = 0; i < VALUES; i++) {
		values[i] = roll() >> roll() % 64;
		assert_true(sketch_add(&sketch, values[i], &left));
	}
	assert_int_equal(left, UINT32_MAX - sketch.count);
	assert_quantiles(&sketch, values, VALUES);
	sketch_done(&sketch);
}

static void small_values_and_ends_of_doublings_are_what_they_are(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 255 };
	uint32_t left = 100;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct sketch sketch = { 0 };

		assert_true(sketch_add(&sketch, values[i], &left));
		assert_int_equal(sketch_quantile(&sketch, 500), values[i]);
		sketch_done(&sketch);
	}
	for (unsigned int bits = 8; bits < 64; bits++) {
		uint64_t power = 1ULL << bits;
		uint64_t ends[] = { power - 1, power, power + 1 };

		for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
			struct sketch sketch = { 0 };

			left = 1;
			assert_true(sketch_add(&sketch, ends[i], &left));
			assert_quantiles(&sketch, &ends[i], 1);
			sketch_done(&sketch);
		}
	}
}

static void what_was_added_can_be_removed(void **state)
{
	static uint64_t values[2000];
	uint32_t left = 10000;
	struct sketch sketch = { 0 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		values[i] = roll() % 1000000;
		assert_true(sketch_add(&sketch, values[i], &left));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(values) / 2; i++)
		sketch_remove(&sketch, values[ARRAY_SIZE(values) / 2 + i], &left);
	assert_quantiles(&sketch, values, ARRAY_SIZE(values) / 2);
	for (unsigned int i = 0; i < ARRAY_SIZE(values) / 2; i++)
		sketch_remove(&sketch, values[i], &left);
	assert_int_equal(left, 10000);
	assert_int_equal(sketch.count, 0);
	assert_int_equal(sketch.total, 0);
	assert_int_equal(sketch_quantile(&sketch, 500), 0);
	sketch_remove(&sketch, 5, &left);
	assert_int_equal(left, 10000);
	sketch_done(&sketch);
}

static void buckets_are_shared_and_bounded(void **state)
{
	struct sketch a = { 0 }, b = { 0 };
	uint32_t left = 2;

	(void)state;
	assert_true(sketch_add(&a, 10, &left));
	assert_true(sketch_add(&b, 20, &left));
	assert_false(sketch_add(&a, 20, &left));
	assert_true(sketch_add(&a, 10, &left));
	assert_int_equal(a.total, 2);
	sketch_remove(&b, 20, &left);
	assert_true(sketch_add(&a, 20, &left));
	assert_int_equal(left, 0);
	sketch_done(&a);
	sketch_done(&b);
}

int main(void)
{
	return RUN_TESTS(TEST(quantiles_are_within_a_256th),
			 TEST(small_values_and_ends_of_doublings_are_what_they_are),
			 TEST(what_was_added_can_be_removed), TEST(buckets_are_shared_and_bounded));
}

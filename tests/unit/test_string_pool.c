// SPDX-License-Identifier: BSD-2-Clause
/*
 * Strings in one piece of memory: each once, found by offset, bounded.
 */
#include "who/string_pool.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static uint32_t add(struct string_pool *pool, const char *bytes, size_t len)
{
	uint32_t offset = UINT32_MAX;

	assert_int_equal(string_pool_add(pool, bytes, len, &offset), 0);
	return offset;
}

static void a_string_is_kept_once(void **state)
{
	struct string_pool pool = { .max_bytes = 1 << 20 };
	uint32_t offsets[3000], used;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		char text[16];

		snprintf(text, sizeof(text), "name-%u", i);
		offsets[i] = add(&pool, text, strlen(text));
	}
	used = pool.used;
	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		char text[16];

		snprintf(text, sizeof(text), "name-%u", i);
		assert_int_equal(add(&pool, text, strlen(text)), offsets[i]);
	}
	assert_int_equal(pool.used, used);
	string_pool_seal(&pool);
	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		char text[16];

		snprintf(text, sizeof(text), "name-%u", i);
		assert_string_equal(string_pool_at(&pool, offsets[i]), text);
	}
	string_pool_done(&pool);
}

static void a_list_is_a_string_that_holds_nuls(void **state)
{
	struct string_pool pool = { .max_bytes = 1 << 20 };
	uint32_t both, first, other;

	(void)state;
	both = add(&pool, "a\0b\0", 4);
	first = add(&pool, "a", 1);
	other = add(&pool, "a\0c\0", 4);
	assert_int_not_equal(both, other);
	assert_string_equal(string_pool_at(&pool, first), "a");
	assert_memory_equal(string_pool_at(&pool, both), "a\0b\0\0", 5);
	assert_memory_equal(string_pool_at(&pool, other), "a\0c\0\0", 5);
	assert_int_equal(add(&pool, "a\0b\0", 4), both);
	assert_int_equal(add(&pool, "", 0), 0);
	assert_string_equal(string_pool_at(&pool, 0), "");
	string_pool_done(&pool);
}

static void what_does_not_fit_is_refused_and_the_rest_stays(void **state)
{
	struct string_pool pool = { .max_bytes = 16 };
	uint32_t offset = 77;

	(void)state;
	assert_int_equal(add(&pool, "0123456", 7), 1);
	assert_int_equal(string_pool_add(&pool, "01234567", 8, &offset), -ENOSPC);
	assert_int_equal(offset, 77);
	assert_int_equal(add(&pool, "abcdef", 6), 9);
	assert_int_equal(add(&pool, "0123456", 7), 1);
	assert_int_equal(string_pool_add(&pool, "x", 1, &offset), -ENOSPC);
	string_pool_done(&pool);
}

int main(void)
{
	return RUN_TESTS(TEST(a_string_is_kept_once), TEST(a_list_is_a_string_that_holds_nuls),
			 TEST(what_does_not_fit_is_refused_and_the_rest_stays));
}

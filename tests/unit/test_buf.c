// SPDX-License-Identifier: BSD-2-Clause
/*
 * The buffer: what goes in comes out in order, wherever it is cut, and a failure sticks.
 */
#include "base/buf.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static void assert_holds(const struct buf *buf, const char *text)
{
	assert_false(buf->failed);
	assert_int_equal(buf_len(buf), strlen(text));
	assert_memory_equal(buf_bytes(buf), text, strlen(text));
}

static void pieces_are_appended_in_order(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	buf_append(&buf, "ab\0c", 4);
	buf_append_char(&buf, 'd');
	buf_append_str(&buf, "efg");
	buf_append_str(&buf, "");
	buf_append(&buf, NULL, 0);
	buf_printf(&buf, "<%d>", -5);
	assert_int_equal(buf_len(&buf), 12);
	assert_memory_equal(buf_bytes(&buf), "ab\0cdefg<-5>", 12);
}

static void an_empty_buffer_can_be_looked_at(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	assert_holds(&buf, "");
	buf_consume(&buf, 0);
	buf_truncate(&buf, 0);
	assert_true(buf_reserve(&buf, 0));
	assert_holds(&buf, "");
}

static void numbers_have_all_their_digits(void **state)
{
	static const struct {
		uint64_t number;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 9, "9" },
		{ 10, "10" },
		{ 99, "99" },
		{ 100, "100" },
		{ 4294967296, "4294967296" },
		{ 9999999999999999999U, "9999999999999999999" },
		{ 10000000000000000000U, "10000000000000000000" },
		{ UINT64_MAX, "18446744073709551615" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf buf = { 0 };

		buf_append_u64(&buf, cases[i].number);
		assert_holds(&buf, cases[i].text);
	}
}

static void growth_doubles_the_size(void **state)
{
	auto_buf struct buf buf = { 0 };
	size_t size, grown = 0;

	(void)state;
	buf_append_char(&buf, 'x');
	size = buf.size;
	for (size_t i = 0; i < 100000; i++) {
		buf_append_char(&buf, (char)('a' + i % 26));
		if (buf.size == size)
			continue;
		assert_int_equal(buf.size, size * 2);
		size = buf.size;
		grown++;
	}
	assert_true(grown < 12);
	assert_int_equal(buf_len(&buf), 100001);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf_bytes(&buf)[i + 1], 'a' + i % 26);
}

static void a_long_printf_is_not_cut(void **state)
{
	auto_buf struct buf buf = { 0 };
	static char text[100001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	buf_append_str(&buf, "head:");
	buf_printf(&buf, "%s|%s", text, "tail");
	assert_int_equal(buf_len(&buf), 5 + 100000 + 5);
	assert_memory_equal(buf_bytes(&buf), "head:xx", 7);
	assert_memory_equal(buf_bytes(&buf) + 100005, "|tail", 5);
}

/* Every length from one that fits to one that does not: the NUL must not overwrite anything. */
static void a_printf_that_just_fits_is_whole(void **state)
{
	static char text[600];

	(void)state;
	for (int len = 0; len < (int)sizeof(text); len++) {
		auto_buf struct buf buf = { 0 };

		memset(text, 'y', sizeof(text));
		buf_printf(&buf, "%.*s", len, text);
		buf_append_char(&buf, 'z');
		assert_false(buf.failed);
		assert_int_equal(buf_len(&buf), len + 1);
		assert_memory_equal(buf_bytes(&buf), text, (size_t)len);
		assert_int_equal(buf_bytes(&buf)[len], 'z');
	}
}

static void what_is_consumed_leaves_from_the_front(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	buf_append_str(&buf, "hello world");
	buf_consume(&buf, 6);
	assert_holds(&buf, "world");
	buf_append_str(&buf, "!");
	assert_holds(&buf, "world!");
	buf_consume(&buf, 6);
	assert_int_equal(buf.start, 0);
	assert_holds(&buf, "");
	buf_append_str(&buf, "x");
	buf_consume(&buf, 1000);
	assert_holds(&buf, "");
}

static void consumed_room_is_used_again(void **state)
{
	auto_buf struct buf buf = { 0 };
	uint8_t in = 0, out = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		for (int j = 0; j < 100; j++)
			buf_append_char(&buf, (char)in++);
		for (int j = 0; j < 100 && i % 100 != 0; j++) {
			assert_int_equal((uint8_t)buf_bytes(&buf)[0], out++);
			buf_consume(&buf, 1);
		}
	}
	assert_false(buf.failed);
	assert_int_equal(buf_len(&buf), 100 * 100);
	assert_true(buf.size <= 65536);
}

static void a_buffer_is_cut_back_and_never_extended(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	buf_append_str(&buf, "0123456789");
	buf_consume(&buf, 2);
	buf_truncate(&buf, 100);
	assert_holds(&buf, "23456789");
	buf_truncate(&buf, 3);
	assert_holds(&buf, "234");
	buf_truncate(&buf, 0);
	assert_holds(&buf, "");
}

static void what_is_not_needed_is_given_back(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_append_str(&buf, "0123456789");
	buf_consume(&buf, 9990);
	buf_trim(&buf);
	assert_holds(&buf, "0123456789");
	assert_int_equal(buf.size, 10);
	buf_append_str(&buf, "abc");
	assert_holds(&buf, "0123456789abc");
	buf_consume(&buf, 13);
	buf_trim(&buf);
	assert_int_equal(buf.size, 0);
	assert_null(buf.data);
}

static void a_failure_drops_what_follows_and_keeps_what_was(void **state)
{
	auto_buf struct buf buf = { 0 };

	(void)state;
	buf_append_str(&buf, "kept");
	assert_false(buf_reserve(&buf, SIZE_MAX));
	assert_true(buf.failed);
	buf_append_str(&buf, "dropped");
	buf_append_char(&buf, 'd');
	buf_append_u64(&buf, 5);
	buf_printf(&buf, "%d", 5);
	assert_false(buf_reserve(&buf, 1));
	assert_int_equal(buf_len(&buf), 4);
	assert_memory_equal(buf_bytes(&buf), "kept", 4);
}

static void sizes_that_overflow_fail(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 3, SIZE_MAX / 2 + 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		auto_buf struct buf buf = { 0 };

		buf_append_str(&buf, "abc");
		assert_false(buf_reserve(&buf, sizes[i]));
		assert_true(buf.failed);
	}
}

static void a_buffer_that_is_done_can_be_used_again(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	assert_false(buf_reserve(&buf, SIZE_MAX));
	buf_done(&buf);
	buf_append_str(&buf, "again");
	assert_holds(&buf, "again");
	buf_done(&buf);
	buf_done(&buf);
}

int main(void)
{
	return RUN_TESTS(
		TEST(pieces_are_appended_in_order), TEST(an_empty_buffer_can_be_looked_at),
		TEST(numbers_have_all_their_digits), TEST(growth_doubles_the_size),
		TEST(a_long_printf_is_not_cut), TEST(a_printf_that_just_fits_is_whole),
		TEST(what_is_consumed_leaves_from_the_front), TEST(consumed_room_is_used_again),
		TEST(a_buffer_is_cut_back_and_never_extended),
		TEST(what_is_not_needed_is_given_back),
		TEST(a_failure_drops_what_follows_and_keeps_what_was),
		TEST(sizes_that_overflow_fail), TEST(a_buffer_that_is_done_can_be_used_again));
}

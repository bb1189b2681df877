// SPDX-License-Identifier: BSD-2-Clause
/*
 * Longest prefixes: by rows, and against a plain search through all of them.
 */
#include "who/prefix_table.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define NONE UINT32_MAX

static void add(struct prefix_table *table, const char *text, uint32_t value)
{
	uint8_t addr[16];
	unsigned int len;

	assert_row_int(text, prefix_parse(text, addr, &len), 0);
	assert_int_equal(prefix_table_add(table, addr, len, value), 0);
}

static uint32_t find(const struct prefix_table *table, const char *text)
{
	uint32_t value = NONE;
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	return prefix_table_find(table, addr, &value) ? value : NONE;
}

static void texts_are_prefixes_or_refused(void **state)
{
	static const struct {
		const char *text;
		int result;
		unsigned int len;
	} rows[] = {
		{ "10.0.0.0/8", 0, 104 },
		{ "10.1.2.3", 0, 128 },
		{ "10.1.2.3/32", 0, 128 },
		{ "0.0.0.0/0", 0, 96 },
		{ "::/0", 0, 0 },
		{ "2001:db8::/32", 0, 32 },
		{ "2001:db8::1", 0, 128 },
		{ "2001:db8:0:1::/64", 0, 64 },
		{ "::ffff:10.0.0.0/104", 0, 104 },
		{ "10.0.0.1/8", -EDOM, 0 },
		{ "2001:db8::1/64", -EDOM, 0 },
		{ "8000::/0", -EDOM, 0 },
		{ "10.0.0.0/33", -EINVAL, 0 },
		{ "10.0.0.0/", -EINVAL, 0 },
		{ "10.0.0.0/-1", -EINVAL, 0 },
		{ "10.0.0.0/8x", -EINVAL, 0 },
		{ "::/129", -EINVAL, 0 },
		{ "10.0.0/8", -EINVAL, 0 },
		{ "/8", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "localhost", -EINVAL, 0 },
		{ "10.0.0.0/8/8", -EINVAL, 0 },
		{ "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0001", -EINVAL, 0 },
	};
	uint8_t addr[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned int len = 0;

		assert_row_int(rows[i].text, prefix_parse(rows[i].text, addr, &len),
			       rows[i].result);
		assert_row_int(rows[i].text, len, rows[i].len);
	}
}

static void the_longest_prefix_wins(void **state)
{
	struct prefix_table table = { 0 };
	uint32_t twins[2];

	(void)state;
	add(&table, "10.1.2.3", 3);
	add(&table, "10.0.0.0/8", 1);
	add(&table, "10.1.0.0/16", 2);
	add(&table, "10.1.2.0/30", 4);
	add(&table, "10.1.2.8/30", 5);
	add(&table, "2001:db8::/32", 6);
	add(&table, "2001:db8::/128", 7);
	add(&table, "fe80::/10", 8);
	assert_int_equal(prefix_table_seal(&table, twins), 0);
	assert_int_equal(find(&table, "10.1.2.3"), 3);
	assert_int_equal(find(&table, "10.1.2.2"), 4);
	assert_int_equal(find(&table, "10.1.2.4"), 2);
	assert_int_equal(find(&table, "10.1.2.11"), 5);
	assert_int_equal(find(&table, "10.1.2.12"), 2);
	assert_int_equal(find(&table, "10.2.0.0"), 1);
	assert_int_equal(find(&table, "11.0.0.0"), NONE);
	assert_int_equal(find(&table, "9.255.255.255"), NONE);
	assert_int_equal(find(&table, "2001:db8::"), 7);
	assert_int_equal(find(&table, "2001:db8::1"), 6);
	assert_int_equal(find(&table, "2001:db9::"), NONE);
	assert_int_equal(find(&table, "febf::1"), 8);
	assert_int_equal(find(&table, "::1"), NONE);
	prefix_table_done(&table);
	assert_int_equal(find(&table, "10.1.2.3"), NONE);
}

static void a_network_of_all_ipv6_holds_no_ipv4(void **state)
{
	struct prefix_table table = { 0 };
	uint32_t twins[2];

	(void)state;
	add(&table, "::/0", 1);
	assert_int_equal(prefix_table_seal(&table, twins), 0);
	assert_int_equal(find(&table, "2001:db8::1"), 1);
	assert_int_equal(find(&table, "10.0.0.1"), NONE);
	prefix_table_done(&table);
	add(&table, "::/0", 1);
	add(&table, "0.0.0.0/0", 2);
	assert_int_equal(prefix_table_seal(&table, twins), 0);
	assert_int_equal(find(&table, "2001:db8::1"), 1);
	assert_int_equal(find(&table, "10.0.0.1"), 2);
	prefix_table_done(&table);
}

static void rows_are_in_the_order_of_addresses(void **state)
{
	static const struct {
		const char *text;
		uint32_t value;
		unsigned int len;
	} wanted[] = {
		{ "0.0.0.0", 5, 96 },	{ "10.0.0.0", 2, 104 },	 { "10.0.0.0", 1, 112 },
		{ "10.0.0.7", 4, 128 }, { "2001:db8::", 3, 32 },
	};
	struct prefix_table table = { 0 };
	uint32_t twins[2];

	(void)state;
	add(&table, "10.0.0.0/16", 1);
	add(&table, "10.0.0.0/8", 2);
	add(&table, "2001:db8::/32", 3);
	add(&table, "10.0.0.7", 4);
	add(&table, "0.0.0.0/0", 5);
	assert_int_equal(prefix_table_seal(&table, twins), 0);
	assert_int_equal(table.count, ARRAY_SIZE(wanted));
	for (uint32_t i = 0; i < table.count; i++) {
		uint8_t addr[16], expected[16];
		unsigned int len;
		int family;

		assert_int_equal(addr_parse(wanted[i].text, expected, &family), 0);
		assert_int_equal(prefix_table_at(&table, i, addr, &len), wanted[i].value);
		assert_int_equal(len, wanted[i].len);
		assert_memory_equal(addr, expected, sizeof(addr));
	}
	prefix_table_done(&table);
}

static void twins_are_told(void **state)
{
	struct prefix_table table = { 0 };
	uint32_t twins[2] = { 0 };

	(void)state;
	add(&table, "10.0.0.1/32", 5);
	add(&table, "10.0.0.2", 6);
	add(&table, "10.0.0.1", 7);
	assert_int_equal(prefix_table_seal(&table, twins), -EEXIST);
	assert_int_equal(twins[0], 5);
	assert_int_equal(twins[1], 7);
	prefix_table_done(&table);
	assert_int_equal(prefix_table_seal(&table, twins), 0);
}

/* xorshift64*, so that a failure can be had again. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 2685821657736338717ULL;
}

struct plain {
	uint8_t addr[16];
	unsigned int len;
};

static bool plain_holds(const struct plain *plain, const uint8_t *addr)
{
	for (unsigned int bit = 0; bit < plain->len; bit++) {
		if ((plain->addr[bit / 8] ^ addr[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	}
	return true;
}

/* Few different bits, so that prefixes lie in each other. IPv4 alone, or IPv6 alone. */
static void random_addr(uint64_t *seed, bool is_v4, uint8_t addr[16])
{
	uint64_t bits = next_random(seed);

	memset(addr, 0, 16);
	if (is_v4)
		addr[10] = addr[11] = 0xff;
	else
		addr[0] = 0x20;
	for (int i = is_v4 ? 12 : 4; i < 16; i++)
		addr[i] = (uint8_t)(bits >> (i % 4 * 8)) & (i % 2 ? 0xc1 : 0x83);
}

/* One that is none of the first `count`. */
static void add_plain(struct prefix_table *table, struct plain *plains, uint32_t count, bool is_v4,
		      uint64_t *seed)
{
	struct plain *plain = &plains[count];
	uint32_t i;

	do {
		random_addr(seed, is_v4, plain->addr);
		plain->len = (unsigned int)(next_random(seed) % (is_v4 ? 33 : 129));
		plain->len += is_v4 ? 96 : 0;
		for (unsigned int bit = plain->len; bit < 128; bit++)
			plain->addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		for (i = 0; i < count; i++) {
			if (plains[i].len == plain->len && !memcmp(plains[i].addr, plain->addr, 16))
				break;
		}
	} while (i < count);
	assert_int_equal(prefix_table_add(table, plain->addr, plain->len, count), 0);
}

static uint32_t plain_search(const struct plain *plains, uint32_t count, const uint8_t *addr)
{
	uint32_t best = NONE;

	for (uint32_t i = 0; i < count; i++) {
		if (plain_holds(&plains[i], addr) &&
		    (best == NONE || plains[i].len > plains[best].len))
			best = i;
	}
	return best;
}

static void random_prefixes_are_found_as_a_plain_search_finds_them(void **state)
{
	static struct plain plains[300];
	uint64_t seed = 20261122;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct prefix_table table = { 0 };
		bool is_v4 = round % 2;
		uint32_t twins[2];

		for (uint32_t i = 0; i < ARRAY_SIZE(plains); i++)
			add_plain(&table, plains, i, is_v4, &seed);
		assert_int_equal(prefix_table_seal(&table, twins), 0);
		for (int i = 0; i < 1000; i++) {
			uint32_t value = NONE;
			uint8_t addr[16];

			random_addr(&seed, is_v4, addr);
			(void)prefix_table_find(&table, addr, &value);
			assert_int_equal(value, plain_search(plains, ARRAY_SIZE(plains), addr));
		}
		prefix_table_done(&table);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(texts_are_prefixes_or_refused), TEST(the_longest_prefix_wins),
			 TEST(a_network_of_all_ipv6_holds_no_ipv4), TEST(twins_are_told),
			 TEST(rows_are_in_the_order_of_addresses),
			 TEST(random_prefixes_are_found_as_a_plain_search_finds_them));
}

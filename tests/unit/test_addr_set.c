// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's addresses: held once per interface, gone with the last of them; and random
 * operations against a plain array.
 */
#include "link/addr_set.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_set __attribute__((cleanup(addr_set_done)))

static void add(struct addr_set *set, uint32_t ifindex, const char *text)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	assert_int_equal(addr_set_add(set, ifindex, addr), 0);
}

static void drop(struct addr_set *set, uint32_t ifindex, const char *text)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	addr_set_remove(set, ifindex, addr);
}

static bool has(const struct addr_set *set, const char *text)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	return addr_set_has(set, addr);
}

static void addresses_of_both_families_are_held(void **state)
{
	auto_set struct addr_set set = { 0 };

	(void)state;
	add(&set, 1, "10.0.0.1");
	add(&set, 2, "fe80::1");
	add(&set, 2, "2001:db8::1");
	assert_true(has(&set, "10.0.0.1"));
	assert_true(has(&set, "fe80::1"));
	assert_true(has(&set, "2001:db8::1"));
	assert_false(has(&set, "10.0.0.2"));
	assert_false(has(&set, "fe80::2"));
	assert_false(has(&set, "::10.0.0.1"));
}

static void an_address_of_two_interfaces_goes_with_the_second(void **state)
{
	auto_set struct addr_set set = { 0 };

	(void)state;
	add(&set, 1, "10.0.0.1");
	add(&set, 2, "10.0.0.1");
	drop(&set, 1, "10.0.0.1");
	assert_true(has(&set, "10.0.0.1"));
	drop(&set, 1, "10.0.0.1");
	assert_true(has(&set, "10.0.0.1"));
	drop(&set, 2, "10.0.0.1");
	assert_false(has(&set, "10.0.0.1"));
}

static void an_address_told_twice_is_held_once(void **state)
{
	auto_set struct addr_set set = { 0 };

	(void)state;
	add(&set, 1, "10.0.0.1");
	add(&set, 1, "10.0.0.1");
	drop(&set, 1, "10.0.0.1");
	assert_false(has(&set, "10.0.0.1"));
}

static void net_127_is_always_local(void **state)
{
	auto_set struct addr_set set = { 0 };

	(void)state;
	assert_true(has(&set, "127.0.0.1"));
	assert_true(has(&set, "127.255.255.255"));
	assert_false(has(&set, "126.255.255.255"));
	assert_false(has(&set, "128.0.0.0"));
	assert_false(has(&set, "::1"));
	assert_false(has(&set, "7f00::1"));
}

static void an_empty_set_is_emptied_again(void **state)
{
	struct addr_set set = { 0 };

	(void)state;
	drop(&set, 1, "10.0.0.1");
	addr_set_done(&set);
	add(&set, 1, "10.0.0.1");
	addr_set_done(&set);
	assert_false(has(&set, "10.0.0.1"));
	addr_set_done(&set);
}

#define ADDRS  600
#define IFACES 3

static void random_operations_are_those_of_an_array(void **state)
{
	auto_set struct addr_set set = { 0 };
	static bool held[ADDRS][IFACES];

	(void)state;
	srand(1);
	for (int step = 0; step < 200000; step++) {
		unsigned int at = (unsigned int)rand() % ADDRS;
		uint32_t ifindex = (uint32_t)rand() % IFACES;
		uint8_t addr[16] = { [10] = 0xff, 0xff, 10, 0, (uint8_t)(at >> 8), (uint8_t)at };
		bool is_held = false;

		if (rand() % 2) {
			assert_int_equal(addr_set_add(&set, ifindex, addr), 0);
			held[at][ifindex] = true;
		} else {
			addr_set_remove(&set, ifindex, addr);
			held[at][ifindex] = false;
		}
		for (uint32_t i = 0; i < IFACES; i++)
			is_held |= held[at][i];
		assert_int_equal(addr_set_has(&set, addr), is_held);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(addresses_of_both_families_are_held),
			 TEST(an_address_of_two_interfaces_goes_with_the_second),
			 TEST(an_address_told_twice_is_held_once), TEST(net_127_is_always_local),
			 TEST(an_empty_set_is_emptied_again),
			 TEST(random_operations_are_those_of_an_array));
}

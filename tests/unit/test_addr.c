// SPDX-License-Identifier: BSD-2-Clause
/*
 * Addresses as text: RFC 5952's examples, round trips, and texts that are no addresses.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/cleanup.h"
#include "tests/harness.h"

static void addresses_read_and_print_alike(void **state)
{
	static const struct {
		const char *in;
		int family;
		const char *out; /* NULL: the same */
	} cases[] = {
		{ "0.0.0.0", 4, NULL },
		{ "10.0.2.7", 4, NULL },
		{ "255.255.255.255", 4, NULL },
		{ "1.20.100.9", 4, NULL },
		{ "::", 6, NULL },
		{ "::1", 6, NULL },
		{ "1::", 6, NULL },
		{ "fe80::1ff:fe23:4567:890a", 6, NULL },
		{ "1:2:3:4:5:6:7:8", 6, NULL },
		{ "1:22:333:4444:5:66:777:8888", 6, NULL },
		{ "0:1:2:3:4:5:6:7", 6, NULL },
		{ "1:2:3:4:5:6:7:0", 6, NULL },
		{ "::2:3:4:5:6:7", 6, NULL },
		{ "1:2:3:4:5:6::", 6, NULL },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6, NULL },
		/* RFC 5952, section 4: leading zeros, one word, the longest run, the first of equals. */
		{ "2001:0db8::0001", 6, "2001:db8::1" },
		{ "2001:db8:0:0:0:0:2:1", 6, "2001:db8::2:1" },
		{ "2001:db8::1:1:1:1:1", 6, "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", 6, "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", 6, "2001:db8::1:0:0:1" },
		{ "2001:DB8::ABCD", 6, "2001:db8::abcd" },
		{ "::ffff:10.0.2.7", 6, NULL },
		{ "::ffff:a00:207", 6, "::ffff:10.0.2.7" },
		{ "::10.0.2.7", 6, "::a00:207" },
		{ "64:ff9b::192.0.2.33", 6, "64:ff9b::c000:221" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *out = cases[i].out ? cases[i].out : cases[i].in;
		char text[ADDR_TEXT_SIZE];
		uint8_t addr[16];
		int family = 0;

		assert_row_int(cases[i].in, addr_parse(cases[i].in, addr, &family), 0);
		assert_row_int(cases[i].in, family, cases[i].family);
		assert_row_int(cases[i].in, addr_to_str(addr, family, text), strlen(out));
		assert_row_str(cases[i].in, text, out);
	}
}

static void an_ipv4_address_is_stored_as_a_mapped_one(void **state)
{
	static const uint8_t expected[16] = { [10] = 0xff, 0xff, 10, 0, 2, 7 };
	uint8_t addr[16];
	int family;

	(void)state;
	assert_int_equal(addr_parse("10.0.2.7", addr, &family), 0);
	assert_memory_equal(addr, expected, sizeof(addr));
}

/* All places where words can be zero, with words of each length between. */
static void every_pattern_of_zeros_can_be_read_back(void **state)
{
	static const uint16_t words[] = { 0x1, 0x20, 0x304, 0xabcd };

	(void)state;
	for (unsigned int pattern = 0; pattern < 256; pattern++) {
		char text[ADDR_TEXT_SIZE];
		uint8_t addr[16] = { 0 }, back[16];
		int family;

		for (size_t i = 0; i < 8; i++) {
			uint16_t word = pattern >> i & 1 ? words[(pattern + i) % 4] : 0;

			addr[i * 2] = (uint8_t)(word >> 8);
			addr[i * 2 + 1] = (uint8_t)word;
		}
		addr_to_str(addr, 6, text);
		assert_row_int(text, addr_parse(text, back, &family), 0);
		assert_row_int(text, family, 6);
		assert_memory_equal(addr, back, sizeof(addr));
	}
}

static void every_octet_is_that_of_the_c_library(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		const uint8_t addr[16] = { [12] = (uint8_t)i, [15] = (uint8_t)(255 - i) };
		char text[ADDR_TEXT_SIZE], expected[INET_ADDRSTRLEN];

		addr_to_str(addr, 4, text);
		inet_ntop(AF_INET, addr + 12, expected, sizeof(expected));
		assert_string_equal(text, expected);
	}
}

static void what_is_no_address_is_refused_and_leaves_nothing_behind(void **state)
{
	static const char *const cases[] = {
		"",	      " ",
		"1",	      "1.2.3",
		"1.2.3.4.5",  "1.2.3.256",
		"1.2.3.-4",   " 1.2.3.4",
		"1.2.3.4 ",   "1.2.3.04",
		"0x1.2.3.4",  "1.2.3.4/8",
		"1.2.3.4:80", ":",
		":::",	      "1::2::3",
		"12345::",    "1:2:3:4:5:6:7",
		"[::1]",      "fe80::1%lo",
		"::1 ",	      "1:2:3:4:5:6:7:8:9",
		"::g",	      "::1.2.3",
		"localhost",  "1.2.3.4\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t addr[16] = { 1, 2, 3 };
		const uint8_t untouched[16] = { 1, 2, 3 };
		int family = 77;

		assert_row_int(cases[i], addr_parse(cases[i], addr, &family), -EINVAL);
		assert_row_int(cases[i], family, 77);
		assert_memory_equal(addr, untouched, sizeof(addr));
	}
}

static void a_mac_address_has_two_digits_a_byte(void **state)
{
	static const uint8_t mac[6] = { 0x02, 0x00, 0xab, 0xCD, 0x0f, 0xff };
	char text[MAC_TEXT_SIZE];

	(void)state;
	assert_int_equal(mac_to_str(mac, text), 17);
	assert_string_equal(text, "02:00:ab:cd:0f:ff");
}

static void only_all_zeros_is_a_zero_mac(void **state)
{
	static const uint8_t zero[6], first[6] = { 1 }, last[6] = { [5] = 1 };

	(void)state;
	assert_true(mac_is_zero(zero));
	assert_false(mac_is_zero(first));
	assert_false(mac_is_zero(last));
}

static void a_prefix_has_the_length_behind_its_slash_or_all(void **state)
{
	static const struct {
		const char *text;
		int result;
		unsigned int len;
	} cases[] = {
		{ "10.0.0.0/8", 0, ADDR_V4_LEN + 8 },
		{ "10.1.2.3", 0, 128 },
		{ "10.1.2.3/0", 0, ADDR_V4_LEN },
		{ "::/0", 0, 0 },
		{ "fd00::1/64", 0, 64 },
		{ "fd00::1", 0, 128 },
		{ "10.0.0.0/33", -EINVAL, 7 },
		{ "fd00::/129", -EINVAL, 7 },
		{ "10.0.0.0/", -EINVAL, 7 },
		{ "10.0.0.0/-1", -EINVAL, 7 },
		{ "10.0.0.0/8/8", -EINVAL, 7 },
		{ "/8", -EINVAL, 7 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/8", -EINVAL, 7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int len = 7;
		uint8_t addr[16];

		assert_int_equal(addr_parse_prefix(cases[i].text, addr, &len), cases[i].result);
		assert_int_equal(len, cases[i].len);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(addresses_read_and_print_alike),
			 TEST(an_ipv4_address_is_stored_as_a_mapped_one),
			 TEST(every_pattern_of_zeros_can_be_read_back),
			 TEST(every_octet_is_that_of_the_c_library),
			 TEST(what_is_no_address_is_refused_and_leaves_nothing_behind),
			 TEST(a_prefix_has_the_length_behind_its_slash_or_all),
			 TEST(a_mac_address_has_two_digits_a_byte),
			 TEST(only_all_zeros_is_a_zero_mac));
}

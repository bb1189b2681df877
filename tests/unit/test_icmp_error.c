// SPDX-License-Identifier: BSD-2-Clause
/*
 * ICMP errors in words, and the packets that they quote.
 */
#include "conn/icmp_error.h"

#include <netinet/in.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "log/record.h"
#include "tests/harness.h"

#include "weir/flow.h"

static void errors_have_the_names_of_the_rfcs(void **state)
{
	static const struct {
		int family;
		uint8_t type, code;
		const char *text;
	} cases[] = {
		{ WEIR_IPV4, 3, 0, "network unreachable" },
		{ WEIR_IPV4, 3, 1, "host unreachable" },
		{ WEIR_IPV4, 3, 3, "port unreachable" },
		{ WEIR_IPV4, 3, 4, "fragmentation needed" },
		{ WEIR_IPV4, 3, 13, "prohibited by an administrator" },
		{ WEIR_IPV4, 3, 15, "precedence cutoff" },
		{ WEIR_IPV4, 3, 16, "destination unreachable (code 16)" },
		{ WEIR_IPV4, 4, 0, "source quench" },
		{ WEIR_IPV4, 4, 9, "source quench (code 9)" },
		{ WEIR_IPV4, 5, 1, "redirected for the host" },
		{ WEIR_IPV4, 11, 0, "time to live exceeded" },
		{ WEIR_IPV4, 11, 1, "reassembly of fragments timed out" },
		{ WEIR_IPV4, 12, 0, "error in the IP header" },
		{ WEIR_IPV4, 1, 4, "type 1, code 4" },
		{ WEIR_IPV6, 1, 0, "no route to the destination" },
		{ WEIR_IPV6, 1, 1, "prohibited by an administrator" },
		{ WEIR_IPV6, 1, 3, "address unreachable" },
		{ WEIR_IPV6, 1, 4, "port unreachable" },
		{ WEIR_IPV6, 2, 0, "packet too big" },
		{ WEIR_IPV6, 3, 0, "hop limit exceeded" },
		{ WEIR_IPV6, 4, 1, "next header unrecognized" },
		{ WEIR_IPV6, 11, 0, "type 11, code 0" },
	};
	char text[ICMP_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		icmp_error_to_str(cases[i].family, cases[i].type, cases[i].code, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void whatever_comes_has_a_text_that_fits(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 65536; i++) {
		char v4[ICMP_ERROR_SIZE], v6[ICMP_ERROR_SIZE];

		icmp_error_to_str(WEIR_IPV4, (uint8_t)(i >> 8), (uint8_t)i, v4);
		icmp_error_to_str(WEIR_IPV6, (uint8_t)(i >> 8), (uint8_t)i, v6);
		assert_in_range(strlen(v4), 1, ICMP_ERROR_SIZE - 2);
		assert_in_range(strlen(v6), 1, ICMP_ERROR_SIZE - 2);
	}
}

static const struct {
	const char *initiator, *responder;
	uint16_t port[2];
	uint8_t proto;
	int side;
	const char *text;
} quoted[] = {
	{ "10.0.0.1",
	  "10.0.0.2",
	  { 40000, 80 },
	  IPPROTO_TCP,
	  0,
	  "10.0.0.1:40000 -> 10.0.0.2:80 TCP" },
	{ "10.0.0.1",
	  "10.0.0.2",
	  { 40000, 53 },
	  IPPROTO_UDP,
	  1,
	  "10.0.0.2:53 -> 10.0.0.1:40000 UDP" },
	{ "2001:db8::1",
	  "2001:db8::2",
	  { 40000, 80 },
	  IPPROTO_SCTP,
	  0,
	  "[2001:db8::1]:40000 -> [2001:db8::2]:80 SCTP" },
	{ "10.0.0.1", "10.0.0.2", { 77, 77 }, IPPROTO_ICMP, 0, "10.0.0.1 -> 10.0.0.2 ICMPv4" },
	{ "2001:db8::1",
	  "2001:db8::2",
	  { 77, 77 },
	  IPPROTO_ICMPV6,
	  0,
	  "2001:db8::1 -> 2001:db8::2 ICMPv6" },
	{ "10.0.0.1", "10.0.0.2", { 0, 0 }, IPPROTO_GRE, 0, "10.0.0.1 -> 10.0.0.2 protocol 47" },
	{ "1111:2222:3333:4444:5555:6666:7777:8888",
	  "1111:2222:3333:4444:5555:6666:7777:9999",
	  { 65535, 65534 },
	  255,
	  1,
	  "[1111:2222:3333:4444:5555:6666:7777:9999]:65534 -> "
	  "[1111:2222:3333:4444:5555:6666:7777:8888]:65535 protocol 255" },
};

static void what_is_quoted_is_told_as_it_was_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quoted); i++) {
		struct record rec = { .proto = quoted[i].proto };
		char text[ICMP_QUOTED_SIZE];
		int family;

		assert_int_equal(addr_parse(quoted[i].initiator, rec.addr[0], &family), 0);
		assert_int_equal(addr_parse(quoted[i].responder, rec.addr[1], &family), 0);
		rec.family = family & 7;
		memcpy(rec.port, quoted[i].port, sizeof(rec.port));
		icmp_quoted_to_str(&rec, quoted[i].side, text);
		assert_string_equal(text, quoted[i].text);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(errors_have_the_names_of_the_rfcs),
			 TEST(whatever_comes_has_a_text_that_fits),
			 TEST(what_is_quoted_is_told_as_it_was_sent));
}

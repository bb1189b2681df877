// SPDX-License-Identifier: BSD-2-Clause
/*
 * Published vectors of the Community ID specification, version 1, seed 0 (with those of its
 * reference implementation), and others computed apart from this code. The other direction of the
 * same packets has the same name.
 */
#include "log/community_id.h"

#include <netinet/in.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "log/record.h"
#include "tests/harness.h"

struct packet {
	const char *from, *to;
	unsigned int from_port, to_port; /* ICMP: type and code */
};

/* A record whose source is the packet's sender, be it the initiator (0) or the responder (1). */
static struct record record_of(int proto, const struct packet *packet, uint8_t sender)
{
	struct record rec = { .proto = (uint8_t)proto, .sender = sender };
	int family;

	assert_int_equal(addr_parse(packet->from, rec.addr[sender], &family), 0);
	assert_int_equal(addr_parse(packet->to, rec.addr[!sender], &family), 0);
	rec.family = (uint8_t)family;
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		rec.icmp_type = (uint8_t)packet->from_port;
		rec.icmp_code = (uint8_t)packet->to_port;
		rec.port[0] = rec.port[1] = 4711; /* the id */
	} else {
		rec.port[sender] = (uint16_t)packet->from_port;
		rec.port[!sender] = (uint16_t)packet->to_port;
	}
	return rec;
}

static void check(const char *name, int proto, const struct packet *packet, const char *expected)
{
	for (uint8_t sender = 0; sender < 2; sender++) {
		struct record rec = record_of(proto, packet, sender);
		char text[COMMUNITY_ID_SIZE];

		assert_row(name, community_id(&rec, text));
		assert_row_str(name, text, expected);
	}
}

static const struct {
	const char *name;
	int proto;
	struct packet packet;
	const char *expected;
} published[] = {
	{ "TCP",
	  IPPROTO_TCP,
	  { "128.232.110.120", "66.35.250.204", 34855, 80 },
	  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ "TCP, low ports",
	  IPPROTO_TCP,
	  { "10.0.0.1", "10.0.0.2", 10, 11569 },
	  "1:SXBGMX1lBOwhhoDrZynfROxnhnM=" },
	{ "UDP",
	  IPPROTO_UDP,
	  { "192.168.1.52", "8.8.8.8", 54585, 53 },
	  "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ "SCTP",
	  IPPROTO_SCTP,
	  { "192.168.170.8", "192.168.170.56", 7, 80 },
	  "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
	{ "no ports (RSVP)",
	  IPPROTO_RSVP,
	  { "10.1.24.4", "10.1.12.1", 0, 0 },
	  "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=" },
	{ "TCP over IPv6",
	  IPPROTO_TCP,
	  { "2001:db8::1", "2001:db8::2", 43210, 443 },
	  "1:qQPyjO++7IumB6tQS6hbuzyYtz0=" },
	{ "one address: the ports tell the order",
	  IPPROTO_TCP,
	  { "127.0.0.1", "127.0.0.1", 50000, 80 },
	  "1:jG7HJaxo5f/efFe+PrQaZXQMQzw=" },
	{ "multicast",
	  IPPROTO_UDP,
	  { "fe80::1", "ff02::1:2", 546, 547 },
	  "1:o26QFv3mif4Dx/VQdbDgpj4ygjU=" },
	{ "high bytes",
	  IPPROTO_UDP,
	  { "10.0.0.200", "10.0.0.100", 65535, 256 },
	  "1:wCTpl6Q2zoLwLFX3MpSja4a5Ik8=" },
	{ "ports of 0 are ports",
	  IPPROTO_UDP,
	  { "10.0.0.1", "10.0.0.2", 0, 0 },
	  "1:jOeOfpKNQZepODRfsEA0OkcXUNI=" },
	{ "GRE",
	  IPPROTO_GRE,
	  { "192.0.2.1", "198.51.100.7", 0, 0 },
	  "1:RgkLaSviQYJ7OVkhn/T3l+5nv8A=" },
	{ "RSVP over IPv6",
	  IPPROTO_RSVP,
	  { "2001:db8::1", "2001:db8::2", 0, 0 },
	  "1:b4HZeeswj43fA1DxwGsEKgPe+WA=" },
};

static void ports_and_addresses_give_the_published_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(published); i++) {
		const struct packet *one = &published[i].packet;
		const struct packet other = { one->to, one->from, one->to_port, one->from_port };

		check(published[i].name, published[i].proto, one, published[i].expected);
		check(published[i].name, published[i].proto, &other, published[i].expected);
	}
}

#define V4_A "192.168.0.89"
#define V4_B "192.168.0.1"
#define V6_A "fe80::200:86ff:fe05:80da"
#define V6_B "fe80::260:97ff:fe07:69ea"

static void a_question_and_its_answer_have_one_name(void **state)
{
	static const struct {
		const char *name;
		int proto;
		unsigned int ask, answer;
		const char *expected; /* of A that asks B */
	} cases[] = {
		{ "echo", IPPROTO_ICMP, 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
		{ "timestamp", IPPROTO_ICMP, 13, 14, "1:oeo0XqAz7cn/+sOcFFOn55Omz0U=" },
		{ "information", IPPROTO_ICMP, 15, 16, "1:fOg3Bo3uOxI7xD431D+RTtZCCjw=" },
		{ "address mask", IPPROTO_ICMP, 17, 18, "1:l6FQTO9IDRsq7cW/KitEu2ab7NM=" },
		{ "router", IPPROTO_ICMP, 10, 9, "1:ZCE6FYKtYq6/Z5/7VYclhgEesAg=" },
		{ "echo, v6", IPPROTO_ICMPV6, 128, 129, "1:QrVnZEjGihSsEkRF1XxqheQ1Za8=" },
		{ "listener", IPPROTO_ICMPV6, 130, 131, "1:AqqGbwQfzV0erxPUVV+XZ02Zm5M=" },
		{ "router, v6", IPPROTO_ICMPV6, 133, 134, "1:MxMeSyWe6OTpBt36dIzrtH7OcS8=" },
		{ "neighbour", IPPROTO_ICMPV6, 135, 136, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
		{ "node information", IPPROTO_ICMPV6, 139, 140, "1:5M4clpPt0fX67/4bIqQT4gA26Dw=" },
		{ "home agent", IPPROTO_ICMPV6, 144, 145, "1:m49RyQ8yIT9LBEoGoI5SnZktCdQ=" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is_v4 = cases[i].proto == IPPROTO_ICMP;
		const char *a = is_v4 ? V4_A : V6_A, *b = is_v4 ? V4_B : V6_B;
		const struct packet ask = { a, b, cases[i].ask, 0 };
		const struct packet answer = { b, a, cases[i].answer,
					       7 }; /* the code is none of it */

		check(cases[i].name, cases[i].proto, &ask, cases[i].expected);
		check(cases[i].name, cases[i].proto, &answer, cases[i].expected);
	}
}

static void a_message_without_an_answer_keeps_type_code_and_direction(void **state)
{
	static const struct {
		const char *name;
		int proto;
		struct packet packet;
		const char *expected;
	} cases[] = {
		{ "20", IPPROTO_ICMP, { V4_A, V4_B, 20, 0 }, "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=" },
		{ "20, code 1",
		  IPPROTO_ICMP,
		  { V4_A, V4_B, 20, 1 },
		  "1:tz/fHIDUHs19NkixVVoOZywde+I=" },
		{ "unreachable",
		  IPPROTO_ICMP,
		  { V4_A, V4_B, 3, 1 },
		  "1:LXCfhMUFbYXe+CEMrQuZCbiLY3o=" },
		{ "unreachable, back",
		  IPPROTO_ICMP,
		  { V4_B, V4_A, 3, 1 },
		  "1:o3zT92uTgnRWv/YrDVeXcWumpC4=" },
		{ "exceeded, v6",
		  IPPROTO_ICMPV6,
		  { "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0 },
		  "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=" },
		{ "exceeded, v6, back",
		  IPPROTO_ICMPV6,
		  { "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:507:0:1:260:97ff:fe07:69ea", 3, 0 },
		  "1:/OGBt9BN1ofenrmSPWYicpij2Vc=" },
		{ "too big",
		  IPPROTO_ICMPV6,
		  { V6_A, V6_B, 2, 0 },
		  "1:PWuP7KbeJtskIEV6s6B0CBVg+GI=" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(cases[i].name, cases[i].proto, &cases[i].packet, cases[i].expected);
}

static void ports_that_are_not_known_give_no_name(void **state)
{
	const struct packet packet = { "192.168.170.8", "192.168.170.56", 0, 0 };
	struct record rec = record_of(IPPROTO_SCTP, &packet, 0);
	char text[COMMUNITY_ID_SIZE];

	(void)state;
	assert_false(community_id(&rec, text));
}

int main(void)
{
	return RUN_TESTS(TEST(ports_and_addresses_give_the_published_names),
			 TEST(a_question_and_its_answer_have_one_name),
			 TEST(a_message_without_an_answer_keeps_type_code_and_direction),
			 TEST(ports_that_are_not_known_give_no_name));
}

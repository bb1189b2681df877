// SPDX-License-Identifier: BSD-2-Clause
/*
 * The Summary: Hubble's own words first, for all flags, types and codes; then ours.
 */
#include "log/summary.h"

#include <netinet/in.h>

#include "base/cleanup.h"
#include "log/record.h"
#include "tests/harness.h"

#include "weir/flow.h"

#define MS 1000000ULL

static void assert_summary(const char *name, const struct record *rec, const char *expected)
{
	static const struct record_more nothing;
	char text[SUMMARY_SIZE];

	memset(text, 'x', sizeof(text));
	summary_of(rec, &nothing, text);
	assert_row_str(name, text, expected);
}

static void tcp_flags_are_in_hubbles_order(void **state)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} order[] = { { 0x02, "SYN" }, { 0x10, "ACK" }, { 0x04, "RST" }, { 0x01, "FIN" },
		      { 0x08, "PSH" }, { 0x20, "URG" }, { 0x40, "ECE" }, { 0x80, "CWR" } };

	(void)state;
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct record rec = { .proto = IPPROTO_TCP,
				      .event = RECORD_OPEN,
				      .tcp_flags = (uint8_t)flags };
		char expected[SUMMARY_SIZE] = "TCP Flags: ";
		size_t begin = strlen(expected);

		for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
			size_t len = strlen(expected);

			if (flags & order[i].bit)
				snprintf(expected + len, sizeof(expected) - len, "%s%s",
					 len > begin ? ", " : "", order[i].name);
		}
		assert_summary(expected, &rec, expected);
	}
}

static void other_protocols_have_hubbles_names(void **state)
{
	static const struct {
		int proto;
		uint8_t family;
		const char *text;
	} cases[] = {
		{ IPPROTO_UDP, WEIR_IPV4, "UDP" },   { IPPROTO_UDP, WEIR_IPV6, "UDP" },
		{ IPPROTO_SCTP, WEIR_IPV4, "SCTP" }, { IPPROTO_GRE, WEIR_IPV4, "IPv4" },
		{ IPPROTO_GRE, WEIR_IPV6, "IPv6" },  { IPPROTO_IGMP, WEIR_IPV4, "IPv4" },
		{ 255, WEIR_IPV6, "IPv6" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record rec = { .proto = (uint8_t)cases[i].proto,
				      .family = cases[i].family,
				      .tcp_flags = 0x12 };

		assert_summary(cases[i].text, &rec, cases[i].text);
	}
}

/* Names of codes from 0. Hubble's tables, in numbers of RFC 792 and RFC 4443. */
struct icmp_case {
	int proto;
	uint8_t type;
	const char *name;
	const char *codes[17];
};

static const struct icmp_case icmp_cases[] = {
	{ IPPROTO_ICMP, 0, "ICMPv4 EchoReply", { 0 } },
	{ IPPROTO_ICMP,
	  3,
	  "ICMPv4 DestinationUnreachable",
	  { "Net", "Host", "Protocol", "Port", "FragmentationNeeded", "SourceRoutingFailed",
	    "NetUnknown", "HostUnknown", "SourceIsolated", "NetAdminProhibited",
	    "HostAdminProhibited", "NetTOS", "HostTOS", "CommAdminProhibited", "HostPrecedence",
	    "PrecedenceCutoff" } },
	{ IPPROTO_ICMP, 4, "ICMPv4 SourceQuench", { 0 } },
	{ IPPROTO_ICMP, 5, "ICMPv4 Redirect", { "Net", "Host", "TOS+Net", "TOS+Host" } },
	{ IPPROTO_ICMP, 8, "ICMPv4 EchoRequest", { 0 } },
	{ IPPROTO_ICMP, 9, "ICMPv4 RouterAdvertisement", { 0 } },
	{ IPPROTO_ICMP, 10, "ICMPv4 RouterSolicitation", { 0 } },
	{ IPPROTO_ICMP,
	  11,
	  "ICMPv4 TimeExceeded",
	  { "TTLExceeded", "FragmentReassemblyTimeExceeded" } },
	{ IPPROTO_ICMP,
	  12,
	  "ICMPv4 ParameterProblem",
	  { "PointerIndicatesError", "MissingOption", "BadLength" } },
	{ IPPROTO_ICMP, 13, "ICMPv4 TimestampRequest", { 0 } },
	{ IPPROTO_ICMP, 14, "ICMPv4 TimestampReply", { 0 } },
	{ IPPROTO_ICMP, 15, "ICMPv4 InfoRequest", { 0 } },
	{ IPPROTO_ICMP, 16, "ICMPv4 InfoReply", { 0 } },
	{ IPPROTO_ICMP, 17, "ICMPv4 AddressMaskRequest", { 0 } },
	{ IPPROTO_ICMP, 18, "ICMPv4 AddressMaskReply", { 0 } },
	{ IPPROTO_ICMPV6,
	  1,
	  "ICMPv6 DestinationUnreachable",
	  { "NoRouteToDst", "AdminProhibited", "BeyondScopeOfSrc", "AddressUnreachable",
	    "PortUnreachable", "SrcAddressFailedPolicy", "RejectRouteToDst" } },
	{ IPPROTO_ICMPV6, 2, "ICMPv6 PacketTooBig", { 0 } },
	{ IPPROTO_ICMPV6,
	  3,
	  "ICMPv6 TimeExceeded",
	  { "HopLimitExceeded", "FragmentReassemblyTimeExceeded" } },
	{ IPPROTO_ICMPV6,
	  4,
	  "ICMPv6 ParameterProblem",
	  { "ErroneousHeaderField", "UnrecognizedNextHeader", "UnrecognizedIPv6Option" } },
	{ IPPROTO_ICMPV6, 128, "ICMPv6 EchoRequest", { 0 } },
	{ IPPROTO_ICMPV6, 129, "ICMPv6 EchoReply", { 0 } },
	{ IPPROTO_ICMPV6, 133, "ICMPv6 RouterSolicitation", { 0 } },
	{ IPPROTO_ICMPV6, 134, "ICMPv6 RouterAdvertisement", { 0 } },
	{ IPPROTO_ICMPV6, 135, "ICMPv6 NeighborSolicitation", { 0 } },
	{ IPPROTO_ICMPV6, 136, "ICMPv6 NeighborAdvertisement", { 0 } },
	{ IPPROTO_ICMPV6, 137, "ICMPv6 Redirect", { 0 } },
};

static const struct icmp_case *find_icmp(int proto, unsigned int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(icmp_cases); i++) {
		if (icmp_cases[i].proto == proto && icmp_cases[i].type == type)
			return &icmp_cases[i];
	}
	return NULL;
}

/* The name of the code, or NULL: it has none. */
static const char *code_name(const struct icmp_case *icmp, unsigned int code)
{
	for (unsigned int i = 0; icmp->codes[i]; i++) {
		if (i == code)
			return icmp->codes[i];
	}
	return NULL;
}

static void check_icmp(int proto, unsigned int type, unsigned int code)
{
	struct record rec = { .proto = (uint8_t)proto,
			      .icmp_type = (uint8_t)type,
			      .icmp_code = (uint8_t)code };
	const struct icmp_case *icmp = find_icmp(proto, type);
	char text[SUMMARY_SIZE];

	if (!icmp) {
		snprintf(text, sizeof(text), "ICMPv%d %u(%u)", proto == IPPROTO_ICMP ? 4 : 6, type,
			 code);
	} else if (code_name(icmp, code)) {
		snprintf(text, sizeof(text), "%s(%s)", icmp->name, code_name(icmp, code));
	} else if (code) {
		snprintf(text, sizeof(text), "%s(Code: %u)", icmp->name, code);
	} else {
		snprintf(text, sizeof(text), "%s", icmp->name);
	}
	assert_summary(text, &rec, text);
}

static void all_types_and_codes_of_icmp_have_hubbles_names(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		for (unsigned int code = 0; code < 256; code++) {
			check_icmp(IPPROTO_ICMP, type, code);
			check_icmp(IPPROTO_ICMPV6, type, code);
		}
	}
}

/* TCP, 3.2 s; 12,345 bytes from the initiator and 1,234,567 back; 0.4 ms of handshake. */
static struct record tcp_record(uint8_t event)
{
	return (struct record){ .event = event,
				.proto = IPPROTO_TCP,
				.family = WEIR_IPV4,
				.duration_ns = 3200345678,
				.rtt_server_ns = 300000,
				.rtt_client_ns = 112000,
				.has_counts = true,
				.count = { { 120, 12345 }, { 900, 1234567 } } };
}

static void a_close_tells_how_it_ended(void **state)
{
	static const struct {
		uint8_t reason, tcp_flags;
		const char *text;
	} cases[] = {
		{ WEIR_CLOSE_FIN, 0x11, "TCP Flags: ACK, FIN; closed by source after 3.2s" },
		{ WEIR_CLOSE_RST, 0x04, "TCP Flags: RST; reset by source after 3.2s" },
		{ WEIR_CLOSE_REFUSED, 0x04, "TCP Flags: RST; refused by source after 3.2s" },
		{ WEIR_CLOSE_TIMEOUT, 0, "TCP Flags: ; ended by silence, lasted 3.2s" },
		{ WEIR_CLOSE_REUSED, 0, "TCP Flags: ; ended (reused) after 3.2s" },
		{ WEIR_CLOSE_RECLAIMED, 0, "TCP Flags: ; ended (reclaimed) after 3.2s" },
		{ WEIR_CLOSE_INTERFACE_GONE, 0, "TCP Flags: ; ended (interface_gone) after 3.2s" },
		{ WEIR_CLOSE_AGENT_STOP, 0, "TCP Flags: ; ended (agent_stop) after 3.2s" },
		{ WEIR_CLOSE_MAX, 0, "TCP Flags: ; ended (unknown) after 3.2s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record rec = tcp_record(RECORD_CLOSE);
		char text[SUMMARY_SIZE];

		rec.close_reason = cases[i].reason;
		rec.tcp_flags = cases[i].tcp_flags;
		snprintf(text, sizeof(text), "%s, sent 12.3kB, received 1.2MB, rtt 0.4ms",
			 cases[i].text);
		assert_summary(cases[i].text, &rec, text);
		/* The responder sent what the initiator received. */
		rec.sender = 1;
		snprintf(text, sizeof(text), "%s, sent 1.2MB, received 12.3kB, rtt 0.4ms",
			 cases[i].text);
		assert_summary(cases[i].text, &rec, text);
		/* Of what is not known nothing is said. */
		rec.has_counts = false;
		rec.rtt_client_ns = 0;
		assert_summary(cases[i].text, &rec, cases[i].text);
	}
}

static void each_event_says_what_it_knows(void **state)
{
	static const struct {
		uint8_t event;
		const char *text;
	} cases[] = {
		{ RECORD_OPEN, "TCP Flags: " },
		{ RECORD_ESTABLISHED, "TCP Flags: ; rtt 0.4ms" },
		{ RECORD_UPDATE, "TCP Flags: ; open for 3.2s, sent 12.3kB, received 1.2MB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record rec = tcp_record(cases[i].event);

		assert_summary(cases[i].text, &rec, cases[i].text);
	}
}

static void an_answer_without_handshake_has_no_rtt(void **state)
{
	struct record rec = { .event = RECORD_ESTABLISHED, .proto = IPPROTO_UDP };

	(void)state;
	assert_summary("UDP", &rec, "UDP");
	rec = tcp_record(RECORD_ESTABLISHED);
	rec.rtt_server_ns = 0;
	assert_summary("half", &rec, "TCP Flags: ");
}

static void an_rtt_has_the_digits_that_matter(void **state)
{
	static const struct {
		uint64_t server_ns, client_ns;
		const char *text;
	} cases[] = {
		{ 1000, 1000, "TCP Flags: ; rtt 0.002ms" },
		{ 20000, 12000, "TCP Flags: ; rtt 0.032ms" },
		{ 300000, 112000, "TCP Flags: ; rtt 0.4ms" },
		{ MS, MS / 2, "TCP Flags: ; rtt 1.5ms" },
		{ 11 * MS, MS + 1, "TCP Flags: ; rtt 12ms" },
		{ 200 * MS, 3000 * MS, "TCP Flags: ; rtt 3200ms" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record rec = tcp_record(RECORD_ESTABLISHED);

		rec.rtt_server_ns = cases[i].server_ns;
		rec.rtt_client_ns = cases[i].client_ns;
		assert_summary(cases[i].text, &rec, cases[i].text);
	}
}

static void an_icmp_error_is_told_in_plain_words(void **state)
{
	static const struct {
		uint8_t event, family, type, code;
		const char *text;
	} cases[] = {
		{ RECORD_UPDATE, WEIR_IPV4, 3, 3,
		  "UDP; open for 3.2s, sent 12.3kB, received 1.2MB; ICMP: port unreachable" },
		{ RECORD_CLOSE, WEIR_IPV4, 11, 0,
		  "UDP; ended by silence, lasted 3.2s, sent 12.3kB, received 1.2MB"
		  "; ICMP: time to live exceeded" },
		{ RECORD_CLOSE, WEIR_IPV6, 1, 4,
		  "UDP; ended by silence, lasted 3.2s, sent 12.3kB, received 1.2MB"
		  "; ICMP: port unreachable" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct record_more more = { .has_icmp_error = true,
						  .icmp_type = cases[i].type,
						  .icmp_code = cases[i].code };
		struct record rec = tcp_record(cases[i].event);
		char text[SUMMARY_SIZE];

		rec.proto = IPPROTO_UDP;
		rec.family = cases[i].family & 7;
		rec.close_reason = WEIR_CLOSE_TIMEOUT;
		rec.rtt_server_ns = 0;
		summary_of(&rec, &more, text);
		assert_string_equal(text, cases[i].text);
	}
}

/* The longest that there can be fits, and its end is not lost. */
static void the_longest_summary_fits(void **state)
{
	const struct record_more more = { .has_icmp_error = true, .icmp_type = 3, .icmp_code = 11 };
	char text[SUMMARY_SIZE];
	struct record rec = { .event = RECORD_CLOSE,
			      .proto = IPPROTO_TCP,
			      .family = WEIR_IPV4,
			      .tcp_flags = 0xff,
			      .close_reason = WEIR_CLOSE_INTERFACE_GONE,
			      .duration_ns = UINT64_MAX >> 6,
			      .has_counts = true,
			      .count = { { UINT64_MAX, UINT64_MAX }, { UINT64_MAX, UINT64_MAX } },
			      .rtt_server_ns = RECORD_RTT_MAX,
			      .rtt_client_ns = RECORD_RTT_MAX };

	(void)state;
	summary_of(&rec, &more, text);
	assert_string_equal(
		text, "TCP Flags: SYN, ACK, RST, FIN, PSH, URG, ECE, CWR; ended (interface_gone) "
		      "after 3335d23h, sent 18.4EB, received 18.4EB, rtt 17592186ms"
		      "; ICMP: network unreachable for this type of service");
}

int main(void)
{
	return RUN_TESTS(
		TEST(tcp_flags_are_in_hubbles_order), TEST(other_protocols_have_hubbles_names),
		TEST(all_types_and_codes_of_icmp_have_hubbles_names),
		TEST(a_close_tells_how_it_ended), TEST(each_event_says_what_it_knows),
		TEST(an_answer_without_handshake_has_no_rtt),
		TEST(an_rtt_has_the_digits_that_matter), TEST(an_icmp_error_is_told_in_plain_words),
		TEST(the_longest_summary_fits));
}

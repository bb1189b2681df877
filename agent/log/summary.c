// SPDX-License-Identifier: BSD-2-Clause
/*
 * "TCP Flags: ACK, FIN; closed by source after 3.2s, sent 12.3kB, received 1.2MB, rtt 0.4ms",
 * "UDP; ended by silence, lasted 2ms, sent 80B, received 0B; ICMP: port unreachable".
 * ICMP names are Hubble's (gopacket's); the numbers are of RFC 792 and RFC 4443.
 */
#include "log/summary.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "conn/icmp_error.h"
#include "log/record.h"

#include "weir/flow.h"

struct icmp_name {
	uint8_t type;
	const char *name;
	const char *const *codes; /* NULL: has none */
	unsigned int count;
};

#define CODES(list) list, ARRAY_SIZE(list)

static const char *const v4_unreachable[] = {
	"Net",
	"Host",
	"Protocol",
	"Port",
	"FragmentationNeeded",
	"SourceRoutingFailed",
	"NetUnknown",
	"HostUnknown",
	"SourceIsolated",
	"NetAdminProhibited",
	"HostAdminProhibited",
	"NetTOS",
	"HostTOS",
	"CommAdminProhibited",
	"HostPrecedence",
	"PrecedenceCutoff",
};
static const char *const v4_redirect[] = { "Net", "Host", "TOS+Net", "TOS+Host" };
static const char *const v4_exceeded[] = { "TTLExceeded", "FragmentReassemblyTimeExceeded" };
static const char *const v4_problem[] = { "PointerIndicatesError", "MissingOption", "BadLength" };
static const char *const v6_unreachable[] = {
	"NoRouteToDst",	   "AdminProhibited",	     "BeyondScopeOfSrc", "AddressUnreachable",
	"PortUnreachable", "SrcAddressFailedPolicy", "RejectRouteToDst",
};
static const char *const v6_exceeded[] = { "HopLimitExceeded", "FragmentReassemblyTimeExceeded" };
static const char *const v6_problem[] = { "ErroneousHeaderField", "UnrecognizedNextHeader",
					  "UnrecognizedIPv6Option" };

static const struct icmp_name icmp4_names[] = {
	{ 0, "EchoReply", NULL, 0 },
	{ 3, "DestinationUnreachable", CODES(v4_unreachable) },
	{ 4, "SourceQuench", NULL, 0 },
	{ 5, "Redirect", CODES(v4_redirect) },
	{ 8, "EchoRequest", NULL, 0 },
	{ 9, "RouterAdvertisement", NULL, 0 },
	{ 10, "RouterSolicitation", NULL, 0 },
	{ 11, "TimeExceeded", CODES(v4_exceeded) },
	{ 12, "ParameterProblem", CODES(v4_problem) },
	{ 13, "TimestampRequest", NULL, 0 },
	{ 14, "TimestampReply", NULL, 0 },
	{ 15, "InfoRequest", NULL, 0 },
	{ 16, "InfoReply", NULL, 0 },
	{ 17, "AddressMaskRequest", NULL, 0 },
	{ 18, "AddressMaskReply", NULL, 0 },
};

static const struct icmp_name icmp6_names[] = {
	{ 1, "DestinationUnreachable", CODES(v6_unreachable) },
	{ 2, "PacketTooBig", NULL, 0 },
	{ 3, "TimeExceeded", CODES(v6_exceeded) },
	{ 4, "ParameterProblem", CODES(v6_problem) },
	{ 128, "EchoRequest", NULL, 0 },
	{ 129, "EchoReply", NULL, 0 },
	{ 133, "RouterSolicitation", NULL, 0 },
	{ 134, "RouterAdvertisement", NULL, 0 },
	{ 135, "NeighborSolicitation", NULL, 0 },
	{ 136, "NeighborAdvertisement", NULL, 0 },
	{ 137, "Redirect", NULL, 0 },
};

/* In Hubble's order. */
static const struct {
	uint8_t bit;
	const char *name;
} tcp_flags[] = {
	{ 0x02, "SYN" }, { 0x10, "ACK" }, { 0x04, "RST" }, { 0x01, "FIN" },
	{ 0x08, "PSH" }, { 0x20, "URG" }, { 0x40, "ECE" }, { 0x80, "CWR" },
};

struct text {
	char *at;
	size_t len;
};

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text->at + text->len, SUMMARY_SIZE - text->len, format, args);
	va_end(args);
	if (len > 0)
		text->len += (size_t)len;
	if (text->len >= SUMMARY_SIZE)
		text->len = SUMMARY_SIZE - 1;
}

static void say_tcp(struct text *text, uint8_t flags)
{
	const char *separator = "";

	say(text, "TCP Flags: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(tcp_flags); i++) {
		if (!(flags & tcp_flags[i].bit))
			continue;
		say(text, "%s%s", separator, tcp_flags[i].name);
		separator = ", ";
	}
}

static void say_icmp(struct text *text, const char *protocol, const struct icmp_name *names,
		     unsigned int count, const struct record *rec)
{
	const struct icmp_name *name = NULL;

	for (unsigned int i = 0; i < count && !name; i++) {
		if (names[i].type == rec->icmp_type)
			name = &names[i];
	}
	if (!name)
		say(text, "%s %u(%u)", protocol, rec->icmp_type, rec->icmp_code);
	else if (name->codes && rec->icmp_code < name->count)
		say(text, "%s %s(%s)", protocol, name->name, name->codes[rec->icmp_code]);
	else if (rec->icmp_code)
		say(text, "%s %s(Code: %u)", protocol, name->name, rec->icmp_code);
	else
		say(text, "%s %s", protocol, name->name);
}

static void say_protocol(struct text *text, const struct record *rec)
{
	switch (rec->proto) {
	case IPPROTO_TCP:
		say_tcp(text, rec->tcp_flags);
		break;
	case IPPROTO_UDP:
		say(text, "UDP");
		break;
	case IPPROTO_SCTP:
		say(text, "SCTP");
		break;
	case IPPROTO_ICMP:
		say_icmp(text, "ICMPv4", icmp4_names, ARRAY_SIZE(icmp4_names), rec);
		break;
	case IPPROTO_ICMPV6:
		say_icmp(text, "ICMPv6", icmp6_names, ARRAY_SIZE(icmp6_names), rec);
		break;
	default:
		say(text, rec->family == WEIR_IPV4 ? "IPv4" : "IPv6");
	}
}

/* As the record's source sees it. */
static void say_counts(struct text *text, const struct record *rec)
{
	char sent[DURATION_SIZE], received[DURATION_SIZE];

	if (!rec->has_counts)
		return;
	bytes_to_str(rec->count[rec->sender].bytes, sent);
	bytes_to_str(rec->count[!rec->sender].bytes, received);
	say(text, ", sent %s, received %s", sent, received);
}

/* Milliseconds with a digit that matters: "rtt 0.4ms", "rtt 12ms", "rtt 0.032ms". */
static void say_rtt(struct text *text, const char *before, const struct record *rec)
{
	double ms = (double)((uint64_t)rec->rtt_server_ns + rec->rtt_client_ns) / 1e6;
	int decimals = ms >= 10 ? 0 : ms >= 0.1 ? 1 : 3;

	if (rec->rtt_server_ns && rec->rtt_client_ns)
		say(text, "%srtt %.*fms", before, decimals, ms);
}

static void say_close(struct text *text, const struct record *rec)
{
	char duration[DURATION_SIZE];

	duration_to_str(rec->duration_ns, duration);
	switch (rec->close_reason) {
	case WEIR_CLOSE_FIN:
		say(text, "; closed by source after %s", duration);
		break;
	case WEIR_CLOSE_RST:
		say(text, "; reset by source after %s", duration);
		break;
	case WEIR_CLOSE_REFUSED:
		say(text, "; refused by source after %s", duration);
		break;
	case WEIR_CLOSE_TIMEOUT:
		say(text, "; ended by silence, lasted %s", duration);
		break;
	default:
		say(text, "; ended (%s) after %s", close_reason_to_str(rec->close_reason),
		    duration);
	}
	say_counts(text, rec);
	say_rtt(text, ", ", rec);
}

void summary_of(const struct record *rec, const struct record_more *more,
		char ret[static SUMMARY_SIZE])
{
	struct text text = { .at = ret };
	char duration[DURATION_SIZE], error[ICMP_ERROR_SIZE];

	ret[0] = '\0';
	say_protocol(&text, rec);
	switch (rec->event) {
	case RECORD_ESTABLISHED:
		say_rtt(&text, "; ", rec);
		break;
	case RECORD_UPDATE:
		duration_to_str(rec->duration_ns, duration);
		say(&text, "; open for %s", duration);
		say_counts(&text, rec);
		break;
	case RECORD_CLOSE:
		say_close(&text, rec);
		break;
	default:
		break;
	}
	if (more->has_icmp_error) {
		icmp_error_to_str(rec->family, more->icmp_type, more->icmp_code, error);
		say(&text, "; ICMP: %s", error);
	}
}

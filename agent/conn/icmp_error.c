// SPDX-License-Identifier: BSD-2-Clause
/*
 * Types and codes of RFC 792, 1122 and 1812, and of RFC 4443 and 6554.
 */
#include "conn/icmp_error.h"

#include <netinet/in.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "log/record.h"

#include "weir/flow.h"

struct error_name {
	uint8_t type;
	const char *name; /* of a code without one of its own */
	const char *const *codes;
	unsigned int count;
};

#define CODES(list) list, ARRAY_SIZE(list)

static const char *const v4_unreachable[] = {
	"network unreachable",
	"host unreachable",
	"protocol unreachable",
	"port unreachable",
	"fragmentation needed",
	"source route failed",
	"destination network unknown",
	"destination host unknown",
	"source host isolated",
	"network prohibited by an administrator",
	"host prohibited by an administrator",
	"network unreachable for this type of service",
	"host unreachable for this type of service",
	"prohibited by an administrator",
	"host precedence violated",
	"precedence cutoff",
};
static const char *const v4_redirect[] = {
	"redirected for the network",
	"redirected for the host",
	"redirected for the network and type of service",
	"redirected for the host and type of service",
};
static const char *const v4_exceeded[] = { "time to live exceeded",
					   "reassembly of fragments timed out" };
static const char *const v4_problem[] = { "error in the IP header", "IP option missing",
					  "bad length of the IP header" };
static const char *const v6_unreachable[] = {
	"no route to the destination",
	"prohibited by an administrator",
	"beyond the scope of the source address",
	"address unreachable",
	"port unreachable",
	"source address failed policy",
	"route to the destination rejected",
	"error in the source routing header",
};
static const char *const v6_exceeded[] = { "hop limit exceeded",
					   "reassembly of fragments timed out" };
static const char *const v6_problem[] = { "error in a header field", "next header unrecognized",
					  "IPv6 option unrecognized" };

static const struct error_name v4_names[] = {
	{ 3, "destination unreachable", CODES(v4_unreachable) },
	{ 4, "source quench", NULL, 0 },
	{ 5, "redirected", CODES(v4_redirect) },
	{ 11, "time exceeded", CODES(v4_exceeded) },
	{ 12, "parameter problem", CODES(v4_problem) },
};

static const struct error_name v6_names[] = {
	{ 1, "destination unreachable", CODES(v6_unreachable) },
	{ 2, "packet too big", NULL, 0 },
	{ 3, "time exceeded", CODES(v6_exceeded) },
	{ 4, "parameter problem", CODES(v6_problem) },
};

void icmp_error_to_str(int family, uint8_t type, uint8_t code, char ret[static ICMP_ERROR_SIZE])
{
	const struct error_name *names = family == WEIR_IPV6 ? v6_names : v4_names;
	size_t count = family == WEIR_IPV6 ? ARRAY_SIZE(v6_names) : ARRAY_SIZE(v4_names);

	for (size_t i = 0; i < count; i++) {
		if (names[i].type != type)
			continue;
		if (code < names[i].count)
			snprintf(ret, ICMP_ERROR_SIZE, "%s", names[i].codes[code]);
		else if (code)
			snprintf(ret, ICMP_ERROR_SIZE, "%s (code %u)", names[i].name, code);
		else
			snprintf(ret, ICMP_ERROR_SIZE, "%s", names[i].name);
		return;
	}
	snprintf(ret, ICMP_ERROR_SIZE, "type %u, code %u", type, code);
}

#define SIDE_SIZE  (ADDR_TEXT_SIZE + 8)
#define PROTO_SIZE 16

static void side_to_str(const struct record *rec, int side, char ret[static SIDE_SIZE])
{
	bool has_port = (rec->port[0] || rec->port[1]) && rec->proto != IPPROTO_ICMP &&
			rec->proto != IPPROTO_ICMPV6;
	char text[ADDR_TEXT_SIZE];

	addr_to_str(rec->addr[side], rec->family, text);
	if (!has_port)
		snprintf(ret, SIDE_SIZE, "%s", text);
	else if (rec->family == WEIR_IPV6)
		snprintf(ret, SIDE_SIZE, "[%s]:%u", text, rec->port[side]);
	else
		snprintf(ret, SIDE_SIZE, "%s:%u", text, rec->port[side]);
}

static void proto_to_str(uint8_t proto, char ret[static PROTO_SIZE])
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
		{ IPPROTO_TCP, "TCP" },	    { IPPROTO_UDP, "UDP" },	  { IPPROTO_SCTP, "SCTP" },
		{ IPPROTO_ICMP, "ICMPv4" }, { IPPROTO_ICMPV6, "ICMPv6" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].proto == proto) {
			snprintf(ret, PROTO_SIZE, "%s", names[i].name);
			return;
		}
	}
	snprintf(ret, PROTO_SIZE, "protocol %u", proto);
}

void icmp_quoted_to_str(const struct record *rec, int side, char ret[static ICMP_QUOTED_SIZE])
{
	char from[SIDE_SIZE], to[SIDE_SIZE], proto[PROTO_SIZE];

	side_to_str(rec, side, from);
	side_to_str(rec, !side, to);
	proto_to_str(rec->proto, proto);
	snprintf(ret, ICMP_QUOTED_SIZE, "%s -> %s %s", from, to, proto);
}

// SPDX-License-Identifier: BSD-2-Clause
/* A function for each kind of name that finds one, and one that offers all of them. */
#include "filter/where_numbers.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/services.h"
#include "base/spelling.h"
#include "filter/glob.h"
#include "flow/names.h"

/* No name is longer. */
#define NAME_MAX_LEN 64

/* As tcpdump, /etc/protocols and weir call them. */
static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "icmp", IPPROTO_ICMP },
	{ "icmp4", IPPROTO_ICMP },
	{ "icmpv4", IPPROTO_ICMP },
	{ "igmp", IPPROTO_IGMP },
	{ "ipip", IPPROTO_IPIP },
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "dccp", IPPROTO_DCCP },
	{ "ipv6", IPPROTO_IPV6 },
	{ "rsvp", IPPROTO_RSVP },
	{ "gre", IPPROTO_GRE },
	{ "esp", IPPROTO_ESP },
	{ "ah", IPPROTO_AH },
	{ "icmp6", IPPROTO_ICMPV6 },
	{ "icmpv6", IPPROTO_ICMPV6 },
	{ "ipv6-icmp", IPPROTO_ICMPV6 },
	{ "eigrp", 88 },
	{ "ospf", 89 },
	{ "pim", IPPROTO_PIM },
	{ "vrrp", 112 },
	{ "l2tp", 115 },
	{ "sctp", IPPROTO_SCTP },
	{ "udplite", IPPROTO_UDPLITE },
	{ "mpls", IPPROTO_MPLS },
};

static int64_t find_protocol(struct text lower)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (text_is(lower, protocols[i].name))
			return protocols[i].number;
	}
	return -1;
}

static void consider_protocols(struct spelling *spelling)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		spelling_consider(spelling, protocols[i].name);
}

static int64_t find_port(struct text lower)
{
	uint16_t port = services_port(lower);

	return port ? port : -1;
}

static int64_t find_type(struct text lower)
{
	return names_find(NAMES_EVENT_TYPE, lower).number;
}

static int64_t find_identity(struct text lower)
{
	return names_find(NAMES_IDENTITY, lower).number;
}

static void consider_names(enum names names, struct spelling *spelling, int64_t max)
{
	for (int64_t i = 0; i <= max; i++) {
		if (names_get(names, i))
			spelling_consider(spelling, names_get(names, i));
	}
}

static void consider_types(struct spelling *spelling)
{
	consider_names(NAMES_EVENT_TYPE, spelling, UINT8_MAX);
}

static void consider_identities(struct spelling *spelling)
{
	consider_names(NAMES_IDENTITY, spelling, UINT8_MAX);
}

static const struct naming {
	int64_t (*find)(struct text lower); /* -1: there is none */
	void (*consider)(struct spelling *spelling);
	const char *is_not;
} by_type = { find_type, consider_types, "neither a number nor a name such as trace" },
  by_identity = { find_identity, consider_identities, "neither a number nor a name such as world" },
  by_service = { find_port, services_consider, "neither a number nor a service of /etc/services" },
  by_protocol = { find_protocol, consider_protocols,
		  "neither a number nor a protocol such as tcp" };

static const struct {
	enum field field;
	const struct naming *naming;
} rows[] = {
	{ FIELD_TYPE, &by_type },
	{ FIELD_SOURCE_IDENTITY, &by_identity },
	{ FIELD_DESTINATION_IDENTITY, &by_identity },
	{ FIELD_SOURCE_PORT, &by_service },
	{ FIELD_DESTINATION_PORT, &by_service },
	{ FIELD_IP_PROTO, &by_protocol },
};

static const struct naming *naming_of(enum field field)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].field == field)
			return rows[i].naming;
	}
	return NULL;
}

/* What begins with a digit is a number, or a wrong one. */
static bool is_name(struct text text)
{
	return text.len && text.len <= NAME_MAX_LEN && (text.bytes[0] < '0' || text.bytes[0] > '9');
}

bool where_number_find(enum field field, struct text name, uint64_t *ret)
{
	const struct naming *naming = naming_of(field);
	char lower[NAME_MAX_LEN];
	int64_t number;

	if (!naming || !is_name(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = glob_to_lower(name.bytes[i]);
	number = naming->find((struct text){ lower, name.len });
	if (number < 0)
		return false;
	*ret = (uint64_t)number;
	return true;
}

bool where_number_is_service(enum field field, struct text name)
{
	return naming_of(field) == &by_service && is_name(name) && services_port(name);
}

bool where_number_explain(enum field field, struct text text, char ret[static WHERE_NUMBERS_SIZE])
{
	const struct naming *naming = naming_of(field);
	struct spelling spelling;
	const char *meant = NULL;

	if (!naming)
		return false;
	if (is_name(text)) {
		spelling_begin(&spelling, text.bytes, text.len);
		naming->consider(&spelling);
		meant = spelling_found(&spelling);
	}
	snprintf(ret, WHERE_NUMBERS_SIZE, "%s%s%s%s", naming->is_not,
		 meant ? ": did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
	return true;
}

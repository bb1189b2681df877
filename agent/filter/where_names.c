// SPDX-License-Identifier: BSD-2-Clause
/* Names in expressions. */
#include "filter/where_names.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/spelling.h"
#include "filter/where.h"
#include "filter/where_lex.h"

const struct where_shorthand where_shorthands[] = {
	{ "tcp", "protocol = tcp", "TCP" },
	{ "udp", "protocol = udp", "UDP" },
	{ "sctp", "protocol = sctp", "SCTP" },
	{ "icmp", "protocol in (icmpv4, icmpv6)", "ICMP of either version" },
	{ "icmp4", "protocol = icmpv4", "ICMP" },
	{ "icmp6", "protocol = icmpv6", "ICMPv6" },
	{ "igmp", "ip_proto = 2", "IGMP" },
	{ "gre", "ip_proto = 47", "GRE" },
	{ "esp", "ip_proto = 50", "ESP of IPsec" },
	{ "ah", "ip_proto = 51", "AH of IPsec" },
	{ "vrrp", "ip_proto = 112", "VRRP" },
	{ "ip", "ip_version = 4", "IPv4" },
	{ "ip4", "ip_version = 4", "IPv4" },
	{ "ip6", "ip_version = 6", "IPv6" },
	{ "arp", "ip_version = 0", "what is not IP: weir itself has no flows of it" },
	{ "inbound", "direction = ingress", "what came in" },
	{ "outbound", "direction = egress", "what went out" },
	{ "dns", "protocol = dns", "DNS messages" },
	{ "http", "protocol = http", "HTTP requests and answers" },
	{ "forwarded", "verdict = FORWARDED", "what went through" },
	{ "dropped", "verdict = DROPPED", "what was dropped" },
	{ 0 },
};

static const struct {
	const char *word;
	const char *field;
} aliases[] = {
	{ "host", "ip" },	 { "net", "ip" },	    { "portrange", "port" },
	{ "proto", "ip_proto" }, { "ifname", "interface" },
};

const struct where_shorthand *where_shorthand_find(struct text word)
{
	for (const struct where_shorthand *row = where_shorthands; row->word; row++) {
		if (text_is(word, row->word))
			return row;
	}
	return NULL;
}

bool where_side_find(struct text word, bool *ret_is_source)
{
	*ret_is_source = text_is(word, "src");
	return *ret_is_source || text_is(word, "dst");
}

unsigned int where_field_find(struct text word, enum field *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (text_is(word, aliases[i].word))
			word = text_from_str(aliases[i].field);
	}
	return field_find(word.bytes, word.len, ret);
}

/* As "identity = world or host" has one, which means no address that is known. */
int where_check_alone(struct text word, size_t at, struct where_error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (!text_is(word, aliases[i].word))
			continue;
		return where_fail(
			error, at, word.len,
			"\"%.*s\" needs a value behind it; more than one value of a field "
			"is \"in (a, b)\"",
			WHERE_SHOW(word));
	}
	return 0;
}

int where_refuse_side(struct text word, size_t at, struct where_error *error)
{
	return where_fail(error, at, word.len, "\"%.*s\" is no field of a side", WHERE_SHOW(word));
}

/* "source.rtt": what follows the side, if it is a field that has none. */
static struct text take_sideless(struct text word)
{
	const char *dot = memchr(word.bytes, '.', word.len);
	struct text side = { word.bytes, dot ? (size_t)(dot - word.bytes) : 0 };
	enum field field;

	if (text_is(side, "source") || text_is(side, "destination")) {
		word.bytes += side.len + 1;
		word.len -= side.len + 1;
		if (field_find(word.bytes, word.len, &field))
			return word;
	}
	return (struct text){ 0 };
}

/* Every word that a comparison may begin with. */
static void consider_all(struct spelling *spelling)
{
	for (unsigned int i = 0; i < FIELD_MAX; i++) {
		char name[FIELD_NAME_SIZE];

		spelling_consider(spelling, field_row((enum field)i)->name);
		field_to_str((enum field)i, name);
		spelling_consider(spelling, name);
	}
	for (const struct where_shorthand *row = where_shorthands; row->word; row++)
		spelling_consider(spelling, row->word);
}

int where_refuse_name(struct text word, size_t at, struct where_error *error)
{
	struct text sideless = take_sideless(word);
	struct spelling spelling;
	const char *meant;

	if (sideless.len)
		return where_refuse_side(sideless, at + word.len - sideless.len, error);
	if (word.bytes[0] >= '0' && word.bytes[0] <= '9') {
		return where_fail(error, at, word.len,
				  "\"%.*s\" is a value, and no field stands before it",
				  WHERE_SHOW(word));
	}
	spelling_begin(&spelling, word.bytes, word.len);
	consider_all(&spelling);
	meant = spelling_found(&spelling);
	if (!meant) {
		return where_fail(error, at, word.len,
				  "no field is called \"%.*s\": weir-where(7) lists them",
				  WHERE_SHOW(word));
	}
	return where_fail(error, at, word.len, "no field is called \"%.*s\": did you mean \"%s\"?",
			  WHERE_SHOW(word), meant);
}

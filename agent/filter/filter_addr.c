// SPDX-License-Identifier: BSD-2-Clause
/* Addresses and networks, of either family. */
#include <string.h>

#include "base/addr.h"
#include "base/num.h"
#include "filter/filter_key.h"
#include "filter/filter_term.h"

#define ADDR_BITS 128

/* Go's words, of a text that is given twice. */
#define WRONG_PREFIX "invalid IP prefix \"%.50s\" in filter: netip.ParsePrefix(\"%.50s\"): "

static bool parse_addr(struct text text, uint8_t ret[static 16], int *ret_family)
{
	char addr[ADDR_TEXT_SIZE];

	if (text.len >= sizeof(addr))
		return false;
	memcpy(addr, text.bytes, text.len);
	addr[text.len] = '\0';
	return !addr_parse(addr, ret, ret_family);
}

static int exact_parse(struct filter_term *term, struct text text, struct filter_error *error)
{
	struct filter_value *value = filter_add(term);
	int family;

	if (!value)
		return filter_no_memory(error);
	if (!parse_addr(text, value->prefix.addr, &family)) {
		return filter_refuse(
			term, error,
			"invalid IP address \"%.60s\" in filter: ParseAddr(\"%.60s\"): unable to parse IP",
			text.bytes, text.bytes);
	}
	value->prefix.bits = ADDR_BITS;
	return 0;
}

static int prefix_parse(struct filter_term *term, struct text text, size_t slash,
			struct filter_error *error)
{
	struct filter_value *value = filter_add(term);
	const char *prefix = text.bytes, *bits = prefix + slash + 1;
	uint64_t len;
	int family;

	if (!value)
		return filter_no_memory(error);
	if (!parse_addr((struct text){ text.bytes, slash }, value->prefix.addr, &family)) {
		return filter_refuse(term, error,
				     WRONG_PREFIX "ParseAddr(\"%.*s\"): unable to parse IP", prefix,
				     prefix, (int)(slash < 50 ? slash : 50), prefix);
	}
	if (num_parse_u64(bits, UINT32_MAX, &len) || (bits[0] == '0' && bits[1]))
		return filter_refuse(term, error, WRONG_PREFIX "bad bits after slash: \"%.50s\"",
				     prefix, prefix, bits);
	if (len > (family == 4 ? ADDR_BITS - ADDR_V4_LEN : ADDR_BITS))
		return filter_refuse(term, error, WRONG_PREFIX "prefix length out of range", prefix,
				     prefix);
	value->prefix.bits = (uint8_t)(family == 4 ? len + ADDR_V4_LEN : len);
	value->prefix.is_v6 = family != 4;
	return 0;
}

static int addr_filter_parse(struct filter_term *term, struct json_object *json,
			     struct filter_error *error)
{
	const char *slash;
	struct text text;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "an address or a network");
	slash = strchr(text.bytes, '/');
	if (!slash)
		return exact_parse(term, text, error);
	return prefix_parse(term, text, (size_t)(slash - text.bytes), error);
}

static bool has_prefix(const struct filter_value *value, const uint8_t addr[static 16])
{
	unsigned int bytes = value->prefix.bits / 8, rest = value->prefix.bits % 8;

	if (memcmp(value->prefix.addr, addr, bytes) != 0)
		return false;
	if (rest && (value->prefix.addr[bytes] ^ addr[bytes]) >> (8 - rest))
		return false;
	/* A network of IPv6 that is wide enough to hold ::ffff:0:0/96 does not mean IPv4. */
	return !value->prefix.is_v6 || value->prefix.bits >= ADDR_V4_LEN || !addr_is_v4(addr);
}

static bool addr_match(const struct filter_term *term, struct field_reader *reader)
{
	struct field_value value;

	if (!filter_get(reader, term->field, &value))
		return false;
	for (unsigned int i = 0; i < term->count; i++) {
		if (has_prefix(&term->values[i], value.addr))
			return true;
	}
	return false;
}

const struct filter_kind filter_addresses = { .parse = addr_filter_parse,
					      .match = addr_match,
					      .cost = 2 };

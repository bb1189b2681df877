// SPDX-License-Identifier: BSD-2-Clause
/*
 * Byte by byte, with nothing checked: tests want wrong messages too.
 */
#include "dns_build.h"

#include "base/addr.h"
#include "base/num.h"
#include "tests/harness.h"

static void put(struct dns_build *build, unsigned int byte)
{
	assert_true(build->len < sizeof(build->bytes));
	build->bytes[build->len++] = (uint8_t)byte;
}

static void put_u16(struct dns_build *build, unsigned int value)
{
	put(build, value >> 8);
	put(build, value & 255);
}

void dns_bytes(struct dns_build *build, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(build, ((const uint8_t *)bytes)[i]);
}

void dns_header(struct dns_build *build, uint16_t flags, uint16_t questions, uint16_t answers)
{
	put_u16(build, 0x1234);
	put_u16(build, flags);
	put_u16(build, questions);
	put_u16(build, answers);
	put_u16(build, 0);
	put_u16(build, 0);
}

void dns_name(struct dns_build *build, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");
		uint64_t offset;

		if (*name == '!')
			return;
		if (*name == '@') {
			assert_int_equal(num_parse_u64(name + 1, 0x3fff, &offset), 0);
			put_u16(build, 0xc000 | (unsigned int)offset);
			return;
		}
		put(build, (unsigned int)len);
		dns_bytes(build, name, len);
		name += len + (name[len] == '.');
	}
	put(build, 0);
}

void dns_question(struct dns_build *build, const char *name, uint16_t type)
{
	dns_name(build, name);
	put_u16(build, type);
	put_u16(build, 1);
}

size_t dns_record(struct dns_build *build, const char *name, uint16_t type, uint32_t ttl)
{
	dns_name(build, name);
	put_u16(build, type);
	put_u16(build, 1);
	put_u16(build, ttl >> 16);
	put_u16(build, ttl & 0xffff);
	put_u16(build, 0);
	return build->len;
}

void dns_end(struct dns_build *build, size_t at)
{
	size_t len = build->len - at;

	build->bytes[at - 2] = (uint8_t)(len >> 8);
	build->bytes[at - 1] = (uint8_t)len;
}

void dns_addr(struct dns_build *build, const char *name, uint32_t ttl, const char *text)
{
	uint8_t addr[16];
	int family;
	size_t at;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	at = dns_record(build, name, family == 4 ? DNS_A : DNS_AAAA, ttl);
	dns_bytes(build, family == 4 ? addr + 12 : addr, family == 4 ? 4 : 16);
	dns_end(build, at);
}

void dns_cname(struct dns_build *build, const char *name, uint32_t ttl, const char *to)
{
	size_t at = dns_record(build, name, DNS_CNAME, ttl);

	dns_name(build, to);
	dns_end(build, at);
}

struct dns_message dns_message_of(const struct dns_build *build)
{
	return (struct dns_message){ .bytes = build->bytes, .len = build->len };
}

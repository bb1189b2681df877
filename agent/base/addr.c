// SPDX-License-Identifier: BSD-2-Clause
/*
 * Addresses as text. Written by hand because each record carries several, and because
 * inet_ntop() writes ::a.b.c.d where RFC 5952 does not.
 */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "num.h"

#define WORDS 8

const uint8_t addr_v4_prefix[ADDR_V4_PREFIX_SIZE] = { [10] = 0xff, [11] = 0xff };
static const char hex[] = "0123456789abcdef";

struct run {
	int begin;
	int len;
};

static char *put_octet(char *at, unsigned int octet)
{
	if (octet >= 100)
		*at++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*at++ = (char)('0' + octet / 10 % 10);
	*at++ = (char)('0' + octet % 10);
	return at;
}

static char *put_v4(char *at, const uint8_t octets[static 4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = put_octet(at, octets[i]);
	}
	return at;
}

static char *put_word(char *at, unsigned int word)
{
	if (word >= 0x1000)
		*at++ = hex[word >> 12];
	if (word >= 0x100)
		*at++ = hex[word >> 8 & 15];
	if (word >= 0x10)
		*at++ = hex[word >> 4 & 15];
	*at++ = hex[word & 15];
	return at;
}

static unsigned int word_at(const uint8_t addr[static 16], int i)
{
	const uint8_t *at = addr + (size_t)i * 2;

	return (unsigned int)at[0] << 8 | at[1];
}

/* The first of the longest runs of zero words; a single one is not shortened. */
static struct run longest_zeros(const uint8_t addr[static 16])
{
	struct run best = { .begin = -1, .len = 1 };
	int begin = 0;

	for (int i = 0; i < WORDS; i++) {
		if (word_at(addr, i) != 0)
			begin = i + 1;
		else if (i + 1 - begin > best.len)
			best = (struct run){ .begin = begin, .len = i + 1 - begin };
	}
	return best;
}

static char *put_v6(char *at, const uint8_t addr[static 16])
{
	struct run zeros = longest_zeros(addr);

	for (int i = 0; i < WORDS; i++) {
		if (i == zeros.begin) {
			*at++ = ':';
			*at++ = ':';
			i += zeros.len - 1;
			continue;
		}
		if (i > 0 && at[-1] != ':')
			*at++ = ':';
		at = put_word(at, word_at(addr, i));
	}
	return at;
}

size_t addr_to_str(const uint8_t addr[static 16], int family, char text[static ADDR_TEXT_SIZE])
{
	char *at = text;

	if (family == 4) {
		at = put_v4(at, addr + ADDR_V4_PREFIX_SIZE);
	} else if (addr_is_v4(addr)) {
		memcpy(at, "::ffff:", 7);
		at = put_v4(at + 7, addr + ADDR_V4_PREFIX_SIZE);
	} else {
		at = put_v6(at, addr);
	}
	*at = '\0';
	return (size_t)(at - text);
}

int addr_parse(const char *text, uint8_t ret_addr[static 16], int *ret_family)
{
	uint8_t addr[16];

	if (inet_pton(AF_INET, text, addr + ADDR_V4_PREFIX_SIZE) == 1) {
		memcpy(addr, addr_v4_prefix, ADDR_V4_PREFIX_SIZE);
		*ret_family = 4;
	} else if (inet_pton(AF_INET6, text, addr) == 1) {
		*ret_family = 6;
	} else {
		return -EINVAL;
	}
	memcpy(ret_addr, addr, sizeof(addr));
	return 0;
}

int addr_parse_prefix(const char *text, uint8_t ret_addr[static 16], unsigned int *ret_len)
{
	const char *slash = strchr(text, '/');
	size_t chars = slash ? (size_t)(slash - text) : strlen(text);
	char addr_text[ADDR_TEXT_SIZE];
	uint8_t addr[16];
	uint64_t len;
	int family;

	if (chars >= sizeof(addr_text))
		return -EINVAL;
	memcpy(addr_text, text, chars);
	addr_text[chars] = '\0';
	if (addr_parse(addr_text, addr, &family))
		return -EINVAL;
	len = family == 4 ? 32 : 128;
	if (slash && num_parse_u64(slash + 1, len, &len))
		return -EINVAL;
	memcpy(ret_addr, addr, sizeof(addr));
	*ret_len = (unsigned int)len + (family == 4 ? ADDR_V4_LEN : 0);
	return 0;
}

size_t mac_to_str(const uint8_t mac[static 6], char text[static MAC_TEXT_SIZE])
{
	char *at = text;

	for (int i = 0; i < 6; i++) {
		*at++ = hex[mac[i] >> 4];
		*at++ = hex[mac[i] & 15];
		*at++ = ':';
	}
	*--at = '\0';
	return (size_t)(at - text);
}

bool mac_is_zero(const uint8_t mac[static 6])
{
	static const uint8_t zero[6];

	return memcmp(mac, zero, sizeof(zero)) == 0;
}

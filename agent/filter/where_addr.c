// SPDX-License-Identifier: BSD-2-Clause
/*
 * An address matches a network if they are the same under its mask: two words, as they lie in
 * memory, so that the order of bytes does not matter.
 */
#include "filter/where_addr.h"

#include <string.h>

#include "base/addr.h"
#include "filter/where_code.h"

/* The first bits of 16 bytes. */
static void make_mask(uint64_t bits, uint64_t mask[static 2])
{
	uint8_t bytes[16];

	for (unsigned int i = 0; i < sizeof(bytes); i++, bits -= bits < 8 ? bits : 8)
		bytes[i] = bits < 8 ? (uint8_t)(0xff00U >> bits) : 0xff;
	memcpy(mask, bytes, sizeof(bytes));
}

int where_addr_parse(const char *text, struct where_value *ret)
{
	uint8_t addr[16];
	unsigned int len;
	int r = addr_parse_prefix(text, addr, &len);

	if (r)
		return r;
	make_mask(len, ret->prefix.mask);
	memcpy(ret->prefix.addr, addr, sizeof(addr));
	for (unsigned int i = 0; i < 2; i++)
		ret->prefix.addr[i] &= ret->prefix.mask[i];
	ret->prefix.is_v6_only = len < ADDR_V4_LEN;
	return 0;
}

bool where_addr_is(struct text word)
{
	char text[ADDR_TEXT_SIZE + 4]; /* with its length */
	struct where_value value;

	if (word.len >= sizeof(text))
		return false;
	memcpy(text, word.bytes, word.len);
	text[word.len] = '\0';
	return where_addr_parse(text, &value) == 0;
}

bool where_addr_holds(const struct where_value *value, const uint8_t addr[static 16])
{
	uint64_t words[2];

	memcpy(words, addr, sizeof(words));
	return (words[0] & value->prefix.mask[0]) == value->prefix.addr[0] &&
	       (words[1] & value->prefix.mask[1]) == value->prefix.addr[1] &&
	       (!value->prefix.is_v6_only || !addr_is_v4(addr));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as text and back. 16 bytes in network order; IPv4 as ::ffff:a.b.c.d where a family
 * of 4 says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#define ADDR_TEXT_SIZE 46
#define MAC_TEXT_SIZE  18

/* What is in front of the four bytes of an IPv4 address (RFC 4291, 2.5.5.2). */
#define ADDR_V4_PREFIX_SIZE 12
extern const uint8_t addr_v4_prefix[ADDR_V4_PREFIX_SIZE];

static inline bool addr_is_v4(const uint8_t addr[static 16])
{
	return !memcmp(addr, addr_v4_prefix, ADDR_V4_PREFIX_SIZE);
}

static inline void addr_from_v4(const uint8_t v4[static 4], uint8_t ret[static 16])
{
	memcpy(ret, addr_v4_prefix, ADDR_V4_PREFIX_SIZE);
	memcpy(ret + ADDR_V4_PREFIX_SIZE, v4, 4);
}

/* family: 4 or 6. IPv6 as RFC 5952 has it. Returns its length. */
size_t addr_to_str(const uint8_t addr[static 16], int family, char text[static ADDR_TEXT_SIZE]);
/* Either family. 0 or -EINVAL. */
int addr_parse(const char *text, uint8_t ret_addr[static 16], int *ret_family);
/*
 * An address, or one with its prefix's length behind a slash. ret_len: of the 128 bits, of IPv4
 * ADDR_V4_LEN more than written. Bits behind the prefix stay as they are. 0 or -EINVAL.
 */
#define ADDR_V4_LEN 96
int addr_parse_prefix(const char *text, uint8_t ret_addr[static 16], unsigned int *ret_len);
size_t mac_to_str(const uint8_t mac[static 6], char text[static MAC_TEXT_SIZE]);
bool mac_is_zero(const uint8_t mac[static 6]);

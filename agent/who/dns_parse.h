/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of DNS servers (RFC 1035, 3596, 6762, 9460) as they came by: which name was asked for,
 * and which addresses are told to be its. Whoever sends a packet has written all of this: every
 * length, offset and loop has a bound, and what does not fit is passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_RECORDS_MAX 64 /* of one message that are looked at */
#define DNS_CHAIN_MAX	12 /* names of a chain of CNAMEs, the first one included */
#define DNS_NAME_WIRE	255
#define DNS_JUMPS_MAX	64
/* Text of a name: each byte at most "\ddd", and a NUL. */
#define DNS_NAME_SIZE 1024

struct dns_message {
	const uint8_t *bytes; /* what is behind UDP's header */
	size_t len;   /* of those that are there: a capture may end before the message does */
	bool is_mdns; /* names need not have been asked for, and end in .local */
};

/* An address, 16 bytes in network order, IPv4 mapped, and the seconds that it is the name's. */
struct dns_answer {
	uint8_t addr[16];
	uint32_t ttl;
	const char *name;
};

typedef void (*dns_answer_fn)(void *ctx, const struct dns_answer *answer);

enum dns_result {
	DNS_OK,
	DNS_NO_ANSWER, /* it is sound, and names no address: a question, an error, another type */
	DNS_MALFORMED,
	DNS_RESULT_MAX,
};

/*
 * Hands over each address of the name that was asked for, followed through CNAMEs. The name is the
 * one that was asked for, in small letters, without the last dot, and in ASCII alone: other bytes,
 * dots within a label, and backslashes are written "\ddd". ret_name (of DNS_NAME_SIZE bytes) is that
 * name, "" for mDNS.
 */
enum dns_result dns_parse(const struct dns_message *message, char ret_name[static DNS_NAME_SIZE],
			  dns_answer_fn fn, void *ctx);

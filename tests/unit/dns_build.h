/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes DNS messages for tests, right and wrong ones. All zeros begins a message.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "who/dns_parse.h"

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_HTTPS = 65,
	DNS_ANY = 255,
};

struct dns_build {
	uint8_t bytes[4096];
	size_t len;
};

/* flags: 0x8180 is an answer of a resolver. The counts are what is told, not what is there. */
void dns_header(struct dns_build *build, uint16_t flags, uint16_t questions, uint16_t answers);
/*
 * "www.example.org": labels, and a zero; a part "@12" ends it with a pointer to offset 12, "!" ends
 * it with nothing.
 */
void dns_name(struct dns_build *build, const char *name);
void dns_question(struct dns_build *build, const char *name, uint16_t type);
void dns_bytes(struct dns_build *build, const void *bytes, size_t len);
/* A header with length 0; dns_end() sets it to what was written since. Returns where it is. */
size_t dns_record(struct dns_build *build, const char *name, uint16_t type, uint32_t ttl);
void dns_end(struct dns_build *build, size_t at);
/* Whole records; an address by its text. */
void dns_addr(struct dns_build *build, const char *name, uint32_t ttl, const char *text);
void dns_cname(struct dns_build *build, const char *name, uint32_t ttl, const char *to);

struct dns_message dns_message_of(const struct dns_build *build);

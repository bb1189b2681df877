/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of addresses, learned from the DNS answers that pass: who asked for a name means the
 * address that he was told when he connects to it. What nobody asked for here has no name: there is
 * no reverse look-up.
 *
 * Whoever answers may write any name. A name is therefore what was asked for, only answers to
 * questions that were seen get here (the datapath sees to that), and what a client was told counts
 * first for him.
 *
 * Addresses are 16 bytes in network order, IPv4 mapped. Times are CLOCK_MONOTONIC in ns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/dns_parse.h"

struct dns_names;
struct weir_dns_event;

/* Less than 4 MiB in all, touched as it fills. The one unused longest makes room for the next. */
#define DNS_NAMES_MAX	     32768     /* pairs of (client or anybody, address) and name */
#define DNS_NAMES_TEXT_BYTES (3 << 19) /* of different names */
#define DNS_NAMES_OF_PAIR    8	       /* of one address, as one client knows it */
#define DNS_NAMES_MIN_S	     60	       /* that a name holds, however short its TTL */
#define DNS_NAMES_MAX_S	     86400

int dns_names_new(struct dns_names **ret);
void dns_names_free(struct dns_names **at);

/* A DNS answer: client is who it goes to; NULL: all (mDNS). */
void dns_names_learn(struct dns_names *names, const uint8_t client[16],
		     const struct dns_message *message, uint64_t now_ns);
/* The same of an event whose len was checked against its record. */
void dns_names_event(struct dns_names *names, const struct weir_dns_event *event, uint64_t now_ns);

struct dns_names_found {
	const char *names[DNS_NAMES_OF_PAIR]; /* the one learned last first */
	unsigned int count;		      /* 0: it has none */
	bool is_asker;			      /* this client asked; else somebody else did */
};
/* Are there until the next dns_names_learn(). */
void dns_names_find(struct dns_names *names, const uint8_t client[static 16],
		    const uint8_t addr[static 16], uint64_t now_ns, struct dns_names_found *ret);

struct dns_names_stats {
	uint64_t answers;   /* looked at */
	uint64_t useless;   /* of them: sound, but naming no address */
	uint64_t malformed; /* of them */
	uint64_t evicted;   /* names that still held when they made room for others */
	uint64_t refused;   /* for which there was no memory */
	uint32_t pairs, texts;
	size_t bytes;
};
void dns_names_get_stats(const struct dns_names *names, struct dns_names_stats *ret);

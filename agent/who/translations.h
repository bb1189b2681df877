/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What translation (NAT) makes of the ends of connections, each held once and counted. Connections
 * and the records of the log have a number for it, and the one thing beside it that differs from
 * connection to connection: the initiator's port. So all connections to a service's backend share
 * one translation, and so do all of a client that is masqueraded. Number 0: none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "who/conntrack.h"

struct translations;

/* Held at a time, a quarter of them not for half-open connections. Beyond that none is noted. */
#define TRANSLATIONS_MAX 1024

/* What is the same in both tuples, and zeroes in a translation: bits of is_same. */
enum translation_same {
	TRANSLATION_SAME_INITIATOR = 1, /* its address */
	TRANSLATION_SAME_RESPONDER = 2,
	TRANSLATION_SAME_PORT = 4, /* the responder's */
};

/* Index 0: the initiator's, 1: the responder's. */
struct translation {
	uint8_t addr[2][16]; /* of the other tuple */
	uint16_t port;	     /* the responder's there; of ICMP 0: its id is as the initiator's */
	uint8_t role;	     /* enum nat_role, of the connection itself */
	uint8_t is_same;
};

struct translations_stats {
	uint32_t held;
	uint64_t refused; /* found no room */
};

/* What the answer to a question about `own`, from initiator to responder, makes of that. */
void translation_of(const struct nat_answer *answer, const struct nat_tuple *own,
		    struct translation *ret);
/* The other tuple. port: the initiator's there. */
void translation_apply(const struct translation *translation, uint16_t port,
		       const struct nat_tuple *own, struct nat_tuple *ret);

/* -ENOMEM */
int translations_new(struct translations **ret, uint32_t max);
void translations_free(struct translations **at);

/* Its number, counted for the caller. 0: no room. is_knocking: of a half-open connection. */
uint32_t translations_get(struct translations *translations, const struct translation *translation,
			  bool is_knocking);
/* Once more, for another holder. 0 is fine, here and in unref. */
void translations_ref(struct translations *translations, uint32_t number);
void translations_unref(struct translations *translations, uint32_t number);
/* Of a number that is held, not 0. */
const struct translation *translations_at(const struct translations *translations, uint32_t number);
void translations_get_stats(const struct translations *translations,
			    struct translations_stats *ret);

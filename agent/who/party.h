/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parties of connections: what is known of one side, each held once and counted. Connections
 * and the records of the log have a number for each side, so that it costs them 4 bytes however
 * much is known. Number 0: nothing is known.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct container;
struct endpoint_copy;
struct parties;
struct process;

/* Held at a time: their numbers have 16 bits. Beyond that sides stay unknown, which is counted. */
#define PARTIES_MAX 65535

/* How it is known, from the surest way on. */
enum party_via {
	PARTY_UNKNOWN,
	PARTY_USER,
	PARTY_CREATOR,
	PARTY_EXISTING,
	PARTY_INHERITED,
	PARTY_LISTENER,
	PARTY_INTERFACE,
	PARTY_ADDRESS,
	PARTY_FILE,
	PARTY_DNS,
	PARTY_VIA_MAX,
};

/* "user", "creator", ...; NULL for PARTY_UNKNOWN. */
const char *party_via_to_str(enum party_via via);

/*
 * Two are the same if their bytes are: what is pointed to is itself held once only. Zeroes: not
 * known.
 */
struct party {
	const struct process *process;
	const struct endpoint_copy *file; /* what the endpoints file says of it */
	const char *names;		  /* of the address, commas between them */
	uint32_t netns;			  /* inode of the namespace that it is in */
	uint8_t mac[6];			  /* at the interface that saw it first */
	uint8_t via;			  /* enum party_via */
	uint8_t pad;
};

struct parties_ops {
	/* Whose container it is, held for us; NULL: none, or not known yet. */
	struct container *(*find)(void *ctx, const struct party *party);
	void (*unref)(struct container **at);
	/* A party is held from now on, and what it points to has to be; and not any more. */
	void (*hold)(void *ctx, const struct party *party);
	void (*drop)(void *ctx, const struct party *party);
};

struct parties_stats {
	uint32_t held;
	uint64_t refused; /* found no room */
};

/* max: PARTIES_MAX or less. ops may be NULL. -ENOMEM. */
int parties_new(struct parties **ret, uint32_t max, const struct parties_ops *ops, void *ctx);
/* Drops all; numbers are worth nothing any more. */
void parties_free(struct parties **at);

/* The number of what is equal to this, counted for the caller. 0: nothing is known, or no room. */
uint32_t parties_get(struct parties *parties, const struct party *party);
/* Once more, for another holder. 0 is fine, here and in all below. */
uint32_t parties_ref(struct parties *parties, uint32_t number);
void parties_unref(struct parties *parties, uint32_t number);
/* Of a number that is held; never NULL. parties may be NULL if there is no number but 0. */
const struct party *parties_at(const struct parties *parties, uint32_t number);
/*
 * The container that it is in, which may get known later than the party. NULL: none, or unknown.
 * Good as long as the number is held.
 */
const struct container *parties_container(const struct parties *parties, uint32_t number);
/*
 * A number for what is known of a party now: while it is the same, so are the party, all that it points
 * to and its container. From 1; two that have the same number are the same one.
 */
uint64_t parties_knowledge(const struct parties *parties, uint32_t number);
/* More may be known of anybody from now on: of a process, a container, a namespace that has one. */
void parties_learned(struct parties *parties);
void parties_get_stats(const struct parties *parties, struct parties_stats *ret);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which connections of the agent's network namespace are translated (DNAT, SNAT, masquerade,
 * redirect), and into what, from conntrack. A connection and its translated twin, which is one of
 * its own to the agent, are each told the other's tuple.
 *
 * Counted once: a translated connection that passes here shows as two, with the same packets. The
 * twin's role is NAT_TRANSLATED: sums over connections leave those out, sums over interfaces do not.
 *
 * Who is asked: what began after we had subscribed to new entries needs no request, for the kernel
 * tells of the translated ones (a filter of the socket), and silence means that there is none. For
 * others the kernel is asked by tuple; it answers in the call. Both are bounded: requests a second,
 * and the rate of beginnings up to which we listen, for each costs the kernel a message then. Half
 * of a handshake is no reason for a request: a flood is not made worse by questions about it.
 *
 * Where conntrack counts no entry (it is not there, or no rule needs it) nothing is opened, asked or
 * loaded. Where it does, opening the socket may load nf_conntrack_netlink, and nothing else.
 *
 * Known limits: conntrack zones other than 0 are not asked; IPVS and translation by BPF programs
 * are no conntrack's; what is translated inside of another namespace only is known to that one's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "who/conntrack.h"

struct nat;
struct worker;

/* The last translated connections that the kernel told of. */
#define NAT_KNOWN_MAX 256
/* 2.5 us each; so many at once, and so many a second. */
#define NAT_REQUESTS_AT_ONCE  256
#define NAT_REQUESTS_A_SECOND 8192
/* When more connections begin in a second we do not listen for a while. */
#define NAT_BEGINNINGS_MAX 16384
/* The kernel tells of an entry when its first packet leaves this host, later than we may see that. */
#define NAT_WAIT_NS 5000000ULL

enum nat_found {
	NAT_OFF,     /* conntrack follows no connection here, or nobody can be asked (yet) */
	NAT_PUT_OFF, /* it would take a request, and there are too many, or it is half open */
	NAT_MISSED,  /* conntrack has no such connection, or not yet */
	NAT_NONE,    /* it is not translated */
	NAT_TWIN,    /* it is */
};

struct nat_question {
	struct nat_tuple tuple; /* either way, but of ICMP as the first packet seen went */
	uint64_t began_ns;	/* CLOCK_MONOTONIC, of TCP whose SYN was seen; else 0 */
	bool is_knocking;	/* half of a handshake */
};

struct nat_stats {
	uint64_t requests;   /* that the kernel was asked; up to two for an answer */
	uint64_t unanswered; /* that it did not answer */
	uint64_t told;	     /* translated connections of which the kernel told */
	uint64_t overruns;   /* it told more than we could read: then all are asked for */
	uint64_t pauses;     /* of listening: more than NAT_BEGINNINGS_MAX */
};

/*
 * For the current namespace, in which the worker must stay; sockets are opened by it, as that may
 * load a module. -ENOMEM.
 */
int nat_new(struct nat **ret, struct worker *worker);
/* The worker may go before or after. */
void nat_free(struct nat **at);

enum nat_found nat_find(struct nat *nat, const struct nat_question *question,
			struct nat_answer *ret);
/* For tests: what was asked and what was told apart, of which an answer says nothing. */
void nat_get_stats(const struct nat *nat, struct nat_stats *ret);
/* Does conntrack tell, or could it? In words. */
bool nat_is_available(const struct nat *nat, const char **ret_detail);

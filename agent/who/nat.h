/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which connections of the agent's network namespace are translated (DNAT, SNAT, masquerade,
 * redirect), and into what, from conntrack. Whoever sees a connection asks once, and is answered
 * from the loop. A connection and its translated twin, which is one of its own to the agent, are
 * each told the other's tuple.
 *
 * Counted once: a translated connection that passes here shows as two, with the same packets. The
 * twin's role is NAT_TRANSLATED: sums over connections leave those out, sums over interfaces do not.
 * The one whose initiator is told better may lend it, and its endpoints, to the other: `other` is
 * the key to look for, by tuple (the twin may be unknown: seen by nobody, or in another namespace).
 *
 * Who is asked: the kernel, one request by tuple, 32 at a time; they are answered in the call. What
 * began after we had subscribed to new entries needs no request: the kernel tells of the translated
 * ones only (a filter of the socket), and silence means that there is no translation. Where
 * conntrack counts no entry (it is not there, or no rule needs it) nothing is opened, asked or
 * loaded. Where it does, opening the socket may load nf_conntrack_netlink, and nothing else.
 *
 * Known limits: conntrack zones other than 0 are not asked; IPVS and translation by BPF programs
 * are no conntrack's.
 */
#pragma once

#include <stdint.h>

#include "who/conntrack.h"

struct loop;
struct nat;
struct worker;

/* Not answered yet; more are refused. */
#define NAT_ASKS_MAX 4096
/* The last translated connections that the kernel told of. */
#define NAT_KNOWN_MAX 4096
/* An entry is there before its first packet has left us; the message about it, a moment later. */
#define NAT_WAIT_MS 20

/*
 * Each ask has one answer, later than nat_ask(); NULL: it is not translated, as far as is known.
 * It may ask, and must not free the nat.
 */
typedef void (*nat_answer_fn)(void *ctx, uint64_t cookie, const struct nat_answer *answer);

struct nat_stats {
	uint64_t asked;
	uint64_t refused;    /* NAT_ASKS_MAX were waiting */
	uint64_t translated; /* answers that are not NULL */
	uint64_t requests;   /* that the kernel was asked; up to two for an answer */
	uint64_t told;	     /* translated connections of which the kernel told */
	uint64_t overruns;   /* the kernel told more than we could read: then all are asked for */
	uint64_t unanswered; /* requests that the kernel did not answer */
	uint32_t waiting;
};

/*
 * For the current namespace, in which loop and worker must stay; sockets are opened by the worker,
 * as that may load a module. -ENOMEM, -errno of the loop.
 */
int nat_new(struct nat **ret, struct loop *loop, struct worker *worker, nat_answer_fn fn,
	    void *ctx);
/* Before the loop; the worker may go before or after. What waits is not answered. */
void nat_free(struct nat **at);

/*
 * tuple: either way, but of ICMP as the first packet seen went. began_ns: CLOCK_MONOTONIC, when the
 * connection began, if its beginning was seen (TCP: its SYN); else 0. -ENOBUFS: too many wait.
 */
int nat_ask(struct nat *nat, const struct nat_tuple *tuple, uint64_t began_ns, uint64_t cookie);
void nat_get_stats(const struct nat *nat, struct nat_stats *ret);

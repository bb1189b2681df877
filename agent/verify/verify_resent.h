/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify, of what TCP has sent again: the sum of the programs at the tracepoints against
 * TcpRetransSegs of the agent's namespace.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "verify/verify_pair.h"

struct tracing;
struct verify_report;

struct resent_reading {
	uint64_t weir;
	uint64_t before, after; /* the kernel's; they differ where it moved too fast to be read */
	uint64_t failed;	/* of them: could not be sent */
	bool tells_failed; /* the programs are told of those at once, not with the socket's next */
};

/* As of a hook: several first readings, of which one will do. See verify_pair.h. */
struct resent_pair {
	struct resent_reading firsts[VERIFY_FIRSTS_MAX];
	unsigned int n_firsts;
	struct resent_reading first, second; /* that are compared */
	int error;			     /* -errno: the kernel's could not be read */
};

/* Of readings some time apart. True: there is one that stood still. */
bool resent_pair_first(struct resent_pair *pair, const struct resent_reading *reading);
/* True: it agrees with one of the first readings, there is no better one. */
bool resent_pair_second(struct resent_pair *pair, const struct resent_reading *reading);

/* A look at both sides, into the pair. False: look again some time later. */
bool resent_read(const struct tracing *tracing, bool is_second, struct resent_pair *pair);
/* The comparison, a line; nothing where the kernel does not tell. */
void resent_write(const struct tracing *tracing, const struct resent_pair *pair,
		  struct verify_report *report);

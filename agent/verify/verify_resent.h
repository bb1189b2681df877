/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify, of what TCP has sent again: the sum of the programs at the tracepoints against
 * TcpRetransSegs of the agent's namespace.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tracing;
struct verify_report;

struct resent_reading {
	uint64_t weir;
	uint64_t before, after; /* the kernel's; they differ where it moved too fast to be read */
	int error;		/* -errno: it could not be read */
};

/*
 * first: the earlier reading, which this one is to be compared with; NULL: this is the first. *ret
 * holds the last look, zeroes before the first one. False: it has not settled yet, look again some
 * time later.
 */
bool resent_read(const struct tracing *tracing, const struct resent_reading *first,
		 struct resent_reading *ret);
/* The comparison, a line; nothing where the kernel does not tell. */
void resent_write(const struct tracing *tracing, const struct resent_reading *first,
		  const struct resent_reading *second, struct verify_report *report);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The totals of a connection, of each direction for itself: what the leg nearest the initiator that
 * has seen packets of it has counted, and what has passed beside that one. And the handshake's
 * times, which two legs may have seen.
 */
#pragma once

#include <stdint.h>

#include "conn/leg_values.h"

/* By side: 0 is what the initiator sends. Bits are of leg_values.at[]. */
struct leg_totals {
	uint8_t of[2];	  /* the legs whose packets are added up: none has seen another's */
	uint8_t first[2]; /* of these the one that began first */
};
_Static_assert(RECORD_LEGS_MAX <= 8, "a bit for each leg");

/* CLOCK_MONOTONIC; 0: not seen. */
struct handshake {
	uint64_t syn_ns, reply_ns, established_ns;
};

/* is_local: 1 << side of whom has an address of this host. There is a leg. */
void leg_totals_choose(const struct leg_values *values, unsigned int is_local,
		       struct leg_totals *ret);
/* What the legs of the side have counted together. */
void leg_totals_add(const struct leg_values *values, const struct leg_totals *totals, int side,
		    struct record_count *ret);
/* All that is told of the side beside, but for retransmits; initiator: direction. */
void leg_totals_add_more(const struct leg_values *values, const struct leg_totals *totals, int side,
			 int initiator, struct record_more *ret);
/*
 * Of TCP: each by the nearest leg that has seen it. All are 0 where SYN or SYN-ACK was not seen, or
 * was seen more than once.
 */
void leg_totals_handshake(const struct leg_values *values, const struct leg_totals *totals,
			  int initiator, struct handshake *ret);

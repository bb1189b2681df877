/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translated connections of which conntrack has told since we listen: the last NAT_KNOWN_MAX.
 * The kernel builds a message for each new connection while somebody listens (2.5 to 3 us, where its
 * first packet goes); a filter lets those pass that are translated, so nothing wakes or is copied
 * for the others.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "who/conntrack.h"

struct nat_events;
struct nat_stats;

/* May load kernel modules, and so take its time. -ENOMEM, -errno: as nat_request_open(). */
int nat_events_new(struct nat_events **ret);
void nat_events_free(struct nat_events **at);
/* So much as a call may. True: all that the kernel has told by now is read. */
bool nat_events_read(struct nat_events *events, struct nat_stats *stats);
/* Does not listen, until it is to go on; false, or nothing: so it is already. */
bool nat_events_pause(struct nat_events *events);
void nat_events_resume(struct nat_events *events);
/* Would it be known here, if a connection that began then is translated? 0: unknown when. */
bool nat_events_cover(const struct nat_events *events, uint64_t began_ns);

enum nat_event {
	NAT_EVENT_NONE,
	NAT_EVENT_OLD, /* read before since_ns */
	NAT_EVENT_FRESH,
};

enum nat_event nat_events_find(const struct nat_events *events, const struct nat_tuple *tuple,
			       uint64_t since_ns, struct nat_answer *ret);

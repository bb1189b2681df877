/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of conn.h's module share: the table itself, and what is known of a leg while it is
 * dealt with. Only conn.c, conn_*.[ch] and leg_*.[ch] include this.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "conn/conn.h"
#include "conn/conn_table.h"
#include "who/party.h"
#include "who/translations.h"

#include "weir/lifecycle.h"

_Static_assert(PARTIES_MAX <= UINT16_MAX && TRANSLATIONS_MAX <= CONN_NAT_NUMBER_MAX &&
		       CONN_NAT_SETTLED < 4,
	       "their numbers fit into struct conn");

struct conn_table {
	struct conn_maps maps;
	struct conn_options options;
	const struct conn_ops *ops;
	void *ctx;
	struct conn_kept *closing; /* conn_end.c's list, oldest first */
	struct conn_kept *closing_last;
	uint32_t stopped; /* conn_stop() has told connections up to this one */
	uint64_t made_up;
	uint64_t no_room;
};

/* What is known of a leg at this moment, and from where. */
struct sight {
	const struct weir_flow_key *key;
	const struct weir_flow *flow;
	const struct weir_event *event; /* NULL: the sweep */
	uint64_t hash;			/* of the key's tuple */
	uint64_t now_ns;
};

/* The event that tells of the leg's first packet; NULL: another's, or the sweep. */
static inline const struct weir_event *sight_opening(const struct sight *sight)
{
	if (sight->event && sight->event->hdr.type == WEIR_EVENT_OPEN)
		return sight->event;
	return NULL;
}

/* The directions in which packets were seen of the entry's present connection: 1 << direction, OR'ed. */
static inline unsigned int flow_sides(const struct weir_flow *flow)
{
	unsigned int sides = 0;

	for (unsigned int dir = 0; dir < 2; dir++)
		sides |= flow->dir[dir].hooks & WEIR_DIR_HOOKS ? 1U << dir : 0;
	return sides;
}
#define BOTH_SIDES 3

/* What the entry had counted when its present connection began. */
static inline uint64_t flow_packets_before(const struct weir_flow *flow)
{
	return flow->dir[0].base_packets + flow->dir[1].base_packets;
}

/* And since. */
static inline uint64_t flow_packets(const struct weir_flow *flow)
{
	return flow->dir[0].packets + flow->dir[1].packets - flow_packets_before(flow);
}

/* When the first FIN or RST was seen. */
static inline uint64_t flow_end_ns(const struct weir_flow *flow, uint64_t otherwise)
{
	uint64_t end = flow->dir[0].end_ns > flow->dir[1].end_ns ? flow->dir[0].end_ns
								 : flow->dir[1].end_ns;

	return end ? end : otherwise;
}

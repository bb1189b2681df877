/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the legs of a connection have seen, those that have gone included, and which of them speaks
 * for it. A connection owns what is kept of its legs, until leg_values_drop().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conn/conn_private.h"

/* A leg and its value, for the choice of those whose totals count. */
struct leg_value {
	struct weir_flow_key key;
	struct record_leg leg;
	struct weir_flow flow;
	bool is_stale; /* it ended, and the connection went on */
};

/* The nearest to the initiator first; the others are in no order. There may be none. */
struct leg_values {
	struct leg_value at[RECORD_LEGS_MAX];
	unsigned int count;
	bool is_ahead; /* an entry has begun another connection since */
};

/*
 * Name and role of the leg's interface. Before it goes an interface is no longer what it was (its
 * peer or its routes go first): the first role that it was told with stays.
 */
void leg_get_iface(const struct conn_table *table, uint32_t index, struct record_leg *ret);

/*
 * How near the initiator the leg is: its veth or loopback, else the uplink, else the lowest
 * ifindex. What a tunnel carried comes behind: its carrier may come in fragments. One that ended
 * before the connection has not seen all of it.
 */
uint64_t leg_rank(const struct leg_value *value);

/* Stays at its maximum. */
static inline uint16_t add_u16(uint16_t a, uint16_t b)
{
	return a + b > UINT16_MAX ? UINT16_MAX : (uint16_t)(a + b);
}

/*
 * The leg in sight (NULL: none) is known, the others are looked up. An entry that has begun another
 * connection since, or many, tells what it had counted by then.
 */
void leg_values_collect(const struct conn_table *table, const struct conn *conn,
			const struct sight *sight, uint64_t now_ns, struct leg_values *ret);

/*
 * Keeps what the leg in sight has seen for the connection that goes on without it. What finds no
 * memory, or is more than a record tells, is not kept.
 */
void leg_values_keep(const struct conn_table *table, struct conn *conn, uint32_t leg,
		     const struct sight *sight);
/*
 * The leg in sight has ended: keeps, likewise, what its entry forgets with the next connection.
 * conn->kept is there then, unless there was no memory.
 */
void leg_values_note_end(struct conn *conn, uint32_t leg, const struct sight *sight);
/* Forgets all that was kept. */
void leg_values_drop(struct conn *conn);

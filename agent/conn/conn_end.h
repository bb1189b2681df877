/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a connection ends: CONN_SETTLE_NS after the first of its legs did. Until then it waits in a
 * list, and a place in the log is reserved for its end. After the list conn_settle() of conn.h looks, found here as conn_stop() is.
 */
#pragma once

#include <stdint.h>

#include "conn/conn_private.h"

/* When, why and by whom (a direction) the connection was closed. */
void conn_end_note(struct conn *conn, uint64_t close_ns, uint8_t reason, unsigned int closed_by);
/*
 * The leg in sight has ended, at close_ns and because of reason (enum weir_close_reason), and with
 * it the connection, whose end is told soon.
 */
void conn_end_leg(struct conn_table *table, uint32_t leg, const struct sight *sight, uint8_t reason,
		  uint64_t close_ns);
/* Something else was told of the connection: its end, if it waits to be told, comes behind that. */
void conn_end_move(struct conn_table *table, struct conn *conn, uint64_t now_ns);
/* Tells the end now, and waits no longer. sight: a leg whose value is at hand. */
void conn_end_tell(struct conn_table *table, uint32_t conn, const struct sight *sight,
		   uint64_t now_ns);
/* The leg leaves its connection; with its last leg the connection goes, untold. */
void conn_end_leave(struct conn_table *table, uint32_t leg);

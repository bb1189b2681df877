/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a connection ends: CONN_SETTLE_NS after the first of its legs did. Until then it waits in a
 * list, which conn_settle() of conn.h, found here as conn_stop() is, looks after.
 */
#pragma once

#include <stdint.h>

#include "conn_private.h"

/* When, why and by whom (a direction) the connection was closed. */
void conn_end_note(struct conn *conn, uint64_t close_ns, uint8_t reason, unsigned int closed_by);
/*
 * The leg in sight has ended, at close_ns and because of reason (enum weir_close_reason), and with
 * it the connection, whose end is told soon.
 */
void conn_end_leg(struct conn_table *table, uint32_t leg, const struct sight *sight, uint8_t reason,
		  uint64_t close_ns);
/* Tells the end now, and waits no longer. sight: a leg whose value is at hand. */
void conn_end_tell(struct conn_table *table, uint32_t conn, const struct sight *sight,
		   uint64_t now_ns);
/* The leg leaves its connection; with its last leg the connection goes, untold. */
void conn_end_leave(struct conn_table *table, uint32_t leg);

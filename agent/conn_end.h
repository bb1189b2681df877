/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a connection ends: when all of its legs have ended, or CONN_SETTLE_NS after the first one
 * did. Until then it waits in a list, which conn_settle() of conn.h, found here too, looks after.
 */
#pragma once

#include <stdint.h>

#include "conn_private.h"

/*
 * The leg in sight has ended, at close_ns and because of reason (enum weir_close_reason). The
 * connection's end is told when its other legs have ended too, or soon.
 */
void conn_end_leg(struct conn_table *table, struct leg *leg, const struct sight *sight,
		  uint8_t reason, uint64_t close_ns);
/* Tells the end now, and waits no longer. sight: a leg whose value is at hand, or NULL. */
void conn_end_tell(struct conn_table *table, uint32_t conn, const struct sight *sight,
		   uint64_t now_ns);
/* The leg leaves its connection, if it has one; with its last leg the connection goes, untold. */
void conn_end_leave(struct conn_table *table, uint32_t leg);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a connection: one when it begins, when it is established, now and then while it
 * goes on, and when it has ended. Each goes to the table's record(), and the connection notes what
 * has been told of it. Whether it is time to tell is the caller's to know.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conn/conn_private.h"

struct leg_values;

/* sight: the leg that the connection begins with. */
void conn_tell_open(struct conn_table *table, struct conn *conn, uint32_t leg,
		    const struct sight *sight);
/* sight: a leg that has seen the answer; without an event the record counts as made up. */
void conn_tell_established(struct conn_table *table, struct conn *conn, uint32_t leg,
			   const struct sight *sight);
/*
 * The totals until now, and true; unless they are what was told before, and it is not sure that packets
 * came. sight: any leg.
 */
bool conn_tell_update(struct conn_table *table, struct conn *conn, const struct sight *sight,
		      bool is_sure);
/* When, why and by whom it was closed must be known, and it must have a leg still. */
void conn_tell_close(struct conn_table *table, struct conn *conn, const struct leg_values *values,
		     uint64_t now_ns);

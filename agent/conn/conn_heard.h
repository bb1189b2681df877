/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a connection is established. Anybody can send a SYN and an ACK: of TCP one side must have
 * completed the handshake as far as it can be seen, and something of the other must have been heard, at
 * the same interface or at another. Of all else both must have been heard. What legs have told is kept
 * with the connection, so that no other leg has to be asked, whichever tells last.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conn/conn_private.h"

struct handshake;

/* Takes in what is seen of one of its legs. Is the connection established by now? */
bool conn_hear(struct conn *conn, const struct sight *sight);
/*
 * What is known by then of the handshake, and returns how many packets there are: by the leg in sight
 * alone if that will do, for to ask for the others takes its time. is_local: as of leg_totals_choose().
 */
uint32_t conn_heard_get(const struct conn_table *table, const struct conn *conn,
			const struct sight *sight, unsigned int is_local, struct handshake *ret);

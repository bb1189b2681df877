/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the two ends of a connection, as far as its owner's party() can tell from what is known
 * at the moment.
 */
#pragma once

#include "conn/conn_private.h"

/* Asks for both ends. An event of which nothing is new costs no question. */
void conn_party_ask(const struct conn_table *table, struct conn *conn, const struct sight *sight);
/* The socket at one end of it has told whose it is. at: endpoint of the key. */
void conn_party_own(const struct conn_table *table, struct conn *conn,
		    const struct weir_flow_key *key, unsigned int at,
		    const struct weir_owner *owner);
/* Gives up what it has. */
void conn_party_drop(const struct conn_table *table, struct conn *conn);

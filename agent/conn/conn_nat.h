/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a connection is translated (NAT), as far as its owner's nat() can tell: asked before each
 * of its records until that is settled. What the twin of one that is has told since may name an end
 * better, so of that it is asked again.
 */
#pragma once

#include "conn/conn_private.h"

/* key: a leg's, or any with the connection's tuple. */
void conn_nat_ask(const struct conn_table *table, struct conn *conn,
		  const struct weir_flow_key *key);
/* Gives up what it has. */
void conn_nat_drop(const struct conn_table *table, struct conn *conn);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which legs of a tuple are one connection.
 */
#pragma once

#include <stdbool.h>

#include "conn/conn_private.h"

/* Does a leg that was just found belong to the connection, not to another use of its tuple? */
bool leg_belongs(const struct conn_table *table, const struct conn *conn,
		 const struct sight *sight);

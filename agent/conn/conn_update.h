/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records that a connection has while it goes on. Whichever of its legs packets take, the sweep
 * comes by it, and it speaks for all of them.
 */
#pragma once

#include <stdint.h>

#include "conn/conn_private.h"

/* The sweep has this leg in sight. Tells an update if it is time and packets came; last_ns: the leg's last. */
void conn_update(struct conn_table *table, uint32_t leg, const struct sight *sight,
		 uint64_t last_ns);

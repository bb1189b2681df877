/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the event ring and sweeps the flow map while the loop runs.
 */
#pragma once

#include <stdbool.h>

struct agent;

/* All else must be there. -errno, which has been logged. */
int agent_ring_watch(struct agent *agent);
/* A slice of what is in the ring; true: it is empty. */
bool agent_ring_read(struct agent *agent);
/* There may be new records for clients and the export. */
void agent_tell_readers(struct agent *agent);

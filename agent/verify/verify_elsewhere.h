/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where packets that TCP has counted may be and no hook sees them, or none yet: dropped before a hook,
 * waiting for a neighbour or in the queue of a bridge, sent by an interface that is not watched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct agent;

/* Segments. Of dropped and filtered only the difference of two means anything. */
struct verify_elsewhere {
	bool tells_dropped; /* this kernel does */
	uint64_t dropped;   /* before any hook */
	uint64_t filtered;  /* by filters at an egress, before our hook or behind it */
	uint64_t waiting;   /* now, at most */
	uint64_t unwatched; /* sent by interfaces that are not watched, at most */
};

/* Between tracing_unseen_begin() and its end; without them nothing is dropped. */
void verify_elsewhere_read(const struct agent *agent, struct verify_elsewhere *ret);

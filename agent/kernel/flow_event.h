/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of flows as they lie in the ring: some leave out what is zero.
 */
#pragma once

#include <stddef.h>

#include "weir/event.h"

/*
 * The event with all of its parts: record itself, or room, where a short one is made whole. size: of
 * the record, at least that of the header. NULL: it is not as long as it must be.
 */
const struct weir_event *flow_event_whole(const void *record, size_t size, struct weir_event *room);

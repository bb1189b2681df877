// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/flow_event.h"

#include <string.h>

static const struct weir_event *make_whole(const void *record, struct weir_event *room)
{
	memcpy(room, record, WEIR_EVENT_SHORT);
	memset((char *)room + WEIR_EVENT_SHORT, 0, sizeof(*room) - WEIR_EVENT_SHORT);
	room->hdr.len = sizeof(*room);
	if (room->hdr.dir) {
		room->flow.dir[1] = room->flow.dir[0];
		memset(&room->flow.dir[0], 0, sizeof(room->flow.dir[0]));
	}
	return room;
}

const struct weir_event *flow_event_whole(const void *record, size_t size, struct weir_event *room)
{
	const struct weir_event_hdr *hdr = record;

	if (size < hdr->len)
		return NULL;
	if (hdr->type == WEIR_EVENT_OPEN && hdr->len == WEIR_EVENT_SHORT)
		return make_whole(record, room);
	return hdr->len >= sizeof(struct weir_event) ? record : NULL;
}

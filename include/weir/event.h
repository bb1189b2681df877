/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the datapath tells the agent through the ring buffer. The map is the truth, an event is a
 * hint: whatever is lost here the agent's sweep of the flow map makes up for.
 */
#pragma once

#include "weir/flow.h"
#include "weir/owner.h"

#define WEIR_EVENT_VERSION 5

enum weir_event_type {
	WEIR_EVENT_NONE,
	WEIR_EVENT_OPEN,
	WEIR_EVENT_ESTABLISHED, /* also if one side alone says so: see the hooks of flow.dir */
	WEIR_EVENT_CLOSE,
	WEIR_EVENT_ICMP_ERROR,	/* the flow is the one that the error speaks of, dir as it quotes */
	WEIR_EVENT_USER,	/* struct weir_user_event: a socket has a first, or another user */
	WEIR_EVENT_CGROUP,	/* struct weir_cgroup_event: a cgroup was made */
	WEIR_EVENT_DNS,		/* struct weir_dns_event */
	WEIR_EVENT_CGROUP_GONE, /* struct weir_cgroup_event: a cgroup was removed */
	WEIR_EVENT_MAX,
};

/* A reader checks len and version, and skips types that it does not know. */
struct weir_event_hdr {
	__u16 len; /* of the whole event, in bytes */
	__u8 type; /* enum weir_event_type */
	__u8 version;
	__u8 hook;	/* enum weir_hook of the packet; and the next two: 0 where there is none */
	__u8 dir;	/* direction of the packet */
	__u8 tcp_flags; /* of the packet */
	__u8 pad;
	__u64 time_ns; /* CLOCK_MONOTONIC */
};
WEIR_ASSERT_SIZE(struct weir_event_hdr, 16);

struct weir_event {
	struct weir_event_hdr hdr;
	struct weir_flow_key key;
	__u8 eth_dst[6]; /* of the packet; all zero where there is no Ethernet header */
	__u8 eth_src[6];
	__u8 icmp_type; /* of an ICMP packet, or of the error */
	__u8 icmp_code;
	__u16 pad;
	struct weir_flow flow;	 /* as the packet left it */
	struct weir_owner owner; /* of the socket that sent the packet: the flow's end hdr.dir */
};
WEIR_ASSERT_SIZE(struct weir_event, 312);

/*
 * The OPEN of a new entry ends behind flow.dir[0] if the packet has no socket, as most that come in.
 * There lies the packet's own direction, whichever that is (hdr.dir); all that is left out is zero.
 */
#define WEIR_EVENT_SHORT 176
WEIR_ASSERT_OFFSET(struct weir_event, flow.dir[1], WEIR_EVENT_SHORT);

/*
 * Of a connection: what was inherited, or made by another process, is used by this one. At most
 * WEIR_USERS_TOLD a second for one socket; what was not told then is with its next use.
 */
struct weir_user_event {
	struct weir_event_hdr hdr;
	struct weir_tuple tuple; /* of an unconnected socket only its own side: see owner.cookie */
	struct weir_owner owner;
};
WEIR_ASSERT_SIZE(struct weir_user_event, 128);
#define WEIR_USERS_TOLD 4

#define WEIR_CGROUP_PATH 256
struct weir_cgroup_event {
	struct weir_event_hdr hdr;
	__u64 id;
	char path[WEIR_CGROUP_PATH]; /* from cgroup2's root; cut if it is longer */
};
WEIR_ASSERT_SIZE(struct weir_cgroup_event, 280);

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel's TCP says that it has sent again. The datapath notes it per socket, the agent
 * puts it on connections.
 *
 * The kernel keeps a total in each socket, and the entry is a copy of it: it may be deleted, or be
 * behind for a while, and the socket's next retransmission makes up for that.
 */
#pragma once

#include "weir/types.h"

#define WEIR_OF_REQUEST	     0xffffffffU
#define WEIR_RETRANSMITS_MAX 8192 /* sockets that retransmitted within the last seconds */

/*
 * One use of a tuple by one end of it. What tells it from another use is where the end's sequence
 * numbers began, which doesn't change as long as the socket has its connection.
 */
struct weir_retransmit_key {
	__be32 addr[2][4]; /* own and the other side's; IPv4 as ::ffff:a.b.c.d */
	__be16 port[2];	   /* the same */
	__u32 base;	   /* host order: the SYN's sequence number; of who accepted: 1 more */
};
WEIR_ASSERT_SIZE(struct weir_retransmit_key, 40);

/* Last writer wins; TCP has the socket locked. */
struct weir_retransmit {
	__u32 total;  /* segments sent again since the socket had this connection */
	__u32 before; /* total when the entry was made, without what made it */
	__u32 netns;  /* inode of the socket's network namespace */
	/*
	 * What total has more than the socket says: a SYN-ACK may be sent again when the socket that
	 * answers for it has been made already, or by two CPUs at once. WEIR_OF_REQUEST: no socket
	 * has been seen yet, total is a request's.
	 */
	__u32 excess;
};
WEIR_ASSERT_SIZE(struct weir_retransmit, 16);

/*
 * The one entry of the map `retransmit_sums`, which the agent has mapped: it can see without a
 * system call that there is nothing new. Atomic adds.
 */
struct weir_retransmit_sums {
	__u64 changes;	 /* of any entry of `retransmits` */
	__u64 segments;	 /* sent again in the agent's network namespace: as TcpRetransSegs */
	__u64 synacks;	 /* of these: SYN-ACKs, which the kernel has in TcpOutSegs too */
	__u64 refused;	 /* segments that found no room for an entry */
	__u64 is_behind; /* != 0: a request's num_retrans lacks the SYN-ACK that is being told of */
	__u64 tells_failed; /* != 0: what could not be sent again is told of at once, too */
};
WEIR_ASSERT_SIZE(struct weir_retransmit_sums, 48);

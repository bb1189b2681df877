/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many segments local TCP has sent, as the flow map tells: what Verify holds against TcpOutSegs.
 * The datapath notes who sent the first packet of a direction at egress; what came in by an interface
 * before (was routed, translated or bridged) is never among them.
 */
#pragma once

#include <stdint.h>

struct addr_set;
struct ifaces;
struct weir_flow;
struct weir_flow_key;

enum tcp_sender {
	TCP_SENT_OWN, /* by a socket, from an address of this host */
	/*
	 * By no socket. TCP's own are a SYN cookie, and on some kernels the RST of IPv6; a RST of
	 * netfilter's is not, nor is what a bridge copies to a port after its first.
	 */
	TCP_SENT_SOCKETLESS,
	/*
	 * By a socket, from an address that no interface has: one of ours, of a `local` route or a
	 * transparent proxy; or another namespace's, whose macvlan sends by our interface.
	 */
	TCP_SENT_STRANGE,
	TCP_SENT_TWICE, /* by a socket, where it may have been seen before: a port whose master is watched */
	TCP_SENDER_MAX,
};

struct tcp_sent {
	uint64_t segments[TCP_SENDER_MAX];
};

/*
 * Adds what left by a flow entry. None on a stacked interface, whose lower one counts it, and none of
 * what a tunnel carries.
 */
void tcp_sent_add(struct tcp_sent *sent, const struct ifaces *ifaces, const struct addr_set *addrs,
		  const struct weir_flow_key *key, const struct weir_flow *flow);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A netlink socket with its sequence numbers: what the link asks the kernel goes through one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct link_qdisc;
struct link_stats;
struct mnl_socket;
struct nlmsghdr;

struct link_socket {
	struct mnl_socket *mnl;
	uint32_t seq; /* the last request's */
};

/* flags: SOCK_NONBLOCK. -errno. */
int link_socket_open(struct link_socket *ret, int flags);
/* One that is not open is fine. */
void link_socket_close(struct link_socket *socket);
/* From now on it is notified of interfaces, addresses and default routes. -errno. */
int link_socket_subscribe(struct link_socket *socket);

/* Begins a request in buffer; its header and attributes are the caller's to add. */
struct nlmsghdr *link_socket_request(struct link_socket *socket, void *buffer, uint16_t type,
				     uint16_t flags);
int link_socket_send(const struct link_socket *socket, const struct nlmsghdr *nlh);
/* Was it asked for on this socket? Notifications were not. */
bool link_socket_is_answer(const struct link_socket *socket, const struct nlmsghdr *nlh);

/* Asks for an interface's counters and waits for them. -ENODEV if it is gone. */
int link_socket_read_stats(struct link_socket *socket, uint32_t ifindex, struct link_stats *ret);
int link_socket_read_gso_max(struct link_socket *socket, uint32_t ifindex, uint32_t ret[static 2]);
/* The same of a qdisc; place: enum link_qdisc_place. -ENOENT */
int link_socket_read_qdisc(struct link_socket *socket, uint32_t ifindex, int place,
			   struct link_qdisc *ret);
int link_socket_has_egress_filters(struct link_socket *socket, uint32_t ifindex);
int link_socket_has_more_addresses(struct link_socket *socket, uint32_t ifindex);
int link_socket_count_unresolved(struct link_socket *socket);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink sockets of those who ask about others: one is opened, and what the kernel, and nobody
 * else, has sent is received. Attributes of a message are found by their type.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/cleanup.h"

/* Messages of the current namespace. */
#define NETLINK_HERE (-1)
/* What one call of netlink_receive() should have place for. */
#define NETLINK_RECEIVE_SIZE 32768

/* Bound; flags: SOCK_NONBLOCK. A receive buffer of that many bytes if it may be had. An fd or -errno. */
int netlink_open(int protocol, int flags, int receive_bytes);
/*
 * Messages into buffer (aligned to 4), and the id of the namespace they are from (a socket that
 * listens to all) or NETLINK_HERE. Bytes, 0 if there is nothing that concerns us, or -errno:
 * -EAGAIN, -ENOBUFS (messages were lost), -ENOSPC (one did not fit and is lost).
 */
int netlink_receive(int fd, void *buffer, size_t size, int *ret_nsid);
/* What is left of a buffer. libmnl takes a length of more than 2 GiB for one that fits. */
struct netlink_rest {
	const uint8_t *at;
	size_t len;
};

/* The next message, whole; NULL: there is none. */
const struct nlmsghdr *netlink_take(struct netlink_rest *rest);
/* -errno */
int netlink_send(int fd, const void *messages, size_t len);

/* A message's attributes by type; NULL: it is not there. Those of types beyond are left out. */
struct netlink_attrs {
	const struct nlattr *at[64];
};

/* skip: length of the fixed header behind struct nlmsghdr; the message has that much. */
void netlink_attrs_of(const struct nlmsghdr *nlh, size_t skip, struct netlink_attrs *ret);
/* NULL is fine. */
void netlink_attrs_nested(const struct nlattr *attr, struct netlink_attrs *ret);
/* Does it have this many bytes? They are copied then. NULL is fine. */
bool netlink_attr_copy(const struct nlattr *attr, void *ret, size_t len);

/* Of NLMSG_ERROR: -errno, or 0 for an acknowledgement; what is too short is -EBADMSG. */
int netlink_error_of(const struct nlmsghdr *nlh);

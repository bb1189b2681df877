/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading and writing the storage of a socket. Readers take no lock: whoever writes fills the place
 * that nobody reads, and then turns `current`. Two turns within one reading would show a mixture;
 * each of them is a system call of another process.
 */
#pragma once

#include "shared.h"

static __always_inline const struct weir_socket_user *socket_user(const struct weir_socket *socket)
{
	__u32 at = *(const volatile __u32 *)&socket->current;

	return &socket->users[at < WEIR_SOCKET_USERS ? at : 0];
}

/* The user must have been written before others see that it is the current one. */
static __always_inline void socket_turn(struct weir_socket *socket,
					const struct weir_socket_user *user)
{
	__u32 next = socket->current == 1 ? 2 : 1;

	socket->users[next] = *user;
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&socket->current = next;
}

/*
 * The owner as it is told. cookie: of the socket whose storage it is, or 0: not known, then only
 * the flags can tell whether it is a copy of its listener's.
 */
static __always_inline void owner_fill(struct weir_owner *owner, const struct weir_socket *socket,
				       __u64 cookie)
{
	const struct weir_socket_user *user = socket_user(socket);

	owner->start_ns = user->start_ns;
	owner->cgroup_id = user->cgroup_id;
	owner->cookie = cookie;
	owner->netns = socket->netns;
	owner->tgid = user->tgid;
	owner->uid = user->uid;
	owner->creator = socket->users[0].tgid;
	owner->via = user == &socket->users[0] ? socket->via : WEIR_VIA_USER;
	if (socket->via != WEIR_VIA_KERNEL && cookie != socket->cookie)
		owner->via = WEIR_VIA_INHERITED;
	owner->flags = 0;
	if (socket->flags & WEIR_SOCKET_NETNS_COOKIE)
		owner->flags |= WEIR_OWNER_NETNS_COOKIE;
	if (socket->flags & WEIR_SOCKET_COMM_LEADER)
		owner->flags |= WEIR_OWNER_COMM_LEADER;
	owner->pad = 0;
	__builtin_memcpy(owner->comm, user->comm, sizeof(owner->comm));
}

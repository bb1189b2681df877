/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading and writing the storage of a socket. Readers take no lock: whoever writes fills the place
 * that nobody reads, and then turns `current`. Two turns within one reading would show a mixture;
 * each of them is a system call of another process.
 */
#pragma once

#include "shared.h"

static __always_inline __u32 socket_current(const struct weir_socket *socket)
{
	return *(const volatile __u8 *)&socket->current;
}

static __always_inline const struct weir_socket_user *socket_user(const struct weir_socket *socket)
{
	return &socket->users[socket_current(socket) & WEIR_SOCKET_PLACE];
}

static __always_inline __u32 socket_program(const struct weir_socket *socket)
{
	return socket->programs[socket_current(socket) & WEIR_SOCKET_PLACE];
}

/* The user must have been written before others see that it is the current one. */
static __always_inline void socket_turn(struct weir_socket *socket,
					const struct weir_socket_user *user, __u32 program)
{
	__u32 next = ~socket_current(socket) & WEIR_SOCKET_PLACE;

	socket->users[next] = *user;
	socket->programs[next] = program;
	asm volatile("" ::: "memory");
	*(volatile __u8 *)&socket->current = next | WEIR_SOCKET_USED;
}

/*
 * The owner as it is told. cookie: of the socket whose storage it is, or 0: not known, then only
 * the flags can tell whether it is a copy of its listener's.
 */
static __always_inline void owner_fill(struct weir_owner *owner, const struct weir_socket *socket,
				       __u64 cookie)
{
	__u32 current = socket_current(socket);
	const struct weir_socket_user *user = &socket->users[current & WEIR_SOCKET_PLACE];

	owner->start_ns = user->start_ns;
	owner->cgroup_id = user->cgroup_id;
	owner->cookie = cookie;
	owner->netns = socket->netns;
	owner->tgid = user->tgid;
	owner->uid = user->uid;
	owner->creator = socket->creator;
	owner->program = socket->programs[current & WEIR_SOCKET_PLACE];
	owner->via = current & WEIR_SOCKET_USED ? WEIR_VIA_USER : socket->via;
	if (socket->via != WEIR_VIA_KERNEL && cookie != socket->cookie)
		owner->via = WEIR_VIA_INHERITED;
	owner->flags = 0;
	if (socket->flags & WEIR_SOCKET_NETNS_COOKIE)
		owner->flags |= WEIR_OWNER_NETNS_COOKIE;
	if (socket->flags & WEIR_SOCKET_COMM_LEADER)
		owner->flags |= WEIR_OWNER_COMM_LEADER;
	__builtin_memset(owner->pad, 0, sizeof(owner->pad));
	__builtin_memcpy(owner->comm, user->comm, sizeof(owner->comm));
}

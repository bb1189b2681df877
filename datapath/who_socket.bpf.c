// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whose sockets are, for kernels that lack what trace_who.bpf.c needs: who makes one, and who
 * connects or addresses it. Without the kernel's BTF nobody tells when a process began, and whether
 * a socket is the kernel's own: of those, and of what is older than we are, nothing is said. Process
 * context only: see there.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "owners.h"
#include "who_hooks.h"

#define AF_INET	    2
#define AF_INET6    10
#define SOCK_STREAM 1

static __always_inline void user_fill(struct weir_socket_user *user)
{
	user->start_ns = 0;
	user->cgroup_id = bpf_get_current_cgroup_id();
	user->tgid = bpf_get_current_pid_tgid() >> 32;
	user->uid = (__u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(user->comm, sizeof(user->comm));
}

SEC("cgroup/sock_create")
int weir_create(struct bpf_sock *ctx)
{
	struct weir_socket *socket;

	if (ctx->family != AF_INET && ctx->family != AF_INET6)
		return 1;
	socket = bpf_sk_storage_get(&owners, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket)
		return 1;
	user_fill(&socket->users[0]);
	socket->creator = socket->users[0].tgid;
	socket->netns = bpf_get_netns_cookie(ctx);
	socket->via = WEIR_VIA_CREATOR;
	socket->flags = WEIR_SOCKET_NETNS_COOKIE | (ctx->type == SOCK_STREAM ? 0 : WEIR_SOCKET_OWN);
	socket->cookie = bpf_get_socket_cookie(ctx);
	return 1;
}

static __always_inline int sock_addressed(struct bpf_sock_addr *ctx)
{
	struct weir_socket_user user = {};
	struct bpf_sock *sk = ctx->sk;
	struct weir_socket *socket;

	socket = sk ? bpf_sk_storage_get(&owners, sk, 0, 0) : 0;
	if (!socket || socket->cookie != bpf_get_socket_cookie(ctx))
		return 1;
	if (socket_user(socket)->tgid != bpf_get_current_pid_tgid() >> 32) {
		user_fill(&user);
		socket_turn(socket, &user, 0);
	}
	if (!(socket->flags & WEIR_SOCKET_OWN))
		socket->flags |= WEIR_SOCKET_OWN;
	return 1;
}

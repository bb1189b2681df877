/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a process says whom a socket speaks to: the same hooks, whether the kernel tells much of the
 * process (trace_who.bpf.c) or little (who_socket.bpf.c). Who includes this defines
 * sock_addressed(), which returns 1: go on.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static __always_inline int sock_addressed(struct bpf_sock_addr *ctx);

SEC("cgroup/connect4")
int weir_connect4(struct bpf_sock_addr *ctx)
{
	return sock_addressed(ctx);
}

SEC("cgroup/connect6")
int weir_connect6(struct bpf_sock_addr *ctx)
{
	return sock_addressed(ctx);
}

SEC("cgroup/sendmsg4")
int weir_sendmsg4(struct bpf_sock_addr *ctx)
{
	return sock_addressed(ctx);
}

SEC("cgroup/sendmsg6")
int weir_sendmsg6(struct bpf_sock_addr *ctx)
{
	return sock_addressed(ctx);
}

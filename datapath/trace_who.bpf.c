// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whose sockets are, where the kernel has BTF. `current` is asked only where a process is at work:
 *
 *   cgroup/sock_create         socket(2); the kernel's own sockets do not come here
 *   cgroup/connect, sendmsg    connect(2), sendto(2) and their like, or a kernel thread's
 *   sock_send_length,          sock_sendmsg(), sock_recvmsg(): the same. These may sleep, so they are
 *   sock_recv_length           not called in softirq
 *   iter/task_file             for each process that there is: names the process itself
 *
 * A kernel thread, and whoever uses a socket of the kernel's, owns none.
 */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "owners.h"
#include "trace.h"
#include "trace_kernel.h"
#include "who_hooks.h"

#define TOLD_SHIFT 30 /* ns to what is nearly seconds */

static __always_inline const struct sock_common *sock_common(const struct sock *sk)
{
	return (const void *)sk;
}

/*
 * Not read directly, although the verifier knows what a task is: for each pointer on the way it
 * would search all of the kernel's BTF (20 ms of the agent's start, for 0.1 us of a new socket).
 */
static __always_inline void user_fill(struct weir_socket_user *user, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	user->start_ns = BPF_CORE_READ(leader, start_boottime);
	user->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	user->tgid = task->tgid;
	user->uid = BPF_CORE_READ(task, cred, uid.val);
	bpf_core_read(user->comm, sizeof(user->comm), &leader->comm);
}

/*
 * Which program the task is. Of no use where not each use of a socket is seen: then who uses one
 * after an exec would be told as what he was before.
 */
static __always_inline __u32 program_of(const struct task_struct *task)
{
	return trace_cfg.users ? (__u32)task->self_exec_id : 0;
}

/* One that reads and writes the storage of a socket while another one does leaves it be. */
static __always_inline int socket_try(struct weir_socket *socket, __u64 cookie)
{
	__u32 was = *(volatile __u32 *)&socket->busy;

	return was != (__u32)cookie &&
	       __sync_val_compare_and_swap(&socket->busy, was, (__u32)cookie) == was;
}

static __always_inline void socket_done(struct weir_socket *socket)
{
	__sync_lock_test_and_set(&socket->busy, 0);
}

/* What is kept of a socket whatever becomes of it. */
struct socket_facts {
	__u64 cookie;
	__u32 netns;
	__u8 may_listen; /* and then what it accepts has its storage, too */
	__u8 is_mptcp;	 /* its packets are sent by sockets of the kernel's: told by its tuple */
};

/* A socket that is filled in for the first time. task: of who has it, or 0. */
static __always_inline void socket_begin(struct weir_socket *socket,
					 const struct socket_facts *facts, enum weir_via via,
					 struct task_struct *task)
{
	if (!socket_try(socket, facts->cookie))
		return;
	if (!socket->cookie) {
		socket->netns = facts->netns;
		socket->via = via;
		socket->flags = WEIR_SOCKET_COMM_LEADER |
				(facts->may_listen ? 0 : WEIR_SOCKET_OWN) |
				(facts->is_mptcp ? WEIR_SOCKET_UNTOLD : 0);
		if (task) {
			user_fill(&socket->users[0], task);
			socket->programs[0] = program_of(task);
			socket->creator = task->tgid;
		}
		__sync_lock_test_and_set(&socket->cookie, facts->cookie);
	}
	socket_done(socket);
}

/* The flow key's form: sorted ends. Raw sockets have no ports, ping sockets their id twice. */
static __always_inline void tuple_fill(struct weir_tuple *tuple, const struct sock *sk)
{
	__u16 type = BPF_CORE_READ(sk, sk_type);
	__be16 own_port = 0, peer_port = 0;
	__u64 own[2] = {}, peer[2] = {};
	__u32 at;

	tuple->family = sock_read_addr(sock_common(sk), (__be32 *)own, (__be32 *)peer);
	tuple->proto = BPF_CORE_READ(sk, sk_protocol); /* of MPTCP (262) the lower half is TCP's */
	if (type == SOCK_STREAM || type == SOCK_DGRAM) {
		own_port = bpf_htons(BPF_CORE_READ(sock_common(sk), skc_num));
		peer_port = BPF_CORE_READ(sock_common(sk), skc_dport);
	}
	if (tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6)
		peer_port = own_port;
	if (own[0] != peer[0])
		at = own[0] > peer[0];
	else
		at = own[1] != peer[1] ? own[1] > peer[1] : own_port > peer_port;
	__builtin_memcpy(tuple->addr[at & 1], own, sizeof(own));
	__builtin_memcpy(tuple->addr[~at & 1], peer, sizeof(peer));
	tuple->port[at & 1] = own_port;
	tuple->port[~at & 1] = peer_port;
	tuple->own = at;
	tuple->pad = 0;
}

/* Who uses the socket is news. Not told: told with a later use. */
static __always_inline void socket_tell(struct weir_socket *socket, const struct sock *sk)
{
	__u64 now = bpf_ktime_get_ns();
	struct weir_user_event *event;

	if (socket->told != (__u32)(now >> TOLD_SHIFT)) {
		socket->told = now >> TOLD_SHIFT;
		socket->tells = 0;
	}
	if (socket->tells >= WEIR_USERS_TOLD)
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		events_lost();
		return;
	}
	event->hdr = (struct weir_event_hdr){ .len = sizeof(*event),
					      .type = WEIR_EVENT_USER,
					      .version = WEIR_EVENT_VERSION,
					      .time_ns = now };
	tuple_fill(&event->tuple, sk);
	owner_fill(&event->owner, socket, socket->cookie);
	bpf_ringbuf_submit(event, 0);
	socket->tells++;
	socket->flags &= ~WEIR_SOCKET_UNTOLD;
}

static __always_inline struct socket_facts sock_facts(const struct sock *sk, __u64 cookie)
{
	__u8 state = BPF_CORE_READ(sock_common(sk), skc_state);

	return (struct socket_facts){
		.cookie = cookie,
		.netns = BPF_CORE_READ(sock_common(sk), skc_net.net, ns.inum),
		.may_listen = BPF_CORE_READ(sk, sk_type) == SOCK_STREAM &&
			      (state == TCP_CLOSE || state == TCP_LISTEN),
		.is_mptcp = BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP,
	};
}

/* Has this process used it last, as the program that it is now? */
static __always_inline int socket_is_of(const struct weir_socket *socket,
					const struct task_struct *task)
{
	return socket_user(socket)->tgid == (__u32)task->tgid &&
	       socket_program(socket) == program_of(task);
}

/* The calling process uses the socket. */
static __always_inline void socket_note(struct weir_socket *socket, const struct sock *sk,
					__u64 cookie, struct task_struct *task, int tell)
{
	struct weir_socket_user user = {};

	if (!socket_try(socket, cookie))
		return;
	user_fill(&user, task);
	if (socket->cookie != cookie) { /* the listener's: from now on its own */
		socket->via = WEIR_VIA_INHERITED;
		socket->tells = 0;
		socket->flags |= WEIR_SOCKET_UNTOLD;
		socket_turn(socket, &user, program_of(task));
		__sync_lock_test_and_set(&socket->cookie, cookie);
	} else if (!socket_is_of(socket, task)) {
		socket->flags |= WEIR_SOCKET_UNTOLD;
		socket_turn(socket, &user, program_of(task));
	}
	socket->flags |= WEIR_SOCKET_OWN;
	if (tell && (socket->flags & WEIR_SOCKET_UNTOLD))
		socket_tell(socket, sk);
	socket_done(socket);
}

/* Is there nothing to do, because the one who uses it is known? */
static __always_inline int socket_is_known(const struct weir_socket *socket, int tell)
{
	__u8 want = WEIR_SOCKET_OWN | (tell ? WEIR_SOCKET_UNTOLD : 0);

	if (!socket || !socket->cookie)
		return 0;
	if (socket->via == WEIR_VIA_KERNEL)
		return 1;
	return (socket->flags & want) == WEIR_SOCKET_OWN &&
	       socket_is_of(socket, bpf_get_current_task_btf());
}

/* The verifier lets nobody reckon with a socket's address: made a number, it is as any other. */
static __always_inline const struct sock *sock_address(void *sk)
{
	void *volatile at = sk;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), (const void *)&at);
	return (const void *)address;
}

/* A socket of the kernel's own is no file; what user space has is, also if MPTCP has made it. */
static __always_inline int sock_is_kernel(const struct sock *sk)
{
	return !BPF_CORE_READ(sk, sk_socket, file);
}

static __noinline int sock_used(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	int is_kernel_sock = sock_is_kernel(sk);
	__u64 cookie = bpf_get_socket_cookie(sk);
	struct weir_socket *socket;

	if (sock_common(sk)->skc_state == TCP_LISTEN ||
	    ((task->flags & PF_KTHREAD) && !is_kernel_sock))
		return 0;
	socket = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket)
		return 0;
	if (!socket->cookie) { /* older than we are, and was no file when we looked */
		const struct socket_facts facts = sock_facts(sk, cookie);

		socket_begin(socket, &facts, is_kernel_sock ? WEIR_VIA_KERNEL : WEIR_VIA_NONE, 0);
	}
	if (!is_kernel_sock)
		socket_note(socket, sk, cookie, task, 1);
	return 0;
}

static __always_inline int sock_observe(struct sock *sk)
{
	__u16 family = sock_common(sk)->skc_family;

	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (!socket_is_known(bpf_sk_storage_get(&owners, sk, 0, 0), 1))
		sock_used(sk);
	return 0;
}

SEC("tp_btf/sock_send_length")
int weir_sent(__u64 *ctx)
{
	return sock_observe((void *)ctx[0]);
}

SEC("tp_btf/sock_recv_length")
int weir_received(__u64 *ctx)
{
	return sock_observe((void *)ctx[0]);
}

SEC("cgroup/sock_create")
int weir_create(struct bpf_sock *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct weir_socket *socket;
	struct socket_facts facts;

	if (ctx->family != AF_INET && ctx->family != AF_INET6)
		return 1;
	socket = bpf_sk_storage_get(&owners, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket)
		return 1;
	facts.cookie = bpf_get_socket_cookie(ctx);
	facts.netns =
		BPF_CORE_READ(task, nsproxy, net_ns, ns.inum); /* socket(2) knows no other one */
	facts.may_listen = ctx->type == SOCK_STREAM;
	facts.is_mptcp = ctx->protocol == IPPROTO_MPTCP;
	if (task->flags & PF_KTHREAD)
		socket_begin(socket, &facts, WEIR_VIA_KERNEL, 0);
	else
		socket_begin(socket, &facts, WEIR_VIA_CREATOR, task);
	return 1;
}

/* The event comes with the packet, or when it was sent. */
static __always_inline int sock_addressed(struct bpf_sock_addr *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct bpf_sock *sk = ctx->sk;
	const struct sock *address;
	struct weir_socket *socket;
	__u64 cookie;

	if (!sk)
		return 1;
	socket = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (socket_is_known(socket, 0))
		return 1;
	address = sock_address(sk);
	if ((task->flags & PF_KTHREAD) || sock_is_kernel(address)) /* MPTCP connects by such */
		return 1;
	cookie = bpf_get_socket_cookie(ctx);
	if (!socket)
		socket = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket)
		return 1;
	if (!socket->cookie) {
		const struct socket_facts facts = sock_facts(address, cookie);

		socket_begin(socket, &facts, WEIR_VIA_NONE, 0);
	}
	socket_note(socket, address, cookie, task, 0);
	return 1;
}

/* Sockets that are older than we are: the first process that has one open, by pid. */
SEC("iter/task_file")
int weir_existing(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct weir_socket *storage;
	struct socket *socket;
	struct sock *sk;
	__u16 family;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	sk = socket ? socket->sk : 0;
	if (!sk)
		return 0;
	family = sock_common(sk)->skc_family;
	if ((family != AF_INET && family != AF_INET6) || sock_is_kernel(sk))
		return 0;
	storage = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (storage && !storage->cookie) {
		const struct socket_facts facts = sock_facts(sk, bpf_get_socket_cookie(sk));

		socket_begin(storage, &facts, WEIR_VIA_EXISTING, task);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which socket has a tuple, in the caller's network namespace or in one that rtnetlink has a number
 * for, and whose it is. Run by BPF_PROG_TEST_RUN, never attached; weir/owner.h has the questions.
 */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

#include "owners.h"
#include "weir/flow.h"

#define STATE_LISTEN 10

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The agent's questions and the answers; mapped into its memory. */
struct {
	MAP_OF(ARRAY, __u32, struct weir_lookup, WEIR_LOOKUPS_MAX);
	__uint(map_flags, BPF_F_MMAPABLE);
} lookups SEC(".maps");

/* As a packet to the socket has it: the peer is its source. Returns its length; 0: no family. */
static __always_inline __u32 lookup_tuple(struct bpf_sock_tuple *to, const struct weir_tuple *tuple)
{
	__u32 own = tuple->own & 1, peer = own ^ 1;

	if (tuple->family == WEIR_IPV4) {
		to->ipv4.saddr = tuple->addr[peer][3];
		to->ipv4.daddr = tuple->addr[own][3];
		to->ipv4.sport = tuple->port[peer];
		to->ipv4.dport = tuple->port[own];
		return sizeof(to->ipv4);
	}
	if (tuple->family != WEIR_IPV6)
		return 0;
	__builtin_memcpy(to->ipv6.saddr, tuple->addr[peer], sizeof(to->ipv6.saddr));
	__builtin_memcpy(to->ipv6.daddr, tuple->addr[own], sizeof(to->ipv6.daddr));
	to->ipv6.sport = tuple->port[peer];
	to->ipv6.dport = tuple->port[own];
	return sizeof(to->ipv6);
}

static __always_inline void lookup_forget_peer(struct bpf_sock_tuple *tuple, __u32 len)
{
	if (len == sizeof(tuple->ipv4))
		tuple->ipv4.sport = 0;
	else
		tuple->ipv6.sport = 0;
}

/*
 * The socket's own cookie cannot be asked for here: that of its storage is, unless it may be the
 * listener's.
 */
static __always_inline void lookup_answer(struct weir_lookup *lookup, struct bpf_sock *sk)
{
	const struct weir_socket *socket = bpf_sk_storage_get(&owners, sk, 0, 0);
	int is_listener = sk->protocol == IPPROTO_TCP && sk->state == STATE_LISTEN;

	lookup->is_found = 1;
	if (socket && socket->cookie) {
		int is_own = is_listener || sk->protocol != IPPROTO_TCP ||
			     (socket->flags & WEIR_SOCKET_OWN);

		owner_fill(&lookup->owner, socket, is_own ? socket->cookie : 0);
	}
	if (is_listener)
		lookup->owner.flags |= WEIR_OWNER_LISTENER;
}

int who_lookup_at(struct __sk_buff *skb, __u32 index);

/* Global: verified once, not once for each place. */
__noinline int who_lookup_at(struct __sk_buff *skb, __u32 index)
{
	struct weir_lookup *lookup = bpf_map_lookup_elem(&lookups, &index);
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk = 0;
	__u64 netns = BPF_F_CURRENT_NETNS;
	__u32 len;

	if (!lookup)
		return 0;
	lookup->is_found = 0;
	__builtin_memset(&lookup->owner, 0, sizeof(lookup->owner));
	if (lookup->nsid >= 0)
		netns = lookup->nsid;
	len = lookup_tuple(&tuple, &lookup->tuple);
	if (!len)
		return 0;
	if (lookup->tuple.proto == IPPROTO_UDP) {
		sk = bpf_sk_lookup_udp(skb, &tuple, len, netns, 0);
	} else if (lookup->tuple.proto == IPPROTO_TCP) {
		sk = bpf_sk_lookup_tcp(skb, &tuple, len, netns, 0);
		if (!sk) { /* a connection in TIME_WAIT hides the listener */
			lookup_forget_peer(&tuple, len);
			sk = bpf_sk_lookup_tcp(skb, &tuple, len, netns, 0);
		}
	}
	if (!sk)
		return 0;
	lookup_answer(lookup, sk);
	bpf_sk_release(sk);
	return 0;
}

/* The packet's first word is the number of questions. */
SEC("tc")
int weir_who_lookup(struct __sk_buff *skb)
{
	__u32 count;

	if (bpf_skb_load_bytes(skb, 0, &count, sizeof(count)))
		count = 0;
	for (__u32 i = 0; i < WEIR_LOOKUPS_MAX; i++) {
		if (i >= count)
			break;
		who_lookup_at(skb, i);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's own structs, as far as the programs at its tracepoints read them. They differ between
 * kernels: only the members named here are used, and libbpf finds where this kernel has them.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/in6.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET		 2
#define AF_INET6	 10
#define SOCK_STREAM	 1
#define SOCK_DGRAM	 2
#define TCP_TIME_WAIT	 6
#define TCP_CLOSE	 7
#define TCP_LISTEN	 10
#define TCP_NEW_SYN_RECV 12
#define PF_KTHREAD	 0x00200000

#define READS __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} READS;

struct net {
	struct ns_common ns;
} READS;

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} READS;

struct file;

struct socket {
	struct sock *sk;
	struct file *file;
} READS;

struct sock { /* behind its struct sock_common */
	struct socket *sk_socket;
	__u16 sk_type;
	__u16 sk_protocol;
} READS;

struct inet_sock {
	__be16 inet_sport;
} READS;

struct tcp_sock {
	__u32 total_retrans;
	__u32 snd_una;
	__u64 bytes_acked;
} READS;

struct request_sock {
	__u8 num_retrans;
} READS;

struct tcp_request_sock {
	__u32 snt_isn;
} READS;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} READS;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	unsigned int len;
	__u16 mac_len;
	int skb_iif;
	__u16 vlan_tci;
	__be16 protocol;
	__u16 mac_header;
	unsigned char *head;
	unsigned int end; /* from head; 64-bit kernels */
} READS;

struct skb_shared_info { /* behind the packet's end */
	unsigned short gso_segs;
} READS;

enum skb_drop_reason { /* the numbers are the kernel's own */
	SKB_DROP_REASON_NETFILTER_DROP,
	SKB_DROP_REASON_TC_EGRESS,
};

struct tcp_skb_cb {
	__u16 tcp_gso_segs;
	__u8 sacked;
} READS;

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid;
} READS;

struct kernfs_node {
	__u64 id;
} READS;

struct cgroup_root {
	int hierarchy_id; /* 0: cgroup v2 */
} READS;

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
} READS;

struct css_set {
	struct cgroup *dfl_cgrp;
} READS;

struct nsproxy {
	struct net *net_ns;
} READS;

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	__u64 start_boottime;
	__u64 self_exec_id;
	struct task_struct *group_leader;
	const struct cred *cred;
	struct css_set *cgroups;
	struct nsproxy *nsproxy;
	char comm[16];
} READS;

struct linux_binprm {
	const char *interp;
} READS;

struct bpf_iter__task_file {
	struct task_struct *task;
	struct file *file;
} READS;

/*
 * The ends of a socket or of a request, IPv4 as ::ffff:a.b.c.d. Returns the family by the addresses, 4
 * or 6; 0: neither. A request has its addresses where a socket has them.
 */
static __always_inline int sock_read_addr(const struct sock_common *sock, __be32 own[4],
					  __be32 peer[4])
{
	__u16 family = BPF_CORE_READ(sock, skc_family);

	if (family == AF_INET) {
		own[0] = own[1] = peer[0] = peer[1] = 0;
		own[2] = peer[2] = bpf_htonl(0xffff);
		own[3] = BPF_CORE_READ(sock, skc_rcv_saddr);
		peer[3] = BPF_CORE_READ(sock, skc_daddr);
		return 4;
	}
	if (family != AF_INET6 || !bpf_core_field_exists(sock->skc_v6_daddr))
		return 0;
	bpf_core_read(own, sizeof(struct in6_addr), &sock->skc_v6_rcv_saddr);
	bpf_core_read(peer, sizeof(struct in6_addr), &sock->skc_v6_daddr);
	return peer[0] || peer[1] || peer[2] != bpf_htonl(0xffff) ? 6 : 4;
}

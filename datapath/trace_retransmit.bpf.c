// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What local TCP sends again, from the tracepoints of the places that count TcpRetransSegs; and once
 * more where a connection ends, for what did not get here: the kernel leaves a program out where it
 * has interrupted itself, say, or, before Linux 6.17, where the packet failed.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "trace.h"
#include "trace_kernel.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct weir_trace_config trace_cfg = {};

#define TCPCB_EVER_RETRANS 0x80

/* tcp_retransmit_skb as it is where it tells an error, too (Linux 6.17), for libbpf to compare. */
typedef void (*btf_trace_tcp_retransmit_skb___error)(void *, const struct sock *,
						     const struct sk_buff *, int);

static __always_inline struct weir_retransmit_sums *retransmit_sums_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&retransmit_sums, &zero);
}

/* 0: no TCP that we know. */
static __always_inline int retransmit_key_fill(struct weir_retransmit_key *key,
					       const struct sock_common *sock)
{
	if (!sock_read_addr(sock, key->addr[0], key->addr[1]))
		return 0;
	key->port[0] = bpf_htons(BPF_CORE_READ(sock, skc_num));
	key->port[1] = BPF_CORE_READ(sock, skc_dport);
	return 1;
}

/*
 * An entry that is there, and what its socket says now. Returns how much more that has sent again;
 * the first time after its request only this call is known to be new.
 */
static __always_inline __u32 retransmit_raise(struct weir_retransmit *entry, __u32 total, __u32 now)
{
	__u32 more;

	if (entry->excess == WEIR_OF_REQUEST)
		entry->excess = entry->total + now - total;
	more = total + entry->excess - entry->total;
	if ((__s32)more <= 0)
		return 0;
	entry->total += more;
	return more;
}

/* A new entry. Returns the one that another CPU has made meanwhile. */
static __always_inline struct weir_retransmit *
retransmit_add(const struct weir_retransmit_key *key, const struct sock_common *sock,
	       struct weir_retransmit *value, struct weir_retransmit_sums *sums, __u32 now)
{
	int error; /* before Linux 6.4 the upper half of a long is not set */

	value->before = value->total - now;
	value->netns = BPF_CORE_READ(sock, skc_net.net, ns.inum);
	error = (int)bpf_map_update_elem(&retransmits, key, value, BPF_NOEXIST);
	if (error == -EEXIST)
		return bpf_map_lookup_elem(&retransmits, key);
	if (error && now) /* adding a 0 becomes an OR, which Linux 5.10 does not know */
		__sync_fetch_and_add(&sums->refused, now);
	return 0;
}

/*
 * total: of the socket; now: what of it this call is about, where nobody has noted the socket yet.
 * Returns how many segments are new.
 */
static __always_inline __u32 retransmit_note(const struct weir_retransmit_key *key,
					     const struct sock_common *sock, __u32 total, __u32 now,
					     struct weir_retransmit_sums *sums)
{
	struct weir_retransmit *entry = bpf_map_lookup_elem(&retransmits, key);
	struct weir_retransmit value = { .total = total };

	if (!entry) {
		if (!now)
			return 0;
		entry = retransmit_add(key, sock, &value, sums, now);
		if (!entry)
			return now;
	}
	return retransmit_raise(entry, total, now);
}

/* The same for a SYN-ACK, of which each call is about one. total: of its request, as it knows it. */
static __always_inline void retransmit_note_request(const struct weir_retransmit_key *key,
						    const struct sock_common *sock, __u32 total,
						    struct weir_retransmit_sums *sums)
{
	struct weir_retransmit *entry = bpf_map_lookup_elem(&retransmits, key);
	struct weir_retransmit value = { .total = total, .excess = WEIR_OF_REQUEST };

	if (!entry)
		entry = retransmit_add(key, sock, &value, sums, 1);
	if (!entry)
		return;
	__sync_fetch_and_add(&entry->total, 1);
	if (entry->excess != WEIR_OF_REQUEST)
		__sync_fetch_and_add(&entry->excess, 1);
}

static __always_inline void retransmit_count(const struct sock_common *sock, __u32 segments,
					     __u32 synacks, struct weir_retransmit_sums *sums)
{
	if (segments)
		__sync_fetch_and_add(&sums->changes, 1);
	if (BPF_CORE_READ(sock, skc_net.net, ns.inum) != trace_cfg.netns)
		return;
	if (segments)
		__sync_fetch_and_add(&sums->segments, segments);
	if (synacks)
		__sync_fetch_and_add(&sums->synacks, synacks);
}

/*
 * The segments of the packet, if TcpRetransSegs has them. Since Linux 6.17 the tracepoint also
 * tells of those that TCP gave up before that; those that failed later were counted. Which it was
 * the total tells, but for the first time that we see the socket.
 */
static __always_inline __u32 retransmit_segments(const struct sk_buff *skb, __s32 error)
{
	const struct tcp_skb_cb *cb =
		(const void *)((const char *)skb + bpf_core_field_offset(skb->cb));

	if (error == -EBUSY || error == -EAGAIN)
		return 0;
	if (error && !(BPF_CORE_READ(cb, sacked) & TCPCB_EVER_RETRANS))
		return 0;
	return BPF_CORE_READ(cb, tcp_gso_segs);
}

/* __tcp_retransmit_skb(): data, FIN, and the SYN of who connects. */
SEC("tp_btf/tcp_retransmit_skb")
int weir_resend(__u64 *ctx)
{
	const struct sock_common *sock = (const void *)ctx[0];
	const struct tcp_sock *tcp = (const void *)ctx[0];
	struct weir_retransmit_sums *sums = retransmit_sums_get();
	struct weir_retransmit_key key = {};
	__s32 error = 0;
	__u32 total, now;

	if (!sums || !retransmit_key_fill(&key, sock))
		return 0;
	if (bpf_core_type_exists(btf_trace_tcp_retransmit_skb___error)) {
		error = (__s32)ctx[2];
		sums->tells_failed = 1;
	}
	total = BPF_CORE_READ(tcp, total_retrans);
	key.base = BPF_CORE_READ(tcp, snd_una) - (__u32)BPF_CORE_READ(tcp, bytes_acked);
	now = retransmit_segments((const void *)ctx[1], error);
	retransmit_count(sock, retransmit_note(&key, sock, total, now, sums), 0, sums);
	return 0;
}

/*
 * tcp_rtx_synack(): the answer to a SYN, of a request that belongs to a listener. num_retrans is
 * raised behind the tracepoint; a kernel that raises it before never shows 0 here.
 */
static __always_inline __u32 retransmit_synacks(const struct request_sock *request,
						struct weir_retransmit_sums *sums)
{
	__u32 sent = BPF_CORE_READ(request, num_retrans);

	if (!sent && !sums->is_behind)
		sums->is_behind = 1;
	return sent + !!sums->is_behind;
}

SEC("tp_btf/tcp_retransmit_synack")
int weir_resend_ack(__u64 *ctx)
{
	const struct sock_common *sock = (const void *)ctx[0];
	const struct tcp_sock *tcp = (const void *)ctx[0];
	const struct tcp_request_sock *request = (const void *)ctx[1];
	struct weir_retransmit_sums *sums = retransmit_sums_get();
	struct weir_retransmit_key key = {};
	__u32 total, more = 1;

	if (!sums || !retransmit_key_fill(&key, (const void *)request))
		return 0;
	key.base = BPF_CORE_READ(request, snt_isn) + 1;
	if (BPF_CORE_READ(sock, skc_state) == TCP_LISTEN) {
		total = retransmit_synacks((const void *)request, sums);
		retransmit_note_request(&key, sock, total, sums);
	} else { /* TCP Fast Open: there is a socket already, which counts */
		total = BPF_CORE_READ(tcp, total_retrans);
		more = retransmit_note(&key, sock, total, 1, sums);
	}
	retransmit_count(sock, more, 1, sums);
	return 0;
}

/* What the socket has sent again in all. Returns how much of it is new. */
static __always_inline __u32 retransmit_note_end(const struct weir_retransmit_key *key,
						 const struct sock_common *sock, __u32 total,
						 struct weir_retransmit_sums *sums)
{
	struct weir_retransmit *entry = bpf_map_lookup_elem(&retransmits, key);
	struct weir_retransmit value = { .total = total };
	__u32 more;

	/* It was taken out, or nothing of it was seen: whoever knows when it began can tell. */
	if (!entry) {
		retransmit_add(key, sock, &value, sums, 0);
		__sync_fetch_and_add(&sums->changes, 1);
		return 0;
	}
	more = total - entry->total;
	if (entry->excess != WEIR_OF_REQUEST)
		more += entry->excess;
	if ((__s32)more <= 0)
		return 0;
	entry->total += more;
	return more;
}

/* Of TCP among others. It has no skc_num any more if it had not asked for one. */
SEC("tp_btf/inet_sock_set_state")
int weir_resend_end(__u64 *ctx)
{
	const struct sock *sock = (const void *)ctx[0];
	const struct tcp_sock *tcp = (const void *)ctx[0];
	struct weir_retransmit_sums *sums;
	struct weir_retransmit_key key = {};
	__u32 total;

	if (ctx[2] != TCP_CLOSE || BPF_CORE_READ(sock, sk_protocol) != IPPROTO_TCP)
		return 0;
	total = BPF_CORE_READ(tcp, total_retrans);
	sums = retransmit_sums_get();
	if (!total || !sums || !retransmit_key_fill(&key, (const void *)sock))
		return 0;
	key.port[0] = BPF_CORE_READ((const struct inet_sock *)sock, inet_sport);
	key.base = BPF_CORE_READ(tcp, snd_una) - (__u32)BPF_CORE_READ(tcp, bytes_acked);
	total = retransmit_note_end(&key, (const void *)sock, total, sums);
	retransmit_count((const void *)sock, total, 0, sums);
	return 0;
}

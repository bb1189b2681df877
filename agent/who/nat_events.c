// SPDX-License-Identifier: BSD-2-Clause
/*
 * A ring of entries, each in two chains of a hash: of its original tuple and of its reply. The hash
 * of a tuple is that of the reversed one, so whichever way a connection is asked for it is found.
 */
#include "who/nat_events.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "conn/conn_table.h"
#include "who/nat.h"
#include "who/netlink.h"

#define RECEIVE_BYTES (2 << 20) /* some 2,000 messages */
#define READ_MAX      128	/* a call: 0.1 ms */
#define HEADS	      (2ULL * NAT_KNOWN_MAX)
#define NONE	      UINT16_MAX
#define EVENTS_PATH   "/proc/sys/net/netfilter/nf_conntrack_events"
#define LOOK_NS	      5000000000ULL

_Static_assert(2 * NAT_KNOWN_MAX <= NONE, "a node fits");

struct nat_events {
	int fd;
	bool is_overrun; /* and not read to the end since */
	bool is_silent;	 /* an administrator wants no messages to be made */
	bool is_paused;
	uint64_t looked_ns;	   /* when that was looked at */
	uint64_t covered_since_ns; /* CLOCK_MONOTONIC, as all */
	uint64_t forgotten_ns;	   /* what was told up to then may have been overwritten */
	uint64_t seed;
	uint32_t count; /* ever; the next goes to count % NAT_KNOWN_MAX */
	uint16_t heads[HEADS];
	/* Node 2 * i is the original tuple of entry i, 2 * i + 1 its reply. */
	uint16_t next[2 * NAT_KNOWN_MAX];
	/* Touched as they are used. */
	struct conntrack_entry known[NAT_KNOWN_MAX];
	uint64_t told_ns[NAT_KNOWN_MAX];
};

/* ---- the table ---- */

static uint16_t *head_of(struct nat_events *events, const struct nat_tuple *tuple)
{
	uint64_t source =
		hash_bytes(events->seed ^ tuple->source_port, tuple->source, sizeof(tuple->source));
	uint64_t destination = hash_bytes(events->seed ^ tuple->destination_port,
					  tuple->destination, sizeof(tuple->destination));

	return &events->heads[(source + destination + tuple->proto) % HEADS];
}

static const struct nat_tuple *node_tuple(const struct nat_events *events, uint16_t node)
{
	const struct conntrack_entry *entry = &events->known[node / 2];

	return node % 2 ? &entry->reply : &entry->original;
}

static void node_link(struct nat_events *events, uint16_t node)
{
	uint16_t *head = head_of(events, node_tuple(events, node));

	events->next[node] = *head;
	*head = node;
}

static void node_unlink(struct nat_events *events, uint16_t node)
{
	uint16_t *at = head_of(events, node_tuple(events, node));

	while (*at != node)
		at = &events->next[*at];
	*at = events->next[node];
}

/* In place of the oldest. */
static void add(struct nat_events *events, const struct conntrack_entry *entry, uint64_t now_ns)
{
	uint16_t i = (uint16_t)(events->count % NAT_KNOWN_MAX);

	for (unsigned int side = 0; side < 2; side++) {
		if (events->count >= NAT_KNOWN_MAX)
			node_unlink(events, (uint16_t)(2 * i + side));
	}
	events->forgotten_ns = events->told_ns[i];
	events->told_ns[i] = now_ns;
	events->known[i] = *entry;
	for (unsigned int side = 0; side < 2; side++)
		node_link(events, (uint16_t)(2 * i + side));
	events->count++;
	if (events->count == 2 * NAT_KNOWN_MAX) /* it must not come round to 0 */
		events->count = NAT_KNOWN_MAX;
}

/* The latest comes first. */
enum nat_event nat_events_find(const struct nat_events *events, const struct nat_tuple *tuple,
			       uint64_t since_ns, struct nat_answer *ret)
{
	uint16_t node = *head_of((struct nat_events *)events, tuple);

	for (; node != NONE; node = events->next[node]) {
		if (conntrack_match(&events->known[node / 2], tuple, ret))
			return events->told_ns[node / 2] >= since_ns ? NAT_EVENT_FRESH
								     : NAT_EVENT_OLD;
	}
	return NAT_EVENT_NONE;
}

/* ---- what the kernel tells ---- */

static void take(struct nat_events *events, struct netlink_rest rest, struct nat_stats *stats)
{
	uint64_t now_ns = time_monotonic_ns();
	struct conntrack_entry entry;
	const struct nlmsghdr *nlh;

	while ((nlh = netlink_take(&rest))) {
		if (!conntrack_parse(nlh, &entry) || !conntrack_is_translated(&entry))
			continue;
		add(events, &entry, now_ns);
		stats->told++;
	}
}

/* By sysctl. Connections that began meanwhile are not told of later. */
static void look_if_silent(struct nat_events *events)
{
	uint64_t now_ns = time_monotonic_ns();
	char digit = '1';

	if (events->looked_ns && now_ns - events->looked_ns < LOOK_NS)
		return;
	auto_close int fd = open(EVENTS_PATH, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &digit, 1) < 0)
		digit = '0';
	if (events->is_silent && digit != '0')
		events->covered_since_ns = now_ns;
	events->is_silent = digit == '0';
	events->looked_ns = now_ns;
}

bool nat_events_read(struct nat_events *events, struct nat_stats *stats)
{
	uint8_t buffer[4096] __attribute__((aligned(8)));
	int nsid, len;

	look_if_silent(events);
	for (unsigned int i = 0; i < READ_MAX; i++) {
		len = netlink_receive(events->fd, buffer, sizeof(buffer), &nsid);
		if (len == -EAGAIN) {
			/* The kernel reports one overrun until all has been read. */
			if (events->is_overrun)
				events->covered_since_ns = time_monotonic_ns();
			events->is_overrun = false;
			return true;
		}
		if (len >= 0) {
			take(events, (struct netlink_rest){ buffer, (size_t)len }, stats);
			continue;
		}
		events->is_overrun = true;
		if (len != -ENOBUFS && len != -ENOSPC)
			return false;
		stats->overruns++;
	}
	return false;
}

bool nat_events_cover(const struct nat_events *events, uint64_t began_ns)
{
	return !events->is_overrun && !events->is_silent && !events->is_paused &&
	       began_ns > events->covered_since_ns && began_ns > events->forgotten_ns;
}

/* ---- making and freeing ---- */

/* The word of the status tells whether it is translated; a message without one is not ours. */
static int filter_translated(int fd)
{
	enum {
		ATTRS = NLMSG_HDRLEN + sizeof(struct nfgenmsg),
		TRANSLATED = IPS_SRC_NAT | IPS_DST_NAT,
	};
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_IMM, ATTRS),
		BPF_STMT(BPF_LDX | BPF_IMM, CTA_STATUS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (__u32)(SKF_AD_OFF + SKF_AD_NLATTR)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TRANSLATED, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

/* option: NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP */
static int set_membership(const struct nat_events *events, int option)
{
	int group = NFNLGRP_CONNTRACK_NEW;

	return setsockopt(events->fd, SOL_NETLINK, option, &group, sizeof(group)) < 0 ? -errno : 0;
}

bool nat_events_pause(struct nat_events *events)
{
	if (events->is_paused)
		return false;
	(void)set_membership(events, NETLINK_DROP_MEMBERSHIP);
	events->is_paused = true;
	return true;
}

void nat_events_resume(struct nat_events *events)
{
	if (!events->is_paused || set_membership(events, NETLINK_ADD_MEMBERSHIP) < 0)
		return;
	events->covered_since_ns = time_monotonic_ns();
	events->is_paused = false;
}

static int subscribe(struct nat_events *events)
{
	int r;

	events->fd = netlink_open(NETLINK_NETFILTER, SOCK_NONBLOCK, RECEIVE_BYTES);
	if (events->fd < 0)
		return events->fd;
	r = filter_translated(events->fd);
	if (r < 0)
		return r;
	r = set_membership(events, NETLINK_ADD_MEMBERSHIP);
	if (r < 0)
		return r;
	events->covered_since_ns = time_monotonic_ns();
	return 0;
}

void nat_events_free(struct nat_events **at)
{
	struct nat_events *events = TAKE_PTR(*at);

	if (!events)
		return;
	if (events->fd >= 0)
		close(events->fd);
	free(events);
}

int nat_events_new(struct nat_events **ret)
{
	struct nat_events *events = calloc(1, sizeof(*events));
	int r;

	if (!events)
		return -ENOMEM;
	memset(events->heads, 0xff, sizeof(events->heads));
	if (getrandom(&events->seed, sizeof(events->seed), GRND_NONBLOCK) < 0)
		events->seed = time_monotonic_ns();
	r = subscribe(events);
	if (r < 0) {
		nat_events_free(&events);
		return r;
	}
	*ret = events;
	return 0;
}

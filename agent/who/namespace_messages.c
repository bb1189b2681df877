// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the kernel says of namespaces and their addresses: of all that have a number, on one socket.
 * The addresses of a namespace that is new are asked for, those of one namespace after the other.
 */
#include "who/namespaces_private.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/timefmt.h"
#include "link/link_parse.h"

#define RECEIVE_BYTES (1 << 20)
#define BUDGET_NS     1000000 /* of the 2 ms that a callback may take */
#define RESUME_MS     1

/* ---- addresses ---- */

void namespaces_want_addrs(struct namespaces *all, struct namespace *ns)
{
	ns->wants_addrs = true;
	all->wants_dump = true;
	if (!all->dumping)
		namespaces_arm(all, RESUME_MS);
}

static int send_dump(struct namespaces *all, const struct namespace *ns)
{
	uint8_t buffer[256] __attribute__((aligned(8))) = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg)); /* AF_UNSPEC: both families */
	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++all->dump_seq ? all->dump_seq : ++all->dump_seq;
	mnl_attr_put_u32(nlh, IFA_TARGET_NETNSID, (uint32_t)ns->nsid);
	return netlink_send(all->fd, nlh, nlh->nlmsg_len);
}

static bool dump_of(struct namespaces *all, struct namespace *ns)
{
	ns->wants_addrs = false;
	ns->addr_generation++;
	if (send_dump(all, ns) < 0)
		return false;
	all->dumping = namespace_ref(ns);
	all->is_dump_partial = false;
	return true;
}

void namespaces_dump_next(struct namespaces *all)
{
	if (all->dumping || !all->wants_dump)
		return;
	for (size_t i = 0; i < NAMESPACE_HEADS; i++) {
		for (struct namespace *ns = all->inodes[i]; ns; ns = ns->by_inode) {
			if (ns->wants_addrs && dump_of(all, ns))
				return;
		}
	}
	all->wants_dump = false;
}

static void dump_end(struct namespaces *all, int error)
{
	struct namespace *ns = all->dumping;

	all->dumping = NULL;
	if (error == -EBUSY) { /* of the one before, given up in an overrun, not all is read */
		namespaces_want_addrs(all, ns);
		namespace_unref(&ns);
		return;
	}
	if (!ns->is_gone && all->is_dump_partial)
		namespaces_want_addrs(all, ns);
	else if (!ns->is_gone && !error && ns_addrs_sweep(&all->addrs, ns))
		namespaces_tell(all, ns);
	namespace_unref(&ns);
	namespaces_dump_next(all);
}

static void on_addr(struct namespaces *all, struct namespace *ns, const struct nlmsghdr *nlh)
{
	struct namespace_addr addr;
	struct link_addr parsed;
	int r;

	if (ns->is_gone || !link_parse_addr(nlh, &parsed))
		return;
	addr = (struct namespace_addr){ .family = parsed.family,
					.prefix_len = parsed.prefix_len,
					.ifindex = parsed.ifindex };
	memcpy(addr.addr, parsed.addr, sizeof(addr.addr));
	if (!ns_addr_is_telling(&addr))
		return;
	if (nlh->nlmsg_type == RTM_NEWADDR) {
		r = ns_addrs_add(&all->addrs, ns, &addr);
		all->stats.refused += r < 0;
	} else {
		r = ns_addrs_remove(&all->addrs, ns, &addr);
	}
	if (r > 0)
		namespaces_tell(all, ns);
}

/* ---- messages ---- */

static void void_ifaces_of(struct namespaces *all, int nsid)
{
	for (size_t i = 0; i < all->ifaces.n; i++) {
		struct namespace_iface *row = link_rows_at(&all->ifaces, i);

		if (row->nsid == nsid && !row->is_void) {
			row->is_void = true;
			namespaces_want_walk(all); /* the kernel may have told late */
		}
	}
}

static void note_meanwhile(struct namespaces *all, struct nsid_list *list, int nsid)
{
	if (list->count < NAMESPACES_MEANWHILE_MAX)
		list->nsids[list->count++] = nsid;
	else
		all->is_walk_void = true;
}

static void on_nsid(struct namespaces *all, const struct nlmsghdr *nlh)
{
	struct netlink_attrs attrs;
	struct namespace *ns;
	int nsid;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct rtgenmsg))
		return;
	netlink_attrs_of(nlh, sizeof(struct rtgenmsg), &attrs);
	if (!netlink_attr_copy(attrs.at[NETNSA_NSID], &nsid, sizeof(nsid)) || nsid < 0)
		return;
	ns = *namespaces_at_nsid(all, nsid);
	if (nlh->nlmsg_type == RTM_NEWNSID) {
		if (all->walk) /* it may be the walk that gave the number */
			note_meanwhile(all, &all->begun, nsid);
		else if (!ns)
			namespaces_want_walk(all);
		return;
	}
	if (all->walk)
		note_meanwhile(all, &all->ended, nsid);
	if (ns)
		namespaces_drop(all, ns);
	void_ifaces_of(all, nsid);
}

static bool is_of_dump(const struct namespaces *all, const struct nlmsghdr *nlh, int nsid)
{
	return all->dumping && nsid == NETLINK_HERE && nlh->nlmsg_seq == all->dump_seq;
}

static void on_message(struct namespaces *all, const struct nlmsghdr *nlh, int nsid)
{
	bool is_dump = is_of_dump(all, nlh, nsid);
	struct namespace *ns;

	if (is_dump && nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		all->is_dump_partial = true;
	switch (nlh->nlmsg_type) {
	case RTM_NEWNSID:
	case RTM_DELNSID:
		if (nsid == NETLINK_HERE)
			on_nsid(all, nlh);
		return;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		ns = is_dump ? all->dumping : nsid >= 0 ? *namespaces_at_nsid(all, nsid) : NULL;
		if (ns)
			on_addr(all, ns, nlh);
		return;
	case NLMSG_DONE:
	case NLMSG_ERROR:
		if (is_dump)
			dump_end(all, nlh->nlmsg_type == NLMSG_ERROR ? netlink_error_of(nlh) : 0);
		return;
	default:
		return;
	}
}

/* What was lost is not known: nothing is believed until a walk has confirmed it. */
static void on_overrun(struct namespaces *all)
{
	all->stats.overruns++;
	all->is_walk_void = all->walk != NULL;
	for (size_t i = 0; i < NAMESPACE_HEADS; i++) {
		for (struct namespace *ns = all->inodes[i]; ns; ns = ns->by_inode)
			ns->is_unsure = true;
	}
	/* Its end may be among what is lost. */
	if (all->dumping) {
		all->dumping->wants_addrs = true;
		namespace_unref(&all->dumping);
	}
	namespaces_want_walk(all);
}

int namespaces_read(struct namespaces *all)
{
	uint64_t deadline_ns = time_monotonic_ns() + BUDGET_NS;

	do {
		int nsid = NETLINK_HERE;
		int n = netlink_receive(all->fd, all->buffer, sizeof(all->buffer), &nsid);
		struct netlink_rest rest = { all->buffer, n > 0 ? (size_t)n : 0 };
		const struct nlmsghdr *nlh;

		if (n == -EAGAIN)
			return 0;
		if (n == -ENOBUFS || n == -ENOSPC)
			on_overrun(all);
		else if (n < 0)
			return n;
		while ((nlh = netlink_take(&rest)))
			on_message(all, nlh, nsid);
	} while (time_monotonic_ns() < deadline_ns);
	return 1;
}

int namespaces_subscribe(struct namespaces *all)
{
	static const int groups[] = { RTNLGRP_NSID, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR };
	int on = 1;

	all->fd = netlink_open(NETLINK_ROUTE, SOCK_NONBLOCK, RECEIVE_BYTES);
	if (all->fd < 0)
		return all->fd;
	/* A dump heeds IFA_TARGET_NETNSID only under strict checking (Linux 4.20). */
	if (setsockopt(all->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) < 0 ||
	    setsockopt(all->fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (setsockopt(all->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) < 0)
			return -errno;
	}
	return 0;
}

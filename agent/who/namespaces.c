// SPDX-License-Identifier: BSD-2-Clause
/*
 * A number (nsid) names a namespace in ours while it lives; the kernel tells its end before it gives
 * the number, or the inode, to another. So a namespace is kept by its number, and what the socket
 * has for us is read before a number is believed. namespace_walk.c finds who a number is.
 */
#include "who/namespaces.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "link_parse.h"
#include "link_rows.h"
#include "loop.h"
#include "who/namespace_addrs.h"
#include "who/netlink.h"

#define HEADS	      512
#define RECEIVE_BYTES (1 << 20)
#define BUDGET_NS     1000000 /* of the 2 ms that a callback may take */
#define RESUME_MS     1
#define SOON_MS	      20 /* a burst of what is new is one walk */
#define WALK_EVERY_NS 1000000000ULL
#define CHECK_NS      1000000000ULL
#define TRIES_MAX     6	  /* then 64 s lie between them */
#define MISSES_MAX    64  /* inodes that were asked for in vain, remembered */
#define MEANWHILE_MAX 256 /* numbers of which was told while a walk ran */

struct iface_row {
	uint32_t ifindex; /* the key */
	int nsid;
	bool is_void; /* the namespace has ended; the number may be another's by now */
	uint64_t next_walk_ns;
	uint8_t tries;
};

struct miss {
	uint64_t inode;
	uint64_t next_walk_ns;
	uint8_t tries;
};

struct nsid_list {
	int nsids[MEANWHILE_MAX];
	size_t count;
};

struct namespaces {
	const struct namespaces_ops *ops;
	void *ctx;
	struct worker *worker;
	int fd;
	struct watch *watch, *timer;
	uint64_t timer_ns; /* when it is due; 0: it is not */
	uint64_t own_inode;

	struct namespace *inodes[HEADS], *nsids[HEADS];
	struct ns_addrs addrs;
	struct link_rows ifaces;
	struct miss misses[MISSES_MAX];
	unsigned int next_miss;

	struct namespace_walk *walk; /* it runs */
	bool wants_walk;
	bool is_walk_void; /* messages were lost meanwhile */
	uint64_t walked_ns;
	struct nsid_list ended, begun; /* meanwhile */

	struct namespace *dumping; /* its addresses; referenced */
	uint32_t dump_seq;
	bool is_dump_partial;
	bool wants_dump; /* somebody's */

	struct namespaces_stats stats;
	uint8_t buffer[NETLINK_RECEIVE_SIZE] __attribute__((aligned(8)));
};

static void dump_next(struct namespaces *all);

/* ---- one namespace ---- */

struct namespace *namespace_ref(struct namespace *ns)
{
	ns->refs++;
	return ns;
}

void namespace_unref(struct namespace **at)
{
	struct namespace *ns = TAKE_PTR(*at);

	if (ns && --ns->refs == 0)
		free(ns);
}

static void tell(const struct namespaces *all, const struct namespace *ns)
{
	if (all->ops)
		all->ops->changed(all->ctx, ns);
}

/* ---- when the timer is due ---- */

static void arm(struct namespaces *all, uint64_t ms)
{
	uint64_t due_ns = time_monotonic_ns() + ms * 1000000;

	if (all->timer_ns && all->timer_ns <= due_ns)
		return;
	if (watch_set_timer(all->timer, ms ? ms : 1, 0) == 0)
		all->timer_ns = due_ns;
}

/* Soon, but not more than once a second. */
static void want_walk(struct namespaces *all)
{
	uint64_t since_ns = time_monotonic_ns() - all->walked_ns;

	all->wants_walk = true;
	if (all->walk) /* the next follows it */
		return;
	arm(all, all->walked_ns && since_ns < WALK_EVERY_NS
			 ? SOON_MS + (WALK_EVERY_NS - since_ns) / 1000000
			 : SOON_MS);
}

/* Each time in vain doubles the time until the next. */
static void want_walk_again(struct namespaces *all, uint64_t *next_walk_ns, uint8_t *tries)
{
	uint64_t now_ns = time_monotonic_ns();

	if (now_ns < *next_walk_ns)
		return;
	*next_walk_ns = now_ns + (WALK_EVERY_NS << *tries);
	*tries += *tries < TRIES_MAX;
	want_walk(all);
}

/* ---- the tables ---- */

static struct namespace **inode_at(struct namespaces *all, uint64_t inode)
{
	struct namespace **at = &all->inodes[inode % HEADS];

	while (*at && (*at)->inode != inode)
		at = &(*at)->by_inode;
	return at;
}

static struct namespace **nsid_at(struct namespaces *all, int nsid)
{
	struct namespace **at = &all->nsids[(unsigned int)nsid % HEADS];

	while (*at && (*at)->nsid != nsid)
		at = &(*at)->by_nsid;
	return at;
}

static void remove_namespace(struct namespaces *all, struct namespace *ns)
{
	*inode_at(all, ns->inode) = ns->by_inode;
	*nsid_at(all, ns->nsid) = ns->by_nsid;
	ns_addrs_clear(&all->addrs, ns);
	all->stats.known--;
	ns->is_gone = true;
	tell(all, ns);
	namespace_unref(&ns);
}

static struct namespace *add_namespace(struct namespaces *all, uint64_t inode, int nsid)
{
	struct namespace *ns = NULL, **head;

	if (all->stats.known < NAMESPACES_MAX)
		ns = calloc(1, sizeof(*ns));
	if (!ns) {
		all->stats.refused++;
		return NULL;
	}
	ns->refs = 1;
	ns->inode = inode;
	ns->nsid = nsid;
	ns->checked_ns = time_monotonic_ns();
	head = &all->inodes[inode % HEADS];
	ns->by_inode = *head;
	*head = ns;
	head = &all->nsids[(unsigned int)nsid % HEADS];
	ns->by_nsid = *head;
	*head = ns;
	all->stats.known++;
	return ns;
}

int namespaces_each(const struct namespaces *all, int (*fn)(void *ctx, const struct namespace *ns),
		    void *ctx)
{
	int r = 0;

	for (size_t i = 0; i < HEADS; i++) {
		for (const struct namespace *ns = all->inodes[i]; ns && !r; ns = ns->by_inode)
			r = ns->is_unsure ? 0 : fn(ctx, ns);
	}
	return r;
}

int namespace_each_addr(const struct namespace *ns,
			int (*fn)(void *ctx, const struct namespace_addr *addr), void *ctx)
{
	int r = 0;

	for (const struct ns_addr *row = ns->addrs; row && !r; row = row->next_of_namespace)
		r = fn(ctx, &row->addr);
	return r;
}

/* ---- addresses ---- */

static void want_addrs(struct namespaces *all, struct namespace *ns)
{
	ns->wants_addrs = true;
	all->wants_dump = true;
	if (!all->dumping)
		arm(all, RESUME_MS);
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

/* The addresses of the next that wants it. */
static void dump_next(struct namespaces *all)
{
	if (all->dumping || !all->wants_dump)
		return;
	for (size_t i = 0; i < HEADS; i++) {
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
		want_addrs(all, ns);
		namespace_unref(&ns);
		return;
	}
	if (!ns->is_gone && all->is_dump_partial)
		want_addrs(all, ns);
	else if (!ns->is_gone && !error && ns_addrs_sweep(&all->addrs, ns))
		tell(all, ns);
	namespace_unref(&ns);
	dump_next(all);
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
		tell(all, ns);
}

/* ---- messages ---- */

static void void_ifaces_of(struct namespaces *all, int nsid)
{
	for (size_t i = 0; i < all->ifaces.n; i++) {
		struct iface_row *row = link_rows_at(&all->ifaces, i);

		if (row->nsid == nsid && !row->is_void) {
			row->is_void = true;
			want_walk(all); /* the kernel may have told late */
		}
	}
}

static void note_meanwhile(struct namespaces *all, struct nsid_list *list, int nsid)
{
	if (list->count < MEANWHILE_MAX)
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
	ns = *nsid_at(all, nsid);
	if (nlh->nlmsg_type == RTM_NEWNSID) {
		if (all->walk) /* it may be the walk that gave the number */
			note_meanwhile(all, &all->begun, nsid);
		else if (!ns)
			want_walk(all);
		return;
	}
	if (all->walk)
		note_meanwhile(all, &all->ended, nsid);
	if (ns)
		remove_namespace(all, ns);
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
		ns = is_dump ? all->dumping : nsid >= 0 ? *nsid_at(all, nsid) : NULL;
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
	for (size_t i = 0; i < HEADS; i++) {
		for (struct namespace *ns = all->inodes[i]; ns; ns = ns->by_inode)
			ns->is_unsure = true;
	}
	/* Its end may be among what is lost. */
	if (all->dumping) {
		all->dumping->wants_addrs = true;
		namespace_unref(&all->dumping);
	}
	want_walk(all);
}

/* All that there is (0), or as much as there is time for (1); -errno: the socket is broken. */
static int read_all(struct namespaces *all)
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

static int on_readable(void *ctx, uint32_t events __attribute__((unused)))
{
	int r = read_all(ctx);

	return r < 0 ? r : 0;
}

/* ---- walks ---- */

static bool has_ended(const struct namespaces *all, int nsid)
{
	for (size_t i = 0; i < all->ended.count; i++) {
		if (all->ended.nsids[i] == nsid)
			return true;
	}
	return false;
}

static bool is_told_anew(const struct namespace *ns, const struct namespace_found *found)
{
	if (strcmp(ns->name, found->name) != 0 || ns->process_count != found->process_count)
		return true;
	for (size_t i = 0; i < found->process_count; i++) {
		if (ns->processes[i].pid != found->processes[i].pid ||
		    ns->processes[i].cgroup_id != found->processes[i].cgroup_id)
			return true;
	}
	return false;
}

/* The namespace is what was found, and nothing else is. */
static struct namespace *settle_found(struct namespaces *all, const struct namespace_found *found,
				      bool *ret_is_new)
{
	struct namespace *ns = *nsid_at(all, found->nsid), *other;

	*ret_is_new = false;
	if (ns && ns->inode == found->inode)
		return ns;
	if (ns)
		remove_namespace(all, ns);
	other = *inode_at(all, found->inode);
	if (other)
		remove_namespace(all, other);
	*ret_is_new = true;
	return add_namespace(all, found->inode, found->nsid);
}

static void take_found(struct namespaces *all, const struct namespace_found *found)
{
	struct namespace *ns;
	bool is_new;

	ns = settle_found(all, found, &is_new);
	if (!ns)
		return;
	if (is_new || ns->is_unsure || !ns->addrs)
		want_addrs(all, ns);
	ns->checked_ns = time_monotonic_ns();
	if (found->process_count)
		ns->tries = 0;
	if (!is_new && !ns->is_unsure && !is_told_anew(ns, found))
		return;
	ns->is_unsure = false;
	memcpy(ns->name, found->name, sizeof(ns->name));
	memcpy(ns->processes, found->processes, sizeof(ns->processes));
	ns->process_count = found->process_count;
	tell(all, ns);
}

/* Of a number that is somebody's after its end was told: the kernel had told late. */
static void believe_ifaces(struct namespaces *all)
{
	for (size_t i = 0; i < all->ifaces.n; i++) {
		struct iface_row *row = link_rows_at(&all->ifaces, i);

		if (row->is_void && *nsid_at(all, row->nsid))
			row->is_void = false;
	}
}

static void drop_unsure(struct namespaces *all)
{
	for (size_t i = 0; i < HEADS; i++) {
		struct namespace **at = &all->inodes[i];

		while (*at) {
			if ((*at)->is_unsure)
				remove_namespace(all, *at);
			else
				at = &(*at)->by_inode;
		}
	}
}

static void take_walk(struct namespaces *all, const struct namespace_walk *walk)
{
	all->stats.walks++;
	all->stats.refused += walk->is_cut;
	for (size_t i = 0; i < walk->count; i++) {
		const struct namespace_found *found = &walk->found[i];

		if (found->nsid < 0)
			continue;
		if (has_ended(all, found->nsid))
			want_walk(all);
		else
			take_found(all, found);
	}
	for (size_t i = 0; i < all->begun.count; i++) {
		if (!*nsid_at(all, all->begun.nsids[i]))
			want_walk(all);
	}
	drop_unsure(all);
	believe_ifaces(all);
	dump_next(all);
}

static void walk_done(struct worker_job *job)
{
	struct namespace_walk *walk = (struct namespace_walk *)job;
	struct namespaces *all = walk->owner;
	int r;

	if (all) {
		r = read_all(all); /* what was told before it looked */
		all->walk = NULL;
		if (all->is_walk_void || r)
			want_walk(all);
		else
			take_walk(all, walk);
		if (all->wants_walk)
			want_walk(all);
	}
	namespace_walk_free(&walk);
}

static void walk_start(struct namespaces *all)
{
	struct namespace_walk *walk;

	if (namespace_walk_new(&walk, all->own_inode, NAMESPACES_MAX) < 0)
		return; /* until somebody asks again */
	walk->job.done = walk_done;
	walk->owner = all;
	all->walk = walk;
	all->wants_walk = all->is_walk_void = false;
	all->ended.count = all->begun.count = 0;
	all->walked_ns = time_monotonic_ns();
	worker_give(all->worker, &walk->job);
}

static int on_timer(void *ctx)
{
	struct namespaces *all = ctx;

	all->timer_ns = 0;
	if (all->wants_walk && !all->walk) {
		if (!all->walked_ns || time_monotonic_ns() - all->walked_ns >= WALK_EVERY_NS)
			walk_start(all);
		else
			want_walk(all);
	}
	dump_next(all);
	return 0;
}

/* ---- asking ---- */

/* Is the process that stands for it still in it? If not the next one does. */
static void check_processes(struct namespaces *all, struct namespace *ns)
{
	uint64_t now_ns = time_monotonic_ns();
	size_t gone = 0;

	if (now_ns - ns->checked_ns >= CHECK_NS) {
		ns->checked_ns = now_ns;
		while (gone < ns->process_count &&
		       namespace_of_process(ns->processes[gone].pid) != ns->inode)
			gone++;
	}
	if (gone) {
		ns->process_count -= gone;
		memmove(ns->processes, ns->processes + gone,
			ns->process_count * sizeof(ns->processes[0]));
		memset(ns->processes + ns->process_count, 0, gone * sizeof(ns->processes[0]));
		tell(all, ns);
	}
	if (!ns->process_count)
		want_walk_again(all, &ns->next_walk_ns, &ns->tries);
}

static struct namespace *checked(struct namespaces *all, struct namespace *ns)
{
	if (!ns || ns->is_unsure)
		return NULL;
	check_processes(all, ns);
	return ns;
}

struct namespace *namespaces_by_ifindex(struct namespaces *all, uint32_t ifindex)
{
	struct iface_row *row = link_rows_find(&all->ifaces, &ifindex);
	struct namespace *ns;

	if (!row || row->nsid < 0)
		return NULL;
	ns = row->is_void ? NULL : *nsid_at(all, row->nsid);
	if (!ns)
		want_walk_again(all, &row->next_walk_ns, &row->tries);
	return checked(all, ns);
}

static void miss_inode(struct namespaces *all, uint64_t inode)
{
	struct miss *miss = all->misses;

	while (miss < all->misses + MISSES_MAX && miss->inode != inode)
		miss++;
	if (miss == all->misses + MISSES_MAX) {
		miss = &all->misses[all->next_miss++ % MISSES_MAX];
		*miss = (struct miss){ .inode = inode };
	}
	want_walk_again(all, &miss->next_walk_ns, &miss->tries);
}

struct namespace *namespaces_by_inode(struct namespaces *all, uint64_t inode)
{
	struct namespace *ns;

	if (!inode || inode == all->own_inode)
		return NULL;
	ns = *inode_at(all, inode);
	if (!ns)
		miss_inode(all, inode);
	return checked(all, ns);
}

int namespaces_by_addr(struct namespaces *all, const uint8_t addr[static 16],
		       struct namespace **ret)
{
	int r = ns_addrs_find(&all->addrs, addr, ret);

	if (!r)
		check_processes(all, *ret);
	return r;
}

/* ---- interfaces ---- */

static int by_ifindex(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

void namespaces_set_iface(struct namespaces *all, uint32_t ifindex, int nsid)
{
	struct iface_row now = { .ifindex = ifindex, .nsid = nsid }, *row;
	bool is_new;

	if (nsid < 0) {
		namespaces_remove_iface(all, ifindex);
		return;
	}
	(void)read_all(
		all); /* the end of who had the number before; an error ends the loop later */
	row = link_rows_add(&all->ifaces, &now, &is_new);
	if (!row)
		return;
	*row = now;
	if (!*nsid_at(all, nsid))
		want_walk(all);
}

void namespaces_remove_iface(struct namespaces *all, uint32_t ifindex)
{
	if (link_rows_find(&all->ifaces, &ifindex))
		link_rows_remove(&all->ifaces, link_rows_bound(&all->ifaces, &ifindex));
}

/* ---- making and freeing ---- */

void namespaces_look(struct namespaces *all)
{
	want_walk(all);
}

uint64_t namespaces_own_inode(const struct namespaces *all)
{
	return all->own_inode;
}

void namespaces_get_stats(const struct namespaces *all, struct namespaces_stats *ret)
{
	*ret = all->stats;
	ret->addrs = all->addrs.count;
}

static int subscribe(struct namespaces *all)
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

void namespaces_free(struct namespaces **at)
{
	struct namespaces *all = TAKE_PTR(*at);

	if (!all)
		return;
	all->ops = NULL;
	for (size_t i = 0; i < HEADS; i++) {
		while (all->inodes[i])
			remove_namespace(all, all->inodes[i]);
	}
	namespace_unref(&all->dumping);
	if (all->walk)
		all->walk->owner = NULL;
	watch_free(&all->watch);
	watch_free(&all->timer);
	if (all->fd >= 0)
		close(all->fd);
	free(all->ifaces.at);
	free(all);
}

int namespaces_new(struct namespaces **ret, struct loop *loop, struct worker *worker,
		   const struct namespaces_ops *ops, void *ctx)
{
	__attribute__((cleanup(namespaces_free))) struct namespaces *all = calloc(1, sizeof(*all));
	int r;

	if (!all)
		return -ENOMEM;
	all->fd = -1;
	all->ops = ops;
	all->ctx = ctx;
	all->worker = worker;
	all->ifaces.size = sizeof(struct iface_row);
	all->ifaces.compare = by_ifindex;
	all->own_inode = namespace_of_thread();
	if (!all->own_inode)
		return -ENOENT;
	r = subscribe(all);
	if (r == 0)
		r = loop_add_fd(loop, all->fd, EPOLLIN, on_readable, all, &all->watch);
	if (r == 0)
		r = loop_add_timer(loop, 0, 0, on_timer, all, &all->timer);
	if (r < 0)
		return r;
	want_walk(all);
	*ret = TAKE_PTR(all);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * A number (nsid) names a namespace in ours while it lives; the kernel tells its end before it gives
 * the number, or the inode, to another. So a namespace is kept by its number, and what the socket
 * has for us is read before a number is believed. namespace_walk.c finds who a number is.
 */
#include "who/namespaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "loop.h"
#include "who/namespaces_private.h"

#define CHECK_NS 1000000000ULL

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
		namespaces_tell(all, ns);
	}
	if (!ns->process_count)
		namespaces_want_walk_again(all, &ns->next_walk_ns, &ns->tries);
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
	struct namespace_iface *row = link_rows_find(&all->ifaces, &ifindex);
	struct namespace *ns;

	if (!row || row->nsid < 0)
		return NULL;
	ns = row->is_void ? NULL : *namespaces_at_nsid(all, row->nsid);
	if (!ns)
		namespaces_want_walk_again(all, &row->next_walk_ns, &row->tries);
	return checked(all, ns);
}

static void miss_inode(struct namespaces *all, uint64_t inode)
{
	struct namespace_miss *miss = all->misses;

	while (miss < all->misses + NAMESPACES_MISSES_MAX && miss->inode != inode)
		miss++;
	if (miss == all->misses + NAMESPACES_MISSES_MAX) {
		miss = &all->misses[all->next_miss++ % NAMESPACES_MISSES_MAX];
		*miss = (struct namespace_miss){ .inode = inode };
	}
	namespaces_want_walk_again(all, &miss->next_walk_ns, &miss->tries);
}

struct namespace *namespaces_by_inode(struct namespaces *all, uint64_t inode)
{
	struct namespace *ns;

	if (!inode || inode == all->own_inode)
		return NULL;
	ns = *namespaces_at_inode(all, inode);
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
	struct namespace_iface now = { .ifindex = ifindex, .nsid = nsid }, *row;
	bool is_new;

	if (nsid < 0) {
		namespaces_remove_iface(all, ifindex);
		return;
	}
	(void)namespaces_read(
		all); /* the end of who had the number before; an error ends the loop later */
	row = link_rows_add(&all->ifaces, &now, &is_new);
	if (!row)
		return;
	*row = now;
	if (!*namespaces_at_nsid(all, nsid))
		namespaces_want_walk(all);
}

void namespaces_remove_iface(struct namespaces *all, uint32_t ifindex)
{
	if (link_rows_find(&all->ifaces, &ifindex))
		link_rows_remove(&all->ifaces, link_rows_bound(&all->ifaces, &ifindex));
}

/* ---- making and freeing ---- */

void namespaces_look(struct namespaces *all)
{
	namespaces_want_walk(all);
}

void namespaces_get_stats(const struct namespaces *all, struct namespaces_stats *ret)
{
	*ret = all->stats;
	ret->addrs = all->addrs.count;
}

static int on_readable(void *ctx, uint32_t events __attribute__((unused)))
{
	int r = namespaces_read(ctx);

	return r < 0 ? r : 0;
}

void namespaces_free(struct namespaces **at)
{
	struct namespaces *all = TAKE_PTR(*at);

	if (!all)
		return;
	all->ops = NULL;
	for (size_t i = 0; i < NAMESPACE_HEADS; i++) {
		while (all->inodes[i])
			namespaces_drop(all, all->inodes[i]);
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
	all->ifaces.size = sizeof(struct namespace_iface);
	all->ifaces.compare = by_ifindex;
	all->own_inode = namespace_of_thread();
	if (!all->own_inode)
		return -ENOENT;
	r = namespaces_subscribe(all);
	if (r == 0)
		r = loop_add_fd(loop, all->fd, EPOLLIN, on_readable, all, &all->watch);
	if (r == 0)
		r = loop_add_timer(loop, 0, 0, namespaces_on_timer, all, &all->timer);
	if (r < 0)
		return r;
	namespaces_want_walk(all);
	*ret = TAKE_PTR(all);
	return 0;
}

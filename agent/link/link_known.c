// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tables of what is known. The kernel does not notify everything: the other end of a pair is
 * inferred, and where something may have changed unsaid, the owner is told to ask.
 */
#include "link/link_known.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "link/link.h"
#include "link/link_parse.h"

struct known_iface {
	struct link_iface iface;
	uint32_t generation;
	bool is_unsure; /* a pair of which no other end was told */
};

struct known_addr {
	struct link_addr addr;
	uint32_t generation;
};

static int compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_addr(const void *a, const void *b)
{
	const struct link_addr *x = a, *y = b;
	int r = compare_u32(&x->ifindex, &y->ifindex);

	if (r == 0)
		r = memcmp(x->addr, y->addr, sizeof(x->addr));
	if (r == 0)
		r = x->family - y->family;
	if (r == 0)
		r = x->prefix_len - y->prefix_len;
	return r;
}

void link_known_init(struct link_known *ret, const struct link_ops *ops, void *ctx)
{
	*ret = (struct link_known){
		.ops = ops,
		.ctx = ctx,
		.ifaces = { .size = sizeof(struct known_iface), .compare = compare_u32 },
		.addrs = { .size = sizeof(struct known_addr), .compare = compare_addr },
		.oifs = { .size = sizeof(uint32_t), .compare = compare_u32 },
		.found = { .size = sizeof(uint32_t), .compare = compare_u32 },
	};
}

void link_known_done(struct link_known *known)
{
	free(known->ifaces.at);
	free(known->addrs.at);
	free(known->oifs.at);
	free(known->found.at);
}

/* ---- addresses ---- */

static void addr_tell(struct link_known *known, const struct link_addr *addr, bool is_there)
{
	known->ops->addr_set(known->ctx, addr->ifindex, addr->addr, addr->family, is_there);
}

static bool addr_is_at(const struct link_known *known, size_t i, const struct link_addr *addr)
{
	const struct known_addr *row = i < known->addrs.n ? link_rows_at(&known->addrs, i) : NULL;

	return row && row->addr.ifindex == addr->ifindex && row->addr.family == addr->family &&
	       memcmp(row->addr.addr, addr->addr, sizeof(addr->addr)) == 0;
}

/* Is it there with another prefix length? Its neighbours, before and at after, would be it. */
static bool addr_is_around(const struct link_known *known, size_t i, size_t after,
			   const struct link_addr *addr)
{
	return addr_is_at(known, after, addr) || (i > 0 && addr_is_at(known, i - 1, addr));
}

static void addr_remove(struct link_known *known, size_t i)
{
	const struct known_addr *row = link_rows_at(&known->addrs, i);
	struct link_addr addr = row->addr;

	link_rows_remove(&known->addrs, i);
	if (!addr_is_around(known, i, i, &addr))
		addr_tell(known, &addr, false);
}

static void addrs_remove_of(struct link_known *known, uint32_t ifindex)
{
	const struct link_addr key = { .ifindex = ifindex };
	size_t i = link_rows_bound(&known->addrs, &key);

	while (i < known->addrs.n) {
		const struct known_addr *row = link_rows_at(&known->addrs, i);

		if (row->addr.ifindex != ifindex)
			break;
		addr_remove(known, i);
	}
}

int link_known_add_addr(struct link_known *known, const struct link_addr *addr)
{
	const struct known_addr now = { .addr = *addr };
	bool is_new;
	struct known_addr *row = link_rows_add(&known->addrs, &now, &is_new);
	size_t i;

	if (!row)
		return -ENOMEM;
	row->generation = known->generation;
	i = (size_t)((unsigned char *)row - known->addrs.at) / known->addrs.size;
	if (is_new && !addr_is_around(known, i, i + 1, addr))
		addr_tell(known, addr, true);
	return 0;
}

void link_known_remove_addr(struct link_known *known, const struct link_addr *addr)
{
	if (link_rows_find(&known->addrs, addr))
		addr_remove(known, link_rows_bound(&known->addrs, addr));
	/* IPv4 routes with this source address went in silence. */
	if (link_rows_find(&known->oifs, &addr->ifindex))
		known->may_lack_routes = true;
}

/* ---- interfaces ---- */

static bool info_equal(const struct iface_info *a, const struct iface_info *b)
{
	return a->ifindex == b->ifindex && a->master == b->master && a->lower == b->lower &&
	       a->flags == b->flags && a->arphrd == b->arphrd &&
	       a->has_default_route == b->has_default_route &&
	       a->is_peer_elsewhere == b->is_peer_elsewhere && a->peer_nsid == b->peer_nsid &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->port_kind, b->port_kind) == 0 &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

/*
 * Of a pair the kernel notifies only the end that is made, moved or deleted. The other end's state
 * follows from it; to ask would be to wait for the kernel's lock, in the midst of its changes.
 */
static void peer_set(struct link_known *known, const struct link_iface *iface, bool is_here,
		     int32_t nsid)
{
	struct known_iface *row = iface->peer ? link_rows_find(&known->ifaces, &iface->peer) : NULL;

	if (!row)
		return;
	row->iface.peer = is_here ? iface->info.ifindex : 0;
	row->is_unsure = false;
	if (row->iface.info.is_peer_elsewhere != !is_here || row->iface.info.peer_nsid != nsid) {
		row->iface.info.is_peer_elsewhere = !is_here;
		row->iface.info.peer_nsid = nsid;
		known->ops->iface_set(known->ctx, &row->iface.info);
	}
}

/* moved: the message that says where it has gone; NULL: it just has. */
static void iface_remove(struct link_known *known, size_t i, const struct link_iface *moved)
{
	const struct known_iface *row = link_rows_at(&known->ifaces, i);
	struct link_iface iface = row->iface;
	uint32_t ifindex = iface.info.ifindex;

	addrs_remove_of(known, ifindex);
	if (link_rows_find(&known->oifs, &ifindex))
		link_rows_remove(&known->oifs, link_rows_bound(&known->oifs, &ifindex));
	link_rows_remove(&known->ifaces, i);
	known->ops->iface_gone(known->ctx, ifindex);
	if (moved && moved->has_moved)
		peer_set(known, &iface, false, moved->moved_nsid);
}

void link_known_remove_iface(struct link_known *known, const struct link_iface *iface)
{
	if (link_rows_find(&known->ifaces, iface))
		iface_remove(known, link_rows_bound(&known->ifaces, iface), iface);
}

int link_known_set_iface(struct link_known *known, const struct link_iface *iface, bool is_unsure)
{
	struct known_iface now = { .iface = *iface, .is_unsure = is_unsure };
	bool is_new, has_changed, was_up_with_default;
	struct known_iface *row;

	now.generation = known->generation;
	now.iface.info.has_default_route = link_rows_find(&known->oifs, &iface->info.ifindex);
	row = link_rows_add(&known->ifaces, &now, &is_new);
	if (!row)
		return -ENOMEM;
	has_changed = is_new || !info_equal(&row->iface.info, &now.iface.info);
	was_up_with_default = row->iface.info.has_default_route && row->iface.info.flags & IFF_UP;
	*row = now;
	if (has_changed)
		known->ops->iface_set(known->ctx, &now.iface.info);
	peer_set(known, &now.iface, true, -1);
	if (is_unsure)
		known->has_unsure = true;
	/* Taking an interface down takes its IPv4 routes with it, in silence. */
	if (was_up_with_default && !(now.iface.info.flags & IFF_UP))
		known->may_lack_routes = true;
	return 0;
}

uint32_t link_known_take_unsure(struct link_known *known, size_t *at)
{
	while (*at < known->ifaces.n) {
		struct known_iface *row = link_rows_at(&known->ifaces, (*at)++);

		if (!row->is_unsure)
			continue;
		row->is_unsure = false;
		return row->iface.info.ifindex;
	}
	return 0;
}

bool link_known_has_macvlan(const struct link_known *known, uint32_t ifindex)
{
	for (size_t i = 0; i < known->ifaces.n; i++) {
		const struct known_iface *row = link_rows_at(&known->ifaces, i);

		if (row->iface.info.lower == ifindex && iface_is_macvlan(&row->iface.info))
			return true;
	}
	return false;
}

/* ---- dumps ---- */

void link_known_each(const struct link_known *known,
		     void (*fn)(void *ctx, const struct iface_info *info), void *ctx)
{
	for (size_t i = 0; i < known->ifaces.n; i++) {
		const struct known_iface *row = link_rows_at(&known->ifaces, i);

		fn(ctx, &row->iface.info);
	}
}

void link_known_begin(struct link_known *known)
{
	known->generation++;
}

void link_known_begin_routes(struct link_known *known)
{
	known->found.n = 0;
}

int link_known_add_route(struct link_known *known, uint32_t oif)
{
	bool is_new;

	return oif == 0 || link_rows_add(&known->found, &oif, &is_new) ? 0 : -ENOMEM;
}

void link_known_end_routes(struct link_known *known)
{
	struct link_rows old = known->oifs;

	known->oifs = known->found;
	known->found = old;
	for (size_t i = 0; i < known->ifaces.n; i++) {
		struct known_iface *row = link_rows_at(&known->ifaces, i);
		struct iface_info *info = &row->iface.info;
		bool has_default_route = link_rows_find(&known->oifs, &info->ifindex);

		if (info->has_default_route == has_default_route)
			continue;
		info->has_default_route = has_default_route;
		known->ops->iface_set(known->ctx, info);
	}
}

void link_known_end_ifaces(struct link_known *known)
{
	for (size_t i = 0; i < known->ifaces.n;) {
		const struct known_iface *row = link_rows_at(&known->ifaces, i);

		if (row->generation != known->generation)
			iface_remove(known, i, NULL);
		else
			i++;
	}
}

void link_known_end_addrs(struct link_known *known)
{
	for (size_t i = 0; i < known->addrs.n;) {
		const struct known_addr *row = link_rows_at(&known->addrs, i);

		if (row->generation != known->generation)
			addr_remove(known, i);
		else
			i++;
	}
}

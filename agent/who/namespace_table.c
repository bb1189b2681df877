// SPDX-License-Identifier: BSD-2-Clause
/* The namespaces that are known, found by their number and by their inode. */
#include "who/namespaces_private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/timefmt.h"

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

void namespaces_tell(const struct namespaces *all, const struct namespace *ns)
{
	if (all->ops)
		all->ops->changed(all->ctx, ns);
}

struct namespace **namespaces_at_inode(struct namespaces *all, uint64_t inode)
{
	struct namespace **at = &all->inodes[inode % NAMESPACE_HEADS];

	while (*at && (*at)->inode != inode)
		at = &(*at)->by_inode;
	return at;
}

struct namespace **namespaces_at_nsid(struct namespaces *all, int nsid)
{
	struct namespace **at = &all->nsids[(unsigned int)nsid % NAMESPACE_HEADS];

	while (*at && (*at)->nsid != nsid)
		at = &(*at)->by_nsid;
	return at;
}

void namespaces_drop(struct namespaces *all, struct namespace *ns)
{
	*namespaces_at_inode(all, ns->inode) = ns->by_inode;
	*namespaces_at_nsid(all, ns->nsid) = ns->by_nsid;
	ns_addrs_clear(&all->addrs, ns);
	all->stats.known--;
	ns->is_gone = true;
	namespaces_tell(all, ns);
	namespace_unref(&ns);
}

struct namespace *namespaces_add(struct namespaces *all, uint64_t inode, int nsid)
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
	head = &all->inodes[inode % NAMESPACE_HEADS];
	ns->by_inode = *head;
	*head = ns;
	head = &all->nsids[(unsigned int)nsid % NAMESPACE_HEADS];
	ns->by_nsid = *head;
	*head = ns;
	all->stats.known++;
	return ns;
}

int namespaces_each(const struct namespaces *all, int (*fn)(void *ctx, const struct namespace *ns),
		    void *ctx)
{
	int r = 0;

	for (size_t i = 0; i < NAMESPACE_HEADS; i++) {
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

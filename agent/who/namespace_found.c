// SPDX-License-Identifier: BSD-2-Clause
/*
 * When a walk is due, and what is believed of what it has found: namespaces whose end was told
 * meanwhile are not, those that it has not found after messages were lost are no more.
 */
#include "who/namespaces_private.h"

#include <string.h>

#include "base/timefmt.h"
#include "loop.h"

#define SOON_MS	      20 /* a burst of what is new is one walk */
#define WALK_EVERY_NS 1000000000ULL
#define TRIES_MAX     6 /* then 64 s lie between them */

/* ---- when a walk is due ---- */

void namespaces_arm(struct namespaces *all, uint64_t ms)
{
	uint64_t due_ns = time_monotonic_ns() + ms * 1000000;

	if (all->timer_ns && all->timer_ns <= due_ns)
		return;
	if (watch_set_timer(all->timer, ms ? ms : 1, 0) == 0)
		all->timer_ns = due_ns;
}

void namespaces_want_walk(struct namespaces *all)
{
	uint64_t since_ns = time_monotonic_ns() - all->walked_ns;

	all->wants_walk = true;
	if (all->walk) /* the next follows it */
		return;
	namespaces_arm(all, all->walked_ns && since_ns < WALK_EVERY_NS
				    ? SOON_MS + (WALK_EVERY_NS - since_ns) / 1000000
				    : SOON_MS);
}

void namespaces_want_walk_again(struct namespaces *all, uint64_t *next_walk_ns, uint8_t *tries)
{
	uint64_t now_ns = time_monotonic_ns();

	if (now_ns < *next_walk_ns)
		return;
	*next_walk_ns = now_ns + (WALK_EVERY_NS << *tries);
	*tries += *tries < TRIES_MAX;
	namespaces_want_walk(all);
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
	struct namespace *ns = *namespaces_at_nsid(all, found->nsid), *other;

	*ret_is_new = false;
	if (ns && ns->inode == found->inode)
		return ns;
	if (ns)
		namespaces_drop(all, ns);
	other = *namespaces_at_inode(all, found->inode);
	if (other)
		namespaces_drop(all, other);
	*ret_is_new = true;
	return namespaces_add(all, found->inode, found->nsid);
}

static void take_found(struct namespaces *all, const struct namespace_found *found)
{
	struct namespace *ns;
	bool is_new;

	ns = settle_found(all, found, &is_new);
	if (!ns)
		return;
	if (is_new || ns->is_unsure || !ns->addrs)
		namespaces_want_addrs(all, ns);
	ns->checked_ns = time_monotonic_ns();
	if (found->process_count)
		ns->tries = 0;
	if (!is_new && !ns->is_unsure && !is_told_anew(ns, found))
		return;
	ns->is_unsure = false;
	memcpy(ns->name, found->name, sizeof(ns->name));
	memcpy(ns->processes, found->processes, sizeof(ns->processes));
	ns->process_count = found->process_count;
	namespaces_tell(all, ns);
}

/* Of a number that is somebody's after its end was told: the kernel had told late. */
static void believe_ifaces(struct namespaces *all)
{
	for (size_t i = 0; i < all->ifaces.n; i++) {
		struct namespace_iface *row = link_rows_at(&all->ifaces, i);

		if (row->is_void && *namespaces_at_nsid(all, row->nsid))
			row->is_void = false;
	}
}

static void drop_unsure(struct namespaces *all)
{
	for (size_t i = 0; i < NAMESPACE_HEADS; i++) {
		struct namespace **at = &all->inodes[i];

		while (*at) {
			if ((*at)->is_unsure)
				namespaces_drop(all, *at);
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
			namespaces_want_walk(all);
		else
			take_found(all, found);
	}
	for (size_t i = 0; i < all->begun.count; i++) {
		if (!*namespaces_at_nsid(all, all->begun.nsids[i]))
			namespaces_want_walk(all);
	}
	drop_unsure(all);
	believe_ifaces(all);
	namespaces_dump_next(all);
}

static void walk_done(struct worker_job *job)
{
	struct namespace_walk *walk = (struct namespace_walk *)job;
	struct namespaces *all = walk->owner;
	int r;

	if (all) {
		r = namespaces_read(all); /* what was told before it looked */
		all->walk = NULL;
		if (all->is_walk_void || r)
			namespaces_want_walk(all);
		else
			take_walk(all, walk);
		if (all->wants_walk)
			namespaces_want_walk(all);
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

int namespaces_on_timer(void *ctx)
{
	struct namespaces *all = ctx;

	all->timer_ns = 0;
	if (all->wants_walk && !all->walk) {
		if (!all->walked_ns || time_monotonic_ns() - all->walked_ns >= WALK_EVERY_NS)
			walk_start(all);
		else
			namespaces_want_walk(all);
	}
	namespaces_dump_next(all);
	return 0;
}

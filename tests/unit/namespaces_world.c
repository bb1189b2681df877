// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table and the link that tells it of interfaces, with a loop and a worker of their own.
 */
#include "tests/unit/namespaces_world.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/addr.h"
#include "base/timefmt.h"

static void on_changed(void *ctx, const struct namespace *ns)
{
	struct namespaces_world *world = ctx;

	if (ns->inode != world->watched) /* others may test beside us */
		return;
	world->changed++;
	world->gone += ns->is_gone;
}

const struct namespaces_ops namespaces_world_ops = { .changed = on_changed };

static void on_iface_set(void *ctx, const struct iface_info *info)
{
	struct namespaces_world *world = ctx;

	assert_true(info->ifindex < MAX_NAMED);
	world->ifaces[info->ifindex] = *info;
	namespaces_set_iface(world->all, info->ifindex,
			     info->is_peer_elsewhere ? info->peer_nsid : -1);
}

static void on_iface_gone(void *ctx, uint32_t ifindex)
{
	struct namespaces_world *world = ctx;

	world->ifaces[ifindex] = (struct iface_info){};
	namespaces_remove_iface(world->all, ifindex);
}

static void on_addr_set(void *ctx, uint32_t ifindex, const uint8_t addr[static 16], int family,
			bool is_there)
{
	(void)ctx, (void)ifindex, (void)addr, (void)family, (void)is_there;
}

static void on_tc_removed(void *ctx, uint32_t ifindex)
{
	(void)ctx, (void)ifindex;
}

static const struct link_ops link_ops = {
	.iface_set = on_iface_set,
	.iface_gone = on_iface_gone,
	.tc_removed = on_tc_removed,
	.addr_set = on_addr_set,
};

void namespaces_world_open(struct namespaces_world *world)
{
	assert_int_equal(namespaces_new(&world->all, world->loop, world->worker,
					&namespaces_world_ops, world),
			 0);
	assert_int_equal(link_new(&world->link, world->loop, &link_ops, world), 0);
}

int namespaces_world_set_up(void **state)
{
	struct namespaces_world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	netns_home();
	assert_int_equal(loop_new(&world->loop), 0);
	assert_int_equal(worker_new(&world->worker, world->loop), 0);
	*state = world;
	return 0;
}

int namespaces_world_tear_down(void **state)
{
	struct namespaces_world *world = *state;

	link_free(&world->link);
	namespaces_free(&world->all);
	worker_free(&world->worker);
	netns_close(&world->a);
	netns_close(&world->b);
	loop_free(&world->loop);
	free(world);
	return 0;
}

const char *namespaces_world_why_not(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return "needs network and mount namespaces";
	return NULL;
}

/* ---- questions ---- */

uint32_t ifindex_of(const struct namespaces_world *world, const char *name)
{
	for (uint32_t i = 0; i < MAX_NAMED; i++) {
		if (!strcmp(world->ifaces[i].name, name))
			return i;
	}
	return 0;
}

bool is_iface_of(void *ctx)
{
	struct namespaces_world *world = ctx;
	struct namespace *ns =
		namespaces_by_ifindex(world->all, ifindex_of(world, world->asked_text));

	return world->asked_inode ? ns && ns->inode == world->asked_inode : !ns;
}

static struct namespace *by_addr(struct namespaces_world *world, const char *text, int *ret)
{
	struct namespace *ns = NULL;
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	*ret = namespaces_by_addr(world->all, addr, &ns);
	return ns;
}

bool is_addr_of(void *ctx)
{
	struct namespaces_world *world = ctx;
	struct namespace *ns;
	int r;

	ns = by_addr(world, world->asked_text, &r);
	return world->asked_inode ? ns && ns->inode == world->asked_inode : r == -ENOENT;
}

bool is_addr_ambiguous(void *ctx)
{
	struct namespaces_world *world = ctx;
	int r;

	(void)by_addr(world, world->asked_text, &r);
	return r == -ENOTUNIQ;
}

bool is_inode_known(void *ctx)
{
	struct namespaces_world *world = ctx;

	return namespaces_by_inode(world->all, world->asked_inode);
}

bool is_inode_unknown(void *ctx)
{
	return !is_inode_known(ctx);
}

void await(struct namespaces_world *world, bool (*is_so)(void *ctx), const char *text,
	   uint64_t inode)
{
	world->asked_text = text;
	world->asked_inode = inode;
	run_until(world->loop, is_so, world, text);
}

uint64_t walks_of(const struct namespaces_world *world)
{
	struct namespaces_stats stats;

	namespaces_get_stats(world->all, &stats);
	return stats.walks;
}

static bool is_time_over(void *ctx)
{
	return time_monotonic_ns() > *(uint64_t *)ctx;
}

void run_for(const struct namespaces_world *world, uint64_t ms)
{
	uint64_t until_ns = time_monotonic_ns() + ms * 1000000;

	run_until(world->loop, is_time_over, &until_ns, "time");
}

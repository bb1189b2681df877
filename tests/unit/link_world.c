// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the link tells is kept by interface and by address, and ends the loop's run.
 */
#include "tests/unit/link_world.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 20000

/* ---- what the link tells ---- */

static void told(struct link_world *world)
{
	if (world->in_loop)
		loop_stop(world->loop, 0);
}

static void on_iface_set(void *ctx, const struct iface_info *info)
{
	struct link_world *world = ctx;
	struct seen_iface *iface = &world->ifaces[info->ifindex];

	assert_true(info->ifindex < MAX_IFACES);
	iface->info = *info;
	iface->is_there = true;
	iface->n_set++;
	told(world);
}

static void on_iface_gone(void *ctx, uint32_t ifindex)
{
	struct link_world *world = ctx;

	assert_true(ifindex < MAX_IFACES && world->ifaces[ifindex].is_there);
	world->ifaces[ifindex].is_there = false;
	world->ifaces[ifindex].n_gone++;
	told(world);
}

static struct seen_addr *seen_addr(struct link_world *world, uint32_t ifindex, int family,
				   const uint8_t *addr)
{
	for (size_t i = 0; i < MAX_ADDRS; i++) {
		struct seen_addr *seen = &world->addrs[i];

		if (seen->ifindex == 0)
			*seen = (struct seen_addr){ .ifindex = ifindex, .family = family };
		else if (seen->ifindex != ifindex || seen->family != family ||
			 memcmp(seen->addr, addr, 16) != 0)
			continue;
		memcpy(seen->addr, addr, 16);
		return seen;
	}
	fail_msg("more than %d addresses", MAX_ADDRS);
	return NULL;
}

static void on_addr_set(void *ctx, uint32_t ifindex, const uint8_t addr[static 16], int family,
			bool is_there)
{
	struct link_world *world = ctx;
	struct seen_addr *seen = seen_addr(world, ifindex, family, addr);

	/* Twice the same would be no change. */
	assert_int_not_equal(seen->is_there, is_there);
	seen->is_there = is_there;
	seen->n_set += is_there;
	seen->n_gone += !is_there;
	told(world);
}

static void on_tc_removed(void *ctx, uint32_t ifindex)
{
	struct link_world *world = ctx;

	world->n_tc_removed++;
	world->tc_ifindex = ifindex;
	told(world);
}

static const struct link_ops ops = {
	.iface_set = on_iface_set,
	.iface_gone = on_iface_gone,
	.tc_removed = on_tc_removed,
	.addr_set = on_addr_set,
};

/* ---- running ---- */

static int on_deadline(void *ctx)
{
	struct link_world *world = ctx;

	world->is_late = true;
	loop_stop(world->loop, 0);
	return 0;
}

void link_world_step(struct link_world *world, const char *condition)
{
	int r;

	world->in_loop = true;
	r = loop_run(world->loop);
	world->in_loop = false;
	assert_int_equal(r, 0);
	if (world->is_late)
		fail_msg("not told in %d ms: %s", DEADLINE_MS, condition);
}

struct seen_iface *iface_named(struct link_world *world, const char *name)
{
	for (size_t i = 0; i < MAX_IFACES; i++)
		if (world->ifaces[i].is_there && strcmp(world->ifaces[i].info.name, name) == 0)
			return &world->ifaces[i];
	return NULL;
}

bool has_role(struct link_world *world, const char *name, enum iface_role role)
{
	const struct seen_iface *iface = iface_named(world, name);

	return iface && iface_role_of(&iface->info) == role;
}

bool is_running(struct link_world *world, const char *name)
{
	const struct seen_iface *iface = iface_named(world, name);

	return iface && iface->info.flags & IFF_RUNNING;
}

const struct seen_addr *addr_of(struct link_world *world, const char *name, const char *text)
{
	const struct seen_iface *iface = iface_named(world, name);
	uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };
	int family = strchr(text, ':') ? 6 : 4;

	assert_non_null(iface);
	assert_int_equal(
		inet_pton(family == 6 ? AF_INET6 : AF_INET, text, family == 6 ? addr : addr + 12),
		1);
	return seen_addr(world, iface->info.ifindex, family, addr);
}

void link_world_settle(struct link_world *world)
{
	static unsigned int n;
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "settle%u", n++);
	sh("ip link add %s type bridge && ip link del %s && ip link add %s type bridge", name, name,
	   name);
	WAIT_UNTIL(world, iface_named(world, name));
}

void link_world_open(struct link_world *world)
{
	assert_int_equal(link_new(&world->link, world->loop, &ops, world), 0);
}

int link_world_set_up(void **state)
{
	struct link_world *world = calloc(1, sizeof(*world));

	if (!world || unshare(CLONE_NEWNET) < 0 || loop_new(&world->loop) < 0 ||
	    loop_add_timer(world->loop, DEADLINE_MS, 0, on_deadline, world, &world->deadline) < 0)
		return -1;
	/* No address comes by itself while a test runs. */
	sh("ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode || :");
	*state = world;
	return 0;
}

int link_world_tear_down(void **state)
{
	struct link_world *world = *state;

	link_free(&world->link);
	watch_free(&world->deadline);
	loop_free(&world->loop);
	netns_close(&world->other);
	free(world);
	return 0;
}

const char *link_world_why_not(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return "needs CAP_SYS_ADMIN, for network namespaces";
	if (system("ip link set lo up") != 0) /* NOLINT(cert-env33-c) */
		return "needs CAP_NET_ADMIN and ip";
	if (system("ip link add v0 type veth peer name v1 && " /* NOLINT(cert-env33-c) */
		   "ip link add br0 type bridge && ip tuntap add t0 mode tap") != 0)
		return "needs veth, bridge and tun";
	return NULL;
}

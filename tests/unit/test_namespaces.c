// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real namespaces, made and unmade while the loop runs; interfaces come by the real link.
 */
#include "who/namespaces.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "link/link.h"
#include "tests/unit/netns_world.h"

#define MAX_NAMED 256

struct world {
	struct loop *loop;
	struct worker *worker;
	struct namespaces *all;
	struct link *link;
	struct netns a, b;
	struct iface_info ifaces[MAX_NAMED]; /* by ifindex */
	uint64_t watched;		     /* inode of which these count */
	unsigned int changed, gone;
};

static void on_changed(void *ctx, const struct namespace *ns)
{
	struct world *world = ctx;

	if (ns->inode != world->watched) /* others may test beside us */
		return;
	world->changed++;
	world->gone += ns->is_gone;
}

static const struct namespaces_ops ops = { .changed = on_changed };

static void on_iface_set(void *ctx, const struct iface_info *info)
{
	struct world *world = ctx;

	assert_true(info->ifindex < MAX_NAMED);
	world->ifaces[info->ifindex] = *info;
	namespaces_set_iface(world->all, info->ifindex,
			     info->is_peer_elsewhere ? info->peer_nsid : -1);
}

static void on_iface_gone(void *ctx, uint32_t ifindex)
{
	struct world *world = ctx;

	world->ifaces[ifindex] = (struct iface_info){};
	namespaces_remove_iface(world->all, ifindex);
}

static void on_addr_set(void *ctx, uint32_t ifindex, const uint8_t addr[static 16], int family,
			bool is_there)
{
	(void)ctx, (void)ifindex, (void)addr, (void)family, (void)is_there;
}

static const struct link_ops link_ops = {
	.iface_set = on_iface_set,
	.iface_gone = on_iface_gone,
	.addr_set = on_addr_set,
};

static void world_open(struct world *world)
{
	assert_int_equal(namespaces_new(&world->all, world->loop, world->worker, &ops, world), 0);
	assert_int_equal(link_new(&world->link, world->loop, &link_ops, world), 0);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	netns_home();
	assert_int_equal(loop_new(&world->loop), 0);
	assert_int_equal(worker_new(&world->worker, world->loop), 0);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	link_free(&world->link);
	namespaces_free(&world->all);
	worker_free(&world->worker);
	netns_close(&world->a);
	netns_close(&world->b);
	loop_free(&world->loop);
	free(world);
	return 0;
}

/* ---- questions ---- */

static struct world *asked;
static const char *asked_text;
static uint64_t asked_inode;

static uint32_t ifindex_of(const struct world *world, const char *name)
{
	for (uint32_t i = 0; i < MAX_NAMED; i++) {
		if (!strcmp(world->ifaces[i].name, name))
			return i;
	}
	return 0;
}

static bool is_iface_of(void *ctx)
{
	struct world *world = ctx;
	struct namespace *ns = namespaces_by_ifindex(world->all, ifindex_of(world, asked_text));

	return asked_inode ? ns && ns->inode == asked_inode : !ns;
}

static struct namespace *by_addr(struct world *world, const char *text, int *ret)
{
	struct namespace *ns = NULL;
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	*ret = namespaces_by_addr(world->all, addr, &ns);
	return ns;
}

static bool is_addr_of(void *ctx)
{
	struct namespace *ns;
	int r;

	ns = by_addr(ctx, asked_text, &r);
	return asked_inode ? ns && ns->inode == asked_inode : r == -ENOENT;
}

static bool is_addr_ambiguous(void *ctx)
{
	int r;

	(void)by_addr(ctx, asked_text, &r);
	return r == -ENOTUNIQ;
}

static bool is_inode_known(void *ctx)
{
	struct world *world = ctx;

	return namespaces_by_inode(world->all, asked_inode);
}

static bool is_inode_unknown(void *ctx)
{
	return !is_inode_known(ctx);
}

/* inode 0: nobody's. */
static void await(struct world *world, bool (*is_so)(void *ctx), const char *text, uint64_t inode)
{
	asked = world;
	asked_text = text;
	asked_inode = inode;
	run_until(world->loop, is_so, world, text);
}

static uint64_t walks_of(const struct world *world)
{
	struct namespaces_stats stats;

	namespaces_get_stats(world->all, &stats);
	return stats.walks;
}

static bool is_time_over(void *ctx)
{
	return time_monotonic_ns() > *(uint64_t *)ctx;
}

static void run_for(const struct world *world, uint64_t ms)
{
	uint64_t until_ns = time_monotonic_ns() + ms * 1000000;

	run_until(world->loop, is_time_over, &until_ns, "time");
}

/* ---- interfaces ---- */

static void what_is_there_is_found(void **state)
{
	struct world *world = *state;
	struct namespace *ns;
	struct stat own;

	netns_open(&world->a);
	netns_open(&world->b);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	sh("ip link add to-b type veth peer name eth0 netns %d", world->b.pid);
	sh("ip link add here0 type veth peer name here1");
	sh("nsenter -t %d --net sh -c 'ip addr add 10.1.0.2/24 dev eth0;"
	   " ip addr add fd01::2/64 dev eth0 nodad; ip link set lo up'",
	   world->a.pid);
	world_open(world);
	await(world, is_iface_of, "to-a", world->a.inode);
	await(world, is_iface_of, "to-b", world->b.inode);
	await(world, is_iface_of, "here0", 0);
	await(world, is_addr_of, "10.1.0.2", world->a.inode);
	await(world, is_addr_of, "fd01::2", world->a.inode);
	await(world, is_addr_of, "127.0.0.1", 0);
	await(world, is_addr_of, "::1", 0);
	ns = namespaces_by_inode(world->all, world->a.inode);
	assert_non_null(ns);
	assert_int_equal(ns->process_count, 1);
	assert_int_equal(ns->processes[0].pid, world->a.pid);
	assert_int_equal(stat("/proc/self/ns/net", &own), 0);
	assert_null(namespaces_by_inode(world->all, own.st_ino));
	assert_int_equal(ns->addr_count, 2);
	assert_int_equal(walks_of(world), 1);
}

static void an_interface_that_comes_is_of_its_namespace_and_one_that_goes_of_none(void **state)
{
	struct world *world = *state;

	world_open(world);
	netns_open(&world->a);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	await(world, is_iface_of, "to-a", world->a.inode);
	sh("ip link add late type veth peer name eth1");
	await(world, is_iface_of, "late", 0);
	/* Both ends are down: nothing is said of `late` itself. */
	sh("ip link set eth1 netns %d", world->a.pid);
	await(world, is_iface_of, "late", world->a.inode);
	sh("nsenter -t %d --net ip link set eth1 netns %d", world->a.pid, getpid());
	await(world, is_iface_of, "late", 0);
	sh("nsenter -t %d --net ip link add eth2 type veth peer name from-a netns %d", world->a.pid,
	   getpid());
	await(world, is_iface_of, "from-a", world->a.inode);
	sh("ip link del to-a");
	await(world, is_iface_of, "to-a", 0);
}

static void a_namespace_that_ends_is_gone_and_its_number_is_another_s(void **state)
{
	struct world *world = *state;
	/* The kernel takes the interface away some time after the namespace. */
	static const char *const names[] = { "first", "second", "third" };
	struct namespace *ns;

	world_open(world);
	for (int i = 0; i < 3; i++) {
		const char *name = names[i];
		uint64_t inode;

		netns_open(&world->a);
		inode = world->a.inode;
		sh("ip link add %s type veth peer name eth0 netns %d", name, world->a.pid);
		sh("nsenter -t %d --net ip addr add 10.1.0.%d/24 dev eth0", world->a.pid, i + 2);
		await(world, is_iface_of, name, inode);
		ns = namespace_ref(namespaces_by_inode(world->all, inode));
		assert_non_null(ns);
		world->watched = inode;
		netns_close(&world->a);
		await(world, is_iface_of, name, 0);
		await(world, is_inode_unknown, "its end", inode);
		await(world, is_addr_of, "10.1.0.2", 0);
		assert_true(ns->is_gone);
		assert_int_equal(ns->addr_count, 0);
		namespace_unref(&ns);
	}
	assert_true(world->gone >= 3);
}

static void one_without_an_interface_of_ours_is_found_when_it_is_asked_for(void **state)
{
	struct world *world = *state;

	world_open(world);
	run_for(world, 100); /* the first walk */
	netns_open(&world->a);
	sh("nsenter -t %d --net sh -c 'ip link add br0 type bridge; ip addr add 10.7.0.2/24 dev br0'",
	   world->a.pid);
	await(world, is_inode_known, "asked for", world->a.inode);
	await(world, is_addr_of, "10.7.0.2", world->a.inode);
	netns_close(&world->a);
	await(world, is_addr_of, "10.7.0.2", 0);
}

/* ---- addresses ---- */

static void addresses_are_told_when_they_come_and_go(void **state)
{
	struct world *world = *state;
	uint64_t walks;

	netns_open(&world->a);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	world_open(world);
	await(world, is_iface_of, "to-a", world->a.inode);
	walks = walks_of(world);
	sh("nsenter -t %d --net sh -c 'ip addr add 10.1.0.2/24 dev eth0;"
	   " ip addr add fd01::2/64 dev eth0 nodad; ip addr add 10.1.0.2/32 dev eth0'",
	   world->a.pid);
	await(world, is_addr_of, "10.1.0.2", world->a.inode);
	await(world, is_addr_of, "fd01::2", world->a.inode);
	sh("nsenter -t %d --net ip addr del fd01::2/64 dev eth0", world->a.pid);
	await(world, is_addr_of, "fd01::2", 0);
	sh("nsenter -t %d --net ip addr del 10.1.0.2/32 dev eth0", world->a.pid);
	run_for(world, 50);
	await(world, is_addr_of, "10.1.0.2", world->a.inode); /* with the other prefix */
	sh("nsenter -t %d --net ip link del eth0", world->a.pid);
	await(world, is_addr_of, "10.1.0.2", 0);
	assert_int_equal(walks_of(world), walks);
}

static void an_address_of_two_namespaces_is_nobody_s(void **state)
{
	struct world *world = *state;

	netns_open(&world->a);
	netns_open(&world->b);
	for (int i = 0; i < 2; i++) {
		sh("nsenter -t %d --net sh -c 'ip link add br0 type bridge;"
		   " ip addr add 172.17.0.2/16 dev br0; ip addr add fd01::%d/64 dev br0 nodad'",
		   i ? world->a.pid : world->b.pid, i);
	}
	world_open(world);
	await(world, is_addr_of, "fd01::1", world->a.inode);
	await(world, is_addr_of, "fd01::0", world->b.inode);
	await(world, is_addr_ambiguous, "172.17.0.2", 0);
	sh("nsenter -t %d --net ip addr del 172.17.0.2/16 dev br0", world->a.pid);
	await(world, is_addr_of, "172.17.0.2", world->b.inode);
}

static int count_addr(void *ctx, const struct namespace_addr *addr)
{
	unsigned int *n = ctx;

	assert_int_equal(addr->family, 4);
	(*n)++;
	return 0;
}

static void too_many_addresses_are_refused_and_counted(void **state)
{
	struct world *world = *state;
	struct namespaces_stats stats;
	struct namespace *ns;
	unsigned int n = 0;

	netns_open(&world->a);
	sh("nsenter -t %d --net sh -c 'ip link add br0 type bridge; for i in $(seq 1 %d); do"
	   " echo addr add 10.5.$((i / 250)).$((i %% 250 + 1))/32 dev br0; done | ip -batch -'",
	   world->a.pid, NAMESPACE_ADDRS_MAX + 20);
	world_open(world);
	await(world, is_addr_of, "10.5.0.2", world->a.inode);
	run_for(world, 100);
	namespaces_get_stats(world->all, &stats);
	ns = namespaces_by_inode(world->all, world->a.inode);
	assert_int_equal(ns->addr_count, NAMESPACE_ADDRS_MAX);
	assert_true(stats.refused >= 20);
	assert_int_equal(namespace_each_addr(ns, count_addr, &n), 0);
	assert_int_equal(n, NAMESPACE_ADDRS_MAX);
}

/* ---- processes ---- */

static pid_t join(const struct netns *ns)
{
	pid_t pid;

	netns_enter(ns);
	pid = fork();
	if (pid == 0) {
		for (;;)
			pause();
	}
	netns_enter(NULL);
	assert_true(pid > 0);
	return pid;
}

static pid_t asked_pid;

static bool is_process(void *ctx)
{
	struct world *world = ctx;
	struct namespace *ns = namespaces_by_inode(world->all, asked_inode);

	return ns && (asked_pid ? ns->process_count && ns->processes[0].pid == asked_pid
				: !ns->process_count);
}

static void who_stands_for_it_is_another_when_it_ends(void **state)
{
	struct world *world = *state;
	pid_t other;

	netns_open(&world->a);
	world_open(world);
	asked_pid = world->a.pid;
	await(world, is_process, "the first", world->a.inode);
	other = join(&world->a);
	kill(world->a.pid, SIGKILL);
	waitpid(world->a.pid, NULL, 0);
	asked_pid = other;
	await(world, is_process, "the second", world->a.inode);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	/* Our fd still holds it. */
	asked_pid = 0;
	await(world, is_process, "none", world->a.inode);
	close(world->a.fd);
	world->a = (struct netns){ .fd = -1 };
	await(world, is_inode_unknown, "its end", asked_inode);
}

static bool is_named(void *ctx)
{
	struct world *world = ctx;
	struct namespace *ns = namespaces_by_inode(world->all, asked_inode);

	return ns && !strcmp(ns->name, asked_text);
}

static void a_file_holds_one_without_a_process(void **state)
{
	struct world *world = *state;
	struct stat st;

	sh("mkdir -p /run/netns && mount -t tmpfs none /run/netns");
	sh("mkfifo /run/netns/fifo && echo text >/run/netns/text && mkdir /run/netns/folder && "
	   "ip netns add weir-test && ln -s /dev/zero /run/netns/zero");
	assert_int_equal(stat("/run/netns/weir-test", &st), 0);
	sh("ip link add to-file type veth peer name eth0 netns weir-test");
	sh("ip -n weir-test addr add 10.8.0.2/24 dev eth0");
	world_open(world);
	await(world, is_iface_of, "to-file", st.st_ino);
	await(world, is_named, "weir-test", st.st_ino);
	await(world, is_addr_of, "10.8.0.2", st.st_ino);
	sh("ip netns del weir-test");
	await(world, is_inode_unknown, "its end", st.st_ino);
	await(world, is_iface_of, "to-file", 0);
}

/* ---- cost ---- */

static void what_stays_unknown_is_looked_for_less_and_less(void **state)
{
	struct world *world = *state;
	uint64_t walks;

	world_open(world);
	run_for(world, 100);
	walks = walks_of(world);
	for (int i = 0; i < 300; i++) {
		assert_null(namespaces_by_inode(world->all, 1));
		run_for(world, 10);
	}
	/* In 3 s: at once or 1 s after the first, and 1 and 2 s later. */
	assert_in_range(walks_of(world) - walks, 1, 3);
}

static void walks_are_a_second_apart_whatever_happens(void **state)
{
	struct world *world = *state;
	uint64_t walks;

	world_open(world);
	run_for(world, 100);
	walks = walks_of(world);
	for (uint64_t i = 0; i < 250; i++) {
		assert_null(namespaces_by_inode(world->all, 100 + i));
		run_for(world, 10);
	}
	assert_in_range(walks_of(world) - walks, 2, 4);
}

static void nothing_happens_when_nothing_happens(void **state)
{
	struct world *world = *state;
	uint64_t walks;
	unsigned int changed;

	netns_open(&world->a);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	world_open(world);
	await(world, is_iface_of, "to-a", world->a.inode);
	run_for(world, 100);
	walks = walks_of(world);
	world->watched = world->a.inode;
	changed = world->changed;
	for (int i = 0; i < 150; i++) {
		assert_non_null(namespaces_by_ifindex(world->all, ifindex_of(world, "to-a")));
		run_for(world, 10);
	}
	assert_int_equal(walks_of(world), walks);
	assert_int_equal(world->changed, changed);
}

/* More messages than the socket holds: all is asked anew, and right again. */
static void an_overrun_is_made_up_for(void **state)
{
	struct world *world = *state;
	struct namespaces_stats stats;

	netns_open(&world->a);
	netns_open(&world->b);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	sh("ip link add to-b type veth peer name eth0 netns %d", world->b.pid);
	sh("nsenter -t %d --net ip addr add 10.1.0.2/24 dev eth0", world->a.pid);
	world_open(world);
	await(world, is_addr_of, "10.1.0.2", world->a.inode);
	await(world, is_iface_of, "to-b", world->b.inode);
	sh("nsenter -t %d --net sh -c '"
	   "for i in $(seq 1 2500); do echo addr add 10.6.0.1/24 dev eth0;"
	   " echo addr del 10.6.0.1/24 dev eth0; done | ip -batch -;"
	   "ip addr del 10.1.0.2/24 dev eth0; ip addr add 10.1.0.3/24 dev eth0'",
	   world->a.pid);
	netns_close(&world->b);
	await(world, is_addr_of, "10.1.0.3", world->a.inode);
	await(world, is_addr_of, "10.1.0.2", 0);
	await(world, is_iface_of, "to-a", world->a.inode);
	await(world, is_iface_of, "to-b", 0);
	namespaces_get_stats(world->all, &stats);
	assert_true(stats.overruns >= 1);
	assert_int_equal(namespaces_by_inode(world->all, world->a.inode)->addr_count, 1);
}

static void it_may_be_freed_while_it_walks(void **state)
{
	struct world *world = *state;

	netns_open(&world->a);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(
			namespaces_new(&world->all, world->loop, world->worker, &ops, world), 0);
		run_for(world, 15 + (uint64_t)i);
		namespaces_free(&world->all);
	}
	world_open(world);
	await(world, is_inode_known, "found", world->a.inode);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return skip_all("needs network and mount namespaces");
	return RUN_TESTS(
		WORLD_TEST(what_is_there_is_found),
		WORLD_TEST(an_interface_that_comes_is_of_its_namespace_and_one_that_goes_of_none),
		WORLD_TEST(a_namespace_that_ends_is_gone_and_its_number_is_another_s),
		WORLD_TEST(one_without_an_interface_of_ours_is_found_when_it_is_asked_for),
		WORLD_TEST(addresses_are_told_when_they_come_and_go),
		WORLD_TEST(an_address_of_two_namespaces_is_nobody_s),
		WORLD_TEST(too_many_addresses_are_refused_and_counted),
		WORLD_TEST(who_stands_for_it_is_another_when_it_ends),
		WORLD_TEST(a_file_holds_one_without_a_process),
		WORLD_TEST(what_stays_unknown_is_looked_for_less_and_less),
		WORLD_TEST(walks_are_a_second_apart_whatever_happens),
		WORLD_TEST(nothing_happens_when_nothing_happens),
		WORLD_TEST(an_overrun_is_made_up_for), WORLD_TEST(it_may_be_freed_while_it_walks));
}

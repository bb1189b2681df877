// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which namespace an interface, an address or a process is of, from its beginning to its end.
 */
#include "tests/unit/namespaces_world.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- interfaces ---- */

static void what_is_there_is_found(void **state)
{
	struct namespaces_world *world = *state;
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
	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;

	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;
	/* The kernel takes the interface away some time after the namespace. */
	static const char *const names[] = { "first", "second", "third" };
	struct namespace *ns;

	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;

	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;
	uint64_t walks;

	netns_open(&world->a);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;

	netns_open(&world->a);
	netns_open(&world->b);
	for (int i = 0; i < 2; i++) {
		sh("nsenter -t %d --net sh -c 'ip link add br0 type bridge;"
		   " ip addr add 172.17.0.2/16 dev br0; ip addr add fd01::%d/64 dev br0 nodad'",
		   i ? world->a.pid : world->b.pid, i);
	}
	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;
	struct namespaces_stats stats;
	struct namespace *ns;
	unsigned int n = 0;

	netns_open(&world->a);
	sh("nsenter -t %d --net sh -c 'ip link add br0 type bridge; for i in $(seq 1 %d); do"
	   " echo addr add 10.5.$((i / 250)).$((i %% 250 + 1))/32 dev br0; done | ip -batch -'",
	   world->a.pid, NAMESPACE_ADDRS_MAX + 20);
	namespaces_world_open(world);
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
	struct namespaces_world *world = ctx;
	struct namespace *ns = namespaces_by_inode(world->all, world->asked_inode);

	return ns && (asked_pid ? ns->process_count && ns->processes[0].pid == asked_pid
				: !ns->process_count);
}

static void who_stands_for_it_is_another_when_it_ends(void **state)
{
	struct namespaces_world *world = *state;
	pid_t other;

	netns_open(&world->a);
	namespaces_world_open(world);
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
	await(world, is_inode_unknown, "its end", world->asked_inode);
}

static bool is_named(void *ctx)
{
	struct namespaces_world *world = ctx;
	struct namespace *ns = namespaces_by_inode(world->all, world->asked_inode);

	return ns && !strcmp(ns->name, world->asked_text);
}

static void a_file_holds_one_without_a_process(void **state)
{
	struct namespaces_world *world = *state;
	struct stat st;

	sh("mkdir -p /run/netns && mount -t tmpfs none /run/netns");
	sh("mkfifo /run/netns/fifo && echo text >/run/netns/text && mkdir /run/netns/folder && "
	   "ip netns add weir-test && ln -s /dev/zero /run/netns/zero");
	assert_int_equal(stat("/run/netns/weir-test", &st), 0);
	sh("ip link add to-file type veth peer name eth0 netns weir-test");
	sh("ip -n weir-test addr add 10.8.0.2/24 dev eth0");
	namespaces_world_open(world);
	await(world, is_iface_of, "to-file", st.st_ino);
	await(world, is_named, "weir-test", st.st_ino);
	await(world, is_addr_of, "10.8.0.2", st.st_ino);
	sh("ip netns del weir-test");
	await(world, is_inode_unknown, "its end", st.st_ino);
	await(world, is_iface_of, "to-file", 0);
}

int main(void)
{
	const char *reason = namespaces_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(
		WORLD_TEST(what_is_there_is_found),
		WORLD_TEST(an_interface_that_comes_is_of_its_namespace_and_one_that_goes_of_none),
		WORLD_TEST(a_namespace_that_ends_is_gone_and_its_number_is_another_s),
		WORLD_TEST(one_without_an_interface_of_ours_is_found_when_it_is_asked_for),
		WORLD_TEST(addresses_are_told_when_they_come_and_go),
		WORLD_TEST(an_address_of_two_namespaces_is_nobody_s),
		WORLD_TEST(too_many_addresses_are_refused_and_counted),
		WORLD_TEST(who_stands_for_it_is_another_when_it_ends),
		WORLD_TEST(a_file_holds_one_without_a_process));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * When the table looks for namespaces, and when it does not; too much at once, and an end at any time.
 */
#include "tests/unit/namespaces_world.h"

static void what_stays_unknown_is_looked_for_less_and_less(void **state)
{
	struct namespaces_world *world = *state;
	uint64_t walks;

	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;
	uint64_t walks;

	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;
	uint64_t walks;
	unsigned int changed;

	netns_open(&world->a);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;
	struct namespaces_stats stats;

	netns_open(&world->a);
	netns_open(&world->b);
	sh("ip link add to-a type veth peer name eth0 netns %d", world->a.pid);
	sh("ip link add to-b type veth peer name eth0 netns %d", world->b.pid);
	sh("nsenter -t %d --net ip addr add 10.1.0.2/24 dev eth0", world->a.pid);
	namespaces_world_open(world);
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
	struct namespaces_world *world = *state;

	netns_open(&world->a);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(namespaces_new(&world->all, world->loop, world->worker,
						&namespaces_world_ops, world),
				 0);
		run_for(world, 15 + (uint64_t)i);
		namespaces_free(&world->all);
	}
	namespaces_world_open(world);
	await(world, is_inode_known, "found", world->a.inode);
}

int main(void)
{
	const char *reason = namespaces_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(WORLD_TEST(what_stays_unknown_is_looked_for_less_and_less),
			 WORLD_TEST(walks_are_a_second_apart_whatever_happens),
			 WORLD_TEST(nothing_happens_when_nothing_happens),
			 WORLD_TEST(an_overrun_is_made_up_for),
			 WORLD_TEST(it_may_be_freed_while_it_walks));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Interfaces and addresses that come, go and change.
 */
#include "tests/unit/link_world.h"

#include <net/if.h>
#include <net/if_arp.h>

/* ---- interfaces ---- */

static void everything_there_is_told_before_link_new_returns(void **state)
{
	struct link_world *world = *state;

	netns_open(&world->other);
	sh("ip link add up0 type veth peer name up1 && ip addr add 192.0.2.1/24 dev up0");
	sh("ip link set up0 up && ip link set up1 up && ip route add default via 192.0.2.2");
	sh("ip link add pod0 type veth peer name eth0 netns %d", world->other.pid);
	link_world_open(world);
	assert_true(has_role(world, "lo", ROLE_LOOPBACK));
	assert_true(has_role(world, "up0", ROLE_UPLINK));
	assert_true(has_role(world, "up1", ROLE_OTHER));
	assert_true(has_role(world, "pod0", ROLE_ENDPOINT));
	assert_true(iface_named(world, "pod0")->info.peer_nsid >= 0);
	assert_int_equal(iface_named(world, "up0")->info.peer_nsid, -1);
	assert_true(addr_of(world, "lo", "127.0.0.1")->is_there);
	assert_true(addr_of(world, "lo", "::1")->is_there);
	assert_true(addr_of(world, "up0", "192.0.2.1")->is_there);
	/* Each once, its role known from the beginning. */
	for (size_t i = 0; i < MAX_IFACES; i++)
		assert_true(world->ifaces[i].n_set <= 1);
}

static void an_interface_is_told_when_it_is_added_renamed_and_deleted(void **state)
{
	struct link_world *world = *state;
	const struct seen_iface *iface;

	link_world_open(world);
	sh("ip link add first type veth peer name peer0 && "
	   "ip link set first address 02:00:00:00:00:01");
	WAIT_UNTIL(world,
		   iface_named(world, "first") && iface_named(world, "first")->info.mac[5] == 1);
	iface = iface_named(world, "first");
	assert_string_equal(iface->info.kind, "veth");
	assert_int_equal(iface->info.arphrd, ARPHRD_ETHER);
	assert_false(iface->info.flags & IFF_UP);

	sh("ip link set first name second");
	WAIT_UNTIL(world, iface_named(world, "second"));
	assert_ptr_equal(iface_named(world, "second"), iface);
	sh("ip link set second up");
	WAIT_UNTIL(world, iface->info.flags & IFF_UP);

	sh("ip link del second");
	WAIT_UNTIL(world, !iface_named(world, "second") && !iface_named(world, "peer0"));
	link_world_settle(world);
	assert_int_equal(iface->n_gone, 1);
}

static void an_interface_moved_into_another_namespace_is_gone(void **state)
{
	struct link_world *world = *state;
	const struct seen_addr *addr;

	netns_open(&world->other);
	sh("ip link add mv type veth peer name stay && ip addr add 192.0.2.1/24 dev mv");
	link_world_open(world);
	addr = addr_of(world, "mv", "192.0.2.1");
	assert_true(addr->is_there);
	sh("ip link set mv netns %d", world->other.pid);
	WAIT_UNTIL(world, !iface_named(world, "mv"));
	assert_false(addr->is_there);
	sh("nsenter -t %d --net ip link set mv netns %d", world->other.pid, getpid());
	WAIT_UNTIL(world, iface_named(world, "mv"));
}

static void a_veth_is_an_endpoint_while_its_peer_is_elsewhere(void **state)
{
	struct link_world *world = *state;

	netns_open(&world->other);
	sh("ip link add pod0 type veth peer name eth0");
	link_world_open(world);
	assert_true(has_role(world, "pod0", ROLE_OTHER));
	/* Both ends are down: the kernel says nothing of pod0, neither now ... */
	sh("ip link set eth0 netns %d", world->other.pid);
	WAIT_UNTIL(world, has_role(world, "pod0", ROLE_ENDPOINT));
	assert_true(iface_named(world, "pod0")->info.peer_nsid >= 0);
	/* ... nor when it comes back. */
	sh("nsenter -t %d --net ip link set eth0 netns %d", world->other.pid, getpid());
	WAIT_UNTIL(world, has_role(world, "pod0", ROLE_OTHER));
	assert_int_equal(iface_named(world, "pod0")->info.peer_nsid, -1);
}

static void a_veth_made_by_the_other_namespace_is_an_endpoint(void **state)
{
	struct link_world *world = *state;

	netns_open(&world->other);
	link_world_open(world);
	/* The only notification is sent before the second end exists. */
	sh("nsenter -t %d --net ip link add eth0 type veth peer name pod0 netns %d",
	   world->other.pid, getpid());
	WAIT_UNTIL(world, has_role(world, "pod0", ROLE_ENDPOINT));
}

static void a_tap_is_an_endpoint_and_a_tun_is_not(void **state)
{
	struct link_world *world = *state;

	link_world_open(world);
	sh("ip tuntap add vm0 mode tap && ip tuntap add vpn0 mode tun");
	WAIT_UNTIL(world, iface_named(world, "vm0") && iface_named(world, "vpn0"));
	assert_true(has_role(world, "vm0", ROLE_ENDPOINT));
	assert_true(has_role(world, "vpn0", ROLE_OTHER));
	assert_false(iface_has_ethernet(&iface_named(world, "vpn0")->info));
}

static void a_bridge_port_names_its_bridge_and_survives_leaving_it(void **state)
{
	struct link_world *world = *state;
	const struct seen_iface *port;

	sh("ip link add br0 type bridge && ip link add port type veth peer name end");
	link_world_open(world);
	port = iface_named(world, "port");
	assert_true(iface_is_master(&iface_named(world, "br0")->info));
	sh("ip link set port master br0");
	WAIT_UNTIL(world, port->info.master == iface_named(world, "br0")->info.ifindex);
	sh("ip link set port nomaster");
	WAIT_UNTIL(world, port->info.master == 0);
	link_world_settle(world);
	/* A bridge says RTM_DELLINK of a port that leaves. */
	assert_int_equal(port->n_gone, 0);
}

static void what_did_not_change_is_not_told(void **state)
{
	struct link_world *world = *state;
	unsigned int n_lo, n_v0, n_v1;

	sh("ip link add v0 type veth peer name v1 && ip addr add 192.0.2.1/24 dev v0 && "
	   "ip link set v0 up && ip link set v1 up");
	link_world_open(world);
	/* The kernel notices some time later that both ends are up. */
	WAIT_UNTIL(world, is_running(world, "v0") && is_running(world, "v1"));
	link_world_settle(world);
	n_lo = iface_named(world, "lo")->n_set;
	n_v0 = iface_named(world, "v0")->n_set;
	n_v1 = iface_named(world, "v1")->n_set;
	/* All of these are notified; the loop fails on an address told twice. */
	sh("ip link set v0 mtu 1400 && ip link set v1 alias x && ip link set lo mtu 65000");
	sh("ip addr change 192.0.2.1/24 dev v0 preferred_lft 1000 valid_lft 1000");
	link_world_settle(world);
	assert_int_equal(iface_named(world, "lo")->n_set, n_lo);
	assert_int_equal(iface_named(world, "v0")->n_set, n_v0);
	assert_int_equal(iface_named(world, "v1")->n_set, n_v1);
}

/* ---- addresses ---- */

static void an_address_is_told_when_it_comes_and_when_it_goes(void **state)
{
	struct link_world *world = *state;
	const struct seen_addr *v4, *v6, *peer;

	sh("ip link add v0 type veth peer name v1");
	link_world_open(world);
	v4 = addr_of(world, "v0", "192.0.2.1");
	v6 = addr_of(world, "v0", "2001:db8::1");
	peer = addr_of(world, "v0", "198.51.100.1");
	sh("ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad && "
	   "ip addr add 198.51.100.1 peer 198.51.100.2/32 dev v0");
	WAIT_UNTIL(world, v4->is_there && v6->is_there && peer->is_there);
	sh("ip addr del 192.0.2.1/24 dev v0 && ip addr del 2001:db8::1/64 dev v0");
	WAIT_UNTIL(world, !v4->is_there && !v6->is_there);
	assert_true(peer->is_there);
}

static void an_address_with_two_prefix_lengths_is_one_address(void **state)
{
	struct link_world *world = *state;
	const struct seen_addr *addr;

	sh("ip link add v0 type veth peer name v1");
	link_world_open(world);
	addr = addr_of(world, "v0", "192.0.2.1");
	sh("ip addr add 192.0.2.1/24 dev v0 && ip addr add 192.0.2.1/32 dev v0 && "
	   "ip addr del 192.0.2.1/24 dev v0");
	WAIT_UNTIL(world, addr->is_there);
	link_world_settle(world);
	assert_true(addr->is_there);
	assert_int_equal(addr->n_set, 1);
	assert_int_equal(addr->n_gone, 0);
	sh("ip addr del 192.0.2.1/32 dev v0");
	WAIT_UNTIL(world, !addr->is_there);
}

static void what_is_removed_of_traffic_control_is_told(void **state)
{
	struct link_world *world = *state;

	link_world_open(world);
	sh("ip link add v0 type veth peer name v1 && tc qdisc add dev v0 clsact && "
	   "tc filter add dev v0 ingress protocol ip u32 match u32 0 0");
	link_world_settle(world);
	assert_int_equal(world->n_tc_removed, 0);
	sh("tc filter del dev v0 ingress");
	WAIT_UNTIL(world, world->n_tc_removed == 1);
	assert_int_equal(world->tc_ifindex, if_nametoindex("v0"));
	sh("tc qdisc add dev v1 clsact && tc qdisc del dev v1 clsact");
	WAIT_UNTIL(world, world->n_tc_removed == 2);
	assert_int_equal(world->tc_ifindex, if_nametoindex("v1"));
	/* A device that goes takes all of it along. */
	sh("ip link del v0");
	link_world_settle(world);
	assert_int_equal(world->n_tc_removed, 2);
}

int main(void)
{
	const char *reason = link_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(NET_TEST(everything_there_is_told_before_link_new_returns),
			 NET_TEST(an_interface_is_told_when_it_is_added_renamed_and_deleted),
			 NET_TEST(an_interface_moved_into_another_namespace_is_gone),
			 NET_TEST(a_veth_is_an_endpoint_while_its_peer_is_elsewhere),
			 NET_TEST(a_veth_made_by_the_other_namespace_is_an_endpoint),
			 NET_TEST(a_tap_is_an_endpoint_and_a_tun_is_not),
			 NET_TEST(a_bridge_port_names_its_bridge_and_survives_leaving_it),
			 NET_TEST(what_did_not_change_is_not_told),
			 NET_TEST(an_address_is_told_when_it_comes_and_when_it_goes),
			 NET_TEST(an_address_with_two_prefix_lengths_is_one_address),
			 NET_TEST(what_is_removed_of_traffic_control_is_told));
}

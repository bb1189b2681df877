// SPDX-License-Identifier: BSD-2-Clause
/*
 * The role of an interface by what rtnetlink tells of it, and what follows from its kind.
 */
#include "link/iface.h"

#include <linux/if_arp.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/harness.h"

struct role_case {
	const char *name;
	struct iface_info info;
	enum iface_role role;
};

static void check_roles(const struct role_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum iface_role role = iface_role_of(&cases[i].info);

		assert_row_str(cases[i].name, iface_role_to_str(role),
			       iface_role_to_str(cases[i].role));
	}
}

static void an_interface_has_the_role_of_its_kind(void **state)
{
	static const struct role_case cases[] = {
		{ "lo", { .flags = IFF_LOOPBACK, .arphrd = ARPHRD_LOOPBACK }, ROLE_LOOPBACK },
		{ "a NIC", { .arphrd = ARPHRD_ETHER }, ROLE_UPLINK },
		{ "a raw-IP modem", { .arphrd = ARPHRD_NONE }, ROLE_UPLINK },
		{ "a veth with its peer elsewhere",
		  { .kind = "veth", .arphrd = ARPHRD_ETHER, .is_peer_elsewhere = true },
		  ROLE_ENDPOINT },
		{ "a netkit with its peer elsewhere",
		  { .kind = "netkit", .arphrd = ARPHRD_ETHER, .is_peer_elsewhere = true },
		  ROLE_ENDPOINT },
		{ "a veth with its peer here",
		  { .kind = "veth", .arphrd = ARPHRD_ETHER },
		  ROLE_OTHER },
		{ "a tap", { .kind = "tun", .arphrd = ARPHRD_ETHER }, ROLE_ENDPOINT },
		{ "a tun", { .kind = "tun", .arphrd = ARPHRD_NONE }, ROLE_OTHER },
		{ "a bridge", { .kind = "bridge", .arphrd = ARPHRD_ETHER }, ROLE_OTHER },
		{ "a VLAN", { .kind = "vlan", .arphrd = ARPHRD_ETHER }, ROLE_OTHER },
		{ "a macvlan", { .kind = "macvlan", .arphrd = ARPHRD_ETHER }, ROLE_OTHER },
		{ "a dummy", { .kind = "dummy", .arphrd = ARPHRD_ETHER }, ROLE_OTHER },
	};

	(void)state;
	check_roles(cases, ARRAY_SIZE(cases));
}

static void every_kind_of_tunnel_is_a_tunnel(void **state)
{
	static const char *const kinds[] = {
		"vxlan", "geneve", "gre",  "gretap", "ip6gre",	  "ip6gretap", "ipip", "ip6tnl",
		"sit",	 "vti",	   "vti6", "xfrm",   "wireguard", "erspan",    "gtp",  "ip6erspan",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct role_case one = { .name = kinds[i], .role = ROLE_TUNNEL };

		memcpy(one.info.kind, kinds[i], strlen(kinds[i]));
		one.info.arphrd = ARPHRD_NONE;
		check_roles(&one, 1);
		one.info.has_default_route = true;
		check_roles(&one, 1);
	}
}

static void a_default_route_makes_an_uplink_of_all_but_loopback_and_tunnels(void **state)
{
	static const struct role_case cases[] = {
		{ "a bridge", { .kind = "bridge", .has_default_route = true }, ROLE_UPLINK },
		{ "a VLAN", { .kind = "vlan", .has_default_route = true }, ROLE_UPLINK },
		{ "a tun", { .kind = "tun", .has_default_route = true }, ROLE_UPLINK },
		{ "a container's eth0",
		  { .kind = "veth", .has_default_route = true, .is_peer_elsewhere = true },
		  ROLE_UPLINK },
		{ "lo", { .flags = IFF_LOOPBACK, .has_default_route = true }, ROLE_LOOPBACK },
	};

	(void)state;
	check_roles(cases, ARRAY_SIZE(cases));
}

static void every_role_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(iface_role_to_str(ROLE_OTHER), "other");
	assert_string_equal(iface_role_to_str(ROLE_ENDPOINT), "endpoint");
	assert_string_equal(iface_role_to_str(ROLE_UPLINK), "uplink");
	assert_string_equal(iface_role_to_str(ROLE_LOOPBACK), "loopback");
	assert_string_equal(iface_role_to_str(ROLE_TUNNEL), "tunnel");
	assert_string_equal(iface_role_to_str(ROLE_MAX), "other");
}

static void only_ethernet_and_loopback_have_an_ethernet_header(void **state)
{
	static const struct {
		uint16_t arphrd;
		bool has_ethernet;
	} cases[] = {
		{ ARPHRD_ETHER, true },	 { ARPHRD_LOOPBACK, true }, { ARPHRD_NONE, false },
		{ ARPHRD_PPP, false },	 { ARPHRD_TUNNEL, false },  { ARPHRD_SIT, false },
		{ ARPHRD_IPGRE, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iface_info info = { .arphrd = cases[i].arphrd };

		assert_int_equal(iface_has_ethernet(&info), cases[i].has_ethernet);
	}
}

static void bridges_bonds_and_teams_are_masters(void **state)
{
	static const struct {
		const char *kind;
		bool is_master, is_pair;
	} cases[] = {
		{ "bridge", true, false }, { "bond", true, false },   { "team", true, false },
		{ "veth", false, true },   { "netkit", false, true }, { "", false, false },
		{ "vlan", false, false },  { "vrf", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iface_info info = {};

		memcpy(info.kind, cases[i].kind, strlen(cases[i].kind));
		assert_int_equal(iface_is_master(&info), cases[i].is_master);
		assert_int_equal(iface_is_pair(&info), cases[i].is_pair);
	}
}

static void what_loopback_an_ifb_and_a_vrf_receive_passes_no_ingress_hook_of_theirs(void **state)
{
	static const struct {
		const char *kind;
		unsigned int flags;
		bool receives, is_macvlan;
	} cases[] = {
		{ "", IFF_LOOPBACK, false, false }, { "ifb", 0, false, false },
		{ "vrf", 0, false, false },	    { "", 0, true, false },
		{ "veth", 0, true, false },	    { "macvlan", 0, true, true },
		{ "macvtap", 0, true, true },	    { "ipvlan", 0, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iface_info info = { .flags = cases[i].flags };

		memcpy(info.kind, cases[i].kind, strlen(cases[i].kind));
		assert_int_equal(iface_receives(&info), cases[i].receives);
		assert_int_equal(iface_is_macvlan(&info), cases[i].is_macvlan);
	}
}

static void loopback_and_a_vrf_have_no_ingress_and_an_ifb_has(void **state)
{
	static const struct {
		const char *kind;
		unsigned int flags;
		bool has_ingress;
	} cases[] = {
		{ "", IFF_LOOPBACK, false }, { "vrf", 0, false },
		{ "ifb", 0, true },	     { "", 0, true },
		{ "veth", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iface_info info = { .flags = cases[i].flags };

		memcpy(info.kind, cases[i].kind, strlen(cases[i].kind));
		assert_int_equal(iface_has_ingress(&info), cases[i].has_ingress);
	}
}

static void netlink_vsock_and_can_are_no_network(void **state)
{
	static const struct {
		uint16_t arphrd;
		bool is_network;
	} cases[] = {
		{ ARPHRD_NETLINK, false }, { ARPHRD_VSOCKMON, false }, { ARPHRD_CAN, false },
		{ ARPHRD_ETHER, true },	   { ARPHRD_LOOPBACK, true },  { ARPHRD_NONE, true },
		{ ARPHRD_PPP, true },	   { ARPHRD_RAWIP, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iface_info info = { .arphrd = cases[i].arphrd };

		assert_int_equal(iface_is_network(&info), cases[i].is_network);
	}
}

/* A bridge may send one packet by many ports; a bond and a team send it by one. */
static void packets_leave_the_namespace_by_one_of_its_edges(void **state)
{
	static const struct {
		const char *name;
		struct iface_info info;
		bool is_edge;
		uint32_t bond;
	} cases[] = {
		{ "a NIC", { .arphrd = ARPHRD_ETHER }, true, 0 },
		{ "lo", { .flags = IFF_LOOPBACK, .arphrd = ARPHRD_LOOPBACK }, false, 0 },
		{ "a veth with its peer elsewhere",
		  { .kind = "veth", .is_peer_elsewhere = true },
		  true,
		  0 },
		{ "a veth with its peer here", { .kind = "veth" }, false, 0 },
		{ "a tap", { .kind = "tun", .arphrd = ARPHRD_ETHER }, true, 0 },
		{ "a tun", { .kind = "tun", .arphrd = ARPHRD_NONE }, false, 0 },
		{ "a VLAN", { .kind = "vlan", .arphrd = ARPHRD_ETHER }, false, 0 },
		{ "a macvlan", { .kind = "macvlan", .arphrd = ARPHRD_ETHER }, false, 0 },
		{ "a VRF", { .kind = "vrf", .arphrd = ARPHRD_ETHER }, false, 0 },
		{ "a tunnel", { .kind = "wireguard" }, false, 0 },
		{ "an uplink that is a VLAN",
		  { .kind = "vlan", .has_default_route = true },
		  false,
		  0 },
		{ "a port of a bond", { .master = 7, .port_kind = "bond" }, true, 7 },
		{ "a port of a team", { .master = 8, .port_kind = "team" }, true, 8 },
		{ "a port of a VRF", { .master = 9, .port_kind = "vrf" }, true, 0 },
		{ "a port of a bridge", { .master = 9, .port_kind = "bridge" }, false, 0 },
		{ "a port of what is not told", { .master = 9 }, false, 0 },
		{ "a VLAN in a bond",
		  { .kind = "vlan", .master = 7, .port_kind = "bond" },
		  false,
		  7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_row_int(cases[i].name, iface_is_edge(&cases[i].info), cases[i].is_edge);
		assert_row_int(cases[i].name, iface_bond(&cases[i].info), cases[i].bond);
	}
}

int main(void)
{
	return RUN_TESTS(
		TEST(an_interface_has_the_role_of_its_kind), TEST(every_kind_of_tunnel_is_a_tunnel),
		TEST(a_default_route_makes_an_uplink_of_all_but_loopback_and_tunnels),
		TEST(every_role_has_a_name),
		TEST(only_ethernet_and_loopback_have_an_ethernet_header),
		TEST(bridges_bonds_and_teams_are_masters),
		TEST(what_loopback_an_ifb_and_a_vrf_receive_passes_no_ingress_hook_of_theirs),
		TEST(loopback_and_a_vrf_have_no_ingress_and_an_ifb_has),
		TEST(netlink_vsock_and_can_are_no_network),
		TEST(packets_leave_the_namespace_by_one_of_its_edges));
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * What kind of interface it is, from what rtnetlink tells: three tables, no system calls. The role
 * decides the observation point and the direction of every record (schema 4).
 */
#include "link/iface.h"

#include <linux/if_arp.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const role_names[] = {
	[ROLE_OTHER] = "other",	      [ROLE_ENDPOINT] = "endpoint", [ROLE_UPLINK] = "uplink",
	[ROLE_LOOPBACK] = "loopback", [ROLE_TUNNEL] = "tunnel",
};
_Static_assert(ARRAY_SIZE(role_names) == ROLE_MAX, "a role has no name");

enum kind_trait {
	KIND_PAIR,
	KIND_MASTER,
	KIND_TUN, /* tun or tap: ARPHRD tells which */
	KIND_TUNNEL,
	KIND_RETURNING, /* what it is given to send comes in again where it came from */
	KIND_MACVLAN,
	KIND_VRF,
};

/* IFLA_INFO_KIND. A kind that is not here has no trait: vlan, dummy ... */
static const struct {
	const char *name;
	enum kind_trait trait;
} kinds[] = {
	{ "veth", KIND_PAIR },	     { "netkit", KIND_PAIR },	   { "bridge", KIND_MASTER },
	{ "bond", KIND_MASTER },     { "team", KIND_MASTER },	   { "tun", KIND_TUN },
	{ "vxlan", KIND_TUNNEL },    { "geneve", KIND_TUNNEL },	   { "gre", KIND_TUNNEL },
	{ "gretap", KIND_TUNNEL },   { "ip6gre", KIND_TUNNEL },	   { "ip6gretap", KIND_TUNNEL },
	{ "erspan", KIND_TUNNEL },   { "ip6erspan", KIND_TUNNEL }, { "ipip", KIND_TUNNEL },
	{ "ip6tnl", KIND_TUNNEL },   { "sit", KIND_TUNNEL },	   { "vti", KIND_TUNNEL },
	{ "vti6", KIND_TUNNEL },     { "xfrm", KIND_TUNNEL },	   { "wireguard", KIND_TUNNEL },
	{ "gtp", KIND_TUNNEL },	     { "bareudp", KIND_TUNNEL },   { "amt", KIND_TUNNEL },
	{ "ovpn", KIND_TUNNEL },     { "ifb", KIND_RETURNING },	   { "macvlan", KIND_MACVLAN },
	{ "macvtap", KIND_MACVLAN }, { "vrf", KIND_VRF },
};

/*
 * ARPHRD_* of what carries no network: nlmon and vsockmon show what passes within the kernel, CAN has
 * no addresses.
 */
static const uint16_t no_networks[] = { ARPHRD_NETLINK, ARPHRD_VSOCKMON, ARPHRD_CAN };

static bool has_trait(const struct iface_info *info, enum kind_trait trait)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, info->kind) == 0)
			return kinds[i].trait == trait;
	return false;
}

static bool is_loopback(const struct iface_info *info)
{
	return info->flags & IFF_LOOPBACK || info->arphrd == ARPHRD_LOOPBACK;
}

static bool is_tunnel(const struct iface_info *info)
{
	return has_trait(info, KIND_TUNNEL);
}

static bool has_default_route(const struct iface_info *info)
{
	return info->has_default_route;
}

static bool is_endpoint_pair(const struct iface_info *info)
{
	return iface_is_pair(info) && info->is_peer_elsewhere;
}

static bool is_tap(const struct iface_info *info)
{
	return has_trait(info, KIND_TUN) && info->arphrd == ARPHRD_ETHER;
}

static bool is_hardware(const struct iface_info *info)
{
	return info->kind[0] == '\0';
}

/*
 * The first that matches. The default route is asked before the endpoint: where the agent itself
 * runs inside a container, eth0 is a veth whose peer is elsewhere, and yet the uplink.
 */
static const struct {
	bool (*matches)(const struct iface_info *info);
	enum iface_role role;
} rules[] = {
	{ is_loopback, ROLE_LOOPBACK },	    { is_tunnel, ROLE_TUNNEL },
	{ has_default_route, ROLE_UPLINK }, { is_endpoint_pair, ROLE_ENDPOINT },
	{ is_tap, ROLE_ENDPOINT },	    { is_hardware, ROLE_UPLINK },
};

const char *iface_role_to_str(enum iface_role role)
{
	return (unsigned int)role < ROLE_MAX ? role_names[role] : role_names[ROLE_OTHER];
}

enum iface_role iface_role_of(const struct iface_info *info)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].matches(info))
			return rules[i].role;
	return ROLE_OTHER;
}

bool iface_has_ethernet(const struct iface_info *info)
{
	return info->arphrd == ARPHRD_ETHER || info->arphrd == ARPHRD_LOOPBACK;
}

bool iface_is_master(const struct iface_info *info)
{
	return has_trait(info, KIND_MASTER);
}

bool iface_is_network(const struct iface_info *info)
{
	for (size_t i = 0; i < ARRAY_SIZE(no_networks); i++) {
		if (info->arphrd == no_networks[i])
			return false;
	}
	return true;
}

bool iface_is_vrf(const struct iface_info *info)
{
	return has_trait(info, KIND_VRF);
}

bool iface_has_ingress(const struct iface_info *info)
{
	return !is_loopback(info) && !iface_is_vrf(info);
}

bool iface_receives(const struct iface_info *info)
{
	return iface_has_ingress(info) && !has_trait(info, KIND_RETURNING);
}

uint32_t iface_bond(const struct iface_info *info)
{
	bool is_port = !strcmp(info->port_kind, "bond") || !strcmp(info->port_kind, "team");

	return is_port ? info->master : 0;
}

bool iface_is_edge(const struct iface_info *info)
{
	if (info->master && !iface_bond(info) && strcmp(info->port_kind, "vrf") != 0)
		return false;
	return (is_hardware(info) && !is_loopback(info)) || is_endpoint_pair(info) || is_tap(info);
}

bool iface_takes_super(const struct iface_info *info)
{
	static const char *const kinds_of_machines[] = { "tun", "macvtap", "ipvtap" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds_of_machines); i++) {
		if (!strcmp(kinds_of_machines[i], info->kind))
			return true;
	}
	return false;
}

bool iface_is_macvlan(const struct iface_info *info)
{
	return has_trait(info, KIND_MACVLAN);
}

bool iface_is_pair(const struct iface_info *info)
{
	return has_trait(info, KIND_PAIR);
}

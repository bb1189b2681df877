/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent knows of one interface of its network namespace.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* schema: role and hook give Hubble's observation point and the direction. */
enum iface_role {
	ROLE_OTHER,
	ROLE_ENDPOINT, /* veth whose peer is in another namespace; tap */
	ROLE_UPLINK,   /* physical, or holds a default route */
	ROLE_LOOPBACK,
	ROLE_TUNNEL,
	ROLE_MAX,
};

/* "other", "endpoint", ... */
const char *iface_role_to_str(enum iface_role role);

/* One interface as rtnetlink tells it. */
struct iface_info {
	uint32_t ifindex;
	uint32_t master; /* ifindex of the bridge or bond it is a port of; 0: none */
	uint32_t lower;	 /* ifindex of the one that it is on top of, in this namespace; 0: none */
	uint32_t flags;	 /* IFF_* */
	uint16_t arphrd; /* ARPHRD_* */
	bool has_default_route;
	bool is_peer_elsewhere; /* a pair (veth) whose peer is in another namespace (IFLA_LINK_NETNSID) */
	int32_t peer_nsid; /* the number of that namespace in ours; -1: it has none */
	char name[IFNAMSIZ];
	char kind
		[16]; /* IFLA_INFO_KIND: "veth", "bridge", "vxlan", "tun"; "" for hardware and lo */
	char port_kind[16]; /* IFLA_INFO_SLAVE_KIND: of its master; "": it has none */
	uint8_t mac[6];
	uint32_t gso_max[2]; /* longest super-packet it takes, IPv4 and IPv6; 0: not told */
};

/* By the table of schema.md 4. */
enum iface_role iface_role_of(const struct iface_info *info);
/* Has frames an Ethernet header? ARPHRD_ETHER and ARPHRD_LOOPBACK have. */
bool iface_has_ethernet(const struct iface_info *info);
/* Bridges, bonds and teams are not attached to: their ports are. */
bool iface_is_master(const struct iface_info *info);
/* Is it one? A monitor of netlink is none, nor is CAN: they are not attached to. */
bool iface_is_network(const struct iface_info *info);
bool iface_is_vrf(const struct iface_info *info);
/*
 * Is it attached to at ingress? Of loopback and a VRF what comes in there has left by their egress; what
 * else a VRF counts as received came in by its ports, and passes no hook of its own.
 */
bool iface_has_ingress(const struct iface_info *info);
/* Does what it counts as received pass its own ingress hook? Not loopback's, and not an ifb's. */
bool iface_receives(const struct iface_info *info);
/*
 * Do packets leave the namespace with it, and enter: hardware, a pair's end whose other end is
 * elsewhere, a tap? Not the ports of a bridge, which may send one packet by many of them.
 */
bool iface_is_edge(const struct iface_info *info);
/* The ifindex of the bond or team that it is a port of; 0: none. */
uint32_t iface_bond(const struct iface_info *info);
/* macvlan and macvtap */
/*
 * May it take in super-packets of virtual machines, which say of what kind they are, and not how many
 * segments they have?
 */
bool iface_takes_super(const struct iface_info *info);
bool iface_is_macvlan(const struct iface_info *info);
/* Two ends, which may be in two namespaces: veth and netkit. */
bool iface_is_pair(const struct iface_info *info);

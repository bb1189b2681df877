// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel's attributes, each looked at only if it is there and long enough. libmnl has checked
 * that they lie within their message.
 */
#include "link/link_parse.h"

#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "link/link.h"

/* Linux 6.3; older headers lack it. */
#define WEIR_IFLA_GSO_IPV4_MAX_SIZE 63

/* A message's attributes by type; of what IFLA, IFA and RTA have we need none beyond. */
struct attrs {
	const struct nlattr *at[64];
};

static int attrs_note(const struct nlattr *attr, void *ctx)
{
	struct attrs *attrs = ctx;

	if (mnl_attr_get_type(attr) < ARRAY_SIZE(attrs->at))
		attrs->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static uint32_t attr_u32(const struct nlattr *attr, uint32_t otherwise)
{
	return attr && mnl_attr_get_payload_len(attr) == 4 ? mnl_attr_get_u32(attr) : otherwise;
}

/* ret is zeroed. A string that is not terminated within its attribute is taken as far as it goes. */
static void attr_copy_str(char *ret, size_t size, const struct nlattr *attr)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len > 0)
		memcpy(ret, mnl_attr_get_payload(attr), len < size ? len : size - 1);
}

bool link_parse_iface(const struct nlmsghdr *nlh, struct link_iface *ret)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct iface_info *info = &ret->info;
	struct attrs attrs = {}, linkinfo = {};
	const struct nlattr *mac;

	/* AF_BRIDGE: a port joined or left its bridge. The interface itself says so as well. */
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi) || ifi->ifi_family != AF_UNSPEC)
		return false;
	mnl_attr_parse(nlh, sizeof(*ifi), attrs_note, &attrs);
	*ret = (struct link_iface){ .info = { .ifindex = (uint32_t)ifi->ifi_index,
					      .flags = ifi->ifi_flags,
					      .arphrd = ifi->ifi_type },
				    .has_moved = attrs.at[IFLA_NEW_NETNSID] };
	ret->moved_nsid = (int32_t)attr_u32(attrs.at[IFLA_NEW_NETNSID], UINT32_MAX);
	info->peer_nsid = -1;
	info->master = attr_u32(attrs.at[IFLA_MASTER], 0);
	info->gso_max[1] = attr_u32(attrs.at[IFLA_GSO_MAX_SIZE], 0);
	info->gso_max[0] = attr_u32(attrs.at[WEIR_IFLA_GSO_IPV4_MAX_SIZE], info->gso_max[1]);
	attr_copy_str(info->name, sizeof(info->name), attrs.at[IFLA_IFNAME]);
	if (attrs.at[IFLA_LINKINFO])
		mnl_attr_parse_nested(attrs.at[IFLA_LINKINFO], attrs_note, &linkinfo);
	attr_copy_str(info->kind, sizeof(info->kind), linkinfo.at[IFLA_INFO_KIND]);
	attr_copy_str(info->port_kind, sizeof(info->port_kind), linkinfo.at[IFLA_INFO_SLAVE_KIND]);
	mac = attrs.at[IFLA_ADDRESS];
	if (mac && mnl_attr_get_payload_len(mac) == sizeof(info->mac))
		memcpy(info->mac, mnl_attr_get_payload(mac), sizeof(info->mac));
	/* A VLAN has a lower interface, possibly elsewhere: that is no peer. */
	if (!iface_is_pair(info)) {
		info->lower = attrs.at[IFLA_LINK_NETNSID] ? 0 : attr_u32(attrs.at[IFLA_LINK], 0);
	} else {
		info->is_peer_elsewhere = attrs.at[IFLA_LINK_NETNSID];
		info->peer_nsid = (int32_t)attr_u32(attrs.at[IFLA_LINK_NETNSID], UINT32_MAX);
		ret->peer = info->is_peer_elsewhere ? 0 : attr_u32(attrs.at[IFLA_LINK], 0);
	}
	return true;
}

bool link_parse_addr(const struct nlmsghdr *nlh, struct link_addr *ret)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct attrs attrs = {};
	const struct nlattr *local;
	size_t len;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa))
		return false;
	if (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)
		return false;
	mnl_attr_parse(nlh, sizeof(*ifa), attrs_note, &attrs);
	/* On a point-to-point link IFA_ADDRESS is the other end's. */
	local = attrs.at[IFA_LOCAL] ? attrs.at[IFA_LOCAL] : attrs.at[IFA_ADDRESS];
	len = ifa->ifa_family == AF_INET ? 4 : 16;
	if (!local || mnl_attr_get_payload_len(local) != len)
		return false;
	*ret = (struct link_addr){ .ifindex = ifa->ifa_index,
				   .family = ifa->ifa_family == AF_INET ? 4 : 6,
				   .prefix_len = ifa->ifa_prefixlen };
	if (len == 4)
		memcpy(ret->addr, addr_v4_prefix, ADDR_V4_PREFIX_SIZE);
	memcpy(ret->addr + 16 - len, mnl_attr_get_payload(local), len);
	return true;
}

bool link_parse_is_default_route(const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct attrs attrs = {};

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) || rtm->rtm_dst_len != 0 ||
	    rtm->rtm_type != RTN_UNICAST || rtm->rtm_flags & RTM_F_CLONED)
		return false;
	mnl_attr_parse(nlh, sizeof(*rtm), attrs_note, &attrs);
	return attr_u32(attrs.at[RTA_TABLE], rtm->rtm_table) == RT_TABLE_MAIN;
}

static int parse_multipath(const struct nlattr *attr, link_parse_hop_fn fn, void *ctx)
{
	const unsigned char *at = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr);
	struct rtnexthop hop;
	int r = 0;

	while (r == 0 && left >= sizeof(hop)) {
		size_t len;

		memcpy(&hop, at, sizeof(hop));
		len = RTNH_ALIGN((size_t)hop.rtnh_len);
		if (len < sizeof(hop))
			break;
		r = fn(ctx, (uint32_t)hop.rtnh_ifindex);
		len = len < left ? len : left;
		at += len;
		left -= len;
	}
	return r;
}

int link_parse_hops(const struct nlmsghdr *nlh, link_parse_hop_fn fn, void *ctx)
{
	struct attrs attrs = {};
	uint32_t oif;
	int r = 0;

	mnl_attr_parse(nlh, sizeof(struct rtmsg), attrs_note, &attrs);
	oif = attr_u32(attrs.at[RTA_OIF], 0);
	if (oif)
		r = fn(ctx, oif);
	if (r == 0 && attrs.at[RTA_MULTIPATH])
		r = parse_multipath(attrs.at[RTA_MULTIPATH], fn, ctx);
	return r;
}

bool link_parse_stats(const struct nlmsghdr *nlh, struct link_stats *ret)
{
	struct rtnl_link_stats64 stats;
	const size_t len = offsetof(typeof(stats), multicast); /* what we read comes first */
	struct attrs attrs = {};
	const struct nlattr *attr;

	mnl_attr_parse(nlh, sizeof(struct if_stats_msg), attrs_note, &attrs);
	attr = attrs.at[IFLA_STATS_LINK_64];
	if (!attr || mnl_attr_get_payload_len(attr) < len)
		return false;
	memcpy(&stats, mnl_attr_get_payload(attr), len);
	*ret = (struct link_stats){ .rx_packets = stats.rx_packets,
				    .rx_bytes = stats.rx_bytes,
				    .tx_packets = stats.tx_packets,
				    .tx_bytes = stats.tx_bytes,
				    .tx_dropped = stats.tx_dropped };
	return true;
}

static bool attr_copy(void *ret, size_t len, const struct nlattr *attr)
{
	if (!attr || mnl_attr_get_payload_len(attr) < len)
		return false;
	memcpy(ret, mnl_attr_get_payload(attr), len);
	return true;
}

/* Options of netem begin with this. */
static bool netem_duplicates(const char *kind, const struct nlattr *options)
{
	struct tc_netem_qopt qopt;

	return !strcmp(kind, "netem") && attr_copy(&qopt, sizeof(qopt), options) && qopt.duplicate;
}

bool link_parse_qdisc(const struct nlmsghdr *nlh, struct link_qdisc *ret)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	const size_t basic_len = offsetof(struct gnet_stats_basic, packets) + sizeof(__u32);
	struct attrs attrs = {}, stats = {};
	struct gnet_stats_basic basic = {};
	struct gnet_stats_queue queue = {};

	if (nlh->nlmsg_type != RTM_NEWQDISC || mnl_nlmsg_get_payload_len(nlh) < sizeof(*tcm))
		return false;
	mnl_attr_parse(nlh, sizeof(*tcm), attrs_note, &attrs);
	if (!attrs.at[TCA_STATS2])
		return false;
	mnl_attr_parse_nested(attrs.at[TCA_STATS2], attrs_note, &stats);
	/* The struct ends in padding that the kernel may leave out. */
	if (!attr_copy(&basic, basic_len, stats.at[TCA_STATS_BASIC]) ||
	    !attr_copy(&queue, sizeof(queue), stats.at[TCA_STATS_QUEUE]))
		return false;
	*ret = (struct link_qdisc){ .handle = tcm->tcm_handle,
				    .packets = basic.packets,
				    .bytes = basic.bytes,
				    .dropped = queue.drops,
				    .queued = queue.qlen,
				    .queued_bytes = queue.backlog };
	attr_copy_str(ret->kind, sizeof(ret->kind), attrs.at[TCA_KIND]);
	ret->duplicates = netem_duplicates(ret->kind, attrs.at[TCA_OPTIONS]);
	/* Only if 32 bits do not hold them. */
	(void)attr_copy(&ret->packets, sizeof(ret->packets), stats.at[TCA_STATS_PKT64]);
	return true;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * A hook's counters are read as weir's, the kernel's twice, weir's: if both of ours are the same
 * and both of the kernel's no packet has passed meanwhile.
 */
#include "verify/verify_read.h"

#include <netinet/in.h>
#include <string.h>

#include "agent.h"
#include "base/cleanup.h"
#include "kernel/attach.h"
#include "kernel/datapath.h"
#include "kernel/ethtool.h"
#include "kernel/tracing.h"
#include "link/link.h"

/* Which features let a device take the super-packets of a protocol. A row is a bit of kinds. */
static const struct kind {
	uint8_t proto;
	uint8_t family; /* 0: both */
	const char *feature;
} kinds[] = {
	{ IPPROTO_TCP, WEIR_IPV4, "tx-tcp-segmentation" },
	{ IPPROTO_TCP, WEIR_IPV4, "tx-tcp-mangleid-segmentation" },
	{ IPPROTO_TCP, WEIR_IPV6, "tx-tcp6-segmentation" },
	{ IPPROTO_TCP, 0, "tx-tcp-ecn-segmentation" },
	{ IPPROTO_UDP, 0, "tx-udp-segmentation" },
	{ IPPROTO_UDP, 0, "tx-udp_tnl-segmentation" },
	{ IPPROTO_UDP, 0, "tx-udp_tnl-csum-segmentation" },
	{ IPPROTO_SCTP, 0, "tx-sctp-segmentation" },
	{ IPPROTO_GRE, 0, "tx-gre-segmentation" },
	{ IPPROTO_GRE, 0, "tx-gre-csum-segmentation" },
	{ IPPROTO_IPIP, 0, "tx-ipxip4-segmentation" },
	{ IPPROTO_IPV6, 0, "tx-ipxip6-segmentation" },
	{ IPPROTO_ESP, 0, "tx-esp-segmentation" },
};

static const char *const joining[] = { "rx-gro", "rx-gro-hw", "rx-lro" };

#define KIND_BITS    ((1U << ARRAY_SIZE(kinds)) - 1)
#define FEATURES_MAX (ARRAY_SIZE(kinds) + ARRAY_SIZE(joining))

_Static_assert(FEATURES_MAX < ETHTOOL_NAMES_MAX, "features are bits");

/* Where the device's features are not known: neither on nor off. */
#define FEATURES_UNKNOWN (1U << 31)

uint32_t verify_kinds_of(const struct weir_flow_key *key)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (key->proto == kinds[i].proto &&
		    (!kinds[i].family || kinds[i].family == key->family))
			bits |= 1U << i;
	}
	return bits;
}

bool verify_is_mixed(uint32_t seen, uint32_t features)
{
	return !(features & FEATURES_UNKNOWN) && seen & features && seen & ~features & KIND_BITS;
}

bool verify_joins(uint32_t features)
{
	return !(features & FEATURES_UNKNOWN) && features & ~KIND_BITS;
}

static uint32_t read_features(const char *ifname)
{
	const char *names[FEATURES_MAX];
	uint32_t features;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		names[i] = kinds[i].feature;
	for (size_t i = 0; i < ARRAY_SIZE(joining); i++)
		names[ARRAY_SIZE(kinds) + i] = joining[i];
	return ethtool_features(ifname, names, FEATURES_MAX, &features) ? FEATURES_UNKNOWN
									: features;
}

static bool is_tcx(const struct watched *watched)
{
	return watched->hooks[WEIR_EGRESS].kind == ATTACH_TCX;
}

/*
 * Frames that the kernel drops before the hook, as it cannot take their VLAN tag off; a program at XDP
 * sees them.
 */
static struct weir_count read_cut_tags(const struct agent *agent, const struct watched *watched)
{
	const struct weir_unseen_key key = { .ifindex = watched->info.ifindex,
					     .place = WEIR_UNSEEN_TAG };

	if (watched->hooks[WEIR_INGRESS].kind == ATTACH_XDP ||
	    !tracing_unseen_is_counted(agent->tracing))
		return (struct weir_count){ 0 };
	return tracing_unseen_lookup(agent->tracing, &key);
}

static bool is_resized(const struct agent *agent, const struct watched *watched)
{
	struct weir_iface counted;
	uint32_t now[2];

	if (!watched->slot ||
	    datapath_iface_read(agent->datapath, (uint32_t)watched->slot, &counted) ||
	    link_read_gso_max(agent->link, watched->info.ifindex, now))
		return false;
	return (now[0] && now[0] != counted.gso_max[0]) || (now[1] && now[1] != counted.gso_max[1]);
}

void verify_read_scene(const struct agent *agent, uint32_t key_ifindex, struct verify_scene *ret)
{
	const struct watched *watched = ifaces_of_key(&agent->ifaces, key_ifindex);
	uint32_t ifindex;

	*ret = (struct verify_scene){ .features = FEATURES_UNKNOWN };
	if (!watched || watched->is_gone)
		return;
	ifindex = watched->info.ifindex;
	ret->features = read_features(watched->info.name);
	ret->is_resized = is_resized(agent, watched);
	ret->takes_others = link_has_more_addresses(agent->link, ifindex) > 0;
	ret->has_macvlans = ret->takes_others && link_has_macvlan(agent->link, ifindex);
	/* Of clsact's filters ours is the last. */
	ret->has_others = is_tcx(watched) &&
			  (attach_tcx_behind(datapath_prog_fd(agent->datapath, DATAPATH_TC_OUT),
					     ifindex) > 0 ||
			   link_has_egress_filters(agent->link, ifindex) > 0);
}

static bool is_equal(struct weir_count a, struct weir_count b)
{
	return a.packets == b.packets && a.bytes == b.bytes;
}

static struct weir_count moved(const struct weir_iface *before, const struct weir_iface *after,
			       int hook)
{
	return (struct weir_count){
		.packets = after->raw[hook].packets + after->gso[hook].packets -
			   before->raw[hook].packets - before->gso[hook].packets,
		.bytes = after->raw[hook].bytes + after->gso[hook].bytes - before->raw[hook].bytes -
			 before->gso[hook].bytes,
	};
}

/*
 * What the kernel tells of the device and of the way from our hook to it; nothing, where it has
 * nothing. While no new packet passes our hooks a queue may run, and a super-packet's segments may be
 * sent one by one, or wait in a backlog: is_quiet tells if they did not.
 */
static int read_kernel(const struct agent *agent, const struct watched *watched,
		       struct link_stats *kernel, struct verify_reading *in,
		       struct verify_reading *ret)
{
	uint32_t ifindex = watched->info.ifindex;
	struct link_stats before;
	int r = link_read_stats(agent->link, ifindex, &before);

	if (r)
		return r;
	(void)link_read_qdisc(agent->link, ifindex, LINK_QDISC_ROOT, &ret->root);
	if (is_tcx(watched))
		(void)link_read_qdisc(agent->link, ifindex, LINK_QDISC_CLSACT, &ret->clsact);
	r = link_read_stats(agent->link, ifindex, kernel);
	ret->is_quiet = before.tx_packets == kernel->tx_packets;
	in->is_quiet = before.rx_packets == kernel->rx_packets;
	return r;
}

bool verify_read_hooks(const struct agent *agent, uint32_t key_ifindex,
		       struct verify_reading ret[static WEIR_HOOK_MAX])
{
	const struct watched *watched = ifaces_of_key(&agent->ifaces, key_ifindex);
	struct verify_reading *in = &ret[WEIR_INGRESS], *out = &ret[WEIR_EGRESS];
	struct weir_iface before, after;
	struct link_stats kernel;

	if (!watched || watched->is_gone || !watched->slot)
		return false;
	*in = *out = (struct verify_reading){ .is_quiet = true };
	if (datapath_iface_read(agent->datapath, (uint32_t)watched->slot, &before) ||
	    read_kernel(agent, watched, &kernel, in, out) ||
	    datapath_iface_read(agent->datapath, (uint32_t)watched->slot, &after))
		return false;
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		ret[hook].raw = after.raw[hook];
		ret[hook].gso = after.gso[hook];
		ret[hook].is_quiet &= is_equal(before.raw[hook], after.raw[hook]);
		ret[hook].moved = moved(&before, &after, hook);
	}
	in->kernel = (struct weir_count){ kernel.rx_packets, kernel.rx_bytes };
	in->cut_tags = read_cut_tags(agent, watched);
	out->kernel = (struct weir_count){ kernel.tx_packets, kernel.tx_bytes };
	out->kernel_dropped = kernel.tx_dropped;
	out->cut = after.cut;
	out->guessed = after.guessed;
	return true;
}

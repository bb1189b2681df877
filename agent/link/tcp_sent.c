// SPDX-License-Identifier: BSD-2-Clause
/*
 * A packet of a socket of this namespace passes one egress, or, above a tunnel or a stacked
 * interface, one that is not counted. A switch in software or a card's driver may hand it on to a port
 * that is watched, too: such ports have a master that is none of the kind whose ports alone are
 * attached to. A VRF is a master of which the port is the one that counts.
 */
#include "link/tcp_sent.h"

#include <netinet/in.h>

#include "link/addr_set.h"
#include "link/ifaces.h"

static bool may_be_second(const struct ifaces *ifaces, const struct watched *watched)
{
	const struct watched *master =
		watched->info.master ? ifaces_find(ifaces, watched->info.master) : NULL;

	if (iface_is_vrf(&watched->info))
		return true;
	return master && master->slot && !iface_is_vrf(&master->info);
}

/* TCP_SENDER_MAX: nobody here. */
static enum tcp_sender sender_of(const struct ifaces *ifaces, const struct watched *watched,
				 const struct weir_dir *dir, bool is_local)
{
	if (!(dir->hooks & WEIR_DIR_SOCKET))
		return dir->hooks & WEIR_DIR_SOCKETLESS && is_local ? TCP_SENT_SOCKETLESS
								    : TCP_SENDER_MAX;
	if (may_be_second(ifaces, watched))
		return TCP_SENT_TWICE;
	return is_local || watched->role == ROLE_LOOPBACK ? TCP_SENT_OWN : TCP_SENT_STRANGE;
}

void tcp_sent_add(struct tcp_sent *sent, const struct ifaces *ifaces, const struct addr_set *addrs,
		  const struct weir_flow_key *key, const struct weir_flow *flow)
{
	const struct watched *watched;

	if (key->proto != IPPROTO_TCP || key->vlan & WEIR_ENCAPSULATED)
		return;
	watched = ifaces_of_key(ifaces, key->ifindex);
	if (!watched || watched_is_stacked(watched))
		return;
	for (int dir = 0; dir < 2; dir++) {
		const uint8_t *addr = (const uint8_t *)key->addr[dir];
		enum tcp_sender sender =
			sender_of(ifaces, watched, &flow->dir[dir], addr_set_has(addrs, addr));

		if (sender < TCP_SENDER_MAX)
			sent->segments[sender] += flow->dir[dir].packets;
	}
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tables know neither the datapath nor each other: what they ask, the agent answers out of its
 * other modules, and what they tell goes to the log.
 */
#include "agent_ops.h"

#include <netinet/in.h>
#include <string.h>

#include "agent.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "conn/conn.h"
#include "kernel/datapath.h"
#include "kernel/listeners.h"
#include "kernel/retransmits.h"
#include "kernel/tracing.h"
#include "kernel/udp_sockets.h"
#include "link/link.h"
#include "log/agent_events.h"
#include "log/history.h"
#include "loop.h"
#include "who/endpoint_watch.h"
#include "who/namespace_addrs.h"
#include "who/party.h"
#include "who/party_facts.h"
#include "who/translations.h"
#include "who/who.h"

static int conn_lookup(void *ctx, const struct weir_flow_key *key, struct weir_flow *ret)
{
	const struct agent *agent = ctx;

	return datapath_lookup(agent->datapath, key, ret);
}

static bool conn_iface(void *ctx, uint32_t key_ifindex, struct record_leg *ret)
{
	const struct agent *agent = ctx;
	const struct watched *watched = ifaces_of_key(&agent->ifaces, key_ifindex);

	if (!watched)
		return false;
	memcpy(ret->ifname, watched->info.name, sizeof(ret->ifname));
	ret->ifindex = watched->info.ifindex;
	ret->role = (uint8_t)watched->role;
	ret->is_edge = iface_is_edge(&watched->info);
	ret->bond = iface_bond(&watched->info);
	return true;
}

static uint64_t conn_iface_gone_ns(void *ctx, uint32_t key_ifindex)
{
	const struct agent *agent = ctx;
	const struct watched *watched = ifaces_of_key(&agent->ifaces, key_ifindex);

	return watched && watched->is_gone ? watched->gone_ns : 0;
}

static bool conn_is_local(void *ctx, const uint8_t addr[static 16])
{
	const struct agent *agent = ctx;

	return addr_set_has(&agent->addrs, addr);
}

static int conn_listener(void *ctx, const struct weir_flow_key *key, enum weir_initiator_by *ret_by)
{
	const struct agent *agent = ctx;
	bool is_local[2], is_listening[2];
	uint8_t addr[2][16];

	for (int end = 0; end < 2; end++) {
		memcpy(addr[end], key->addr[end], sizeof(addr[end]));
		is_local[end] = addr_set_has(&agent->addrs, addr[end]);
	}
	if (key->proto == IPPROTO_UDP)
		return udp_sockets_server(agent->udp_sockets, key, is_local, ret_by);
	if (key->proto != IPPROTO_TCP)
		return -1;
	listeners_refresh(agent->listeners, time_monotonic_ns());
	for (int end = 0; end < 2; end++) {
		is_listening[end] =
			is_local[end] && listeners_has(agent->listeners, addr[end],
						       __builtin_bswap16(key->port[end]));
	}
	*ret_by = WEIR_BY_LISTENER;
	return is_listening[0] == is_listening[1] ? -1 : is_listening[1];
}

/* Who has a socket here that has sent nothing again has sent 0 again; of others nobody knows. */
static bool conn_retransmits(void *ctx, const struct weir_flow_key *key,
			     const struct weir_flow *flow, int dir, bool is_end, uint32_t *ret)
{
	const struct agent *agent = ctx;
	uint8_t addr[16];

	if (!tracing_has(agent->tracing, TRACING_RETRANSMITS))
		return false;
	if (retransmits_get(agent->retransmits, key, flow, dir, is_end, ret))
		return true;
	memcpy(addr, key->addr[dir], sizeof(addr));
	*ret = 0;
	return addr_set_has(&agent->addrs, addr);
}

static uint32_t conn_party(void *ctx, const struct conn_side *side)
{
	const struct agent *agent = ctx;

	return who_party(agent->who, side);
}

static void conn_party_drop(void *ctx, uint32_t number)
{
	const struct agent *agent = ctx;

	parties_unref(who_parties(agent->who), number);
}

static void conn_nat(void *ctx, struct conn_nat *nat)
{
	const struct agent *agent = ctx;

	who_nat(agent->who, nat);
}

static void conn_nat_drop(void *ctx, uint32_t number, enum conn_nat_state state)
{
	const struct agent *agent = ctx;

	who_nat_drop(agent->who, number, state);
}

/* Whoever has waited may find that the clock was set meanwhile. */
static void look_at_clock(struct agent *agent)
{
	int64_t step_ns;
	char text[DURATION_SIZE];

	if (agent->clock_turn == loop_turn(agent->loop))
		return;
	agent->clock_turn = loop_turn(agent->loop);
	step_ns = wall_clock_look(&agent->clock);
	if (!step_ns)
		return;
	duration_to_str((uint64_t)(step_ns < 0 ? -step_ns : step_ns), text);
	log_info("the clock has gone %s %s at once: it was set, or the machine has slept", text,
		 step_ns < 0 ? "back" : "forward");
}

/* Times are since 1970 from here on, and what it has numbers of counts for the record too. */
static void record_finish(struct agent *agent, struct record *rec)
{
	look_at_clock(agent);
	rec->time_ns += agent->clock.offset_ns;
	rec->start_ns += agent->clock.offset_ns;
	for (int side = 0; side < 2; side++)
		(void)parties_ref(who_parties(agent->who), rec->party[side]);
	translations_ref(who_translations(agent->who), rec->nat);
}

void agent_record_dropped(void *ctx, const struct record *rec)
{
	const struct agent *agent = ctx;

	for (int side = 0; side < 2; side++)
		parties_unref(who_parties(agent->who), rec->party[side]);
	translations_unref(who_translations(agent->who), rec->nat);
}

static void conn_record(void *ctx, struct record *rec, const struct record_leg *legs,
			unsigned int count)
{
	struct agent *agent = ctx;

	record_finish(agent, rec);
	history_add(agent->history, rec, legs, count);
}

static uint64_t conn_reserve(void *ctx)
{
	const struct agent *agent = ctx;

	return history_reserve(agent->history);
}

static bool conn_fill(void *ctx, uint64_t place, struct record *rec, const struct record_leg *legs,
		      unsigned int count)
{
	struct agent *agent = ctx;

	if (!history_has_place(agent->history, place))
		return false;
	record_finish(agent, rec);
	history_fill(agent->history, place, rec, legs, count);
	return true;
}

static void conn_release(void *ctx, uint64_t place)
{
	const struct agent *agent = ctx;

	history_void(agent->history, place);
}

const struct conn_ops *agent_conn_ops(void)
{
	static const struct conn_ops ops = {
		.lookup = conn_lookup,
		.iface = conn_iface,
		.iface_gone_ns = conn_iface_gone_ns,
		.is_local = conn_is_local,
		.listener = conn_listener,
		.retransmits = conn_retransmits,
		.party = conn_party,
		.party_drop = conn_party_drop,
		.nat = conn_nat,
		.nat_drop = conn_nat_drop,
		.record = conn_record,
		.reserve = conn_reserve,
		.fill = conn_fill,
		.release = conn_release,
	};

	return &ops;
}

static int retransmits_read(void *ctx, retransmits_entry_fn fn, void *fn_ctx)
{
	const struct agent *agent = ctx;

	return tracing_retransmits_read(agent->tracing, fn, fn_ctx);
}

static int retransmits_lookup(void *ctx, const struct weir_retransmit_key *key,
			      struct weir_retransmit *ret)
{
	const struct agent *agent = ctx;

	return tracing_retransmit_lookup(agent->tracing, key, ret);
}

static int retransmits_take(void *ctx, const struct weir_retransmit_key *key,
			    struct weir_retransmit *ret)
{
	const struct agent *agent = ctx;

	return tracing_retransmit_take(agent->tracing, key, ret);
}

const struct retransmits_ops *agent_retransmits_ops(void)
{
	static const struct retransmits_ops ops = {
		.read = retransmits_read,
		.lookup = retransmits_lookup,
		.take = retransmits_take,
	};

	return &ops;
}

/* Whoever follows is told as soon as what is under way here has ended. */
static void tell_soon(const struct agent *agent)
{
	if (agent->settle_timer)
		watch_set_timer(agent->settle_timer, 1, 0);
}

static void endpoint_told(void *ctx, const struct party_facts *facts, bool is_there)
{
	const struct agent *agent = ctx;

	agent_events_endpoint(agent->agent_events, time_realtime_ns(), facts, is_there);
	tell_soon(agent);
}

static void address_told(void *ctx, const uint8_t addr[static 16], const struct party_facts *facts,
			 bool is_there)
{
	const struct agent *agent = ctx;

	agent_events_address(agent->agent_events, time_realtime_ns(), addr, facts, is_there);
	tell_soon(agent);
}

const struct endpoint_watch_ops *agent_endpoint_ops(void)
{
	static const struct endpoint_watch_ops ops = {
		.endpoint = endpoint_told,
		.address = address_told,
	};

	return &ops;
}

/* An address has become one of this host, or is none any more. */
static void tell_address(struct agent *agent, const uint8_t addr[static 16], int family,
			 bool is_there)
{
	struct namespace_addr where = { .family = (uint8_t)family };

	memcpy(where.addr, addr, sizeof(where.addr));
	if (ns_addr_is_telling(&where))
		address_told(agent, addr, &(struct party_facts){ .is_local = true }, is_there);
}

/* That ifindex is watched no more: what passes there has ended. */
static void iface_let_go(struct agent *agent, uint32_t key_ifindex)
{
	if (agent->who)
		who_iface_gone(agent->who, key_ifindex);
	if (agent->sweep)
		sweep_soon(agent->sweep);
}

static void link_iface_set(void *ctx, const struct iface_info *info)
{
	struct agent *agent = ctx;
	const struct watched *watched = ifaces_find(&agent->ifaces, info->ifindex);
	uint32_t key_ifindex = watched ? watched->key_ifindex : 0;

	if (!ifaces_set(&agent->ifaces, info))
		iface_let_go(agent, key_ifindex);
	watched = ifaces_find(&agent->ifaces, info->ifindex);
	if (agent->who && watched)
		who_iface_set(agent->who, watched->key_ifindex, info);
}

static void link_iface_gone(void *ctx, uint32_t ifindex)
{
	struct agent *agent = ctx;
	const struct watched *watched = ifaces_find(&agent->ifaces, ifindex);
	uint32_t key_ifindex;

	if (!watched)
		return;
	key_ifindex = watched->key_ifindex;
	ifaces_gone(&agent->ifaces, ifindex);
	iface_let_go(agent, key_ifindex);
}

static void link_addr_set(void *ctx, uint32_t ifindex, const uint8_t addr[static 16], int family,
			  bool is_there)
{
	struct agent *agent = ctx;
	bool was_there = addr_set_has(&agent->addrs, addr);

	if (is_there)
		(void)addr_set_add(&agent->addrs, ifindex, addr);
	else
		addr_set_remove(&agent->addrs, ifindex, addr);
	/* It may be at several interfaces. */
	if (addr_set_has(&agent->addrs, addr) != was_there)
		tell_address(agent, addr, family, is_there);
}

static void link_tc_removed(void *ctx, uint32_t ifindex)
{
	struct agent *agent = ctx;

	ifaces_tc_removed(&agent->ifaces, ifindex);
}

const struct link_ops *agent_link_ops(void)
{
	static const struct link_ops ops = {
		.iface_set = link_iface_set,
		.iface_gone = link_iface_gone,
		.tc_removed = link_tc_removed,
		.addr_set = link_addr_set,
	};

	return &ops;
}

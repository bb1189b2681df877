// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets of one direction may take several interfaces: side by side, as over the ports of a bond
 * or over two routes, or one after the other, as through a VLAN and the card below. Only what goes
 * side by side may be added up, and only where no packet can have been counted twice:
 * - ports of one bond or team, at the same hook: a packet takes one of them;
 * - interfaces with nothing of this namespace below them, if this host is where the packets begin
 *   and no leg has seen one come in, or where they end and none has seen one leave.
 */
#include "conn/leg_totals.h"

#include <stdbool.h>
#include <string.h>

#define TCP_SYN 0x02

static bool has_seen(const struct leg_value *value, int side)
{
	return value->leg.count[side].packets != 0;
}

static bool is_inner(const struct leg_value *value)
{
	return value->key.vlan & WEIR_ENCAPSULATED;
}

/*
 * values->at[0] is the nearest, the others are in no order. What a tunnel carries may be anybody's
 * word: it speaks only where nothing else does.
 */
static unsigned int nearest_of(const struct leg_values *values, int side)
{
	unsigned int nearest = 0;

	if (has_seen(&values->at[0], side))
		return 0;
	for (unsigned int i = 1; i < values->count; i++) {
		const struct leg_value *value = &values->at[i];

		if (!has_seen(value, side) || is_inner(value) != is_inner(&values->at[0]))
			continue;
		if (!nearest || leg_rank(value) < leg_rank(&values->at[nearest]))
			nearest = i;
	}
	return nearest;
}

static bool is_one_hook(unsigned int hooks)
{
	return hooks && !(hooks & (hooks - 1));
}

/* Are both ports of one bond, and does what the one has seen pass the other by? */
static bool is_beside_in_bond(const struct leg_value *a, const struct leg_value *b, int side)
{
	return a->leg.bond && a->leg.bond == b->leg.bond && is_one_hook(a->leg.hooks[side]) &&
	       a->leg.hooks[side] == b->leg.hooks[side] && a->key.vlan == b->key.vlan &&
	       !memcmp(a->key.vni, b->key.vni, sizeof(a->key.vni));
}

/*
 * Do the side's packets begin at this host and leave it, or come in and end here, as far as any leg
 * has seen? Then each of them has passed one interface at which it left or entered. is_local: as of
 * leg_totals_choose().
 */
static bool is_of_this_host(const struct leg_values *values, unsigned int is_local, int side)
{
	unsigned int hooks = 0;

	if (values->count == RECORD_LEGS_MAX) /* there may be others */
		return false;
	for (unsigned int i = 0; i < values->count; i++) {
		if (!is_inner(&values->at[i]))
			hooks |= values->at[i].leg.hooks[side];
	}
	if (hooks == 1 << WEIR_EGRESS)
		return is_local >> side & 1;
	return hooks == 1 << WEIR_INGRESS && is_local >> !side & 1;
}

static bool is_at_the_edge(const struct leg_value *value)
{
	return value->leg.is_edge && !is_inner(value);
}

static void choose(const struct leg_values *values, unsigned int is_local, int side,
		   struct leg_totals *ret)
{
	unsigned int nearest = nearest_of(values, side);
	const struct leg_value *own = &values->at[nearest];
	bool adds_edges = is_at_the_edge(own) && is_of_this_host(values, is_local, side);

	ret->of[side] = (uint8_t)(1U << nearest);
	ret->first[side] = (uint8_t)nearest;
	for (unsigned int i = 0; i < values->count; i++) {
		const struct leg_value *value = &values->at[i];

		if (i == nearest || !has_seen(value, side))
			continue;
		if (!is_beside_in_bond(own, value, side) && !(adds_edges && is_at_the_edge(value)))
			continue;
		ret->of[side] |= (uint8_t)(1U << i);
		if (value->flow.start_ns < values->at[ret->first[side]].flow.start_ns)
			ret->first[side] = (uint8_t)i;
	}
}

void leg_totals_choose(const struct leg_values *values, unsigned int is_local,
		       struct leg_totals *ret)
{
	*ret = (struct leg_totals){ .of = { 1, 1 } };
	for (int side = 0; values->count > 1 && side < 2; side++)
		choose(values, is_local, side, ret);
}

void leg_totals_add(const struct leg_values *values, const struct leg_totals *totals, int side,
		    struct record_count *ret)
{
	*ret = (struct record_count){ 0 };
	for (unsigned int i = 0; i < values->count; i++) {
		const struct record_count *count = &values->at[i].leg.count[side];

		if (!(totals->of[side] >> i & 1))
			continue;
		ret->packets += count->packets;
		ret->bytes += count->bytes;
	}
}

void leg_totals_add_more(const struct leg_values *values, const struct leg_totals *totals, int side,
			 int initiator, struct record_more *ret)
{
	for (unsigned int i = 0; i < values->count; i++) {
		const struct weir_dir *dir = &values->at[i].flow.dir[side ^ initiator];

		if (!(totals->of[side] >> i & 1))
			continue;
		ret->resent[side] += dir->resent;
		ret->fragments[side] += dir->fragments;
		ret->zero_windows[side] = add_u16(ret->zero_windows[side], dir->zero_windows);
	}
}

/* ---- the handshake ---- */

static bool has_syn(const struct leg_value *value, int initiator)
{
	return value->flow.initiator == (initiator | WEIR_BY_SYN << 1);
}

static bool has_reply(const struct leg_value *value, int initiator)
{
	(void)initiator;
	return value->flow.reply_ns != 0;
}

/* The nearest that has it, of the legs whose packets are added up if one of them has; -1: none. */
static int find(const struct leg_values *values, unsigned int of, int initiator,
		bool (*has)(const struct leg_value *value, int initiator))
{
	uint64_t least = UINT64_MAX;
	int found = -1;

	for (unsigned int i = 0; i < values->count; i++) {
		const struct leg_value *value = &values->at[i];
		uint64_t rank = leg_rank(value) | (uint64_t) !(of >> i & 1) << 63;

		if (rank >= least || is_inner(value) != is_inner(&values->at[0]) ||
		    !has(value, initiator))
			continue;
		least = rank;
		found = (int)i;
	}
	return found;
}

/* Legs side by side that have each seen a SYN (SYN-ACK) have seen another one. */
static bool is_repeated(const struct leg_values *values, const unsigned int of[static 2],
			int initiator)
{
	unsigned int seen[2] = { 0 };

	for (unsigned int i = 0; i < values->count; i++) {
		const struct weir_flow *flow = &values->at[i].flow;

		if ((of[0] | of[1]) >> i & 1 && flow->flags & WEIR_FLOW_SYN_REPEATED)
			return true;
		for (int side = 0; side < 2; side++)
			seen[side] +=
				of[side] >> i & 1 && flow->dir[side ^ initiator].flags & TCP_SYN;
	}
	return seen[0] > 1 || seen[1] > 1;
}

/*
 * The first thing that the initiator sent after the answer, whichever leg it took: each leg knows
 * when it became established, or began. What the responder sends next comes later still.
 */
static uint64_t established_at(const struct leg_values *values, unsigned int of, uint64_t reply_ns)
{
	uint64_t first_ns = 0;

	for (unsigned int i = 0; i < values->count; i++) {
		const struct weir_flow *flow = &values->at[i].flow;
		uint64_t at_ns = flow->start_ns;

		if (!(of >> i & 1))
			continue;
		if (at_ns <= reply_ns)
			at_ns = flow->established_ns;
		if (at_ns > reply_ns && (!first_ns || at_ns < first_ns))
			first_ns = at_ns;
	}
	return first_ns;
}

void leg_totals_handshake(const struct leg_values *values, const struct leg_totals *totals,
			  int initiator, struct handshake *ret)
{
	int syn = find(values, totals->of[0], initiator, has_syn);
	int reply = find(values, totals->of[1], initiator, has_reply);
	unsigned int of[2] = { totals->of[0], totals->of[1] };

	*ret = (struct handshake){ 0 };
	if (syn < 0 || reply < 0)
		return;
	/* Not one of those: it speaks for itself. */
	if (!(of[0] >> syn & 1))
		of[0] = 1U << syn;
	if (!(of[1] >> reply & 1))
		of[1] = 1U << reply;
	if (is_repeated(values, of, initiator))
		return;
	ret->syn_ns = values->at[syn].flow.start_ns;
	ret->reply_ns = values->at[reply].flow.reply_ns;
	ret->established_ns = established_at(values, of[0], ret->reply_ns);
}

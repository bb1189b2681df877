// SPDX-License-Identifier: BSD-2-Clause
/*
 * The value of a leg is looked up in the kernel's map while it is there, and is kept in a list of
 * its connection when it won't be. A leg that comes back goes on from what was kept of it.
 *
 * The kernel may begin another connection in the entry of one that has ended and is yet to be told.
 * Its counters run on then, and base_* of the new one says where the old one's end was. All else
 * that a record tells is kept from the moment in which the leg ended.
 */
#include "conn/leg_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A leg that ended less than this before its connection ended with it: two passes of the sweep. */
#define PAST_NS 2000000000

/* Of a leg that was reaped while others of its connection went on. */
struct past_leg {
	struct past_leg *next;
	uint64_t end_ns;
	struct leg_value value;
};

static struct record_count dir_count(const struct weir_flow *flow, int dir)
{
	const struct weir_dir *d = &flow->dir[dir];

	return (struct record_count){ d->packets - d->base_packets, d->bytes - d->base_bytes };
}

uint64_t leg_rank(const struct leg_value *value)
{
	const struct record_leg *leg = &value->leg;
	uint64_t rank = 3;

	if (value->is_stale)
		rank = 5;
	else if (value->key.vlan & WEIR_ENCAPSULATED)
		rank = 4;
	else if (leg->role == ROLE_ENDPOINT &&
		 (leg->hooks[0] & 1 << WEIR_INGRESS || leg->hooks[1] & 1 << WEIR_EGRESS))
		rank = 0;
	else if (leg->role == ROLE_LOOPBACK)
		rank = 1;
	else if (leg->role == ROLE_UPLINK)
		rank = 2;
	return rank << 32 | leg->ifindex;
}

void leg_get_iface(const struct conn_table *table, uint32_t index, struct record_leg *ret)
{
	struct leg *leg = leg_at(&table->maps, index);

	*ret = (struct record_leg){ .ifindex = leg->ifindex };
	(void)table->ops->iface(table->ctx, leg->ifindex, ret);
	if (leg->role == ROLE_OTHER)
		leg->role = ret->role & 7;
	ret->role = leg->role;
}

/* All but the flow, which is known. */
static void leg_value_fill(const struct conn_table *table, const struct conn *conn, uint32_t index,
			   const struct weir_flow_key *key, struct leg_value *value)
{
	struct record_leg *leg = &value->leg;

	value->key = *key;
	value->is_stale = false;
	leg_get_iface(table, index, leg);
	leg->vlan = key->vlan;
	memcpy(leg->vni, key->vni, sizeof(leg->vni));
	for (int side = 0; side < 2; side++) {
		leg->count[side] = dir_count(&value->flow, side ^ conn->initiator);
		leg->hooks[side] = value->flow.dir[side ^ conn->initiator].hooks & WEIR_DIR_HOOKS;
	}
}

/* The same leg at a later time: what it saw then comes on top. */
static void leg_value_add(struct leg_value *to, const struct leg_value *later)
{
	for (int side = 0; side < 2; side++) {
		const struct weir_dir *more = &later->flow.dir[side];
		struct weir_dir *sum = &to->flow.dir[side];

		to->leg.count[side].packets += later->leg.count[side].packets;
		to->leg.count[side].bytes += later->leg.count[side].bytes;
		to->leg.hooks[side] |= later->leg.hooks[side];
		sum->resent += more->resent;
		sum->fragments += more->fragments;
		sum->zero_windows = add_u16(sum->zero_windows, more->zero_windows);
	}
	to->is_stale &= later->is_stale;
}

static const struct ended_leg *ended_find(const struct conn *conn, uint32_t leg, uint64_t start_ns)
{
	const struct ended_leg *ended = conn->kept ? conn->kept->ended : NULL;

	while (ended && (ended->leg != leg || ended->flow.start_ns != start_ns))
		ended = ended->next;
	return ended;
}

/*
 * Makes of what the entry holds now what it held when the leg's connection ended. If nothing was
 * kept then (an event was lost), the counters are still known of the entry's first connection.
 */
static bool flow_of_former(struct weir_flow *flow, const struct leg *leg,
			   const struct ended_leg *ended)
{
	struct weir_flow former = { .start_ns = leg->start_ns };

	if (!ended && !leg->is_first)
		return false;
	if (ended)
		former = ended->flow;
	for (int dir = 0; dir < 2; dir++) {
		former.dir[dir].packets = flow->dir[dir].base_packets;
		former.dir[dir].bytes = flow->dir[dir].base_bytes;
	}
	*flow = former;
	return true;
}

/* The value of a leg of the connection, unless nobody knows it any more. */
static bool leg_value_get(const struct conn_table *table, const struct conn *conn, uint32_t index,
			  const struct sight *sight, struct leg_value *value, bool *is_ahead)
{
	const struct leg *leg = leg_at(&table->maps, index);
	struct weir_flow_key key;

	leg_get_key(&table->maps, index, &key);
	if (sight && !memcmp(&key, sight->key, sizeof(key)))
		value->flow = *sight->flow;
	else if (table->ops->lookup(table->ctx, &key, &value->flow))
		return false;
	if (value->flow.start_ns != leg->start_ns) {
		*is_ahead = true;
		if (!flow_of_former(&value->flow, leg, ended_find(conn, index, leg->start_ns)))
			return false;
	}
	leg_value_fill(table, conn, index, &key, value);
	return true;
}

static unsigned int past_collect(const struct conn *conn, uint64_t now_ns,
				 struct leg_value values[static RECORD_LEGS_MAX],
				 unsigned int count)
{
	const struct past_leg *past = conn->kept ? conn->kept->past : NULL;

	for (; past; past = past->next) {
		struct leg_value value = past->value;
		unsigned int i = 0;

		value.is_stale = past->end_ns + PAST_NS < now_ns;
		while (i < count && memcmp(&values[i].key, &value.key, sizeof(value.key)) != 0)
			i++;
		if (i == count && count < RECORD_LEGS_MAX) {
			values[count++] = value;
		} else if (i < count && values[i].flow.start_ns != value.flow.start_ns) {
			leg_value_add(&value, &values[i]);
			values[i] = value;
		}
	}
	return count;
}

void leg_values_collect(const struct conn_table *table, const struct conn *conn,
			const struct sight *sight, uint64_t now_ns, struct leg_values *ret)
{
	struct leg_value *values = ret->at;
	unsigned int count = 0, nearest = 0;

	ret->is_ahead = false;
	for (uint32_t at = conn->first_leg; at && count < RECORD_LEGS_MAX;
	     at = leg_at(&table->maps, at)->next_in_conn) {
		if (leg_value_get(table, conn, at, sight, &values[count], &ret->is_ahead))
			count++;
	}
	count = past_collect(conn, now_ns, values, count);
	for (unsigned int i = 1; i < count; i++) {
		if (leg_rank(&values[i]) < leg_rank(&values[nearest]))
			nearest = i;
	}
	if (nearest) {
		struct leg_value first = values[0];

		values[0] = values[nearest];
		values[nearest] = first;
	}
	ret->count = count;
}

/* NULL: no memory. */
static struct conn_kept *conn_keep(struct conn *conn)
{
	if (!conn->kept)
		conn->kept = calloc(1, sizeof(*conn->kept));
	return conn->kept;
}

void leg_values_keep(const struct conn_table *table, struct conn *conn, uint32_t leg,
		     const struct sight *sight)
{
	struct conn_kept *kept = conn_keep(conn);
	struct leg_value value = { .flow = *sight->flow };
	struct past_leg *past = kept ? kept->past : NULL;
	unsigned int count = 0;

	leg_value_fill(table, conn, leg, sight->key, &value);
	for (; past && memcmp(&past->value.key, sight->key, sizeof(*sight->key)) != 0; count++)
		past = past->next;
	if (past && past->value.flow.start_ns != sight->flow->start_ns) {
		leg_value_add(&past->value, &value);
	} else if (past) {
		past->value = value;
	} else if (kept && count < RECORD_LEGS_MAX) {
		past = malloc(sizeof(*past));
		if (!past)
			return;
		*past = (struct past_leg){ .next = kept->past, .value = value };
		kept->past = past;
	}
	if (past)
		past->end_ns = sight->now_ns;
}

static struct ended_leg *ended_new(struct conn_kept *kept)
{
	return kept->ended ? malloc(sizeof(struct ended_leg)) : &kept->first_ended;
}

void leg_values_note_end(struct conn *conn, uint32_t leg, const struct sight *sight)
{
	struct conn_kept *kept = conn_keep(conn);
	const struct ended_leg *at = kept ? kept->ended : NULL;
	struct ended_leg *ended;
	unsigned int count = 0;

	for (; at; at = at->next)
		count++;
	ended = kept && count < RECORD_LEGS_MAX ? ended_new(kept) : NULL;
	if (!ended)
		return;
	*ended = (struct ended_leg){ .next = kept->ended, .leg = leg, .flow = *sight->flow };
	kept->ended = ended;
}

void leg_values_drop(struct conn *conn)
{
	struct conn_kept *kept = TAKE_PTR(conn->kept);

	while (kept && kept->past) {
		struct past_leg *past = kept->past;

		kept->past = past->next;
		free(past);
	}
	while (kept && kept->ended) {
		struct ended_leg *ended = kept->ended;

		kept->ended = ended->next;
		if (ended != &kept->first_ended)
			free(ended);
	}
	free(kept);
}

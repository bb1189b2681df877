// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections whose end is yet to be told are in a list, in the order in which they came into it:
 * what is due is looked for at its head. Who reads the log waits for all whose place is reserved.
 */
#include "conn/conn_end.h"

#include <stddef.h>

#include "conn/conn_nat.h"
#include "conn/conn_party.h"
#include "conn/conn_tell.h"
#include "conn/leg_values.h"

/* A call of conn_settle() or conn_stop() tells of so many legs, each a look-up: 1 ms of work. */
#define LEGS_A_CALL 512
/* And looks at so many places for connections. */
#define PLACES_A_CALL 16384

static void closing_add(struct conn_table *table, struct conn_kept *kept)
{
	kept->prev = table->closing_last;
	if (kept->prev)
		kept->prev->next = kept;
	else
		table->closing = kept;
	table->closing_last = kept;
	kept->is_closing = true;
}

static void closing_remove(struct conn_table *table, struct conn_kept *kept)
{
	if (!kept || !kept->is_closing)
		return;
	if (kept->prev)
		kept->prev->next = kept->next;
	else
		table->closing = kept->next;
	if (kept->next)
		kept->next->prev = kept->prev;
	else
		table->closing_last = kept->prev;
	kept->prev = kept->next = NULL;
	kept->is_closing = false;
}

static void place_reserve(struct conn_table *table, struct conn_kept *kept, uint64_t now_ns)
{
	kept->place = table->ops->reserve(table->ctx);
	kept->place_ns = now_ns;
}

/* The end won't be told in the place that it has, or has none. */
static void place_release(struct conn_table *table, struct conn_kept *kept)
{
	if (!kept || !kept->place)
		return;
	table->ops->release(table->ctx, kept->place);
	kept->place = 0;
}

/* Nothing of it is needed once the end is told. */
static void end_tell(struct conn_table *table, uint32_t index, const struct leg_values *values,
		     uint64_t now_ns)
{
	struct conn *conn = conn_at(&table->maps, index);

	closing_remove(table, conn->kept);
	conn_tell_close(table, conn, values, now_ns);
	leg_values_drop(conn);
}

void conn_end_move(struct conn_table *table, struct conn *conn, uint64_t now_ns)
{
	if (!conn->kept || !conn->kept->place)
		return;
	place_release(table, conn->kept);
	place_reserve(table, conn->kept, now_ns);
}

void conn_end_tell(struct conn_table *table, uint32_t conn, const struct sight *sight,
		   uint64_t now_ns)
{
	struct leg_values values;

	leg_values_collect(table, conn_at(&table->maps, conn), sight, now_ns, &values);
	end_tell(table, conn, &values, now_ns);
}

void conn_end_note(struct conn *conn, uint64_t close_ns, uint8_t reason, unsigned int closed_by)
{
	/* By the kernel's tick the last packet may seem to be before the first. */
	conn->close_ns = close_ns > conn->start_ns ? close_ns : conn->start_ns;
	conn->close_reason = reason & 0xf;
	conn->closed_by = closed_by & 1;
	conn->is_ended = true;
}

/* flow_sides() of a leg, of what the kernel has of it now; 0: nothing. */
static unsigned int leg_sides(const struct conn_table *table, uint32_t leg)
{
	struct weir_flow_key key;
	struct weir_flow flow;

	leg_get_key(&table->maps, leg, &key);
	return table->ops->lookup(table->ctx, &key, &flow) ? 0 : flow_sides(&flow);
}

/*
 * Is it but what a tunnel carries, while the connection goes on at an interface of its own; or what one
 * side alone is said to have sent by this way, while both go on by another? Anybody who may send to a
 * tunnel's port may put any packet into it, and anybody at another interface may send a RST.
 */
static bool is_hearsay(const struct conn_table *table, const struct conn *conn, uint32_t leg,
		       const struct weir_flow *flow)
{
	bool is_carried = leg_at(&table->maps, leg)->vlan & WEIR_ENCAPSULATED;

	if (!is_carried && flow_sides(flow) == BOTH_SIDES)
		return false;
	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		const struct leg *other = leg_at(&table->maps, at);

		if (at == leg || other->is_closed)
			continue;
		if (is_carried ? !(other->vlan & WEIR_ENCAPSULATED)
			       : leg_sides(table, at) == BOTH_SIDES)
			return true;
	}
	return false;
}

void conn_end_leg(struct conn_table *table, uint32_t leg, const struct sight *sight, uint8_t reason,
		  uint64_t close_ns)
{
	uint32_t index = leg_at(&table->maps, leg)->conn;
	struct conn *conn = conn_at(&table->maps, index);

	leg_at(&table->maps, leg)->is_closed = true;
	if (conn->is_close_told || is_hearsay(table, conn, leg, sight->flow))
		return;
	if (!conn->is_ended)
		conn_end_note(conn, close_ns, reason,
			      !!(sight->flow->flags & WEIR_FLOW_CLOSED_BY_1));
	leg_values_note_end(conn, leg, sight);
	if (!conn->kept) { /* no memory to wait with */
		conn_end_tell(table, index, sight, sight->now_ns);
	} else if (!conn->kept->is_closing) {
		conn->kept->conn = index;
		place_reserve(table, conn->kept, sight->now_ns);
		closing_add(table, conn->kept);
	}
}

void conn_end_leave(struct conn_table *table, uint32_t leg)
{
	uint32_t index = leg_at(&table->maps, leg)->conn;
	struct conn *conn = conn_at(&table->maps, index);

	conn_detach_leg(&table->maps, leg);
	if (conn->first_leg)
		return;
	closing_remove(table, conn->kept);
	place_release(table, conn->kept);
	leg_values_drop(conn);
	conn_party_drop(table, conn);
	conn_nat_drop(table, conn);
	conn_remove(&table->maps, index);
}

/*
 * Of the connections that an entry has begun since, the first one's event, or the sweep, will tell
 * what was this one's share. To ask now might tell it twice. The event is in the ring, and the
 * place is kept for it; but if it was lost, readers must not wait for the sweep.
 */
static void end_postpone(struct conn_table *table, struct conn_kept *kept)
{
	closing_remove(table, kept);
	if (kept->is_postponed) {
		place_release(table, kept);
		return;
	}
	kept->is_postponed = true;
	closing_add(table, kept);
}

static uint64_t end_due_ns(const struct conn *conn)
{
	return conn->close_ns + CONN_SETTLE_NS + (conn->kept->is_postponed ? CONN_SETTLE_NS : 0);
}

/* What telling has cost, which is something even if nothing is known. */
static unsigned int legs_told(const struct leg_values *values)
{
	return values->count ? values->count : 1;
}

uint64_t conn_settle(struct conn_table *table, uint64_t now_ns)
{
	struct leg_values values;
	unsigned int legs = 0;

	while (table->closing) {
		uint32_t index = table->closing->conn;
		struct conn *conn = conn_at(&table->maps, index);
		uint64_t due_ns = end_due_ns(conn);

		if (due_ns > now_ns)
			return due_ns;
		if (legs >= LEGS_A_CALL)
			return now_ns;
		leg_values_collect(table, conn, NULL, now_ns, &values);
		legs += legs_told(&values);
		if (values.is_ahead)
			end_postpone(table, conn->kept);
		else
			end_tell(table, index, &values, now_ns);
	}
	return 0;
}

bool conn_stop(struct conn_table *table, uint64_t now_ns)
{
	struct leg_values values;
	unsigned int legs = 0;

	for (unsigned int places = 0; table->stopped < table->maps.conns.used; places++) {
		uint32_t index = table->stopped + 1;
		struct conn *conn = conn_at(&table->maps, index);

		if (legs >= LEGS_A_CALL || places >= PLACES_A_CALL)
			return false;
		table->stopped = index;
		if (!conn->first_leg || conn->is_close_told)
			continue;
		if (!conn->is_ended)
			conn_end_note(conn, now_ns, WEIR_CLOSE_AGENT_STOP, 0);
		leg_values_collect(table, conn, NULL, now_ns, &values);
		end_tell(table, index, &values, now_ns);
		legs += legs_told(&values);
	}
	return true;
}

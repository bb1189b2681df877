// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections whose end is yet to be told are in a list, in the order in which they came into it:
 * what settles is looked for at its head.
 */
#include "conn_end.h"

#include <stddef.h>

#include "conn_tell.h"
#include "leg_values.h"

static void closing_add(struct conn_table *table, uint32_t index)
{
	struct conn *conn = conn_at(&table->maps, index);

	conn->closing_prev = table->closing_last;
	if (table->closing_last)
		conn_at(&table->maps, table->closing_last)->closing_next = index;
	else
		table->closing = index;
	table->closing_last = index;
	conn->is_closing = true;
}

static void closing_remove(struct conn_table *table, uint32_t index)
{
	struct conn *conn = conn_at(&table->maps, index);

	if (!conn->is_closing)
		return;
	if (conn->closing_prev)
		conn_at(&table->maps, conn->closing_prev)->closing_next = conn->closing_next;
	else
		table->closing = conn->closing_next;
	if (conn->closing_next)
		conn_at(&table->maps, conn->closing_next)->closing_prev = conn->closing_prev;
	else
		table->closing_last = conn->closing_prev;
	conn->closing_prev = conn->closing_next = 0;
	conn->is_closing = false;
}

void conn_end_tell(struct conn_table *table, uint32_t conn, const struct sight *sight,
		   uint64_t now_ns)
{
	closing_remove(table, conn);
	conn_tell_close(table, conn_at(&table->maps, conn), sight, now_ns);
}

static bool all_legs_closed(const struct conn_table *table, const struct conn *conn)
{
	for (uint32_t at = conn->first_leg; at; at = leg_at(&table->maps, at)->next_in_conn) {
		if (!leg_at(&table->maps, at)->is_closed)
			return false;
	}
	return true;
}

void conn_end_leg(struct conn_table *table, struct leg *leg, const struct sight *sight,
		  uint8_t reason, uint64_t close_ns)
{
	uint32_t index = leg->conn;
	struct conn *conn = conn_at(&table->maps, index);
	bool is_short = sight_is_one_packet(sight, close_ns);

	leg->is_closed = true;
	if (conn->is_close_told)
		return;
	if (!conn->close_ns) {
		/* By the kernel's tick the last packet may seem to be before the first. */
		conn->close_ns = close_ns > conn->start_ns ? close_ns : conn->start_ns;
		conn->close_reason = reason;
		conn->closed_by = !!(sight->flow->flags & WEIR_FLOW_CLOSED_BY_1);
	}
	if (all_legs_closed(table, conn) && !is_short) {
		conn_end_tell(table, index, sight, sight->now_ns);
		return;
	}
	if (!conn->is_closing)
		closing_add(table, index);
	/* Whose entry is used again, or may be before it is told, can't be looked up then. */
	if (is_short || (sight->event && (sight->flow->state & WEIR_STATE_MASK) != WEIR_CLOSED))
		leg_values_keep(table, conn, sight);
}

void conn_end_leave(struct conn_table *table, uint32_t leg)
{
	uint32_t index = leg_at(&table->maps, leg)->conn;

	if (!index)
		return;
	conn_detach_leg(&table->maps, leg);
	if (conn_at(&table->maps, index)->legs)
		return;
	closing_remove(table, index);
	leg_values_drop(conn_at(&table->maps, index));
	conn_remove(&table->maps, index);
}

uint64_t conn_settle(struct conn_table *table, uint64_t now_ns)
{
	while (table->closing) {
		uint64_t due = conn_at(&table->maps, table->closing)->close_ns + CONN_SETTLE_NS;

		if (due > now_ns)
			return due;
		conn_end_tell(table, table->closing, NULL, now_ns);
	}
	return 0;
}

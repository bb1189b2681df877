// SPDX-License-Identifier: BSD-2-Clause
#include "conn/conn_update.h"

#include "conn/conn_tell.h"

/* The kernel's clock of packets (weir_dir.last) goes by ticks; the longest there is. */
#define TICK_NS 10000000

/* Is there nothing but this leg, whose packets are the connection's? */
static bool is_alone(const struct conn_table *table, const struct conn *conn, uint32_t leg)
{
	return !conn->kept && !leg_has_others(&table->maps, leg);
}

/*
 * One leg's packets are easily compared with those that have been told. Of several it must be a packet
 * that came behind the last record, and where the clock does not tell, one that is in no total yet.
 */
void conn_update(struct conn_table *table, uint32_t leg, const struct sight *sight,
		 uint64_t last_ns)
{
	struct conn *conn = conn_at(&table->maps, leg_at(&table->maps, leg)->conn);
	uint64_t told_ns = conn->last_record_ns;

	if (conn->is_ended || sight->now_ns < told_ns + table->options.update_interval_ns)
		return;
	if (is_alone(table, conn, leg)) {
		if (conn->reported_packets != (uint32_t)flow_packets(sight->flow))
			conn_tell_update(table, conn, sight, true);
	} else if (last_ns + TICK_NS >= told_ns &&
		   !conn_tell_update(table, conn, sight, last_ns > told_ns + TICK_NS)) {
		/* So are the others that may have come with the record: they are not asked, too. */
		conn->last_record_ns += 2 * TICK_NS + 1;
	}
}

// SPDX-License-Identifier: BSD-2-Clause
#include "log/log_order.h"

#include "log/log_query.h"

void log_order_note(struct log_order *order, uint64_t seq, uint64_t time_ns)
{
	if (time_ns < order->latest_ns && order->latest_ns - time_ns > LOG_QUERY_SLACK_NS) {
		order->from = seq;
		order->latest_ns = time_ns;
	} else if (time_ns > order->latest_ns) {
		order->latest_ns = time_ns;
	}
}

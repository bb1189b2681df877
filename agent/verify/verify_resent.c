// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP counts a segment, sends it, and then reaches the tracepoint: our sum is behind for some
 * microseconds, or for milliseconds if the sender has to wait for a CPU in between. So both are
 * read until they stand still, and the second time until they agree.
 */
#include "verify/verify_resent.h"

#include <stdbool.h>

#include "kernel/kernel_tcp.h"
#include "kernel/tracing.h"
#include "verify/verify_line.h"

#define TRIES 10 /* a tenth of a millisecond each */

/* Of the second reading: both sides say the same. Of the first: nothing has moved since the last look. */
static bool settles(const struct resent_reading *first, const struct resent_reading *last,
		    const struct resent_reading *now)
{
	if (first)
		return now->weir - first->weir == now->after - first->after;
	return now->weir == last->weir && now->after == last->after;
}

/* True: neither side has moved meanwhile. */
static bool read_still(const volatile struct weir_retransmit_sums *sums, struct resent_reading *ret)
{
	uint64_t weir = sums->segments;

	ret->error = kernel_tcp_resent(&ret->before);
	ret->weir = sums->segments;
	if (!ret->error)
		ret->error = kernel_tcp_resent(&ret->after);
	return weir == ret->weir && ret->before == ret->after;
}

bool resent_read(const struct tracing *tracing, const struct resent_reading *first,
		 struct resent_reading *ret)
{
	const volatile struct weir_retransmit_sums *sums = tracing_retransmit_sums(tracing);
	struct resent_reading last = *ret;
	bool is_still;

	if (!tracing_has(tracing, TRACING_RETRANSMITS))
		return true;
	for (int i = 0; i < TRIES; i++) {
		is_still = read_still(sums, ret);
		if (ret->error)
			return true;
		if (is_still && settles(first, &last, ret))
			return true;
	}
	return false;
}

void resent_write(const struct tracing *tracing, const struct resent_reading *first,
		  const struct resent_reading *second, struct verify_report *report)
{
	static const char what[] = "TcpRetransSegs";
	uint64_t weir = second->weir - first->weir;
	uint64_t low = second->before > first->after ? second->before - first->after : 0;
	uint64_t high = second->after - first->before;
	int error = first->error ? first->error : second->error;

	if (!tracing_has(tracing, TRACING_RETRANSMITS))
		return;
	if (error)
		verify_report_error(report, what, weir, error);
	else
		verify_report_between(report, what, weir, low, high);
}

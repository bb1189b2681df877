// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP counts a segment, sends it, and then reaches the tracepoint: for some microseconds our sum is
 * behind. So both are read until they stand still, and the second time until they agree.
 */
#include "verify_resent.h"

#include <stdbool.h>

#include "kernel_tcp.h"
#include "tracing.h"
#include "verify_line.h"

#define TRIES 10 /* a tenth of a millisecond each */

static bool agree(const struct resent_reading *first, const struct resent_reading *second)
{
	return !first || second->weir - first->weir == second->after - first->after;
}

void resent_read(const struct tracing *tracing, const struct resent_reading *first,
		 struct resent_reading *ret)
{
	const volatile struct weir_retransmit_sums *sums = tracing_retransmit_sums(tracing);
	uint64_t weir;

	if (!tracing_has(tracing, TRACING_RETRANSMITS))
		return;
	for (int i = 0; i < TRIES; i++) {
		weir = sums->segments;
		ret->error = kernel_tcp_resent(&ret->before);
		ret->weir = sums->segments;
		if (!ret->error)
			ret->error = kernel_tcp_resent(&ret->after);
		if (ret->error)
			return;
		if (weir == ret->weir && ret->before == ret->after && agree(first, ret))
			return;
	}
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

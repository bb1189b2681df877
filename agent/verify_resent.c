// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP counts a segment, sends it, and then reaches the tracepoint: for some microseconds our sum is
 * behind. So both are read until they stand still, and the second time until they agree.
 */
#include "verify_resent.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
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

	if (!tracing_has_retransmits(tracing))
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

bool resent_write(const struct tracing *tracing, const struct resent_reading *first,
		  const struct resent_reading *second, struct buf *out)
{
	uint64_t weir = second->weir - first->weir, low, high;
	int error = first->error ? first->error : second->error;
	char note[96] = "";

	if (!tracing_has_retransmits(tracing))
		return true;
	if (error)
		return verify_line(out, "TcpRetransSegs", weir, 0, false, strerror(-error));
	low = second->before > first->after ? second->before - first->after : 0;
	high = second->after - first->before;
	if (low != high)
		snprintf(note, sizeof(note), "moving: %llu .. %llu", (unsigned long long)low,
			 (unsigned long long)high);
	return verify_line(out, "TcpRetransSegs", weir, high, weir >= low && weir <= high, note);
}

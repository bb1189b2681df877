// SPDX-License-Identifier: BSD-2-Clause
/*
 * Before Linux 6.17 a segment that could not be sent does not reach the tracepoint: the sum has it
 * as soon as its socket sends something again, or ends. How many there were TCPRetransFail tells.
 *
 * TCP counts a segment, sends it, and then reaches the tracepoint: our sum is behind for some
 * microseconds, or for milliseconds if the sender has to wait for a CPU in between. So both are
 * read until they stand still; first readings are kept where our sum is not as far behind as in
 * the others; and the second is repeated until it agrees with one of them.
 */
#include "verify/verify_resent.h"

#include "kernel/kernel_tcp.h"
#include "kernel/tracing.h"
#include "verify/verify_line.h"

#define TRIES 10 /* a tenth of a millisecond each */

/* What the kernel may have counted between two readings. */
static struct verify_bounds bounds_of(const struct resent_reading *first,
				      const struct resent_reading *second)
{
	struct verify_bounds bounds = {
		.weir = second->weir - first->weir,
		.low = second->before > first->after ? second->before - first->after : 0,
		.high = second->after - first->before,
	};

	/* Who has told nothing yet does not know either; it does by the second reading, or has no part. */
	if (second->tells_failed)
		return bounds;
	bounds.failed = second->failed - first->failed;
	bounds.failed_before = first->failed;
	return bounds;
}

static bool is_still(const struct resent_reading *reading)
{
	return reading->before == reading->after;
}

static bool is_known(const struct resent_pair *pair, const struct resent_reading *reading)
{
	for (unsigned int i = 0; i < pair->n_firsts; i++) {
		if (pair->firsts[i].before - pair->firsts[i].weir ==
		    reading->before - reading->weir)
			return true;
	}
	return false;
}

bool resent_pair_first(struct resent_pair *pair, const struct resent_reading *reading)
{
	if (!pair->n_firsts) /* for want of a better one */
		pair->firsts[0] = *reading;
	if (is_still(reading) && pair->n_firsts < VERIFY_FIRSTS_MAX && !is_known(pair, reading))
		pair->firsts[pair->n_firsts++] = *reading;
	return pair->n_firsts > 0;
}

bool resent_pair_second(struct resent_pair *pair, const struct resent_reading *reading)
{
	unsigned int count = pair->n_firsts ? pair->n_firsts : 1;
	enum verify_result best = VERIFY_FAILED;

	pair->second = *reading;
	pair->first = pair->firsts[0];
	for (unsigned int i = 0; i < count; i++) {
		struct verify_bounds bounds = bounds_of(&pair->firsts[i], reading);
		enum verify_result result = verify_between(&bounds);

		if (result <= best)
			continue;
		best = result;
		pair->first = pair->firsts[i];
	}
	return best == VERIFY_OK && is_still(reading);
}

/* Until the kernel's stands still. */
static int read_both(const volatile struct weir_retransmit_sums *sums, struct resent_reading *ret)
{
	for (int i = 0; i < TRIES; i++) {
		int r = kernel_tcp_resent(&ret->before);

		ret->weir = sums->segments;
		if (!r)
			r = kernel_tcp_resent(&ret->after);
		if (r)
			return r;
		if (is_still(ret))
			break;
	}
	ret->tells_failed = sums->tells_failed;
	return kernel_tcp_failed(&ret->failed);
}

bool resent_read(const struct tracing *tracing, bool is_second, struct resent_pair *pair)
{
	struct resent_reading reading = { 0 };

	if (!tracing_has(tracing, TRACING_RETRANSMITS))
		return true;
	if (!pair->error)
		pair->error = read_both(tracing_retransmit_sums(tracing), &reading);
	if (pair->error)
		return true;
	return (is_second ? resent_pair_second : resent_pair_first)(pair, &reading);
}

void resent_write(const struct tracing *tracing, const struct resent_pair *pair,
		  struct verify_report *report)
{
	static const char what[] = "TcpRetransSegs";
	struct verify_bounds bounds = bounds_of(&pair->first, &pair->second);

	if (!tracing_has(tracing, TRACING_RETRANSMITS))
		return;
	if (pair->error)
		verify_report_error(report, what, bounds.weir, pair->error);
	else
		verify_report_between(report, what, &bounds);
}

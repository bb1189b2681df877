// SPDX-License-Identifier: BSD-2-Clause
/*
 * Of what may belong to the comparison and may not there are parts, each of which is in it as a
 * whole in the plain cases. So first each choice of them is tried, the fewest first; if none makes both
 * sides equal, the kernel's number must lie between having none of them and having all.
 */
#include "verify/verify_tcp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum part {
	PART_SOCKETLESS,
	PART_STRANGE,
	PART_TWICE,
	PART_FAILED,
	PART_DROPPED,
	PART_FILTERED,
	PART_MAX,
};

static const char *const texts[] = {
	[PART_SOCKETLESS] = "of no socket",
	[PART_STRANGE] = "from an address that no interface has",
	[PART_TWICE] = "seen at a port of a watched master",
	[PART_FAILED] = "that TCP could not send again (TCPRetransFail)",
	[PART_DROPPED] = "dropped before a hook",
	[PART_FILTERED] = "dropped by filters at egress",
};
_Static_assert(ARRAY_SIZE(texts) == PART_MAX, "a part has no text");

/* What lies between two readings. */
struct span {
	int64_t low, high; /* the kernel's */
	int64_t own;
	int64_t parts[PART_MAX]; /* negative: of some it is known by now whose they are */
	int64_t waited, waiting, unwatched; /* at most: before, now, and by now */
	bool is_silent;			    /* what is dropped the kernel does not tell */
};

static struct span span_of(const struct tcp_reading *a, const struct tcp_reading *b)
{
	static const enum tcp_sender senders[] = { [PART_SOCKETLESS] = TCP_SENT_SOCKETLESS,
						   [PART_STRANGE] = TCP_SENT_STRANGE,
						   [PART_TWICE] = TCP_SENT_TWICE };
	struct span span = { .low = b->before > a->after ? (int64_t)(b->before - a->after) : 0,
			     .high = (int64_t)(b->after - a->before),
			     .own = (int64_t)(b->weir.segments[TCP_SENT_OWN] -
					      a->weir.segments[TCP_SENT_OWN]) };

	for (size_t i = 0; i < ARRAY_SIZE(senders); i++)
		span.parts[i] =
			(int64_t)(b->weir.segments[senders[i]] - a->weir.segments[senders[i]]);
	span.parts[PART_FAILED] = (int64_t)(b->failed - a->failed);
	span.parts[PART_DROPPED] = (int64_t)(b->elsewhere.dropped - a->elsewhere.dropped);
	span.parts[PART_FILTERED] = (int64_t)(b->elsewhere.filtered - a->elsewhere.filtered);
	span.waited = (int64_t)a->elsewhere.waiting;
	span.waiting = (int64_t)b->elsewhere.waiting;
	if (b->elsewhere.unwatched > a->elsewhere.unwatched)
		span.unwatched = (int64_t)(b->elsewhere.unwatched - a->elsewhere.unwatched);
	span.is_silent = !b->elsewhere.tells_dropped;
	return span;
}

static void note_add(struct verify_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note_add(struct verify_line *line, const char *format, ...)
{
	size_t len = strlen(line->note);
	va_list args;

	if (len && len + 2 < sizeof(line->note))
		len += (size_t)snprintf(line->note + len, sizeof(line->note) - len, "; ");
	va_start(args, format);
	vsnprintf(line->note + len, sizeof(line->note) - len, format, args);
	va_end(args);
}

static void note_parts(const struct span *span, unsigned int choice, struct verify_line *line)
{
	for (int part = 0; part < PART_MAX; part++) {
		if (choice & 1U << part && span->parts[part] > 0)
			note_add(line, "%" PRId64 " %s", span->parts[part], texts[part]);
	}
}

/* True: with these parts, and no others, both sides agree. */
static bool agrees(const struct span *span, unsigned int choice, struct verify_line *line)
{
	int64_t weir = span->own;

	for (int part = 0; part < PART_MAX; part++)
		weir += choice & 1U << part ? span->parts[part] : 0;
	if (weir < span->low || weir > span->high)
		return false;
	line->weir = (uint64_t)weir;
	line->result = VERIFY_OK;
	note_parts(span, choice, line);
	return true;
}

static bool find_choice(const struct span *span, struct verify_line *line)
{
	for (int count = 0; count <= PART_MAX; count++) {
		for (unsigned int choice = 0; choice < 1U << PART_MAX; choice++) {
			if (__builtin_popcount(choice) == count && agrees(span, choice, line))
				return true;
		}
	}
	return false;
}

/* What may be elsewhere, for which there is but a bound. Returns of how many that tells. */
static int64_t note_bounds(const struct span *span, bool is_less, struct verify_line *line)
{
	if (!is_less) {
		if (span->waited)
			note_add(line, "up to %" PRId64 " had waited for a neighbour or in a queue",
				 span->waited);
		return span->waited;
	}
	if (span->waiting)
		note_add(line, "up to %" PRId64 " wait for a neighbour or in a queue",
			 span->waiting);
	if (span->unwatched)
		note_add(line, "up to %" PRId64 " left by interfaces that are not watched",
			 span->unwatched);
	if (span->is_silent)
		note_add(line, "this kernel does not tell what it drops before a hook");
	return span->is_silent ? span->high : span->waiting + span->unwatched;
}

/* Between which numbers ours may be, if not all of a part belong to it. */
static void judge_bounds(const struct span *span, struct verify_line *line)
{
	int64_t low = span->own, high = span->own;

	for (int part = 0; part < PART_MAX; part++) {
		low += span->parts[part] < 0 ? span->parts[part] : 0;
		high += span->parts[part] > 0 ? span->parts[part] : 0;
	}
	note_parts(span, ~0U, line);
	if (span->low > high)
		high += note_bounds(span, true, line);
	else if (span->high < low)
		low -= note_bounds(span, false, line);
	if (span->high >= low && span->low <= high)
		line->result = VERIFY_UNKNOWN;
}

void verify_tcp_judge(const struct tcp_reading *first, const struct tcp_reading *second,
		      struct verify_line *ret)
{
	struct span span = span_of(first, second);

	*ret = (struct verify_line){ .weir = (uint64_t)span.own,
				     .kernel = (uint64_t)span.high,
				     .result = VERIFY_FAILED };
	if (span.low != span.high)
		note_add(ret, "moving: %" PRId64 " .. %" PRId64, span.low, span.high);
	if (!find_choice(&span, ret))
		judge_bounds(&span, ret);
}

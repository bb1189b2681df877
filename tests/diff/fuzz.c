// SPDX-License-Identifier: BSD-2-Clause
/*
 * One session, and what people are told.
 */
#include "fuzz.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "shrink.h"
#include "weir/lifecycle.h"

static const char *const remainders[] = {
	[WEIR_REM_NO_ROOM] = "no room",
	[WEIR_REM_FRAGMENT] = "fragment",
	[WEIR_REM_MALFORMED] = "malformed",
	[WEIR_REM_LATE] = "late",
	[WEIR_REM_UNKNOWN_INTERFACE] = "unknown interface",
	[WEIR_REM_ARP] = "ARP",
	[WEIR_REM_NON_IP] = "not IP",
};
_Static_assert(ARRAY_SIZE(remainders) == WEIR_REM_MAX, "a name is missing");

static void tell(const struct session *session, const struct runner_difference *difference,
		 FILE *to)
{
	fputs(difference->text, to);
	if (difference->step < session->len) {
		fprintf(to, "seen at step %zu:\n", difference->step);
		session_print_step(&session->steps[difference->step], to);
	} else {
		fputs("seen at the end of the session\n", to);
	}
	fflush(to);
}

int fuzz_session(struct runner *runner, struct session *session, bool is_whole, FILE *to)
{
	struct runner_difference difference;
	int r = runner_run(runner, session, &difference);

	if (r <= 0)
		return r;
	fputs("difference:\n", to);
	tell(session, &difference, to);
	if (is_whole)
		return 1;
	r = shrink(runner, session, &difference);
	fputs("\nshortened, for --replay:\n", to);
	session_print(session, to);
	tell(session, &difference, to);
	return r < 0 ? r : 1;
}

int fuzz_seed(struct runner *runner, uint64_t seed, uint64_t number, bool is_whole, FILE *to)
{
	auto_session struct session session = { 0 };
	int r = session_make(&session, seed, number, SESSION_STEPS);

	if (!r)
		r = fuzz_session(runner, &session, is_whole, to);
	if (r)
		fprintf(to, "that was --seed %" PRIu64 " --session %" PRIu64 "\n", seed, number);
	return r;
}

int fuzz_text(struct runner *runner, const char *text, bool is_whole, FILE *to)
{
	auto_session struct session session = { 0 };
	size_t line = 0;
	int r = session_parse(&session, text, &line);

	if (r)
		fprintf(to, "line %zu is no step\n", line);
	return r ? r : fuzz_session(runner, &session, is_whole, to);
}

void fuzz_report(const struct runner_totals *totals, double seconds, FILE *to)
{
	fprintf(to, "# %" PRIu64 " packets in %.1f s, %.0f a second: %" PRIu64 " in flows",
		totals->packets, seconds, seconds > 0 ? (double)totals->packets / seconds : 0,
		totals->in_flows);
	for (size_t i = 0; i < WEIR_REM_MAX; i++)
		fprintf(to, ", %" PRIu64 " %s", totals->remainder[i], remainders[i]);
	fprintf(to,
		"\n# %" PRIu64 " of several pieces, %" PRIu64 " of fragments, %" PRIu64
		" in tunnels, %" PRIu64 " flows marked by errors, %" PRIu64 " renewed, %" PRIu64
		" let in without a share\n",
		totals->in_pieces, totals->fragments, totals->inner, totals->quoted,
		totals->renewed, totals->let_in);
	fprintf(to, "# %" PRIu64 " events, %" PRIu64 " commands\n", totals->events,
		totals->commands);
}

unsigned int fuzz_missing(const struct runner_totals *totals, FILE *to)
{
	unsigned int missing = 0;

	for (size_t state = WEIR_STATE_NONE + 1; state < WEIR_STATE_MAX; state++) {
		for (size_t side = 0; side < 2; side++) {
			for (size_t input = 0; input < WEIR_INPUT_MAX; input++) {
				bool is_early = state < WEIR_FIN_EARLY && input == WEIR_IN_ACK_FIN;

				/* The FIN that it would acknowledge leads out of these states. */
				if (is_early || !weir_lifecycle[state][side][input] ||
				    totals->step[state][side][input])
					continue;
				fprintf(to, "# state %zu, side %zu, input %zu: no packet\n", state,
					side, input);
				missing++;
			}
		}
	}
	return missing;
}

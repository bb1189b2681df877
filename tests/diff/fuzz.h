/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzzer and its test have in common: a session through kernel and reference, and what is
 * said of a difference.
 */
#pragma once

#include <stdio.h>

#include "runner.h"
#include "session.h"

/*
 * Runs a session, the one of a seed, or the one of a text. 0: no difference; 1: there is one, and *to was told
 * of it and, unless is_whole, of a shorter session that shows one too, which then is *session; a negative errno.
 */
int fuzz_session(struct runner *runner, struct session *session, bool is_whole, FILE *to);
int fuzz_seed(struct runner *runner, uint64_t seed, uint64_t number, bool is_whole, FILE *to);
int fuzz_text(struct runner *runner, const char *text, bool is_whole, FILE *to);

/* Lines that begin with "# ", as TAP wants of what is no result. */
void fuzz_report(const struct runner_totals *totals, double seconds, FILE *to);
/*
 * Entries of the life cycle's table that no packet has taken, of the states that a flow can be in;
 * each is a line to *to.
 */
unsigned int fuzz_missing(const struct runner_totals *totals, FILE *to);

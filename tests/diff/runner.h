/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs sessions through the kernel's programs and through the reference, and stops at the first
 * difference. Functions return 0 or a count, or a negative errno.
 */
#pragma once

#include "compare.h"
#include "session.h"

struct runner;

/* What all sessions so far have seen. */
struct runner_totals {
	uint64_t packets, in_pieces, commands, events;
	uint64_t in_flows, remainder[WEIR_REM_MAX]; /* packets as the hook saw them */
	uint64_t inner, quoted, renewed, fragments, passed, let_in;
	uint64_t step[WEIR_STATE_MAX][2][WEIR_INPUT_MAX];
};

struct runner_difference {
	size_t step; /* the session's, which showed it; its number of steps: at the end */
	char text[COMPARE_TEXT];
};

/* Who wants to know what became of packets; either function may be NULL. */
struct runner_watch {
	/* Kernel and reference agree on the packet, which the reference tells of. */
	void (*packet)(void *ctx, const struct session_step *step, const struct reference *ref);
	/* They agree on the session, of which the kernel's maps are left. */
	void (*end)(void *ctx, struct kernel *kernel);
	void *ctx;
};

int runner_new(struct runner **ret);
void runner_free(struct runner **runner);
#define auto_runner __attribute__((cleanup(runner_free)))

/* 1: *ret tells a difference; 0: there is none. */
int runner_run(struct runner *runner, const struct session *session, struct runner_difference *ret);
/* Of all sessions to come. */
void runner_watch(struct runner *runner, const struct runner_watch *watch);
const struct runner_totals *runner_totals(const struct runner *runner);

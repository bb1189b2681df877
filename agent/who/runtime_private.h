/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of runtime.h's module share. Only they include this: runtime.c (what others tell
 * and ask of it), runtime_questions.c (who is asked next, and when) and runtime_answers.c (what is
 * made of an answer).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/runtime.h"
#include "who/runtime_job.h"
#include "who/runtime_places.h"
#include "who/runtime_wants.h"

struct socket_watch;
struct watch;
struct worker;

#define RUNTIME_PAUSE_NS 200000000ULL /* between two questions to a runtime */

struct runtime {
	struct loop *loop;
	struct containers *containers;
	struct worker *worker;
	struct socket_watch *sockets;
	struct watch *timer, *look_timer, *apply_timer;
	int cancel_fd;
	bool is_ending;
	char *root;
	struct place places[RUNTIME_SOCKETS_MAX];
	const char *paths[RUNTIME_SOCKETS_MAX];
	unsigned int place_count;
	struct wants wants;
	bool is_asking;		    /* a job is at the worker, or its answer is being taken in */
	struct runtime_job *answer; /* it is */
	size_t applied;		    /* of its items, counted twice: sandboxes, then the others */
	bool want_details;	    /* there may be pods without */
	struct runtime_sums sums;
};

/* ---- runtime_questions.c ---- */

/* Asks the next question, unless one is under way; if there is none it sets the timer. */
void runtime_pump(struct runtime *runtime);
/* Is it in the registry, and not gone? */
bool runtime_knows(const struct runtime *runtime, const char *id);

/* ---- runtime_answers.c ---- */

/* A question's job is done, or given up. */
void runtime_answered(struct worker_job *at);
/* Takes in the next slice of the answer; for apply_timer. */
int runtime_apply(void *ctx);

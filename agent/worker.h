/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread for what would hold the loop up: jobs run there one after another, in the order they
 * were given, and come back to the loop when they are done.
 */
#pragma once

#include <stdbool.h>

struct loop;
struct worker;

/*
 * A job: its owner embeds it first in a struct of his own, which belongs to the worker from
 * worker_give() until done() is called.
 */
struct worker_job {
	struct worker_job *next, *before;
	bool has_begun;
	void (*run)(struct worker_job *job);  /* on the worker's thread */
	void (*done)(struct worker_job *job); /* on the loop's thread, in order; frees the job */
};

int worker_new(struct worker **ret, struct loop *loop);
/* Waits until every job has run, and calls done() of each. */
void worker_free(struct worker **at);
void worker_give(struct worker *worker, struct worker_job *job);
/* Of a job that is not done. true: it had not begun, and is the caller's again. */
bool worker_take_back(struct worker *worker, struct worker_job *job);

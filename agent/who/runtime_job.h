/* SPDX-License-Identifier: BSD-2-Clause */
/* One question to one runtime, as a job of a worker. */
#pragma once

#include "worker.h"

#include "who/runtime_row.h"

#define RUNTIME_IDS_MAX 16 /* a question */

enum runtime_question {
	RUNTIME_ALL,	 /* everything that runs */
	RUNTIME_SOME,	 /* what is known of these ids */
	RUNTIME_DETAILS, /* more of these sandboxes */
};

struct runtime_job {
	struct worker_job job;
	const struct runtime_row *row;
	struct runtime_ask ask; /* path and root: borrowed */
	enum runtime_question question;
	unsigned int place; /* for the owner */
	void *ctx;	    /* the same */
	char ids[RUNTIME_IDS_MAX][FOUND_ID_MAX + 1];
	struct listing *listing; /* the answer */
	int error;
};

/* done: as in worker.h; takes the listing, or leaves it to runtime_job_free(). NULL: no memory. */
struct runtime_job *runtime_job_new(const struct runtime_row *row, enum runtime_question question,
				    void (*done)(struct worker_job *job));
void runtime_job_free(struct runtime_job **at);
void runtime_job_add(struct runtime_job *job, const char *id);

// SPDX-License-Identifier: BSD-2-Clause
/* What runs on the worker's thread: nothing here touches the registry. */
#include "runtime_job.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define MUCH_BYTES (256U << 10)

static void on_run(struct worker_job *at)
{
	struct runtime_job *job = (struct runtime_job *)at;

	job->listing = listing_new();
	if (!job->listing)
		job->error = -ENOMEM;
	else if (job->question == RUNTIME_DETAILS)
		job->error = job->row->details(&job->ask, job->listing);
	else
		job->error = job->row->list(&job->ask, job->listing);
	/* An answer is larger than what is made of it: give back what it took. */
	if (job->listing && job->listing->bytes > MUCH_BYTES)
		malloc_trim(0);
}

struct runtime_job *runtime_job_new(const struct runtime_row *row, enum runtime_question question,
				    void (*done)(struct worker_job *job))
{
	struct runtime_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->job.run = on_run;
	job->job.done = done;
	job->row = row;
	job->question = question;
	job->ask.ids = job->ids;
	job->ask.root = "";
	job->ask.call.cancel_fd = -1;
	return job;
}

void runtime_job_free(struct runtime_job **at)
{
	struct runtime_job *job = TAKE_PTR(*at);

	if (!job)
		return;
	listing_free(&job->listing);
	free(job);
}

void runtime_job_add(struct runtime_job *job, const char *id)
{
	if (job->ask.id_count < RUNTIME_IDS_MAX && strlen(id) <= FOUND_ID_MAX)
		memcpy(job->ids[job->ask.id_count++], id, strlen(id) + 1);
}

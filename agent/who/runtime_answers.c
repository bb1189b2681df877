// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a runtime has answered is taken into the registry in slices, and how asking it went is noted
 * at its place. Then comes the next question.
 */
#include "who/runtime_private.h"

#include <errno.h>

#include "base/log.h"
#include "base/timefmt.h"
#include "loop.h"

#include "who/containers.h"

#define NS_PER_MS      1000000ULL
#define BACKOFF_NS     (1000 * NS_PER_MS) /* after the first failure; doubles */
#define BACKOFF_MAX_NS (60000 * NS_PER_MS)
#define APPLY_A_SLICE  256 /* containers: less than 1 ms */

static void note_failure(struct place *place, int error, uint64_t now_ns)
{
	uint64_t pause = BACKOFF_NS << (place->failures < 6 ? place->failures : 6);

	if (place->error != error && error != -ENOENT && error != -ECONNREFUSED)
		log_warn(error, "%s at %s doesn't tell its containers", place->row->name,
			 place->path);
	place->error = error;
	place->failures++;
	place->needs_all = true;
	place->not_before_ns = now_ns + (pause < BACKOFF_MAX_NS ? pause : BACKOFF_MAX_NS);
}

static void note_success(struct place *place, const struct runtime_job *job, uint64_t now_ns)
{
	place->error = 0;
	place->failures = 0;
	if (job->question != RUNTIME_ALL)
		return;
	if (!place->has_answered && place->row->has_socket)
		log_info("%s at %s: %zu containers", place->row->name, place->path,
			 job->listing->count);
	place->has_answered = true;
	place->needs_all = false;
	place->all_ns = now_ns;
}

static void apply_item(struct runtime *runtime, const struct found *found)
{
	const struct runtime_job *job = runtime->answer;
	const struct container *container;

	if (job->question == RUNTIME_DETAILS) {
		containers_tell_details(runtime->containers, found);
		return;
	}
	containers_tell(runtime->containers, found, (uint8_t)job->place, job->row->rank);
	if (!found->is_sandbox || !job->row->details)
		return;
	container = containers_find(runtime->containers, found->id);
	if (container && container->pod && !container->pod->has_details)
		runtime->want_details = true;
}

/* Sandboxes first, because containers are found in pods by them. True: there is more. */
static bool apply_slice(struct runtime *runtime)
{
	const struct listing *listing = runtime->answer->listing;

	for (unsigned int i = 0; i < APPLY_A_SLICE; i++) {
		size_t at = runtime->applied;

		if (!listing->count || at == 2 * listing->count)
			return false;
		runtime->applied++;
		if (listing->items[at % listing->count].is_sandbox == (at < listing->count))
			apply_item(runtime, &listing->items[at % listing->count]);
	}
	return true;
}

int runtime_apply(void *ctx)
{
	struct runtime *runtime = ctx;

	if (apply_slice(runtime))
		return watch_set_timer(runtime->apply_timer, 1, 0);
	if (runtime->answer->question == RUNTIME_ALL)
		containers_end(runtime->containers, (uint8_t)runtime->answer->place,
			       time_monotonic_ns());
	runtime_job_free(&runtime->answer);
	runtime->is_asking = false;
	runtime_pump(runtime);
	return 0;
}

void runtime_answered(struct worker_job *at)
{
	struct runtime_job *job = (struct runtime_job *)at;
	struct runtime *runtime = job->ctx;
	struct place *place = &runtime->places[job->place];
	uint64_t now_ns = time_monotonic_ns();

	if (runtime->is_ending) {
		runtime_job_free(&job);
		return;
	}
	if (job->error == -ENOSYS) {
		place->is_useless = true;
		place->error = job->error;
		log_debug("%s at %s has no such service", place->row->name, place->path);
	} else if (job->error) {
		runtime->sums.failed++;
		note_failure(place, job->error, now_ns);
	} else {
		note_success(place, job, now_ns);
		runtime->answer = job;
		runtime->applied = 0;
		if (job->question == RUNTIME_ALL)
			containers_begin(runtime->containers);
		(void)runtime_apply(runtime);
		return;
	}
	runtime_job_free(&job);
	runtime->is_asking = false;
	runtime_pump(runtime);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * One question at a time is under way. When its answer has come, and when a timer says that
 * something is due, runtime_pump() looks for the next: a runtime that has not told all it has, ids
 * that are wanted, pods without details. If there is none it sets the timer to when there will be.
 */
#include "who/runtime_private.h"

#include "base/log.h"
#include "base/timefmt.h"
#include "loop.h"
#include "worker.h"

#include "who/containers.h"

#define NS_PER_MS     1000000ULL
#define STALE_NS      (60000 * NS_PER_MS) /* who is asked anyway tells all again */
#define DETAILS_TRIES 3

static bool may_ask(const struct place *place)
{
	return place->is_there && !place->is_useless;
}

static struct runtime_job *job_for(struct runtime *runtime, unsigned int index,
				   enum runtime_question question)
{
	struct place *place = &runtime->places[index];
	struct runtime_job *job = runtime_job_new(place->row, question, runtime_answered);

	if (!job)
		return NULL;
	job->ctx = runtime;
	job->place = index;
	job->ask.path = place->path;
	job->ask.root = runtime->root ? runtime->root : "";
	job->ask.call.cancel_fd = runtime->cancel_fd;
	return job;
}

static void give(struct runtime *runtime, struct runtime_job *job, uint64_t now_ns)
{
	struct place *place = &runtime->places[job->place];

	place->asked++;
	place->asked_ns = now_ns;
	place->not_before_ns = now_ns + RUNTIME_PAUSE_NS;
	runtime->sums.asked++;
	runtime->is_asking = true;
	worker_give(runtime->worker, &job->job);
}

/* Sets *next_ns to the earlier of the two; 0 is never. */
static void earlier(uint64_t *next_ns, uint64_t at_ns)
{
	if (!*next_ns || at_ns < *next_ns)
		*next_ns = at_ns;
}

static bool ask_all(struct runtime *runtime, uint64_t now_ns, uint64_t *next_ns)
{
	for (unsigned int i = 0; i < runtime->place_count; i++) {
		struct place *place = &runtime->places[i];
		struct runtime_job *job;

		if (!may_ask(place) || !place->needs_all)
			continue;
		if (now_ns < place->not_before_ns) {
			earlier(next_ns, place->not_before_ns);
			continue;
		}
		job = job_for(runtime, i, RUNTIME_ALL);
		if (!job)
			return false;
		give(runtime, job, now_ns);
		return true;
	}
	return false;
}

bool runtime_knows(const struct runtime *runtime, const char *id)
{
	const struct container *container = containers_find(runtime->containers, id);

	return container && !container->is_gone;
}

static void drop_known(struct runtime *runtime)
{
	for (size_t i = runtime->wants.count; i-- > 0;) {
		if (runtime_knows(runtime, runtime->wants.at[i].id))
			wants_remove(&runtime->wants, i);
	}
}

static bool is_due(const struct want *want, unsigned int place, uint64_t now_ns)
{
	return !want->is_over && want->due_ns <= now_ns && !(want->asked & 1ULL << place);
}

/* This place about those it has not been asked about. */
static bool ask_some(struct runtime *runtime, unsigned int index, uint64_t now_ns)
{
	struct place *place = &runtime->places[index];
	struct runtime_job *job = NULL;

	for (size_t i = 0; i < runtime->wants.count; i++) {
		struct want *want = &runtime->wants.at[i];

		if (!is_due(want, index, now_ns))
			continue;
		if (now_ns - place->all_ns > STALE_NS && place->row->has_socket) {
			place->needs_all = true;
			return false;
		}
		if (!job)
			job = job_for(runtime, index, RUNTIME_SOME);
		if (!job || job->ask.id_count == RUNTIME_IDS_MAX)
			break;
		want->asked |= 1ULL << index;
		runtime_job_add(job, want->id);
	}
	if (job)
		give(runtime, job, now_ns);
	return job;
}

/* Is there still one to ask about it? *next_ns: when. */
static bool has_more_to_ask(const struct runtime *runtime, const struct want *want, uint64_t now_ns,
			    uint64_t *next_ns)
{
	bool has_more = false;

	for (unsigned int i = 0; i < runtime->place_count; i++) {
		const struct place *place = &runtime->places[i];

		/* Who fails will tell all, once he doesn't any more. */
		if (may_ask(place) && !place->needs_all && is_due(want, i, now_ns)) {
			has_more = true;
			earlier(next_ns, place->not_before_ns);
		}
	}
	return has_more;
}

static bool ask_wanted(struct runtime *runtime, uint64_t now_ns, uint64_t *next_ns)
{
	drop_known(runtime);
	for (unsigned int i = 0; i < runtime->place_count; i++) {
		const struct place *place = &runtime->places[i];

		if (may_ask(place) && !place->needs_all && now_ns >= place->not_before_ns &&
		    ask_some(runtime, i, now_ns))
			return true;
	}
	if (ask_all(runtime, now_ns, next_ns)) /* whoever turned out to be stale */
		return true;
	for (size_t i = 0; i < runtime->wants.count; i++) {
		struct want *want = &runtime->wants.at[i];

		if (want->is_over || has_more_to_ask(runtime, want, now_ns, next_ns))
			continue;
		if (want->due_ns <= now_ns && wants_missed(want, now_ns)) {
			runtime->sums.unknown++;
			log_debug("no runtime knows the container %s", want->id);
		} else {
			earlier(next_ns, want->due_ns);
		}
	}
	return false;
}

struct details_ctx {
	struct runtime *runtime;
	uint64_t now_ns;
	uint64_t *next_ns;
	struct runtime_job *job;
	bool has_more;
};

/* Pods of one place a question. */
static bool add_pod(void *ctx, struct pod *pod)
{
	struct details_ctx *details = ctx;
	struct runtime *runtime = details->runtime;
	const struct container *sandbox;
	const struct place *place;

	if (pod->has_details || !pod->live || !pod->sandbox_id || pod->asked >= DETAILS_TRIES)
		return true;
	sandbox = containers_find(runtime->containers, pod->sandbox_id);
	if (!sandbox || sandbox->is_gone || sandbox->source >= runtime->place_count)
		return true;
	place = &runtime->places[sandbox->source];
	if (!place->row->details || !may_ask(place) || place->needs_all)
		return true;
	details->has_more = true;
	if (details->now_ns < place->not_before_ns) {
		earlier(details->next_ns, place->not_before_ns);
		return true;
	}
	if (!details->job)
		details->job = job_for(runtime, sandbox->source, RUNTIME_DETAILS);
	if (!details->job || details->job->ask.id_count == RUNTIME_IDS_MAX)
		return false;
	if (details->job->place == sandbox->source) {
		pod->asked++;
		runtime_job_add(details->job, sandbox->id);
	}
	return true;
}

static bool ask_details(struct runtime *runtime, uint64_t now_ns, uint64_t *next_ns)
{
	struct details_ctx details = { .runtime = runtime, .now_ns = now_ns, .next_ns = next_ns };

	if (!runtime->want_details)
		return false;
	containers_each_pod(runtime->containers, add_pod, &details);
	runtime->want_details = details.has_more;
	if (details.job)
		give(runtime, details.job, now_ns);
	return details.job;
}

void runtime_pump(struct runtime *runtime)
{
	uint64_t now_ns = time_monotonic_ns(), next_ns = 0, expiry_ns;

	if (runtime->is_asking || runtime->is_ending)
		return;
	expiry_ns = containers_expire(runtime->containers, now_ns);
	if (expiry_ns)
		earlier(&next_ns, expiry_ns + 1000 * NS_PER_MS); /* several at once */
	if (ask_all(runtime, now_ns, &next_ns) || ask_wanted(runtime, now_ns, &next_ns) ||
	    ask_details(runtime, now_ns, &next_ns))
		return;
	watch_set_timer(runtime->timer,
			next_ns ? (next_ns > now_ns ? next_ns - now_ns : 0) / NS_PER_MS + 1 : 0, 0);
}

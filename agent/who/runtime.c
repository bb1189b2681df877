// SPDX-License-Identifier: BSD-2-Clause
/*
 * One question at a time is under way. When its answer has come, and when a timer says that
 * something is due, runtime_pump() looks for the next: a runtime that has not told all it has, ids
 * that are wanted, pods without details. If there is none it sets the timer to when there will be.
 */
#include "runtime.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "loop.h"
#include "worker.h"

#include "who/containers.h"
#include "who/runtime_job.h"
#include "who/runtime_places.h"
#include "who/runtime_wants.h"
#include "who/socket_watch.h"

#define NS_PER_MS      1000000ULL
#define PAUSE_NS       (200 * NS_PER_MS)  /* between two questions to a runtime */
#define BACKOFF_NS     (1000 * NS_PER_MS) /* after the first failure; doubles */
#define BACKOFF_MAX_NS (60000 * NS_PER_MS)
#define STALE_NS       (60000 * NS_PER_MS) /* who is asked anyway tells all again */
#define LOOK_MS	       5000		   /* where inotify can't tell */
#define APPLY_A_SLICE  256		   /* containers: less than 1 ms */
#define DETAILS_TRIES  3

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

static void runtime_pump(struct runtime *runtime);

/* ---- answers ---- */

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

static int apply(void *ctx)
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

static void on_done(struct worker_job *at)
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
		(void)apply(runtime);
		return;
	}
	runtime_job_free(&job);
	runtime->is_asking = false;
	runtime_pump(runtime);
}

/* ---- questions ---- */

static bool may_ask(const struct place *place)
{
	return place->is_there && !place->is_useless;
}

static struct runtime_job *job_for(struct runtime *runtime, unsigned int index,
				   enum runtime_question question)
{
	struct place *place = &runtime->places[index];
	struct runtime_job *job = runtime_job_new(place->row, question, on_done);

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
	place->not_before_ns = now_ns + PAUSE_NS;
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

static bool is_known(const struct runtime *runtime, const char *id)
{
	const struct container *container = containers_find(runtime->containers, id);

	return container && !container->is_gone;
}

static void drop_known(struct runtime *runtime)
{
	for (size_t i = runtime->wants.count; i-- > 0;) {
		if (is_known(runtime, runtime->wants.at[i].id))
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

static void runtime_pump(struct runtime *runtime)
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

/* ---- what happens ---- */

static int on_timer(void *ctx)
{
	runtime_pump(ctx);
	return 0;
}

static void look(void *ctx)
{
	struct runtime *runtime = ctx;

	for (unsigned int i = 0; i < runtime->place_count; i++) {
		struct place *place = &runtime->places[i];

		if (!place_look(place))
			continue;
		place->needs_all = true;
		place->is_useless = place->has_answered = false;
		place->failures = 0;
		place->not_before_ns = place->asked_ns ? place->asked_ns + PAUSE_NS : 0;
	}
	runtime_pump(runtime);
}

static int on_look(void *ctx)
{
	look(ctx);
	return 0;
}

void runtime_want(struct runtime *runtime, const char *container_id)
{
	if (!found_is_id(text_from_str(container_id)) || is_known(runtime, container_id))
		return;
	runtime->sums.wanted++;
	if (!wants_add(&runtime->wants, container_id, time_monotonic_ns()))
		runtime->sums.refused++;
	/* Soon, not now: who asks is in the middle of something, and others may follow. */
	if (!runtime->is_asking)
		watch_set_timer(runtime->timer, 1, 0);
}

void runtime_gone(struct runtime *runtime, const char *container_id)
{
	containers_remove(runtime->containers, container_id, time_monotonic_ns());
	for (size_t i = 0; i < runtime->wants.count; i++) {
		if (!strcmp(runtime->wants.at[i].id, container_id)) {
			wants_remove(&runtime->wants, i);
			break;
		}
	}
	if (!runtime->is_asking)
		watch_set_timer(runtime->timer, 1, 0);
}

size_t runtime_states(const struct runtime *runtime, struct runtime_state *ret, size_t max)
{
	size_t count = runtime->place_count < max ? runtime->place_count : max;

	for (size_t i = 0; i < count; i++) {
		const struct place *place = &runtime->places[i];

		ret[i] = (struct runtime_state){
			.kind = place->row->name,
			.path = place->path,
			.is_there = place->is_there,
			.has_answered = place->has_answered,
			.error = place->error,
			.asked = place->asked,
		};
	}
	return count;
}

struct runtime_sums runtime_sums(const struct runtime *runtime)
{
	return runtime->sums;
}

/* ---- begin and end ---- */

static int watch_places(struct runtime *runtime)
{
	unsigned int count = 0;
	int r;

	for (unsigned int i = 0; i < runtime->place_count; i++) {
		if (runtime->places[i].path[0])
			runtime->paths[count++] = runtime->places[i].path;
	}
	r = socket_watch_new(&runtime->sockets, runtime->loop, runtime->paths, count, look,
			     runtime);
	if (!r)
		return 0;
	log_warn(r, "can't watch for container runtimes, looking every %d s", LOOK_MS / 1000);
	return loop_add_timer(runtime->loop, LOOK_MS, LOOK_MS, on_look, runtime,
			      &runtime->look_timer);
}

static int runtime_open(struct runtime *runtime, const struct runtime_options *options)
{
	int r = wants_init(&runtime->wants);

	if (!r && options->root && !(runtime->root = strdup(options->root)))
		r = -ENOMEM;
	if (!r)
		r = places_fill(runtime->places, ARRAY_SIZE(runtime->places), options);
	if (r < 0)
		return r;
	runtime->place_count = (unsigned int)r;
	runtime->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (runtime->cancel_fd < 0)
		return -errno;
	r = loop_add_timer(runtime->loop, 0, 0, on_timer, runtime, &runtime->timer);
	if (!r)
		r = loop_add_timer(runtime->loop, 0, 0, apply, runtime, &runtime->apply_timer);
	if (!r)
		r = worker_new(&runtime->worker, runtime->loop);
	return r ? r : watch_places(runtime);
}

int runtime_new(struct runtime **ret, struct loop *loop, struct containers *containers,
		const struct runtime_options *options)
{
	struct runtime *runtime = calloc(1, sizeof(*runtime));
	int r;

	if (!runtime)
		return -ENOMEM;
	runtime->loop = loop;
	runtime->containers = containers;
	runtime->cancel_fd = -1;
	r = runtime_open(runtime, options);
	if (r) {
		runtime_free(&runtime);
		return r;
	}
	look(runtime);
	*ret = runtime;
	return 0;
}

void runtime_free(struct runtime **at)
{
	struct runtime *runtime = TAKE_PTR(*at);
	uint64_t one = 1;

	if (!runtime)
		return;
	runtime->is_ending = true;
	if (runtime->cancel_fd >= 0)
		(void)!write(runtime->cancel_fd, &one, sizeof(one));
	worker_free(&runtime->worker);
	runtime_job_free(&runtime->answer);
	socket_watch_free(&runtime->sockets);
	watch_free(&runtime->timer);
	watch_free(&runtime->look_timer);
	watch_free(&runtime->apply_timer);
	if (runtime->cancel_fd >= 0)
		close(runtime->cancel_fd);
	places_done(runtime->places, runtime->place_count);
	wants_done(&runtime->wants);
	free(runtime->root);
	free(runtime);
}

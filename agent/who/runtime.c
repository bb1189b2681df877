// SPDX-License-Identifier: BSD-2-Clause
/*
 * Begin and end, and what happens in between: runtimes come, containers are seen and end. What is to
 * be asked for that finds runtime_questions.c; runtime_answers.c takes the answers in.
 */
#include "who/runtime_private.h"

#include <errno.h>
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
#include "who/socket_watch.h"

#define LOOK_MS 5000 /* where inotify can't tell */

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
		place->not_before_ns = place->asked_ns ? place->asked_ns + RUNTIME_PAUSE_NS : 0;
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
	if (!found_is_id(text_from_str(container_id)) || runtime_knows(runtime, container_id))
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
		r = loop_add_timer(runtime->loop, 0, 0, runtime_apply, runtime,
				   &runtime->apply_timer);
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

// SPDX-License-Identifier: BSD-2-Clause
/*
 * What comes of what runtimes tell. What a container is never changes in place, because records refer
 * to it: it is replaced.
 */
#include "who/containers_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "who/container_objects.h"

static const struct containers_ops no_ops;

static void set_gone(struct containers *containers, struct container *container, uint64_t now_ns)
{
	if (container->is_gone)
		return;
	container->is_gone = true;
	container->gone_ns = now_ns;
	containers->gone++;
	container_say(containers, container, false);
	if (container->pod && !--container->pod->live)
		pod_say(containers, container->pod, false);
}

static void set_back(struct containers *containers, struct container *container)
{
	if (!container->is_gone)
		return;
	container->is_gone = false;
	containers->gone--;
	container_say(containers, container, true);
	if (container->pod && !container->pod->live++)
		pod_say(containers, container->pod, true);
}

/* What has been gone longest makes room. */
static void make_room(struct containers *containers)
{
	struct container *oldest = NULL;

	if (containers->count < CONTAINERS_MAX || !containers->gone)
		return;
	for (unsigned int i = 0; i < CONTAINER_BUCKETS; i++) {
		for (struct container *at = containers->by_id[i]; at; at = at->next) {
			if (at->is_gone && (!oldest || at->gone_ns < oldest->gone_ns))
				oldest = at;
		}
	}
	if (oldest)
		container_unlink(containers, oldest);
}

/* In place of one of the same id, if there is one. */
static void container_make(struct containers *containers, const struct found *found,
			   struct pod *pod, struct container *old)
{
	struct container *container = container_new(found, pod);

	if (!container)
		return;
	if (!old &&
	    !containers_has_room(containers, containers->count, CONTAINERS_MAX, container->bytes)) {
		container_unref(&container);
		return;
	}
	if (old) {
		container->is_gone = old->is_gone;
		container->gone_ns = old->gone_ns;
		if (!strcmp(old->name, container->name))
			container->told = old->told;
		else
			container_say(containers, old, false); /* by that name it is no more */
		if (!container->pid)
			container->pid = old->pid;
	}
	/* First this one, so that the pod of both is not empty in between. */
	container_link(containers, container);
	if (old)
		container_unlink(containers, old);
	container_say(containers, container, true);
}

/* Whoever knows the container better did not know that it is in a pod. */
static void container_join(const struct containers *containers, struct container *container,
			   struct pod *pod)
{
	container->pod = pod_ref(pod);
	pod_enter(pod, container);
	container_say(containers, container, true);
}

void containers_begin(struct containers *containers)
{
	containers->pass++;
}

void containers_tell(struct containers *containers, const struct found *found, uint8_t source,
		     uint8_t rank)
{
	struct container *container = containers_find(containers, found->id);
	bool is_believed = !container || container->rank <= rank;
	struct pod *pod;
	bool is_new;

	if (!container)
		make_room(containers);
	is_new = pod_for(containers, found, &pod);
	if (!pod && container)
		pod = container->pod;
	if (pod && pod_update(pod, found))
		is_new = true;
	if (!container || (is_believed && !container_is(container, found, pod)))
		container_make(containers, found, pod, container);
	else if (!container->pod && pod)
		container_join(containers, container, pod);
	if (pod && pod->is_known && !pod->containers)
		pod_unlink(containers, pod); /* its container has found no room */
	else if (pod && is_new && !containers_find(containers, found->id))
		pod_say(containers, pod, true); /* it tells more of its other containers */
	container = containers_find(containers, found->id);
	if (!container)
		return;
	if (container_update(container, found) && !container->pod)
		container_say(containers, container, true);
	if (is_believed) {
		container->source = source;
		container->rank = rank;
	}
	container->seen = containers->pass;
	set_back(containers, container);
	if (is_new && container->pod)
		pod_say(containers, container->pod, true);
}

void containers_end(struct containers *containers, uint8_t source, uint64_t now_ns)
{
	for (unsigned int i = 0; i < CONTAINER_BUCKETS; i++) {
		for (struct container *at = containers->by_id[i]; at; at = at->next) {
			if (at->source == source && at->seen != containers->pass)
				set_gone(containers, at, now_ns);
		}
	}
}

void containers_tell_details(struct containers *containers, const struct found *found)
{
	struct container *container = containers_find(containers, found->id);

	if (!container || !container->pod)
		return;
	container_update(container, found);
	container->pod->has_details = true;
	if (pod_update(container->pod, found))
		pod_say(containers, container->pod, true);
}

void containers_remove(struct containers *containers, const char *id, uint64_t now_ns)
{
	struct container *container = containers_find(containers, id);

	if (container)
		set_gone(containers, container, now_ns);
}

uint64_t containers_expire(struct containers *containers, uint64_t now_ns)
{
	uint64_t next_ns = 0;

	if (!containers->gone)
		return 0;
	for (unsigned int i = 0; i < CONTAINER_BUCKETS; i++) {
		struct container *at = containers->by_id[i], *next;

		for (; at; at = next) {
			uint64_t due_ns = at->gone_ns + CONTAINERS_KEEP_NS;

			next = at->next;
			if (!at->is_gone)
				continue;
			if (due_ns <= now_ns)
				container_unlink(containers, at);
			else if (!next_ns || due_ns < next_ns)
				next_ns = due_ns;
		}
	}
	return next_ns;
}

struct containers_sums containers_sums(const struct containers *containers)
{
	return (struct containers_sums){
		.containers = containers->count,
		.pods = containers->pod_count,
		.bytes = containers->bytes,
		.refused = containers->refused,
	};
}

int containers_new(struct containers **ret, const struct containers_ops *ops, void *ctx)
{
	struct containers *containers = calloc(1, sizeof(*containers));

	if (!containers)
		return -ENOMEM;
	containers->ops = ops ? ops : &no_ops;
	containers->ctx = ctx;
	*ret = containers;
	return 0;
}

void containers_free(struct containers **at)
{
	struct containers *containers = TAKE_PTR(*at);

	if (!containers)
		return;
	containers->ops = &no_ops;
	for (unsigned int i = 0; i < CONTAINER_BUCKETS; i++) {
		while (containers->by_id[i])
			container_unlink(containers, containers->by_id[i]);
	}
	free(containers);
}

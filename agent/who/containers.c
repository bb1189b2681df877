// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hashes of containers by id and of pods by uid and by name. What a container is never changes in
 * place, because records refer to it: it is replaced. A pod is there as long as one of its
 * containers is.
 */
#include "containers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "who/container_objects.h"

#define CONTAINER_BUCKETS  1024U
#define POD_BUCKETS	   512U
#define LABELLED_BYTES_MAX (3U << 20) /* what there may be and labels still find room */

struct containers {
	const struct containers_ops *ops;
	void *ctx;
	struct container *by_id[CONTAINER_BUCKETS];
	struct pod *by_uid[POD_BUCKETS];
	struct pod *by_name[POD_BUCKETS];
	unsigned int count, pod_count, gone;
	size_t bytes;
	uint64_t refused;
	uint32_t pass;
};

static const struct containers_ops no_ops;

/* FNV-1a */
static uint32_t hash_str(uint32_t hash, const char *str)
{
	for (; *str; str++)
		hash = (hash ^ (uint8_t)*str) * 16777619U;
	return hash;
}

static uint32_t hash_id(const char *id)
{
	return hash_str(2166136261U, id);
}

static uint32_t hash_name(const char *namespace, const char *name)
{
	return hash_str((hash_id(namespace) ^ '/') * 16777619U, name);
}

/* ---- telling ---- */

static void tell_container(const struct containers *containers, struct container *container,
			   bool is_there)
{
	void (*fn)(void *, struct container *) =
		is_there ? containers->ops->container_set : containers->ops->container_gone;

	if (fn)
		fn(containers->ctx, container);
}

static void tell_pod(const struct containers *containers, struct pod *pod, bool is_there)
{
	void (*fn)(void *, struct pod *) =
		is_there ? containers->ops->pod_set : containers->ops->pod_gone;

	if (fn)
		fn(containers->ctx, pod);
}

/* ---- finding ---- */

struct container *containers_find(const struct containers *containers, const char *id)
{
	struct container *container = containers->by_id[hash_id(id) % CONTAINER_BUCKETS];

	while (container && strcmp(container->id, id) != 0)
		container = container->next;
	return container;
}

struct pod *containers_find_pod(const struct containers *containers, const char *namespace,
				const char *name)
{
	struct pod *pod = containers->by_name[hash_name(namespace, name) % POD_BUCKETS];

	while (pod && (strcmp(pod->name, name) != 0 || strcmp(pod->namespace, namespace) != 0))
		pod = pod->next_by_name;
	return pod;
}

struct pod *containers_find_pod_uid(const struct containers *containers, const char *uid)
{
	struct pod *pod = uid[0] ? containers->by_uid[hash_id(uid) % POD_BUCKETS] : NULL;

	while (pod && strcmp(pod->uid, uid) != 0)
		pod = pod->next_by_uid;
	return pod;
}

/* ---- pods ---- */

static void pod_link(struct containers *containers, struct pod *pod)
{
	struct pod **uid = &containers->by_uid[hash_id(pod->uid) % POD_BUCKETS];
	struct pod **name =
		&containers->by_name[hash_name(pod->namespace, pod->name) % POD_BUCKETS];

	pod->next_by_uid = *uid;
	*uid = pod;
	pod->next_by_name = *name;
	*name = pod;
	pod->is_known = true;
	containers->pod_count++;
	containers->bytes += pod->bytes;
}

/* The registry's reference goes with it. */
static void pod_unlink(struct containers *containers, struct pod *pod)
{
	struct pod **at = &containers->by_uid[hash_id(pod->uid) % POD_BUCKETS];

	if (!pod->is_known)
		return;
	while (*at != pod)
		at = &(*at)->next_by_uid;
	*at = pod->next_by_uid;
	at = &containers->by_name[hash_name(pod->namespace, pod->name) % POD_BUCKETS];
	while (*at != pod)
		at = &(*at)->next_by_name;
	*at = pod->next_by_name;
	pod->is_known = false;
	containers->pod_count--;
	containers->bytes -= pod->bytes;
	pod_unref(&pod);
}

static void pod_enter(struct pod *pod, struct container *container)
{
	container->next_in_pod = pod->containers;
	pod->containers = container;
	pod->live += !container->is_gone;
}

/* The pod may be gone by that: tell it while the container still refers to it. */
static void pod_leave(struct containers *containers, struct container *container)
{
	struct pod *pod = container->pod;
	struct container **at = &pod->containers;

	while (*at != container)
		at = &(*at)->next_in_pod;
	*at = container->next_in_pod;
	container->next_in_pod = NULL;
	if (!container->is_gone && !--pod->live)
		tell_pod(containers, pod, false);
	if (!pod->containers)
		pod_unlink(containers, pod);
}

/* The same pod, of which more is known now: everything moves over. */
static void pod_replace(struct containers *containers, struct pod *old, struct pod *pod)
{
	struct container *container;

	pod_inherit(pod, old);
	pod_link(containers, pod);
	while ((container = old->containers)) {
		struct pod *was = container->pod;

		old->containers = container->next_in_pod;
		container->pod = pod_ref(pod);
		pod_enter(pod, container);
		pod_unref(&was);
	}
	old->live = 0;
	pod_unlink(containers, old);
}

static bool has_room(struct containers *containers, unsigned int count, unsigned int max,
		     size_t bytes)
{
	if (count < max && containers->bytes + bytes <= CONTAINERS_BYTES_MAX)
		return true;
	containers->refused++;
	return false;
}

/* Made of what was told, without its labels if they find no room. NULL: none could be. */
static struct pod *pod_make(struct containers *containers, const struct found *found)
{
	/* A container's labels are not its pod's. */
	struct pod *pod = pod_new(found, found->is_sandbox);

	if (pod && found->label_count && containers->bytes + pod->bytes > LABELLED_BYTES_MAX) {
		containers->refused++;
		pod_unref(&pod);
		pod = pod_new(found, false);
	}
	if (pod && !has_room(containers, containers->pod_count, CONTAINERS_PODS_MAX, pod->bytes))
		pod_unref(&pod);
	return pod;
}

/* *ret: the pod that what was told belongs to, NULL if it tells none. True: it is new. */
static bool pod_for(struct containers *containers, const struct found *found, struct pod **ret)
{
	struct pod *pod = NULL, *better;
	bool is_named = found->pod_name[0] || found->pod_uid[0];

	if (found->pod_uid[0])
		pod = containers_find_pod_uid(containers, found->pod_uid);
	else if (found->pod_name[0])
		pod = containers_find_pod(containers, found->pod_namespace, found->pod_name);
	if (!pod && found->sandbox_id[0]) {
		const struct container *sandbox = containers_find(containers, found->sandbox_id);

		pod = sandbox ? sandbox->pod : NULL;
	}
	*ret = pod;
	if (pod && ((pod->has_labels || !found->is_sandbox || !found->has_labels) &&
		    (pod->name[0] || !found->pod_name[0])))
		return false;
	better = is_named ? pod_make(containers, found) : NULL;
	if (!better)
		return false;
	if (pod)
		pod_replace(containers, pod, better);
	else
		pod_link(containers, better);
	*ret = better;
	return true;
}

/* ---- containers ---- */

static void container_link(struct containers *containers, struct container *container)
{
	struct container **at = &containers->by_id[hash_id(container->id) % CONTAINER_BUCKETS];

	container->next = *at;
	*at = container;
	containers->count++;
	containers->gone += container->is_gone;
	containers->bytes += container->bytes;
	if (container->pod)
		pod_enter(container->pod, container);
}

/* With the registry's reference. */
static void container_unlink(struct containers *containers, struct container *container)
{
	struct container **at = &containers->by_id[hash_id(container->id) % CONTAINER_BUCKETS];

	while (*at != container)
		at = &(*at)->next;
	*at = container->next;
	container->next = NULL;
	containers->count--;
	containers->gone -= container->is_gone;
	containers->bytes -= container->bytes;
	if (container->pod)
		pod_leave(containers, container);
	container_unref(&container);
}

static void set_gone(struct containers *containers, struct container *container, uint64_t now_ns)
{
	if (container->is_gone)
		return;
	container->is_gone = true;
	container->gone_ns = now_ns;
	containers->gone++;
	tell_container(containers, container, false);
	if (container->pod && !--container->pod->live)
		tell_pod(containers, container->pod, false);
}

static void set_back(struct containers *containers, struct container *container)
{
	if (!container->is_gone)
		return;
	container->is_gone = false;
	containers->gone--;
	tell_container(containers, container, true);
	if (container->pod && !container->pod->live++)
		tell_pod(containers, container->pod, true);
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
	if (!old && !has_room(containers, containers->count, CONTAINERS_MAX, container->bytes)) {
		container_unref(&container);
		return;
	}
	if (old) {
		container->is_gone = old->is_gone;
		container->gone_ns = old->gone_ns;
		if (!strcmp(old->name, container->name))
			container->told = old->told;
		else
			tell_container(containers, old, false); /* by that name it is no more */
		if (!container->pid)
			container->pid = old->pid;
	}
	/* First this one, so that the pod of both is not empty in between. */
	container_link(containers, container);
	if (old)
		container_unlink(containers, old);
	tell_container(containers, container, true);
}

/* Whoever knows the container better did not know that it is in a pod. */
static void container_join(const struct containers *containers, struct container *container,
			   struct pod *pod)
{
	container->pod = pod_ref(pod);
	pod_enter(pod, container);
	tell_container(containers, container, true);
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
		tell_pod(containers, pod, true); /* it tells more of its other containers */
	container = containers_find(containers, found->id);
	if (!container)
		return;
	if (container_update(container, found) && !container->pod)
		tell_container(containers, container, true);
	if (is_believed) {
		container->source = source;
		container->rank = rank;
	}
	container->seen = containers->pass;
	set_back(containers, container);
	if (is_new && container->pod)
		tell_pod(containers, container->pod, true);
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
		tell_pod(containers, container->pod, true);
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

void containers_each(const struct containers *containers,
		     bool (*fn)(void *ctx, struct container *container), void *ctx)
{
	for (unsigned int i = 0; i < CONTAINER_BUCKETS; i++) {
		for (struct container *at = containers->by_id[i]; at; at = at->next) {
			if (!fn(ctx, at))
				return;
		}
	}
}

void containers_each_pod(const struct containers *containers,
			 bool (*fn)(void *ctx, struct pod *pod), void *ctx)
{
	for (unsigned int i = 0; i < POD_BUCKETS; i++) {
		for (struct pod *at = containers->by_uid[i]; at; at = at->next_by_uid) {
			if (!fn(ctx, at))
				return;
		}
	}
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

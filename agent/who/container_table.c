// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hashes of containers by id and of pods by uid and by name. A pod is there as long as one of its
 * containers is.
 */
#include "who/containers_private.h"

#include <string.h>

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

void container_say(const struct containers *containers, struct container *container, bool is_there)
{
	void (*fn)(void *, struct container *) =
		is_there ? containers->ops->container_set : containers->ops->container_gone;

	if (fn)
		fn(containers->ctx, container);
}

void pod_say(const struct containers *containers, struct pod *pod, bool is_there)
{
	void (*fn)(void *, struct pod *) =
		is_there ? containers->ops->pod_set : containers->ops->pod_gone;

	if (fn)
		fn(containers->ctx, pod);
}

bool containers_has_room(struct containers *containers, unsigned int count, unsigned int max,
			 size_t bytes)
{
	if (count < max && containers->bytes + bytes <= CONTAINERS_BYTES_MAX)
		return true;
	containers->refused++;
	return false;
}

void pod_link(struct containers *containers, struct pod *pod)
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

void pod_unlink(struct containers *containers, struct pod *pod)
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

void pod_enter(struct pod *pod, struct container *container)
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
		pod_say(containers, pod, false);
	if (!pod->containers)
		pod_unlink(containers, pod);
}

void container_link(struct containers *containers, struct container *container)
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

void container_unlink(struct containers *containers, struct container *container)
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

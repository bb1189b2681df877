// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which pod something that was told belongs to. A pod whose name or labels become known by that is
 * replaced by another, because records refer to it as it is.
 */
#include "who/containers_private.h"

#include "who/container_objects.h"

#define LABELLED_BYTES_MAX (3U << 20) /* what there may be and labels still find room */

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
	if (pod && !containers_has_room(containers, containers->pod_count, CONTAINERS_PODS_MAX,
					pod->bytes))
		pod_unref(&pod);
	return pod;
}

bool pod_for(struct containers *containers, const struct found *found, struct pod **ret)
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

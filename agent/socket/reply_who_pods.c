// SPDX-License-Identifier: BSD-2-Clause
/* Pods and containers, in order of their names. */
#include "socket/reply_who_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "who/containers.h"
#include "who/who_private.h"
#include "who/who_rows.h"

static int compare_pods(const void *a, const void *b)
{
	const struct pod *x = *(struct pod *const *)a, *y = *(struct pod *const *)b;
	int order = strcmp(x->namespace, y->namespace);

	if (!order)
		order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->uid, y->uid);
}

static bool take_pod(void *ctx, struct pod *pod)
{
	struct reply_who *reply = ctx;

	if (pod->live)
		reply->pods[reply->pod_count++] = pod_ref(pod);
	return true;
}

int reply_who_collect_pods(struct reply_who *reply)
{
	const struct containers *containers = reply->who->containers;
	unsigned int room = containers_sums(containers).pods;

	reply->pods = calloc(room ? room : 1, sizeof(struct pod *));
	if (!reply->pods)
		return -ENOMEM;
	containers_each_pod(containers, take_pod, reply);
	if (reply->pod_count)
		qsort(reply->pods, reply->pod_count, sizeof(struct pod *), compare_pods);
	reply->count = reply->pod_count;
	return 0;
}

int reply_who_row_pod(struct reply_who *reply, struct buf *out)
{
	who_row_pod(reply->who, reply->pods[reply->at++], out);
	return 0;
}

int reply_who_row_endpoint_pod(struct reply_who *reply, struct buf *out)
{
	who_row_endpoint_pod(reply->who, reply->pods[reply->at++], out);
	return 0;
}

static int compare_containers(const void *a, const void *b)
{
	const struct container *x = *(struct container *const *)a;
	const struct container *y = *(struct container *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->id, y->id);
}

static bool take_container(void *ctx, struct container *container)
{
	struct reply_who *reply = ctx;

	if (!container->is_gone && !container->is_sandbox)
		reply->containers[reply->container_count++] = container_ref(container);
	return true;
}

int reply_who_collect_containers(struct reply_who *reply)
{
	const struct containers *containers = reply->who->containers;
	unsigned int room = containers_sums(containers).containers;

	reply->containers = calloc(room ? room : 1, sizeof(struct container *));
	if (!reply->containers)
		return -ENOMEM;
	containers_each(containers, take_container, reply);
	if (reply->container_count)
		qsort(reply->containers, reply->container_count, sizeof(struct container *),
		      compare_containers);
	reply->count = reply->container_count;
	return 0;
}

int reply_who_row_container(struct reply_who *reply, struct buf *out)
{
	who_row_container(reply->containers[reply->at++], out);
	return 0;
}

int reply_who_row_endpoint_container(struct reply_who *reply, struct buf *out)
{
	const struct container *container = reply->containers[reply->at++];

	if (!container->pod)
		who_row_endpoint_container(reply->who, container, out);
	return 0;
}

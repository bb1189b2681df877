/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of containers.h's module share. Only they include this: containers.c (what comes of
 * what is told), container_pods.c (which pod that belongs to) and container_table.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/containers.h"

#define CONTAINER_BUCKETS 1024U
#define POD_BUCKETS	  512U

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

/* ---- container_table.c ---- */

/* Tells who has made the registry: set, or gone. */
void container_say(const struct containers *containers, struct container *container, bool is_there);
void pod_say(const struct containers *containers, struct pod *pod, bool is_there);
/* For one more, where there are count of max. False is counted. */
bool containers_has_room(struct containers *containers, unsigned int count, unsigned int max,
			 size_t bytes);
/* The caller's reference becomes the registry's. */
void pod_link(struct containers *containers, struct pod *pod);
/* The registry's reference goes with it. One that is not there is fine. */
void pod_unlink(struct containers *containers, struct pod *pod);
/* container->pod is this pod already. */
void pod_enter(struct pod *pod, struct container *container);
/* The same, into and out of its pod too, which goes with its last container. */
void container_link(struct containers *containers, struct container *container);
void container_unlink(struct containers *containers, struct container *container);

/* ---- container_pods.c ---- */

/* *ret: the pod that what was told belongs to, NULL if it tells none. True: it is new. */
bool pod_for(struct containers *containers, const struct found *found, struct pod **ret);

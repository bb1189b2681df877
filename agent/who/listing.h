/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a runtime has told, on its way from the worker's thread to the registry: containers, each
 * with what is known of its pod. All texts are copied and bounded here; a listing belongs to one
 * thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#include "who/labels.h"

#define LISTING_MAX	  4096	     /* containers */
#define LISTING_BYTES_MAX (8U << 20) /* of their texts */
#define FOUND_ID_MAX	  128	     /* what containerd lets an id be is 76 */
#define FOUND_NAME_MAX	  256
#define FOUND_PATH_MAX	  256
#define FOUND_IPS_MAX	  4

/* Where a container or pod is in the network; what is not known is 0, NULL or false. */
struct found_net {
	uint8_t ips[FOUND_IPS_MAX][16]; /* IPv4 mapped */
	unsigned int ip_count;
	bool is_host; /* it has no network namespace of its own */
	const char *netns;
};

/* A container. Texts are "" where the runtime doesn't tell; they live as long as the listing. */
struct found {
	const char *id;
	const char *name;
	const char *image;
	const char *runtime;	/* static: "containerd", "cri-o", "docker", "podman" */
	const char *sandbox_id; /* of its pod, where there is such a thing */
	const char *pod_namespace, *pod_name, *pod_uid;
	uint32_t pid;	 /* of its first process, in the runtime's namespace; 0: not told */
	bool is_sandbox; /* it holds a pod's namespaces, and labels are the pod's */
	bool has_labels; /* they were told, if only that there are none */
	struct label *labels;
	unsigned int label_count;
	struct found_net net;
};

struct listing {
	struct found *items;
	size_t count, room;
	struct listing_chunk *chunks;
	size_t bytes;
	bool is_full;	      /* everything the runtime has: what is not in it is gone */
	unsigned int refused; /* containers and labels that found no room */
	int error;	      /* 0, or why there is no answer: -errno */
};

struct listing *listing_new(void);
void listing_free(struct listing **at);
#define auto_listing __attribute__((cleanup(listing_free)))

/* A new container, of which only the id is set; it moves with the next one. NULL: refused. */
struct found *listing_add(struct listing *listing, struct text id);
/* A copy of at most max bytes, cut between characters; "" if memory runs out. */
const char *listing_text(struct listing *listing, struct text text, size_t max);
/* One more label of found, which is the last one added. Kubelet's own are left out. */
void listing_label(struct listing *listing, struct found *found, struct text key,
		   struct text value);
/* An address as text. False: it is none, or there are too many. */
bool listing_ip(struct found *found, struct text address);

/* A number of a process; 0: it is none. */
uint32_t found_pid(struct text digits);
/* May it be an id, and part of a path? Letters, digits, '_', '.', '-'; no dot in front. */
bool found_is_id(struct text id);

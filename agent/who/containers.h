/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The containers and pods of this machine: who they are by id, as runtimes tell. Records refer to
 * them for as long as they like; the registry itself forgets a container a minute after it is gone,
 * because what it has sent may be told later than that it has ended.
 *
 * Names and labels are as whoever started the container chose them: bounded (who/listing.h), but
 * not clean. Who prints them escapes them. Everything belongs to the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/listing.h"
#include "who/workload.h"

struct containers;

#define CONTAINERS_MAX	     2048
#define CONTAINERS_PODS_MAX  1024
#define CONTAINERS_BYTES_MAX (4U << 20) /* of all that is in the registry */
#define CONTAINERS_KEEP_NS   60000000000ULL

/* What has been told of it elsewhere, which is not told twice: endpoint_watch.c's. */
struct endpoint_told {
	bool is_there;
	uint8_t ip_count;
	uint8_t ips[FOUND_IPS_MAX][16];
};

/* Several containers with one network. Podman's pods have no namespace, and their id as uid. */
struct pod {
	unsigned int refs;
	unsigned int live;		    /* containers that are not gone */
	const char *namespace, *name, *uid; /* "" where unknown */
	const char *runtime;
	const struct label *labels;
	unsigned int label_count;
	bool has_labels; /* they were told: there are no others */
	struct workload workload;
	/* What may be told later than the rest. */
	struct found_net net;
	char *sandbox_id;   /* NULL: not told */
	uint32_t pid;	    /* of the process that holds the namespaces; 0: not told */
	unsigned int asked; /* how often details have been asked for */
	bool has_details;
	struct container *containers; /* those in the registry, by next_in_pod */
	struct endpoint_told told;
	/* The registry's own. */
	struct pod *next_by_uid, *next_by_name;
	size_t bytes;
	bool is_known;
};

struct container {
	unsigned int refs;
	uint8_t source;				 /* the row of runtimes that told of it */
	uint8_t rank;				 /* how much that one knows */
	bool is_sandbox;			 /* it runs nothing of the pod's own */
	bool is_gone;				 /* since gone_ns; CLOCK_MONOTONIC */
	const char *id, *name, *image, *runtime; /* "" where unknown */
	struct pod *pod;			 /* NULL: none */
	const struct label *labels;		 /* where they are not the pod's */
	unsigned int label_count;
	uint32_t pid;	      /* of its first process; 0: not told */
	struct found_net net; /* where it is not the pod's */
	struct container *next_in_pod;
	struct endpoint_told told;
	/* The registry's own. */
	struct container *next;
	uint64_t gone_ns;
	uint32_t seen;
	size_t bytes;
};

/* Told while the registry changes, which must not be changed from there. Members may be NULL. */
struct containers_ops {
	/* New, or it was told anew: another name, another pod. */
	void (*container_set)(void *ctx, struct container *container);
	void (*container_gone)(void *ctx, struct container *container);
	/* New, or with more details: labels, addresses. */
	void (*pod_set)(void *ctx, struct pod *pod);
	/* None of its containers is there any more: its addresses may be another's from now on. */
	void (*pod_gone)(void *ctx, struct pod *pod);
};

struct containers_sums {
	unsigned int containers, pods; /* in the registry, those just gone included */
	size_t bytes;
	uint64_t refused; /* containers, pods and labels that found no room */
};

/* ops may be NULL. -ENOMEM. */
int containers_new(struct containers **ret, const struct containers_ops *ops, void *ctx);
/* Tells nothing. What is referred to elsewhere stays. */
void containers_free(struct containers **at);

/* Borrowed. Those gone within the last minute are found too; of pods of one name the newest. */
struct container *containers_find(const struct containers *containers, const char *id);
struct pod *containers_find_pod(const struct containers *containers, const char *namespace,
				const char *name);
struct pod *containers_find_pod_uid(const struct containers *containers, const char *uid);

struct container *container_ref(struct container *container);
void container_unref(struct container **at);
struct pod *pod_ref(struct pod *pod);
void pod_unref(struct pod **at);

/*
 * What a source has told, one after another. Of two sources that know the same container the one
 * of higher rank is believed, the other fills gaps. is_full: containers_begin() before the first,
 * and containers_end() after the last, which removes what was not among them.
 */
void containers_begin(struct containers *containers);
void containers_tell(struct containers *containers, const struct found *found, uint8_t source,
		     uint8_t rank);
void containers_end(struct containers *containers, uint8_t source, uint64_t now_ns);
/* More of a pod whose sandbox this is: addresses, namespace, pid. */
void containers_tell_details(struct containers *containers, const struct found *found);

/* Its cgroup, say, is gone. Unknown ids are ignored. */
void containers_remove(struct containers *containers, const char *id, uint64_t now_ns);
/* Forgets those gone for a minute. Returns when to call again, 0: nothing waits. */
uint64_t containers_expire(struct containers *containers, uint64_t now_ns);

/* Each container, each pod, in no order, until fn returns false. */
void containers_each(const struct containers *containers,
		     bool (*fn)(void *ctx, struct container *container), void *ctx);
void containers_each_pod(const struct containers *containers,
			 bool (*fn)(void *ctx, struct pod *pod), void *ctx);
struct containers_sums containers_sums(const struct containers *containers);

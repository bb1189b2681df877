/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of reply_who.h's module share: an answer, and the stages that its kinds are made
 * of. Only reply_who.c and reply_who_*.c include this.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/reply_who.h"

#include "weir/owner.h"

struct container;
struct listener_walk;
struct namespace;
struct pod;
struct watch;
struct who;

/* Strings in order, each once. */
struct names {
	char **at;
	size_t count;
};

struct reply_who {
	struct agent *agent;
	struct who *who;
	void (*wake)(void *ctx);
	void *ctx;
	const struct stage *stage; /* of its kind's */
	bool has_begun;		   /* the stage has */
	size_t at, count;	   /* of what the stage writes */
	struct pod **pods;
	size_t pod_count;
	struct container **containers;
	size_t container_count;
	struct namespace **namespaces;
	size_t namespace_count;
	struct names names;
	uint32_t file_version;
	struct watch *fresh_timer;
	bool is_fresh;
	struct listener_walk *walk;
	bool is_walking;
	struct weir_lookup lookups[WEIR_LOOKUPS_MAX]; /* of the rows from `at` rounded down on */
	size_t left_out;
	size_t places_unread;
};

struct stage {
	/* Sets count. REPLY_WAITS: it is called again, unless who wakes has set has_begun. */
	int (*begin)(struct reply_who *reply);
	/* The row at `at`, which moves on. */
	int (*row)(struct reply_who *reply, struct buf *out);
};

/*
 * The stages' halves, for the rows of `kinds`: what begins one collects what there is, and what
 * writes a row takes it from there.
 */

/* ---- reply_who_pods.c ---- */

int reply_who_collect_pods(struct reply_who *reply);
int reply_who_row_pod(struct reply_who *reply, struct buf *out);
int reply_who_row_endpoint_pod(struct reply_who *reply, struct buf *out);
int reply_who_collect_containers(struct reply_who *reply);
int reply_who_row_container(struct reply_who *reply, struct buf *out);
/* Those of pods were told as pods. */
int reply_who_row_endpoint_container(struct reply_who *reply, struct buf *out);

/* ---- reply_who_names.c ---- */

int reply_who_begin_one(struct reply_who *reply);
int reply_who_row_host(struct reply_who *reply, struct buf *out);
int reply_who_row_node(struct reply_who *reply, struct buf *buf);
int reply_who_begin_file(struct reply_who *reply);
int reply_who_row_file(struct reply_who *reply, struct buf *out);
/* Kubernetes' namespaces: gathered from pods, then from the file, then written. */
int reply_who_begin_names(struct reply_who *reply);
int reply_who_name_of_pod(struct reply_who *reply, struct buf *out);
int reply_who_name_of_file(struct reply_who *reply, struct buf *out);
int reply_who_begin_namespaces(struct reply_who *reply);
int reply_who_row_namespaces(struct reply_who *reply, struct buf *buf);

/* ---- reply_who_netns.c ---- */

/* Nobody tells of a namespace without an interface: it is looked for, and given time to be found. */
int reply_who_begin_fresh(struct reply_who *reply);
/* Our own is the first of the count. */
int reply_who_collect_netns(struct reply_who *reply);
int reply_who_row_netns(struct reply_who *reply, struct buf *out);
int reply_who_begin_listeners(struct reply_who *reply);
int reply_who_row_listener(struct reply_who *reply, struct buf *out);

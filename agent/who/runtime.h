/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the registry of containers up to date: asks each container runtime of this machine for all
 * it has when it appears, and for single containers when somebody sees one that is unknown. Nobody
 * waits for that: the runtimes are asked on a thread of their own, so that one that hangs holds up
 * nothing else, and nothing here ticks on a machine where no container comes or goes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/options.h"

struct containers;
struct loop;
struct runtime;

#define RUNTIME_SOCKETS_MAX 32
#define RUNTIME_NAMED_MAX   24	 /* of them, by the options */
#define RUNTIME_WANTS_MAX   1024 /* ids that are looked for, or were in vain */

struct runtime_options {
	/*
	 * Instead of the usual places: paths of sockets, each with "cri:", "docker:" or "podman:" in
	 * front or known by its name. NULL: the usual ones. They are copied.
	 */
	const char *const *sockets;
	size_t socket_count;
	const char *root; /* in front of all other paths, for tests; NULL: nothing */
	bool no_files;	  /* sockets only */
};

/* containers: borrowed, outlives it. What can't be watched is looked at less often. -ENOMEM, -errno. */
int runtime_new(struct runtime **ret, struct loop *loop, struct containers *containers,
		const struct runtime_options *options);
/* Calls under way are given up at once. */
void runtime_free(struct runtime **at);

/*
 * Somebody has seen a container of this id, say by its cgroup. If it is unknown it is asked for:
 * now, and if nobody knows it, 0.2, 1 and 5 s later, then no more.
 */
void runtime_want(struct runtime *runtime, const char *container_id);
/* Its cgroup is gone: it stays to be found for a minute. */
void runtime_gone(struct runtime *runtime, const char *container_id);

/* Is it a value of --container-runtime: auto, none, or as one of struct runtime_options? */
int runtime_check(const char *text, char reason[static OPTION_REASON_SIZE]);

/* For status: each place that is known, those with nobody there included. */
struct runtime_state {
	const char *kind; /* "cri" */
	const char *path;
	bool is_there;
	bool has_answered; /* with all it has */
	int error;	   /* of the last question, or 0 */
	uint64_t asked;	   /* questions */
};
/* For tests, which tell by it which place has answered: names alone do not. */
size_t runtime_states(const struct runtime *runtime, struct runtime_state *ret, size_t max);
struct runtime_sums {
	uint64_t asked, failed;	  /* questions to runtimes */
	uint64_t wanted, unknown; /* ids, and those that nobody knew at last */
	uint64_t refused;	  /* ids for which there was no room */
};
struct runtime_sums runtime_sums(const struct runtime *runtime);

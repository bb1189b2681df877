/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose pod it is: the Deployment, DaemonSet, ... that has made it. The owner stands in the API
 * server only; runtimes know a pod's name and labels, and both carry what its controller puts
 * there. A pod that nobody has generated has no workload, as in Hubble.
 */
#pragma once

#include <stddef.h>

struct label;

#define WORKLOAD_NAME_SIZE 256

struct workload {
	char name[WORKLOAD_NAME_SIZE]; /* "": none */
	const char *kind;	       /* "Deployment"; "" where the name does not tell */
};

/* labels: all that the runtime knows of the pod; NULL where it tells none at all. */
void workload_of(struct workload *ret, const char *pod_name, const struct label *labels,
		 size_t count);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks for the network namespaces of this host, as a job of the worker: those of processes and
 * those that files in /run/netns and Docker's folder hold. Each is asked for its number in our
 * namespace (nsid), and given one if it has none, so that its end and its addresses are told to us.
 * A number is all that this leaves behind: the kernel itself gives one to whoever is at the other
 * end of an interface, and takes it back with the namespace.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "worker.h"

#define NAMESPACE_NAME_SIZE	64
#define NAMESPACE_PROCESSES_MAX 8

/* One process for each cgroup; the first is the one with the lowest number. */
struct namespace_process {
	pid_t pid;
	uint64_t cgroup_id; /* cgroup v2; 0: not known */
};

struct namespace_found {
	uint64_t inode;
	int nsid;			/* -1: it has none, and could not be given one */
	char name[NAMESPACE_NAME_SIZE]; /* of the file that holds it; "": none does */
	size_t process_count;
	struct namespace_process processes[NAMESPACE_PROCESSES_MAX];
};

struct namespace_walk {
	struct worker_job job; /* done() is the owner's, who frees */
	void *owner;
	uint64_t own_inode; /* is left out */
	size_t max;
	/* The result */
	struct namespace_found *found;
	size_t count, room;
	bool is_cut; /* there are more than max */
};

int namespace_walk_new(struct namespace_walk **ret, uint64_t own_inode, size_t max);
void namespace_walk_free(struct namespace_walk **at);

/* The namespace of a process. 0: it has gone, or we may not look. */
uint64_t namespace_of_process(pid_t pid);
/* Of the calling thread; 0 if /proc is not there. */
uint64_t namespace_of_thread(void);

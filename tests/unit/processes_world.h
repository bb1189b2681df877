/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes and what is noted of their execs, for the tests of who/processes.h; and real processes
 * to be seen.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "who/processes.h"

#define TICK_NS 10000000ULL

struct processes_world {
	struct cgroups *cgroups;
	struct processes *processes;
	char exe[64];	  /* what was noted; "": nothing */
	uint32_t program; /* likewise */
	int asked;
	int learned;
};

/* v1 only where has_v2 is false: no cgroup is looked up by its id. max: 0, as many as there may be. */
void processes_world_init(struct processes_world *world, uint32_t max, bool has_v2);
void processes_world_done(struct processes_world *world);
#define auto_world __attribute__((cleanup(processes_world_done)))
struct processes_stats processes_world_stats(const struct processes_world *world);

/* A child that has this name and waits. */
pid_t child_begin(const char *comm);
void child_end(pid_t pid);
/* As /proc tells it. */
uint64_t child_start(pid_t pid);
void child_await_comm(pid_t pid, const char *comm);

/* As an event would tell it: within the tick that /proc knows of. */
struct process_seen seen(pid_t pid, uint64_t start_ns);
/* The same where the kernel has BTF: the name is the process's. */
struct process_seen process_named(pid_t pid, uint64_t start_ns, const char *comm);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that own sockets, each held once and counted. One is a pid, a start time, a cgroup
 * and a program: another start is another process with the same pid, and one that moves to another
 * cgroup, or becomes another program by an exec, is held as both. Where the program is not known an
 * exec shows by the name that comes with the next socket: then it is told as what it is now, and
 * who holds the old one keeps that.
 *
 * What BPF says of a process is enough for one; the rest comes from /proc, if it is still there as
 * the program that was seen, and else from what was noted at its exec.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/party.h"
#include "who/process_read.h"

struct cgroup_info;
struct cgroups;
struct processes;
struct weir_exec;

#define PROCESSES_IDLE_MAX 1024				      /* that nobody holds any more */
#define PROCESSES_MAX	   (PARTIES_MAX + PROCESSES_IDLE_MAX) /* each party may have its own */

/* Read only for all others; texts are not escaped. */
struct process {
	uint64_t start_ns;		  /* CLOCK_BOOTTIME; to a tick if only /proc told it */
	uint64_t cgroup_id;		  /* the kernel's; 0: not known */
	const struct cgroup_info *cgroup; /* NULL: not known */
	const char *exe;		  /* NULL: not known (yet), or a kernel thread */
	uint32_t pid;			  /* of the process (tgid) */
	uint32_t uid;			  /* PROCESS_UID_UNKNOWN */
	uint32_t netns;			  /* inode of its own, not of a socket; 0: not known */
	char comm[PROCESS_COMM_SIZE];	  /* of its first thread, if that could be read */
};

/* What is known before: by an event, or by an iterator at the start. */
struct process_seen {
	uint64_t
		start_ns; /* 0: not known: who has the pid now, for which /proc is read each time */
	uint64_t cgroup_id; /* 0: not known */
	uint32_t tgid;
	uint32_t uid;		      /* PROCESS_UID_UNKNOWN */
	uint32_t program;	      /* of struct weir_owner; 0: not known, or as it is now */
	char comm[PROCESS_COMM_SIZE]; /* "": not known. It need not end in a NUL */
	bool is_leader;		      /* comm is the process's, not that of one of its threads */
};

struct processes_options {
	const char *proc; /* NULL: "/proc" */
	uint32_t max;	  /* 0: PROCESSES_MAX */
	/*
	 * What was noted when the process began its last program. An exec is noted before /proc
	 * shows the new program, or soon after that where the kernel cannot tell earlier. -ENOENT.
	 * NULL: nothing is noted.
	 */
	int (*get_exec)(void *ctx, uint32_t pid, uint64_t start_ns, struct weir_exec *ret);
	/* More is known of one that was given before. NULL: nobody cares. */
	void (*learned)(void *ctx);
	void *ctx;
};

/* cgroups must live longer. -errno. */
int processes_new(struct processes **ret, struct cgroups *cgroups,
		  const struct processes_options *options);
/* Every process must have been given back. */
void processes_free(struct processes **at);

/*
 * Held for the caller, who gives it back by process_unref(). One seen for the first time is looked
 * up in /proc, which takes some 40 us (70 where v1's trees are asked as well): so only few dozen new
 * ones in one callback. One that is known takes 20 ns. NULL: no room (counted), no memory, a pid of
 * 0, or no start and nothing in /proc.
 */
const struct process *processes_get(struct processes *processes, const struct process_seen *seen);

const struct process *process_ref(const struct process *process);
/* Sets *at to NULL, which is fine as well. */
void process_unref(const struct process **at);

struct processes_stats {
	uint64_t held; /* now, idle ones included */
	uint64_t idle;
	uint64_t refused; /* found no room */
	uint64_t reads;	  /* of /proc */
	uint64_t gone;	  /* had ended, or another had the pid, when /proc was read */
};
void processes_get_stats(const struct processes *processes, struct processes_stats *ret);

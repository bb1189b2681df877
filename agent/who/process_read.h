/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What /proc tells of a process that is still there. It is the one that was meant if it was started
 * when that one was: to a clock tick, which is what /proc has of it.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define PROCESS_COMM_SIZE   16
#define PROCESS_UID_UNKNOWN UINT32_MAX

struct process_read {
	uint64_t start_ns; /* CLOCK_BOOTTIME, to a tick */
	uint32_t uid;	   /* the real one; PROCESS_UID_UNKNOWN unless it was asked for */
	uint32_t netns;	   /* inode; 0: not told */
	char comm[PROCESS_COMM_SIZE];
	char exe[PATH_MAX]; /* "": a kernel thread, a zombie, or not told */
};

struct process_ask {
	const char *proc;  /* "/proc" */
	uint32_t pid;	   /* of the process, not of a thread */
	uint64_t start_ns; /* CLOCK_BOOTTIME; 0: whoever has that pid */
	bool wants_uid;	   /* one file more */
};

/* -ESRCH: it has ended; -ESTALE: another one has its pid now; -errno. */
int process_read(const struct process_ask *ask, struct process_read *ret);

/* Can both be the start of one process, one of them or both to a tick? */
bool process_same_start(uint64_t a_ns, uint64_t b_ns);

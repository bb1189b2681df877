/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The object of programs that need the kernel's type information, on its way into the kernel. Of
 * what libbpf knows of it nothing is kept but the descriptors: the kernel's BTF alone takes 6 MB
 * while it is read.
 */
#pragma once

#include "kernel/tracing.h"

enum tracing_prog {
	PROG_RESEND,
	PROG_RESEND_ACK,
	PROG_RESEND_END,
	PROG_CREATE,
	PROG_CONNECT4,
	PROG_CONNECT6,
	PROG_SENDMSG4,
	PROG_SENDMSG6,
	PROG_EXISTING,
	PROG_SENT,
	PROG_RECEIVED,
	PROG_EXEC,
	PROG_EXEC_BEGIN,
	PROG_FORK,
	PROG_CGROUP,
	PROG_CGROUP_END,
	PROG_UNSEEN,
	TRACING_PROG_MAX,
};

enum tracing_map {
	TRACING_MAP_RETRANSMITS,
	TRACING_MAP_SUMS,
	TRACING_MAP_EXECS,
	TRACING_MAP_UNSEEN,
	TRACING_MAP_MAX,
};

/*
 * -1: not there. errors: of each part, 0: it is attached. -ESRCH: the kernel has no BTF; -ENOENT: not
 * its tracepoints; -ENODEV: no cgroup v2; -ENODATA: not asked for; all else: as the kernel says.
 */
struct tracing_fds {
	int links[TRACING_PROG_MAX]; /* of PROG_UNSEEN the program: it is attached when need be */
	int maps[TRACING_MAP_MAX];
	int errors[TRACING_PART_MAX];
};

void tracing_load(struct tracing_fds *ret, const struct tracing_options *options);
void tracing_fds_close(struct tracing_fds *fds);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The object of the look-ups, and of the programs for kernels that lack BTF or some use of it, on
 * its way into the kernel. Nothing is kept of it but the descriptors.
 */
#pragma once

#include <stdbool.h>

struct datapath_maps;

#define SOCKETS_LINKS 5

/* -1: not there. */
struct sockets_fds {
	int lookup; /* the program */
	int lookups;
	int links[SOCKETS_LINKS];
	int lookup_error; /* 0 or -errno */
	int link_error;	  /* the same; -ENODATA: not asked for */
};

/* cgroup: where to attach the programs that note owners; < 0: they are not wanted. */
void sockets_load(struct sockets_fds *ret, const struct datapath_maps *maps, int cgroup);
void sockets_fds_close(struct sockets_fds *fds);

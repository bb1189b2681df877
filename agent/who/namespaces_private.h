/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of namespaces.h's module share. Only they include this: namespaces.c (asking),
 * namespace_table.c, namespace_messages.c (what the kernel tells) and namespace_found.c (what walks
 * have found).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link_rows.h"
#include "who/namespace_addrs.h"
#include "who/namespaces.h"
#include "who/netlink.h"

#define NAMESPACE_HEADS		 512
#define NAMESPACES_MISSES_MAX	 64  /* inodes that were asked for in vain, remembered */
#define NAMESPACES_MEANWHILE_MAX 256 /* numbers of which was told while a walk ran */

struct namespace_iface {
	uint32_t ifindex; /* the key: by which flows name it */
	int nsid;
	bool is_void; /* the namespace has ended; the number may be another's by now */
	uint64_t next_walk_ns;
	uint8_t tries;
};

struct namespace_miss {
	uint64_t inode;
	uint64_t next_walk_ns;
	uint8_t tries;
};

struct nsid_list {
	int nsids[NAMESPACES_MEANWHILE_MAX];
	size_t count;
};

struct namespaces {
	const struct namespaces_ops *ops;
	void *ctx;
	struct worker *worker;
	int fd;
	struct watch *watch, *timer;
	uint64_t timer_ns; /* when it is due; 0: it is not */
	uint64_t own_inode;

	struct namespace *inodes[NAMESPACE_HEADS], *nsids[NAMESPACE_HEADS];
	struct ns_addrs addrs;
	struct link_rows ifaces;
	struct namespace_miss misses[NAMESPACES_MISSES_MAX];
	unsigned int next_miss;

	struct namespace_walk *walk; /* it runs */
	bool wants_walk;
	bool is_walk_void; /* messages were lost meanwhile */
	uint64_t walked_ns;
	struct nsid_list ended, begun; /* meanwhile */

	struct namespace *dumping; /* its addresses; referenced */
	uint32_t dump_seq;
	bool is_dump_partial;
	bool wants_dump; /* somebody's */

	struct namespaces_stats stats;
	uint8_t buffer[NETLINK_RECEIVE_SIZE] __attribute__((aligned(8)));
};

/* ---- namespace_table.c ---- */

void namespaces_tell(const struct namespaces *all, const struct namespace *ns);
/* Where it hangs, or would; NULL there: it is not known. */
struct namespace **namespaces_at_inode(struct namespaces *all, uint64_t inode);
struct namespace **namespaces_at_nsid(struct namespaces *all, int nsid);
/* NULL: there is no place, which is counted. */
struct namespace *namespaces_add(struct namespaces *all, uint64_t inode, int nsid);
void namespaces_drop(struct namespaces *all, struct namespace *ns);

/* ---- namespace_messages.c ---- */

/* 0 or -errno; all->fd is there to be closed. */
int namespaces_subscribe(struct namespaces *all);
/* All that there is (0), or as much as there is time for (1); -errno: the socket is broken. */
int namespaces_read(struct namespaces *all);
void namespaces_want_addrs(struct namespaces *all, struct namespace *ns);
/* The addresses of the next that wants it. */
void namespaces_dump_next(struct namespaces *all);

/* ---- namespace_found.c ---- */

/* The timer, in ms or earlier. */
void namespaces_arm(struct namespaces *all, uint64_t ms);
int namespaces_on_timer(void *ctx);
/* Soon, but not more than once a second. */
void namespaces_want_walk(struct namespaces *all);
/* Each time in vain doubles the time until the next. */
void namespaces_want_walk_again(struct namespaces *all, uint64_t *next_walk_ns, uint8_t *tries);

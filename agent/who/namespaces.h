/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other network namespaces of this host: which is at the other end of an interface, which has
 * an address, and which processes are in it. The kernel tells when one comes or goes and when its
 * addresses change (one socket for all of them); who is in it is looked up by a walk through /proc
 * on the worker's thread, at most once a second, and only when something is asked for or told of
 * that is not known. What stays unknown is looked for less and less often, up to once in 64 s.
 *
 * Not told: 127.0.0.0/8, ::1 and link-local IPv6, which are everywhere. A namespace that neither a
 * process nor a file in /run/netns or /run/docker/netns leads to is not known. The other end of a
 * pair may be moved from one foreign namespace to another without a word from the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/namespace_walk.h"

#define NAMESPACES_MAX	     4096
#define NAMESPACE_ADDRS_MAX  256   /* of one */
#define NAMESPACES_ADDRS_MAX 32768 /* of all: 2 MiB */

struct loop;
struct namespaces;
struct ns_addr;
struct worker;

/* Referenced; read only. Its contents change until it is gone. */
struct namespace
{
	uint64_t inode; /* as in net:[4026532281]; used again for another when this one is gone */
	bool is_gone;	/* known no more */
	char name[NAMESPACE_NAME_SIZE]; /* of the file that holds it; "": none, or not found yet */
	/* Those seen last; their existence has been checked for the first one in the last second. */
	size_t process_count;
	struct namespace_process processes[NAMESPACE_PROCESSES_MAX];
	size_t addr_count;

	/* The module's own */
	unsigned int refs;
	int nsid;
	struct namespace *by_inode, *by_nsid; /* in their chains */
	struct ns_addr *addrs;
	uint64_t checked_ns, next_walk_ns;
	uint8_t tries;
	bool is_unsure; /* messages were lost; the next walk tells whether it still is what it was */
	bool wants_addrs;
	uint8_t addr_generation;
};

struct namespace_addr {
	uint8_t addr[16]; /* IPv4 mapped */
	uint8_t family;	  /* 4 or 6 */
	uint8_t prefix_len;
	uint32_t ifindex; /* in that namespace */
};

struct namespaces_ops {
	/* New, or its processes, name or addresses are others, or is_gone. Must not free the namespaces. */
	void (*changed)(void *ctx, const struct namespace *ns);
};

struct namespaces_stats {
	uint32_t known;
	uint32_t addrs;
	uint64_t walks;
	uint64_t overruns; /* messages were lost, and all asked anew */
	uint64_t refused;  /* namespaces and addresses for which there was no place */
};

/*
 * For the current namespace; what is there is told before long, by a walk. ops (NULL is fine) and
 * ctx live as long. -errno: without it nothing is known of namespaces.
 */
int namespaces_new(struct namespaces **ret, struct loop *loop, struct worker *worker,
		   const struct namespaces_ops *ops, void *ctx);
/* Before the loop; the worker may go before or after. References stay good. */
void namespaces_free(struct namespaces **at);

/* What struct link_ops tells. nsid: iface_info.peer_nsid if is_peer_elsewhere, else -1. */
void namespaces_set_iface(struct namespaces *all, uint32_t ifindex, int nsid);
void namespaces_remove_iface(struct namespaces *all, uint32_t ifindex);

/* NULL: not known, or not yet. Good until the loop goes on, or as long as it is referenced. */
struct namespace *namespaces_by_ifindex(struct namespaces *all, uint32_t ifindex);
/* Our own is not among them. */
struct namespace *namespaces_by_inode(struct namespaces *all, uint64_t inode);
/* 0; -ENOENT: none has it; -ENOTUNIQ: several have. Whether it is our own too is not looked at. */
int namespaces_by_addr(struct namespaces *all, const uint8_t addr[static 16],
		       struct namespace **ret);
/* Until fn returns other than 0, which is then the result. fn must not ask the above. */
int namespaces_each(const struct namespaces *all, int (*fn)(void *ctx, const struct namespace *ns),
		    void *ctx);
int namespace_each_addr(const struct namespace *ns,
			int (*fn)(void *ctx, const struct namespace_addr *addr), void *ctx);

/* Looks for new ones soon, but not more than once a second: of one without an interface nobody tells. */
void namespaces_look(struct namespaces *all);
void namespaces_get_stats(const struct namespaces *all, struct namespaces_stats *ret);

struct namespace *namespace_ref(struct namespace *ns);
/* NULL is fine. */
void namespace_unref(struct namespace **at);

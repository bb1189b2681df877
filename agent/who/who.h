/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the ends of connections: what owns the other modules of this folder, asks them, and
 * makes one party of what they know. On the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn/conn.h"

struct addr_set;
struct cgroups;
struct conn_nat;
struct conn_side;
struct conn_table;
struct endpoint_watch_ops;
struct iface_info;
struct loop;
struct parties;
struct processes;
struct runtime;
struct sockets;
struct translations;
struct weir_cgroup_event;
struct weir_dns_event;
struct weir_user_event;
struct who;
struct worker;

struct who_options {
	const char *endpoints; /* path; NULL: none */
	/* Each runtime_check()ed; none of them, or "auto" alone: wherever one is; "none" alone: none. */
	const char *const *runtimes;
	size_t runtime_count;
};

/* Borrowed; they live as long. */
struct who_parts {
	struct loop *loop;
	struct worker *worker;
	const struct addr_set *addrs; /* of this host */
	struct sockets *sockets;
	struct conn_table *conns;		    /* that is told what is found later */
	uint32_t netns;				    /* inode of the agent's network namespace */
	bool has_cgroup_events;			    /* who_cgroup() is told of all cgroups */
	const struct endpoint_watch_ops *endpoints; /* told of who comes and goes */
	void *ctx;				    /* theirs */
};

/* What cannot be had is left out, and said in the log. -errno. */
int who_new(struct who **ret, const struct who_parts *parts, const struct who_options *options);
void who_free(struct who **at);

/* Who is there, as far as it is known now: as party() of struct conn_ops. */
uint32_t who_party(struct who *who, const struct conn_side *side);
struct parties *who_parties(const struct who *who);

/* Is it translated? As nat() and nat_drop() of struct conn_ops. */
void who_nat(struct who *who, struct conn_nat *nat);
void who_nat_drop(struct who *who, uint32_t number, enum conn_nat_state state);
struct translations *who_translations(const struct who *who);

struct who_nat_status {
	bool is_available;
	const char *detail;
	uint32_t held;	  /* translations */
	uint64_t refused; /* that found no room */
	uint64_t unasked; /* connections that have ended, and there were too many questions */
};
void who_nat_get_status(const struct who *who, struct who_nat_status *ret);

/* What this machine and the agent's rights let it know, a row for each kind, in plain words. */
typedef void (*who_capability_fn)(void *ctx, const char *name, bool is_available,
				  const char *detail);
void who_capabilities(const struct who *who, who_capability_fn fn, void *ctx);

/* What found no room, a row for each kind. */
typedef void (*who_loss_fn)(void *ctx, const char *name, uint64_t count);
void who_losses(const struct who *who, who_loss_fn fn, void *ctx);

/* What the ring tells. */
void who_cgroup(struct who *who, const struct weir_cgroup_event *event);
void who_dns(struct who *who, const struct weir_dns_event *event);
void who_user(struct who *who, const struct weir_user_event *event);
/* What rtnetlink tells. */
/* key_ifindex: by which the keys of its flows name it. */
void who_iface_set(struct who *who, uint32_t key_ifindex, const struct iface_info *info);
void who_iface_gone(struct who *who, uint32_t key_ifindex);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interfaces that are watched: attached to when they appear, let go when they vanish. An
 * interface that has gone keeps its name here until the last of its flows has been told. Another one
 * may have its ifindex by then: what tells them apart is what the keys of their flows say.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "kernel/attacher.h"
#include "link/iface.h"

#include "weir/flow.h"
#include "weir/iface.h"

struct datapath;
struct loop;

/* What others have done to it. */
struct watched_others {
	struct attach_ahead ahead[WEIR_HOOK_MAX]; /* of ours */
	uint64_t removed;			  /* how often a hook of ours was, all told */
	unsigned int attempts;	/* to attach again, since it was left alone for a while */
	uint64_t removed_ns;	/* when last, CLOCK_MONOTONIC */
	uint64_t not_before_ns; /* the next attempt */
};

struct watched {
	struct watched *next;
	struct iface_info info;
	uint32_t key_ifindex; /* of its flows' keys: its own, unless another had it just now */
	enum iface_role role;
	int slot; /* of the datapath's counters, as long as anything may count there; 0: none */
	bool is_gone;
	uint64_t gone_ns;	/* since when, CLOCK_MONOTONIC */
	bool is_waiting;	/* until the slot of the one that had its ifindex is given back */
	struct attach_job *job; /* that attaches; NULL: it is done */
	struct attachment hooks[WEIR_HOOK_MAX];
	char note[ATTACH_NOTE_SIZE]; /* why a hook is not as wished, "" */
	bool lacks_room;	     /* it is tried again when some is given back */
	struct weir_count retired;   /* of flow entries that were removed */
	uint64_t flows_seen;	     /* in the sweep that runs */
	struct watched_others others;
};

struct ifaces_options {
	int mode;	      /* enum attach_mode */
	struct str_list only; /* names or globs to watch; empty: all */
	struct str_list xdp;  /* names whose ingress XDP takes */
};

#define IFACES_BUCKETS 1024

struct ifaces {
	struct watched *buckets[IFACES_BUCKETS];
	struct datapath *datapath;
	struct ifaces_options options;
	struct attacher *attacher;
	uint32_t keys_made; /* of the agent's own: WEIR_KEY_IFINDEX_OWN */
	uint32_t count;	    /* not gone */
	uint64_t attach_errors;
	bool has_lacking; /* some lack room */
	uint64_t removed; /* hooks of ours, by others */
	unsigned int ticks;
	bool is_looking;	/* the attacher, at what is attached to */
	bool must_look;		/* something was removed somewhere */
	unsigned int look_from; /* the bucket that the next look begins with */
	bool has_missing;	/* of some a hook was removed that is not attached to again */
};

/* The options are the caller's and stay. */
int ifaces_init(struct ifaces *ifaces, struct loop *loop, struct datapath *datapath,
		const struct ifaces_options *options);
/*
 * New or changed, as rtnetlink tells it. False: it has another name now, which is none of those to
 * watch, and is let go.
 */
bool ifaces_set(struct ifaces *ifaces, const struct iface_info *info);
/* Deleted or moved away: detached at once. */
void ifaces_gone(struct ifaces *ifaces, uint32_t ifindex);
/* Once a second: looks after what others may have removed, or put in front of it. */
void ifaces_tick(struct ifaces *ifaces, uint64_t now_ns);
/* Somebody has removed filters or a queueing discipline. */
void ifaces_tc_removed(struct ifaces *ifaces, uint32_t ifindex);
/* The one that has the ifindex now. NULL: none. */
struct watched *ifaces_find(const struct ifaces *ifaces, uint32_t ifindex);
/* By what the keys of its flows say; it may have gone. NULL: never seen, or all of it told. */
struct watched *ifaces_of_key(const struct ifaces *ifaces, uint32_t key_ifindex);
/* Is every hook that it should have attached to? */
bool watched_is_whole(const struct watched *watched);
/* Those that are there; how many of them are attached to. */
uint32_t ifaces_attached(const struct ifaces *ifaces);
/* Each of them, gone ones too. */
void ifaces_each(const struct ifaces *ifaces, void (*fn)(void *ctx, struct watched *watched),
		 void *ctx);
/* Do its packets pass another interface of this namespace too? (VLAN, macvlan and their like) */
bool watched_is_stacked(const struct watched *watched);
/* Forgets the gone ones of which the sweep that ended has seen no flow, and begins a new count. */
void ifaces_sweep_done(struct ifaces *ifaces);
/* Detaches everything. */
void ifaces_done(struct ifaces *ifaces);

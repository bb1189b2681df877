/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A verification that is under way: between verify.c, verify_scan.c and verify_write.c.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/datapath.h"
#include "link/iface.h"
#include "verify/verify.h"
#include "verify/verify_pair.h"
#include "verify/verify_read.h"
#include "verify/verify_resent.h"
#include "verify/verify_tcp.h"

struct agent;
struct watch;

/* Between two first readings: longer than many wait for a processor. */
#define VERIFY_FIRSTS_MS 5

enum verify_phase {
	PHASE_FIRST,
	PHASE_FIRST_SCAN,
	PHASE_WAIT,
	PHASE_SECOND,
	PHASE_SECOND_SCAN,
	PHASE_DONE,
};

/* Sums over the flow map of one interface, between two readings of its own counters. */
struct verify_scan {
	struct weir_count before, after; /* raw + gso - remainders */
	struct weir_count flows;
	uint64_t tagged[WEIR_HOOK_MAX]; /* packets with a VLAN tag */
};

/* An interface. */
struct verify_check {
	uint32_t key_ifindex; /* of the interface: it may go, and another have its ifindex */
	char name[IFNAMSIZ];
	enum iface_role role;
	bool is_gone;
	bool receives;	 /* at a hook of its own */
	bool is_settled; /* its readings of this phase stay */
	uint32_t kinds;	 /* of super-packets, by the flows seen */
	struct verify_scene scenes[2];
	struct verify_hook hooks[WEIR_HOOK_MAX];
	struct verify_pair pairs[WEIR_HOOK_MAX];
	struct verify_scan scans[2];
};

struct verify {
	struct agent *agent;
	struct watch *timer;
	void (*done)(void *ctx);
	void *ctx;
	uint64_t for_ns;
	uint64_t deadline_ns;
	enum verify_phase phase;
	unsigned int at;	/* interface in work */
	unsigned int rounds;	/* through all of them, in this phase */
	unsigned int unsettled; /* in this round */
	unsigned int pause_ms;	/* before the next slice */
	struct datapath_cursor cursor;
	bool is_scanning;
	bool is_counting_unseen; /* tracing_unseen_begin() */
	struct verify_tcp tcp;
	struct resent_pair resent;
	bool is_resent_settled; /* in this phase */
	unsigned int count;
	struct verify_check checks[];
};

static inline int verify_first_hook(const struct verify_check *check)
{
	return check->receives ? WEIR_INGRESS : WEIR_EGRESS;
}

/* What is known by now of what may lie between the two counts. */
void verify_conclude(struct verify_check *check);
/*
 * One slice of the first scans, or of the second ones, of which each is some milliseconds behind the one
 * before. True: they are done.
 */
bool verify_scan_step(struct verify *verify, int which);
/* It ends before it is done. */
void verify_scan_cancel(struct verify *verify);

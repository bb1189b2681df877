/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of processes.h's module share. Only they include this: processes.c (what is known
 * of a process) and process_table.c (who is held).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "who/lru.h"
#include "who/processes.h"

#define PROCESS_BUCKETS 16384

struct intern;

struct process_item {
	struct lru link; /* while idle */
	struct process_item *next;
	struct processes *table;
	struct process process;
	uint64_t read_ns; /* when /proc was read */
	uint32_t program; /* of struct process_seen; 0: not known */
	uint32_t refs;
	uint8_t exe_tries; /* left */
	uint8_t looks;	   /* since there was none for RECHECK_NS */
	bool is_in_hash;
	char seen_comm[PROCESS_COMM_SIZE]; /* what the event said that it was last read for */
};

struct processes {
	struct cgroups *cgroups;
	struct processes_options options;
	struct intern *texts;
	struct lru idle;
	struct processes_stats stats;
	struct process_item *buckets[PROCESS_BUCKETS];
};

/* Held once, in no hash yet. NULL: no room (counted), no memory. */
struct process_item *process_item_new(struct processes *processes);
/* is_past: it has become another program since, and is found by its own only. */
void process_item_enter(struct process_item *item, bool is_past);
/* Found no more; freed unless somebody holds it. */
void process_item_retire(struct process_item *item);
/*
 * The newest. Where cgroup or program are not known on one side any will do, but one of this very
 * program comes first. NULL: none.
 */
struct process_item *process_item_find(struct processes *processes,
				       const struct process_seen *seen);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real cgroups, made below one of this program's in the v2 tree. Needs root and a writable cgroup2.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/cgroups.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID "2f6b0c1e-1111-4222-8333-444455556666"

#define auto_cgroups __attribute__((cleanup(cgroups_free)))

/* Finds the tree, and a place in it. Why these tests can't run here; NULL if they can. */
const char *cgroup_world_open(void);
void cgroup_world_close(void);
/* cmocka's: this program's own cgroup is there, and what is below it has gone. */
int cgroup_world_set_up(void **state);
int cgroup_world_tear_down(void **state);

#define EACH(name) \
	cmocka_unit_test_setup_teardown(name, cgroup_world_set_up, cgroup_world_tear_down)

struct cgroups *new_cgroups(void);
/* As if only this program's cgroup were mounted: others make cgroups too. */
struct cgroups *new_cgroups_of_own(void);
struct cgroups_stats stats_of(const struct cgroups *cgroups);

/* Where the tree is mounted. */
const char *tree_path(void);
/* Of a path from the root of the tree; until the next call. */
const char *whole(const char *path);
/* Below own; the returned path is from the root of the tree. */
const char *below(const char *name);
/* A cgroup below own: its id. */
uint64_t make(const char *name);
void unmake(const char *name);

/* A child in that cgroup, until end_child(). */
pid_t child_in(const char *name);
void end_child(pid_t pid);

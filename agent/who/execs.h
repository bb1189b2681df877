/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What processes are made of, kept by the kernel's programs for those that end before anybody has
 * looked in /proc: the map of struct weir_exec, whose descriptor is the caller's.
 */
#pragma once

#include <stdint.h>

struct weir_exec;

/*
 * What it was made of last; the path ends in a NUL. start_ns: of struct weir_owner; of another
 * process with that number nothing is told. -ENOENT.
 */
int execs_lookup(int map, uint32_t tgid, uint64_t start_ns, struct weir_exec *ret);
/* Tells the map of the processes that there are. It may take a while: some 20 us for each. */
void execs_seed(int map);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What processes are made of, kept by the kernel's programs for those that end before anybody has
 * looked in /proc: the map of struct weir_exec, whose descriptor is the caller's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The path as execve() had it: relative ones are possible, and long ones are cut. start_ns: of
 * struct weir_owner; of another process with that number nothing is told. -ENOENT, -ENAMETOOLONG.
 */
int execs_lookup(int map, uint32_t tgid, uint64_t start_ns, char *ret, size_t size);
/* Tells the map of the processes that there are. It may take a while: some 20 us for each. */
void execs_seed(int map);

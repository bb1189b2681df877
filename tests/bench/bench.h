/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the benchmark and its BPF programs.
 */
#pragma once

#include <linux/types.h>

/* Offsets in the benchmark's packets: source port, and two bytes of the source address. */
#define BENCH_PORT_V4 34
#define BENCH_ADDR_V4 28
#define BENCH_PORT_V6 54
#define BENCH_ADDR_V6 36

struct bench_flows {
	__u32 next;
	__u32 mask;	/* flows less one */
	__u32 count_up; /* 1: never the same flow again */
	__u32 stride;	/* odd: each round in the same order; 0: in one like random */
	__u32 number;
};

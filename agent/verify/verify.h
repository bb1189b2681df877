/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify: compares weir's counters with the kernel's own over a stretch of time, on the running
 * system, and weir's with each other.
 */
#pragma once

#include <stdint.h>

struct agent;
struct buf;
struct verify;
struct verify_summary;

/*
 * Starts; done is called from the loop when the answer is complete. -EBUSY never: each client may run one.
 */
int verify_new(struct verify **ret, struct agent *agent, uint64_t for_ns, void (*done)(void *ctx),
	       void *ctx);
void verify_free(struct verify **at);

/* The lines of the answer. */
void verify_write(struct verify *verify, struct buf *out, struct verify_summary *ret);

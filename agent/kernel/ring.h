/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a BPF ring buffer (Documentation/bpf/ringbuf.rst). libbpf's reader maps all of the data
 * twice in a row, so that no record is parted: twice its size in the agent's resident memory. This
 * one maps a small window of that, and moves it on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/*
 * size: the map's max_entries. The fd stays the caller's, must stay open for as long as there is the
 * ring, and becomes readable when there is something to an emptied ring.
 */
int ring_new(struct ring **ret, int map_fd, uint64_t size);
void ring_free(struct ring **at);
/*
 * Hands up to max records to fn, oldest first; returns how many. A record longer than
 * RING_RECORD_MAX is skipped and counted. Less than max is not always all: while the window cannot
 * be moved (no memory), the rest waits in the ring; see ring_used().
 */
typedef void (*ring_fn)(void *ctx, const void *record, size_t size);
#define RING_RECORD_MAX 1536
unsigned int ring_read(struct ring *ring, unsigned int max, ring_fn fn, void *ctx);
/* Bytes that wait to be read. */
uint64_t ring_used(const struct ring *ring);
/*
 * CLOCK_MONOTONIC: what came into the ring before has been read. Of a ring that cannot be read for a
 * second it is now, for who must not wait for it for ever.
 */
uint64_t ring_read_until(const struct ring *ring);
uint64_t ring_skipped(const struct ring *ring);

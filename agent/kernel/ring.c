// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reader's side of the ring: a header of 8 bytes before each record, whose first word is the
 * length and two bits (being written, thrown away); positions that only grow.
 *
 * What is mapped of it counts as resident, whether it is read or not: the kernel fills in all pages
 * at once. So only a window of the data is mapped, which moves on with the reader. The map's file is
 * the consumer's page, the producer's page, and the data twice in a row (for libbpf, which maps it
 * whole): a window may run over the end, and no record is parted in it.
 */
#include "kernel/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"

/* The events of one slice of the agent's loop. Smaller is dearer: moving has a price of its own. */
#define WINDOW_BYTES (128 << 10)

/* In a row, of a ring that is not empty, which take nothing: a second, as the agent rests after each. */
#define STUCK_READINGS 200

struct ring {
	unsigned long *consumer; /* a page of its own: the only one that we may write */
	const unsigned long *producer;
	const uint8_t *window;
	uint64_t window_at; /* place in the data of the window's first byte */
	size_t window_size;
	uint64_t size;
	uint64_t skipped;
	uint64_t mark;	  /* a position of the producer */
	uint64_t mark_ns; /* when it was there; 0: the reader has passed it */
	uint64_t read_ns; /* what came before has been read */
	unsigned int idle_readings;
	size_t page;
	int map_fd;
	bool is_stuck; /* the window could not be moved, and that was said */
};

/* NULL: errno tells why. */
static void *ring_map(const struct ring *ring, size_t size, int prot, uint64_t at)
{
	void *mapped = mmap(NULL, size, prot, MAP_SHARED, ring->map_fd, (off_t)at);

	return mapped == MAP_FAILED ? NULL : mapped;
}

static void ring_unmap(const void *mapped, size_t size)
{
	if (mapped)
		munmap((void *)(uintptr_t)mapped, size);
}

/* The window begins with the page of that position. If that fails, it stays where it was. */
static int window_move(struct ring *ring, uint64_t position)
{
	uint64_t at = position & (ring->size - 1) & ~((uint64_t)ring->page - 1);
	const void *window = ring_map(ring, ring->window_size, PROT_READ, 2 * ring->page + at);

	if (!window)
		return -errno;
	ring_unmap(ring->window, ring->window_size);
	ring->window = window;
	ring->window_at = at;
	return 0;
}

int ring_new(struct ring **ret, int map_fd, uint64_t size)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int r = 0;

	if (!ring)
		return -ENOMEM;
	ring->map_fd = map_fd;
	ring->size = size;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->read_ns = time_monotonic_ns();
	/* A page more, so that a small ring's window has all of every record and never moves. */
	ring->window_size = (size < WINDOW_BYTES ? size : WINDOW_BYTES) + ring->page;
	ring->consumer = ring_map(ring, ring->page, PROT_READ | PROT_WRITE, 0);
	if (ring->consumer)
		ring->producer = ring_map(ring, ring->page, PROT_READ, ring->page);
	r = ring->producer ? window_move(ring, 0) : -errno;
	if (r) {
		ring_free(&ring);
		return r;
	}
	*ret = ring;
	return 0;
}

void ring_free(struct ring **at)
{
	struct ring *ring = TAKE_PTR(*at);

	if (!ring)
		return;
	ring_unmap(ring->consumer, ring->page);
	ring_unmap(ring->producer, ring->page);
	ring_unmap(ring->window, ring->window_size);
	free(ring);
}

/* The header at a position, with a record behind it that is not too long. NULL: not now. */
static const uint32_t *ring_header(struct ring *ring, uint64_t position)
{
	uint64_t offset = (position - ring->window_at) & (ring->size - 1);

	if (offset + BPF_RINGBUF_HDR_SZ + RING_RECORD_MAX > ring->window_size) {
		int r = window_move(ring, position);

		if (r && !ring->is_stuck)
			log_warn(r, "cannot map the next part of the event ring; trying on");
		ring->is_stuck = r;
		if (r)
			return NULL;
		offset = position & (ring->page - 1);
	}
	return (const uint32_t *)(const void *)(ring->window + offset);
}

/* Where the producer is now: when the reader gets there it has all that was told until now. */
static void mark_set(struct ring *ring)
{
	if (ring->mark_ns)
		return;
	ring->mark_ns = time_monotonic_ns();
	ring->mark = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

static void mark_pass(struct ring *ring, uint64_t from, uint64_t to)
{
	ring->idle_readings = from == to && ring_used(ring) ? ring->idle_readings + 1 : 0;
	if (to < ring->mark)
		return;
	ring->read_ns = ring->mark_ns;
	ring->mark_ns = 0;
}

unsigned int ring_read(struct ring *ring, unsigned int max, ring_fn fn, void *ctx)
{
	const uint64_t from = *ring->consumer;
	uint64_t consumer = from;
	unsigned int count = 0;

	mark_set(ring);
	while (count < max && consumer < __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE)) {
		const uint32_t *header = ring_header(ring, consumer);
		uint32_t word, len;

		if (!header)
			break;
		word = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		if (word & BPF_RINGBUF_BUSY_BIT)
			break;
		len = word & ~BPF_RINGBUF_DISCARD_BIT;
		if (!(word & BPF_RINGBUF_DISCARD_BIT) && len <= RING_RECORD_MAX) {
			fn(ctx, (const uint8_t *)header + BPF_RINGBUF_HDR_SZ, len);
			count++;
		} else if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
			ring->skipped++;
		}
		consumer += ((unsigned long)len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		__atomic_store_n(ring->consumer, consumer, __ATOMIC_RELEASE);
	}
	mark_pass(ring, from, consumer);
	return count;
}

uint64_t ring_used(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - *ring->consumer;
}

uint64_t ring_read_until(const struct ring *ring)
{
	uint64_t now_ns = time_monotonic_ns(); /* before the look at the producer */

	if (!ring_used(ring) || ring->idle_readings >= STUCK_READINGS)
		return now_ns;
	return ring->read_ns;
}

uint64_t ring_skipped(const struct ring *ring)
{
	return ring->skipped;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reader's side of the ring: a header of 8 bytes before each record, whose first word is the
 * length and two bits (being written, thrown away); positions that only grow.
 */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "base/cleanup.h"

struct ring {
	unsigned long *consumer; /* a page of its own: the only one that we may write */
	const unsigned long *producer;
	const uint8_t *data;
	void *pages; /* the producer's page and the data */
	uint64_t size;
	uint64_t skipped;
	size_t page;
	uint8_t copy[RING_RECORD_MAX];
};

int ring_new(struct ring **ret, int map_fd, uint64_t size)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	void *at;

	if (!ring)
		return -ENOMEM;
	ring->size = size;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	at = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	ring->consumer = at == MAP_FAILED ? NULL : at;
	at = mmap(NULL, ring->page + size, PROT_READ, MAP_SHARED, map_fd, (off_t)ring->page);
	ring->pages = at == MAP_FAILED ? NULL : at;
	if (!ring->consumer || !ring->pages) {
		int r = -errno;

		ring_free(&ring);
		return r;
	}
	ring->producer = ring->pages;
	ring->data = (const uint8_t *)ring->pages + ring->page;
	*ret = ring;
	return 0;
}

void ring_free(struct ring **at)
{
	struct ring *ring = TAKE_PTR(*at);

	if (!ring)
		return;
	if (ring->consumer)
		munmap(ring->consumer, ring->page);
	if (ring->pages)
		munmap(ring->pages, ring->page + ring->size);
	free(ring);
}

/* The record at a place, in one piece. */
static const void *ring_record(struct ring *ring, uint64_t at, uint32_t len)
{
	uint64_t offset = at & (ring->size - 1), first = ring->size - offset;

	if (len <= first)
		return ring->data + offset;
	memcpy(ring->copy, ring->data + offset, first);
	memcpy(ring->copy + first, ring->data, len - first);
	return ring->copy;
}

unsigned int ring_read(struct ring *ring, unsigned int max, ring_fn fn, void *ctx)
{
	uint64_t consumer = *ring->consumer;
	unsigned int count = 0;

	while (count < max && consumer < __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE)) {
		/* A header is never parted: records are aligned to its size. */
		const uint32_t *header =
			(const uint32_t *)(const void *)(ring->data +
							 (consumer & (ring->size - 1)));
		uint32_t word = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		uint32_t len = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (word & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(word & BPF_RINGBUF_DISCARD_BIT) && len <= RING_RECORD_MAX) {
			fn(ctx, ring_record(ring, consumer + BPF_RINGBUF_HDR_SZ, len), len);
			count++;
		} else if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
			ring->skipped++;
		}
		consumer += ((unsigned long)len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		__atomic_store_n(ring->consumer, consumer, __ATOMIC_RELEASE);
	}
	return count;
}

uint64_t ring_used(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - *ring->consumer;
}

uint64_t ring_skipped(const struct ring *ring)
{
	return ring->skipped;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * The agent's reader of the event ring, fed by the real programs. A ring of one page, so that every
 * twenty-third record is parted by its end; and larger ones, of which only a window is mapped.
 */
#include "tests/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/at_once.h"

#define LO		1
#define EVENT_BYTES	(WEIR_EVENT_SHORT + 8)
#define RING_BYTES	4096
#define EVENTS_THAT_FIT (RING_BYTES / EVENT_BYTES)
#define LARGE_BYTES	(1 << 20) /* several windows */
#define LARGE_THAT_FIT	(LARGE_BYTES / EVENT_BYTES)
#define MAPPED_MAX	(768 << 10) /* of all maps: the window, two pages, commands, `present` */

static struct datapath *datapath_with_ring(uint64_t bytes)
{
	const struct datapath_iface lo = { .ifindex = LO, .has_ethernet = true };
	const struct datapath_options options = { .max_flows = 1 << 16,
						  .max_ifaces = 16,
						  .ring_bytes = bytes };
	struct datapath *datapath = NULL;

	assert_int_equal(datapath_new(&datapath, &options), 0);
	assert_true(datapath_iface_add(datapath, &lo) > 0);
	return datapath;
}

/* A UDP packet from a port that was not seen before: one event. */
static void packet_from(struct datapath *datapath, uint16_t port)
{
	uint8_t packet[64] = { [12] = 8,  [14] = 0x45, [17] = 50, [23] = 17,
			       [26] = 10, [30] = 10,   [33] = 1,  [39] = 30 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	packet[34] = (uint8_t)(port >> 8);
	packet[35] = (uint8_t)port;
	assert_int_equal(bpf_prog_test_run_opts(datapath_prog_fd(datapath, DATAPATH_TC_IN), &opts),
			 0);
}

struct seen {
	uint32_t next; /* port that is expected next */
	uint32_t count;
};

static void see(void *ctx, const struct weir_event *event)
{
	struct seen *seen = ctx;
	uint16_t port = __builtin_bswap16(event->key.port[event->hdr.dir]);

	assert_int_equal(port, seen->next);
	assert_int_equal(event->hdr.type, WEIR_EVENT_OPEN);
	assert_int_equal(event->flow.dir[event->hdr.dir].packets, 1);
	seen->next++;
	seen->count++;
}

static const struct datapath_readers see_flows = { .flow = see };

static void every_event_comes_once_and_in_order_over_many_laps(void **state)
{
	struct datapath *datapath = datapath_with_ring(RING_BYTES);
	struct seen seen = { .next = 1000 };

	(void)state;
	for (uint16_t port = 1000; port < 3000; port++) {
		packet_from(datapath, port);
		if (port % 5 == 0)
			(void)datapath_ring_drain(datapath, 3, &see_flows, &seen);
		if (port % 11 == 0)
			(void)datapath_ring_drain(datapath, 100, &see_flows, &seen);
	}
	(void)datapath_ring_drain(datapath, 100, &see_flows, &seen);
	assert_int_equal(seen.count, 2000);
	assert_int_equal(datapath_ring_used(datapath), 0);
	assert_int_equal(datapath_bad_events(datapath), 0);
	datapath_free(&datapath);
}

static void a_full_ring_keeps_the_oldest_and_counts_the_rest(void **state)
{
	struct datapath *datapath = datapath_with_ring(RING_BYTES);
	uint64_t counters[WEIR_COUNTER_MAX];
	struct seen seen = { .next = 1000 };

	(void)state;
	for (uint16_t port = 1000; port < 1100; port++)
		packet_from(datapath, port);
	assert_int_equal(datapath_ring_drain(datapath, 1000, &see_flows, &seen), EVENTS_THAT_FIT);
	assert_int_equal(datapath_counters(datapath, counters), 0);
	assert_int_equal(counters[WEIR_EVENTS_LOST], 100 - EVENTS_THAT_FIT);
	assert_int_equal(counters[WEIR_FLOWS_CREATED], 100);
	datapath_free(&datapath);
}

static void the_ring_is_readable_when_there_is_something(void **state)
{
	struct datapath *datapath = datapath_with_ring(RING_BYTES);
	struct epoll_event event = { .events = EPOLLIN };
	struct seen seen = { .next = 7 };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	(void)state;
	assert_int_equal(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, datapath_ring_fd(datapath), &event), 0);
	assert_int_equal(epoll_wait(epoll_fd, &event, 1, 0), 0);
	packet_from(datapath, 7);
	assert_int_equal(epoll_wait(epoll_fd, &event, 1, 5000), 1);
	assert_int_equal(datapath_ring_drain(datapath, 10, &see_flows, &seen), 1);
	assert_int_equal(epoll_wait(epoll_fd, &event, 1, 0), 0);
	close(epoll_fd);
	datapath_free(&datapath);
}

/* Bytes of maps in this process's memory. */
static uint64_t mapped_bytes(void)
{
	auto_file FILE *file = fopen("/proc/self/maps", "re");
	uint64_t sum = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *at;
		uint64_t begin = strtoull(line, &at, 16);

		if (strstr(line, "bpf-map"))
			sum += strtoull(at + 1, NULL, 16) - begin;
	}
	return sum;
}

static void rings_of_all_sizes_are_read_through_a_window(void **state)
{
	/* Less than a window, about one, and many; each is gone round at least once. */
	static const struct {
		uint64_t ring_bytes;
		uint32_t events;
	} cases[] = { { 128 << 10, 2000 },
		      { 256 << 10, 4000 },
		      { 512 << 10, 6000 },
		      { LARGE_BYTES, 20000 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct datapath *datapath = datapath_with_ring(cases[i].ring_bytes);
		uint32_t fit = (uint32_t)(cases[i].ring_bytes / EVENT_BYTES);
		struct seen seen = { .next = 1000 };
		uint32_t end = 1000 + cases[i].events;

		for (uint32_t port = 1000; port < end; port++) {
			packet_from(datapath, (uint16_t)port);
			/* Now few events behind, now almost a whole ring. */
			if (port % 97 == 0)
				(void)datapath_ring_drain(datapath, 40, &see_flows, &seen);
			if (datapath_ring_used(datapath) / EVENT_BYTES + 2 > fit)
				(void)datapath_ring_drain(datapath, port % fit, &see_flows, &seen);
			if (port % 1000 == 0)
				assert_true(mapped_bytes() <= MAPPED_MAX);
		}
		(void)datapath_ring_drain(datapath, UINT32_MAX, &see_flows, &seen);
		assert_int_equal(seen.count, cases[i].events);
		assert_int_equal(datapath_ring_used(datapath), 0);
		assert_int_equal(datapath_bad_events(datapath), 0);
		datapath_free(&datapath);
	}
	assert_int_equal(mapped_bytes(), 0);
}

static void it_is_known_up_to_when_the_ring_has_been_read(void **state)
{
	struct datapath *datapath = datapath_with_ring(RING_BYTES);
	struct seen seen = { .next = 1000 };
	uint64_t empty_ns = time_monotonic_ns(), first_ns, later_ns;

	(void)state;
	assert_true(datapath_ring_read_until(datapath) >= empty_ns);
	for (uint16_t port = 1000; port < 1010; port++)
		packet_from(datapath, port);
	assert_true(datapath_ring_read_until(datapath) < time_monotonic_ns());
	first_ns = time_monotonic_ns();
	assert_int_equal(datapath_ring_drain(datapath, 6, &see_flows, &seen), 6);
	assert_true(datapath_ring_read_until(datapath) < first_ns);
	/* More has come since: what was there at the first reading has been read by the second. */
	later_ns = time_monotonic_ns();
	for (uint16_t port = 1010; port < 1020; port++)
		packet_from(datapath, port);
	assert_int_equal(datapath_ring_drain(datapath, 6, &see_flows, &seen), 6);
	assert_in_range(datapath_ring_read_until(datapath), first_ns, later_ns);
	assert_int_equal(datapath_ring_drain(datapath, 100, &see_flows, &seen), 8);
	later_ns = time_monotonic_ns();
	assert_true(datapath_ring_read_until(datapath) >= later_ns);
	datapath_free(&datapath);
}

/* Without memory nothing can be read; who waits for the ring waits for a second of readings. */
static void nobody_waits_for_ever_for_a_ring_that_cannot_be_read(void **state)
{
	struct datapath *datapath = datapath_with_ring(LARGE_BYTES);
	struct seen seen = { .next = 1000 };
	struct rlimit was, none;
	uint64_t began_ns;
	int readings = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &was), 0);
	for (uint32_t port = 1000; port < 1000 + LARGE_THAT_FIT; port++)
		packet_from(datapath, (uint16_t)port);
	none = (struct rlimit){ .rlim_cur = 1, .rlim_max = was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	(void)datapath_ring_drain(datapath, UINT32_MAX, &see_flows, &seen);
	began_ns = time_monotonic_ns();
	while (datapath_ring_read_until(datapath) < began_ns && readings < 1000) {
		assert_int_equal(datapath_ring_drain(datapath, UINT32_MAX, &see_flows, &seen), 0);
		readings++;
	}
	assert_int_equal(setrlimit(RLIMIT_AS, &was), 0);
	assert_int_equal(readings, 200);
	/* As soon as it is read again it is waited for again. */
	assert_int_equal(datapath_ring_drain(datapath, 1, &see_flows, &seen), 1);
	assert_true(datapath_ring_read_until(datapath) < began_ns);
	datapath_free(&datapath);
}

static void where_memory_is_short_events_wait_in_the_ring(void **state)
{
	struct datapath *datapath = datapath_with_ring(LARGE_BYTES);
	struct seen seen = { .next = 1000 };
	struct rlimit was, none;
	uint32_t before;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &was), 0);
	for (uint32_t port = 1000; port < 1000 + LARGE_THAT_FIT; port++)
		packet_from(datapath, (uint16_t)port);
	none = (struct rlimit){ .rlim_cur = 1, .rlim_max = was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	before = datapath_ring_drain(datapath, UINT32_MAX, &see_flows, &seen);
	for (int i = 0; i < 3; i++)
		assert_int_equal(datapath_ring_drain(datapath, UINT32_MAX, &see_flows, &seen), 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &was), 0);
	assert_true(before > 0 && before < LARGE_THAT_FIT);
	assert_int_equal(datapath_ring_used(datapath), (LARGE_THAT_FIT - before) * EVENT_BYTES);
	assert_int_equal(datapath_ring_drain(datapath, UINT32_MAX, &see_flows, &seen),
			 LARGE_THAT_FIT - before);
	assert_int_equal(seen.count, LARGE_THAT_FIT);
	assert_int_equal(datapath_ring_used(datapath), 0);
	datapath_free(&datapath);
}

int main(void)
{
	if (geteuid())
		return skip_all("needs root");
	return RUN_TESTS(TEST(every_event_comes_once_and_in_order_over_many_laps),
			 TEST(a_full_ring_keeps_the_oldest_and_counts_the_rest),
			 TEST(the_ring_is_readable_when_there_is_something),
			 TEST(rings_of_all_sizes_are_read_through_a_window),
			 TEST(it_is_known_up_to_when_the_ring_has_been_read),
			 TEST(nobody_waits_for_ever_for_a_ring_that_cannot_be_read),
			 TEST(where_memory_is_short_events_wait_in_the_ring));
}

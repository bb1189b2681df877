// SPDX-License-Identifier: BSD-2-Clause
/*
 * The price of a packet: BPF_PROG_TEST_RUN of weir's programs, net of an empty program in the same
 * run. Every figure is the median of pairs (empty, weir) taken in turn, so that what else the
 * machine does meets both alike. Where many flows pass, both are entered through the same front.
 * Usage: bench [PART OF A NAME]...
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent/kernel/present.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "tests/at_once.h"
#include "tests/bench/bench.h"

#define PAIRS	    11
#define REPEAT	    500000
#define NEW_FLOWS   90000 /* all wait for an answer: below three quarters of the map */
#define PACKET_SIZE 128
#define REST_US	    5000 /* of the ring's reader after a drain, as the agent's */
#define LO_IFINDEX  1
#define STRIDE	    40503 /* odd: meets each flow */

struct packet {
	const char *name;
	uint8_t bytes[PACKET_SIZE];
	uint32_t len;
};

/* The programs of bench.bpf.o. */
struct front {
	struct bpf_object *object;
	int tc, xdp, empty_tc, empty_xdp, hash_tc;
	int tc_target, xdp_target, flows;
};

enum load {
	LOAD_ONE,     /* one flow, hot */
	LOAD_TURN,    /* `flows` of them, always in the order in which they were made */
	LOAD_MANY,    /* in another order each round, like random: nothing of it can be foreseen */
	LOAD_NEW,     /* each packet a new one */
	LOAD_READ,    /* the same, and another CPU reads the events meanwhile */
	LOAD_REFUSED, /* the same, and the map is full */
};

struct figure {
	const char *name;
	const char *packet;
	enum datapath_prog prog;
	enum load load;
	uint32_t flows;
	bool no_events;
	unsigned int target; /* ns; 0: none */
};

static const struct figure figures[] = {
	{ "tcp4, one flow hot", "tcp4", DATAPATH_TC_IN, LOAD_ONE, 1, false, 60 },
	{ "tcp4, one flow hot, egress", "tcp4", DATAPATH_TC_OUT, LOAD_ONE, 1, false, 60 },
	{ "tcp6, one flow hot", "tcp6", DATAPATH_TC_IN, LOAD_ONE, 1, false, 60 },
	{ "udp4, one flow hot", "udp4", DATAPATH_TC_IN, LOAD_ONE, 1, false, 60 },
	{ "udp6, one flow hot", "udp6", DATAPATH_TC_IN, LOAD_ONE, 1, false, 60 },
	{ "tcp4, one flow hot, XDP", "tcp4", DATAPATH_XDP, LOAD_ONE, 1, false, 60 },
	{ "icmp4, one flow hot", "icmp4", DATAPATH_TC_IN, LOAD_ONE, 1, false, 60 },
	{ "arp", "arp", DATAPATH_TC_IN, LOAD_ONE, 1, false, 0 },
	{ "tcp4, 4,096 flows", "tcp4", DATAPATH_TC_IN, LOAD_MANY, 4096, false, 0 },
	{ "tcp6, 4,096 flows", "tcp6", DATAPATH_TC_IN, LOAD_MANY, 4096, false, 0 },
	{ "tcp4, 65,536 flows in turn", "tcp4", DATAPATH_TC_IN, LOAD_TURN, 65536, false, 110 },
	{ "tcp6, 65,536 flows in turn", "tcp6", DATAPATH_TC_IN, LOAD_TURN, 65536, false, 110 },
	{ "tcp4, 65,536 flows in turn, XDP", "tcp4", DATAPATH_XDP, LOAD_TURN, 65536, false, 110 },
	{ "tcp4, 65,536 flows", "tcp4", DATAPATH_TC_IN, LOAD_MANY, 65536, false, 0 },
	{ "tcp6, 65,536 flows", "tcp6", DATAPATH_TC_IN, LOAD_MANY, 65536, false, 0 },
	{ "tcp4, 65,536 flows, XDP", "tcp4", DATAPATH_XDP, LOAD_MANY, 65536, false, 0 },
	{ "udp4, new flow with its event", "udp4", DATAPATH_TC_IN, LOAD_NEW, 0, false, 500 },
	{ "udp4, new flow, event is read", "udp4", DATAPATH_TC_IN, LOAD_READ, 0, false, 500 },
	{ "udp4, new flow, events off", "udp4", DATAPATH_TC_IN, LOAD_NEW, 0, true, 0 },
	{ "tcp6, new flow with its event", "tcp6", DATAPATH_TC_IN, LOAD_NEW, 0, false, 500 },
	{ "udp4, refused: map full", "udp4", DATAPATH_TC_IN, LOAD_REFUSED, 0, false, 40 },
};

static void put16(struct packet *packet, uint32_t at, uint16_t value)
{
	packet->bytes[at] = (uint8_t)(value >> 8);
	packet->bytes[at + 1] = (uint8_t)value;
}

/* Ethernet, IP and TCP with ACK (or UDP) from port 40000 to 443, 64 bytes of payload or so. */
static void packet_make(struct packet *packet, const char *name, bool is_v6, bool is_tcp)
{
	uint32_t l4 = is_v6 ? 54 : 34, len = PACKET_SIZE;

	*packet = (struct packet){ .name = name, .len = len };
	packet->bytes[0] = packet->bytes[6] = 2;
	put16(packet, 12, is_v6 ? 0x86dd : 0x0800);
	if (is_v6) {
		packet->bytes[14] = 0x60;
		put16(packet, 18, (uint16_t)(len - 54));
		packet->bytes[20] = is_tcp ? 6 : 17;
		packet->bytes[22] = packet->bytes[38] = 0xfd;
		packet->bytes[53] = 2;
	} else {
		packet->bytes[14] = 0x45;
		put16(packet, 16, (uint16_t)(len - 14));
		packet->bytes[23] = is_tcp ? 6 : 17;
		packet->bytes[26] = packet->bytes[30] = 10;
		packet->bytes[33] = 2;
	}
	put16(packet, l4, 40000);
	put16(packet, l4 + 2, 443);
	if (is_tcp) {
		packet->bytes[l4 + 12] = 0x50;
		packet->bytes[l4 + 13] = 0x10;
		put16(packet, l4 + 14, 501); /* a window: to have none is rare */
	} else {
		put16(packet, l4 + 4, (uint16_t)(len - l4));
	}
}

static void packet_find(struct packet *packet, const char *name)
{
	packet_make(packet, name, name[3] == '6', name[0] == 't');
	if (!strcmp(name, "arp"))
		put16(packet, 12, 0x0806);
	if (!strcmp(name, "icmp4")) {
		packet->bytes[23] = 1;
		put16(packet, 34, 0x0800); /* echo request */
	}
}

static bool makes_flows(const struct figure *figure)
{
	return figure->load == LOAD_NEW || figure->load == LOAD_READ;
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-error));
	return error;
}

static int front_program(const struct front *front, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(front->object, name));
}

static int front_open(struct front *front)
{
	char path[512];
	const char *build = getenv("WEIR_BUILD");
	int r;

	snprintf(path, sizeof(path), "%s/tests/bench/bench.bpf.o", build ? build : "build");
	front->object = bpf_object__open_file(path, NULL);
	if (!front->object)
		return fail(path, -errno);
	r = bpf_object__load(front->object);
	if (r)
		return fail(path, r);
	front->tc = front_program(front, "bench_tc");
	front->xdp = front_program(front, "bench_xdp");
	front->empty_tc = front_program(front, "empty_tc");
	front->empty_xdp = front_program(front, "empty_xdp");
	front->hash_tc = front_program(front, "hash_tc");
	front->tc_target = bpf_object__find_map_fd_by_name(front->object, "tc_target");
	front->xdp_target = bpf_object__find_map_fd_by_name(front->object, "xdp_target");
	front->flows = bpf_object__find_map_fd_by_name(front->object, "bench_flows");
	return 0;
}

/* Average ns of one run, as the kernel measured it. */
static int run_once(int fd, const struct packet *packet, uint32_t repeat, unsigned int *ret_ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->bytes, .data_size_in = packet->len,
		    .repeat = (int)repeat);
	int r = bpf_prog_test_run_opts(fd, &opts);

	*ret_ns = opts.duration;
	return r;
}

/* The program, entered through the front, which gives each packet its flow. */
static int run_front(const struct front *front, const struct figure *figure, int prog,
		     const struct bench_flows *flows, uint32_t repeat, unsigned int *ret_ns)
{
	bool is_xdp = figure->prog == DATAPATH_XDP;
	struct packet packet;
	uint32_t zero = 0;
	int r;

	packet_find(&packet, figure->packet);
	r = bpf_map_update_elem(is_xdp ? front->xdp_target : front->tc_target, &zero, &prog,
				BPF_ANY);
	if (!r)
		r = bpf_map_update_elem(front->flows, &zero, flows, BPF_ANY);
	return r ? r : run_once(is_xdp ? front->xdp : front->tc, &packet, repeat, ret_ns);
}

static bool is_of_many(const struct figure *figure)
{
	return figure->load == LOAD_TURN || figure->load == LOAD_MANY;
}

/* Each of the flows once: makes them, or brings them back to where they were before another map was. */
static int warm_up(const struct front *front, const struct figure *figure, int prog)
{
	struct bench_flows flows = { .mask = figure->flows - 1, .stride = STRIDE, .next = 1 };
	unsigned int ns;

	return run_front(front, figure, prog, &flows, figure->flows, &ns);
}

/* The program, entered directly or through the front. */
static int run(const struct front *front, const struct figure *figure, int prog,
	       unsigned int *ret_ns)
{
	struct bench_flows flows = { .mask = figure->flows - 1,
				     .count_up = figure->load >= LOAD_NEW,
				     .stride = figure->load == LOAD_TURN ? STRIDE : 0,
				     .next = 1 };
	struct packet packet;
	int r = 0;

	if (figure->load == LOAD_ONE) {
		packet_find(&packet, figure->packet);
		return run_once(prog, &packet, REPEAT, ret_ns);
	}
	if (is_of_many(figure))
		r = warm_up(front, figure, prog);
	return r ? r
		 : run_front(front, figure, prog, &flows, makes_flows(figure) ? NEW_FLOWS : REPEAT,
			     ret_ns);
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static void count_event(void *ctx, const struct weir_event *event)
{
	uint64_t *events = ctx;

	(void)event;
	++*events;
}

static const struct datapath_readers count_events = { .flow = count_event };

/* Reads the ring as the agent does: waits, drains it, rests. */
struct reader {
	struct datapath *datapath;
	pthread_t thread;
	bool is_over; /* atomic */
	uint64_t events;
};

static void *reader_run(void *arg)
{
	struct reader *reader = arg;
	struct pollfd ring = { .fd = datapath_ring_fd(reader->datapath), .events = POLLIN };

	pin_to(1);
	while (!__atomic_load_n(&reader->is_over, __ATOMIC_SEQ_CST)) {
		(void)poll(&ring, 1, REST_US / 1000);
		while (datapath_ring_drain(reader->datapath, 4096, &count_events, &reader->events))
			;
		usleep(REST_US);
	}
	return NULL;
}

static int run_read(const struct front *front, const struct figure *figure,
		    struct datapath *datapath, unsigned int *ret_ns, uint64_t *ret_events)
{
	struct reader reader = { .datapath = datapath };
	int r = -pthread_create(&reader.thread, NULL, reader_run, &reader);

	if (r)
		return r;
	usleep(2 * REST_US); /* it waits by now */
	r = run(front, figure, datapath_prog_fd(datapath, figure->prog), ret_ns);
	__atomic_store_n(&reader.is_over, true, __ATOMIC_SEQ_CST);
	pthread_join(reader.thread, NULL);
	*ret_events = reader.events;
	return r;
}

/* The ring holds a whole run's events: none may be missing. events: read already. */
static int check_events(struct datapath *datapath, const struct figure *figure, uint64_t events)
{
	uint64_t expected = figure->no_events ? 0 : NEW_FLOWS;

	while (datapath_ring_drain(datapath, 4096, &count_events, &events) > 0)
		;
	return events == expected ? 0 : -EBADMSG;
}

static int open_datapath(struct datapath **ret, const struct figure *figure)
{
	const struct datapath_iface lo = { .ifindex = LO_IFINDEX, .has_ethernet = true };
	struct datapath_options options = {
		.max_flows = figure->load == LOAD_REFUSED ? 1024 : 131072,
		.max_ifaces = 1024,
		.ring_bytes = 64 << 20,
		.want_xdp = true,
		.no_events = figure->no_events,
		.max_one_sided = UINT32_MAX, /* it sends ACKs, and nobody answers */
	};
	int r = datapath_new(ret, &options);

	if (r)
		return fail("cannot load the datapath", r);
	r = datapath_iface_add(*ret, &lo);
	return r < 0 ? fail("cannot give lo a slot", r) : 0;
}

static int compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static int median(int *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count / 2];
}

struct result {
	int empty, net, hash;
};

/* New entries in an empty bare hash. */
static int insert_bare(const struct figure *figure, unsigned int *ret_ns)
{
	struct front front = { 0 };
	int r = front_open(&front);

	if (!r)
		r = run(&front, figure, front.hash_tc, ret_ns);
	bpf_object__close(front.object);
	return r;
}

/* One pair, and the bare hash beside it. New flows need an empty map each time. */
static int measure_pair(const struct front *front, const struct figure *figure,
			struct datapath **datapath, unsigned int ns[static 3])
{
	bool is_xdp = figure->prog == DATAPATH_XDP;
	uint64_t read = 0;
	int r = 0;

	if (makes_flows(figure)) {
		datapath_free(datapath);
		r = open_datapath(datapath, figure);
	}
	if (!r)
		r = run(front, figure, is_xdp ? front->empty_xdp : front->empty_tc, &ns[0]);
	if (!r && figure->load == LOAD_READ)
		r = run_read(front, figure, *datapath, &ns[1], &read);
	else if (!r)
		r = run(front, figure, datapath_prog_fd(*datapath, figure->prog), &ns[1]);
	if (!r && makes_flows(figure))
		r = check_events(*datapath, figure, read);
	if (!r && makes_flows(figure))
		r = insert_bare(figure, &ns[2]);
	else if (!r && figure->load <= LOAD_MANY && !is_xdp)
		r = run(front, figure, front->hash_tc, &ns[2]);
	return r;
}

static int measure_pairs(const struct front *front, const struct figure *figure,
			 struct datapath **datapath, struct result *ret)
{
	int empty[PAIRS], net[PAIRS], hash[PAIRS];
	int r = 0;

	for (int i = 0; i < PAIRS && !r; i++) {
		unsigned int ns[3] = { 0 };

		r = measure_pair(front, figure, datapath, ns);
		empty[i] = (int)ns[0];
		net[i] = (int)ns[1] - (int)ns[0];
		hash[i] = (int)ns[2] - (int)ns[0];
	}
	ret->empty = median(empty, PAIRS);
	ret->net = median(net, PAIRS);
	ret->hash = median(hash, PAIRS);
	return r;
}

static void note_flows(void *ctx, const struct weir_flow_key *keys, const struct weir_flow *flows,
		       uint32_t count)
{
	(void)flows;
	for (uint32_t i = 0; i < count; i++)
		present_add(ctx, &keys[i]);
}

/* What the agent's sweep does while flows are refused: the second pass is the first that notes them. */
static int sweep_twice(struct datapath *datapath)
{
	struct present *present = datapath_present(datapath);
	int r = 0;

	for (int pass = 0; pass < 2 && r >= 0; pass++) {
		struct datapath_cursor cursor = { 0 };
		bool done = false;

		present_begin(present, true);
		while (!done && r >= 0)
			r = datapath_sweep(datapath, &cursor, note_flows, present, &done);
		present_end(present, r >= 0);
	}
	return r < 0 ? r : 0;
}

static int measure(const struct front *front, const struct figure *figure, struct result *ret)
{
	struct datapath *datapath = NULL;
	unsigned int ns;
	int r = open_datapath(&datapath, figure);

	if (!r && figure->load == LOAD_REFUSED) {
		r = run(front, figure, datapath_prog_fd(datapath, figure->prog), &ns);
		if (!r)
			r = sweep_twice(datapath);
	}
	if (!r)
		r = measure_pairs(front, figure, &datapath, ret);
	datapath_free(&datapath);
	return r ? fail(figure->name, r) : 0;
}

/* A row of the table; true if the target, if there is one, is met. */
static bool print(const struct figure *figure, const struct result *result)
{
	bool is_met = !figure->target || result->net <= (int)figure->target;
	char hash[16] = "-", target[16] = "-";

	if (result->hash > 0)
		snprintf(hash, sizeof(hash), "%d", result->hash);
	if (figure->target)
		snprintf(target, sizeof(target), "%u", figure->target);
	printf("%-32s %8d %8d %8s %8s%s\n", figure->name, result->net, result->empty, hash, target,
	       is_met ? "" : "  missed");
	fflush(stdout);
	return is_met;
}

/* Is the figure among those asked for by a part of their names? With none, all are. */
static bool is_wanted(const struct figure *figure, int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		if (strstr(figure->name, argv[i]))
			return true;
	return argc == 1;
}

int main(int argc, char *argv[])
{
	struct front front = { 0 };
	unsigned int missed = 0;
	int r;

	log_init("bench", LOG_LEVEL_INFO);
	if (geteuid()) {
		fputs("bench: needs root\n", stderr);
		return EXIT_FAILURE;
	}
	pin_to(0);
	r = front_open(&front);
	puts("ns per packet, medians of 11 pairs; net: weir less the empty program;\n"
	     "hash: the same keys in a bare hash, two atomic adds or an insertion, net too\n");
	printf("%-32s %8s %8s %8s %8s\n", "", "net", "empty", "hash", "target");
	for (size_t i = 0; i < ARRAY_SIZE(figures) && !r; i++) {
		struct result result = { 0 };

		if (!is_wanted(&figures[i], argc, argv))
			continue;
		r = measure(&front, &figures[i], &result);
		if (!r)
			missed += !print(&figures[i], &result);
	}
	bpf_object__close(front.object);
	if (missed)
		printf("\n%u missed: is the machine otherwise idle?\n", missed);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

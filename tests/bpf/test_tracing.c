// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the kernel sends again on the loopback of a network namespace of the test's own, where a
 * socket filter of the receiver is the loss: the entries and their sum against TcpRetransSegs.
 */
#include "tests/harness.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/at_once.h"

#define MTU	  1500
#define BULK	  (2 << 20)
#define WAIT_NS	  10000000000ULL
#define LOSS_PART 6 /* of so many packets with data one is lost */

static uint32_t own_netns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return (uint32_t)st.st_ino;
}

static struct tracing *trace_ready(uint32_t netns)
{
	const struct tracing_options options = { .netns = netns };
	struct tracing *tracing = NULL;

	assert_int_equal(tracing_new(&tracing, &options), 0);
	assert_true(tracing_has(tracing, TRACING_RETRANSMITS));
	return tracing;
}

/* TcpRetransSegs of the namespace. */
static uint64_t kernel_segments(void)
{
	auto_file FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	char line[1024], *at, *word;
	unsigned int lines = 0, field = 0;
	uint64_t value = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		unsigned int i = 0;

		if (strncmp(line, "Tcp:", 4) != 0)
			continue;
		for (word = strtok_r(line, " \n", &at); word; word = strtok_r(NULL, " \n", &at)) {
			if (!lines && !strcmp(word, "RetransSegs"))
				field = i;
			if (lines && i == field)
				value = strtoull(word, NULL, 10);
			i++;
		}
		lines++;
	}
	assert_int_equal(lines, 2);
	assert_int_not_equal(field, 0);
	return value;
}

struct entries {
	struct weir_retransmit_key keys[64];
	struct weir_retransmit values[64];
	unsigned int count;
	uint64_t total;
};

static void entries_add(void *ctx, const struct weir_retransmit_key *key,
			const struct weir_retransmit *value)
{
	struct entries *entries = ctx;

	if (value->netns != own_netns()) /* the programs see the whole machine */
		return;
	assert_true(entries->count < ARRAY_SIZE(entries->keys));
	entries->keys[entries->count] = *key;
	entries->values[entries->count++] = *value;
	entries->total += value->total;
}

static struct entries entries_read(const struct tracing *tracing)
{
	struct entries entries = { 0 };

	assert_int_equal(tracing_retransmits_read(tracing, entries_add, &entries), 0);
	return entries;
}

/* Of the sockets whose own port this is, or isn't. */
static unsigned int entries_of_port(const struct entries *entries, uint16_t port)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < entries->count; i++)
		count += entries->keys[i].port[0] == htons(port);
	return count;
}

/* The kernel's counters are added to before the tracepoint, by another CPU perhaps. */
static void assert_equal_soon(const struct tracing *tracing, uint64_t before)
{
	const volatile struct weir_retransmit_sums *sums = tracing_retransmit_sums(tracing);
	uint64_t deadline = time_monotonic_ns() + WAIT_NS / 10;

	while (sums->segments != kernel_segments() - before && time_monotonic_ns() < deadline)
		usleep(1000);
	assert_int_equal(sums->segments, kernel_segments() - before);
	assert_int_equal(sums->refused, 0);
}

static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	ifr.ifr_mtu = MTU;
	assert_int_equal(ioctl(fd, SIOCSIFMTU, &ifr), 0);
}

/* What the socket receives is lost: all of it, or of what has data some. */
static void deafen(int fd, bool wholly)
{
	struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_filter some[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 100, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, UINT32_MAX / LOSS_PART, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = wholly ? ARRAY_SIZE(all) : ARRAY_SIZE(some),
				   .filter = wholly ? all : some };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), 0);
}

static void undeafen(int fd)
{
	int zero = 0;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero)), 0);
}

struct place {
	int family;
	const char *server; /* where it listens */
	const char *target; /* where the client connects to */
	int client_family;
};

static const struct place v4 = { AF_INET, "127.0.0.1", "127.0.0.1", AF_INET };
static const struct place v6 = { AF_INET6, "::1", "::1", AF_INET6 };
static const struct place dual = { AF_INET6, "::", "::ffff:127.0.0.1", AF_INET6 };

static socklen_t fill(struct sockaddr_storage *ss, int family, const char *addr, uint16_t port)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_port = htons(port);
		assert_int_equal(inet_pton(family, addr, &in->sin_addr), 1);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	assert_int_equal(inet_pton(family, addr, &in6->sin6_addr), 1);
	return sizeof(*in6);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 in6 = { 0 }; /* where an IPv4 address has its port too */
	socklen_t len = sizeof(in6);

	assert_int_equal(getsockname(fd, (void *)&in6, &len), 0);
	return ntohs(in6.sin6_port);
}

static int server_open(const struct place *place)
{
	int fd = socket(place->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t len = fill(&ss, place->family, place->server, 0);

	assert_int_equal(bind(fd, (void *)&ss, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Sets out to connect; it goes on behind our back. */
static int client_begin(const struct place *place, uint16_t port, bool is_deaf)
{
	int fd = socket(place->client_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_storage ss;
	socklen_t len = fill(&ss, place->client_family, place->target, port);

	if (is_deaf)
		deafen(fd, true);
	assert_true(!connect(fd, (void *)&ss, len) || errno == EINPROGRESS);
	return fd;
}

static void await_total(const struct tracing *tracing, uint64_t at_least)
{
	uint64_t deadline = time_monotonic_ns() + WAIT_NS;

	while (tracing_retransmit_sums(tracing)->segments < at_least) {
		assert_true(time_monotonic_ns() < deadline);
		usleep(1000);
	}
}

/* All of it, in turns, as both ends are ours. */
static void transfer(int from, int to, size_t bytes)
{
	static char buffer[65536];
	uint64_t deadline = time_monotonic_ns() + 6 * WAIT_NS;
	size_t sent = 0, received = 0;

	while (received < bytes) {
		size_t want = bytes - sent < sizeof(buffer) ? bytes - sent : sizeof(buffer);
		ssize_t n = want ? send(from, buffer, want, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

		sent += n > 0 ? (size_t)n : 0;
		n = recv(to, buffer, sizeof(buffer), MSG_DONTWAIT);
		received += n > 0 ? (size_t)n : 0;
		if (n < 0)
			usleep(100);
		assert_true(time_monotonic_ns() < deadline);
	}
}

static void lossy_transfer(const struct place *place)
{
	uint64_t before = kernel_segments();
	struct tracing *tracing = trace_ready(own_netns());
	auto_close int server = server_open(place);
	auto_close int client = client_begin(place, port_of(server), false);
	auto_close int child = accept(server, NULL, NULL);
	struct entries entries;

	deafen(client, false);
	deafen(child, false);
	transfer(client, child, BULK);
	transfer(child, client, BULK);
	assert_equal_soon(tracing, before);
	entries = entries_read(tracing);
	assert_int_equal(entries.count, 2);
	assert_int_equal(entries.total, tracing_retransmit_sums(tracing)->segments);
	assert_int_equal(entries_of_port(&entries, port_of(server)), 1);
	assert_int_equal(entries_of_port(&entries, port_of(client)), 1);
	for (unsigned int i = 0; i < entries.count; i++) {
		assert_int_equal(entries.values[i].before, 0);
		assert_int_equal(entries.values[i].netns, own_netns());
	}
	tracing_free(&tracing);
}

static void lossy_transfers_both_ways_are_counted(void **state)
{
	(void)state;
	lossy_transfer(&v4);
	lossy_transfer(&v6);
}

static void a_mapped_address_is_an_ipv4_one(void **state)
{
	const __be32 mapped[4] = { 0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK) };
	uint64_t before = kernel_segments();
	struct tracing *tracing = trace_ready(own_netns());
	auto_close int server = server_open(&dual);
	auto_close int client = client_begin(&dual, port_of(server), false);
	auto_close int child = accept(server, NULL, NULL);
	struct entries entries;

	(void)state;
	deafen(child, false);
	transfer(client, child, BULK);
	assert_equal_soon(tracing, before);
	entries = entries_read(tracing);
	assert_int_equal(entries.count, 1);
	assert_memory_equal(entries.keys[0].addr[0], mapped, sizeof(mapped));
	assert_memory_equal(entries.keys[0].addr[1], mapped, sizeof(mapped));
	tracing_free(&tracing);
}

static void syns_are_counted_with_what_their_socket_sends_later(void **state)
{
	uint64_t before = kernel_segments();
	struct tracing *tracing = trace_ready(own_netns());
	auto_close int server = server_open(&v4);
	auto_close int client = -1, child = -1;
	struct entries entries;

	(void)state;
	deafen(server, true);
	client = client_begin(&v4, port_of(server), false);
	await_total(tracing, 1);
	undeafen(server);
	child = accept(server, NULL, NULL);
	deafen(child, false);
	transfer(client, child, BULK);
	assert_equal_soon(tracing, before);
	entries = entries_read(tracing);
	assert_int_equal(entries.count, 1);
	assert_int_equal(entries.total, tracing_retransmit_sums(tracing)->segments);
	assert_true(entries.total > 2);
	tracing_free(&tracing);
}

static void syn_acks_are_counted_with_what_the_accepted_socket_sends(void **state)
{
	uint64_t before = kernel_segments(), of_syns;
	struct tracing *tracing = trace_ready(own_netns());
	auto_close int server = server_open(&v4);
	auto_close int client = client_begin(&v4, port_of(server), true);
	auto_close int child = -1;
	struct entries entries;

	(void)state;
	await_total(tracing, 4); /* two SYNs, and an answer to each */
	undeafen(client);
	child = accept(server, NULL, NULL);
	assert_equal_soon(tracing, before);
	entries = entries_read(tracing);
	of_syns = entries.total;
	assert_int_equal(entries.count, 2);
	assert_int_equal(of_syns, tracing_retransmit_sums(tracing)->segments);
	deafen(client, false);
	transfer(child, client, BULK);
	assert_equal_soon(tracing, before);
	entries = entries_read(tracing);
	assert_int_equal(entries.count, 2);
	assert_true(entries.total > of_syns);
	assert_int_equal(entries.total, tracing_retransmit_sums(tracing)->segments);
	tracing_free(&tracing);
}

static void a_socket_older_than_the_programs_says_where_it_stood(void **state)
{
	uint64_t before;
	struct tracing *tracing = NULL;
	auto_close int server = server_open(&v4);
	auto_close int client = client_begin(&v4, port_of(server), false);
	auto_close int child = accept(server, NULL, NULL);
	struct entries entries;
	struct tcp_info info;
	socklen_t len = sizeof(info);

	(void)state;
	deafen(child, false);
	transfer(client, child, BULK);
	before = kernel_segments();
	tracing = trace_ready(own_netns());
	transfer(client, child, BULK);
	assert_equal_soon(tracing, before);
	entries = entries_read(tracing);
	assert_int_equal(entries.count, 1);
	assert_true(entries.values[0].before > 0);
	assert_int_equal(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	assert_int_equal(entries.total, info.tcpi_total_retrans);
	assert_int_equal(entries.total - entries.values[0].before,
			 tracing_retransmit_sums(tracing)->segments);
	tracing_free(&tracing);
}

static void an_entry_that_was_taken_comes_back_with_its_total(void **state)
{
	struct tracing *tracing = trace_ready(own_netns());
	auto_close int server = server_open(&v4);
	auto_close int client = client_begin(&v4, port_of(server), false);
	auto_close int child = accept(server, NULL, NULL);
	struct weir_retransmit last, gone;
	struct entries entries;

	(void)state;
	deafen(child, false);
	transfer(client, child, BULK);
	entries = entries_read(tracing);
	assert_int_equal(entries.count, 1);
	assert_int_equal(tracing_retransmit_take(tracing, &entries.keys[0], &last), 0);
	assert_int_equal(last.total, entries.total);
	assert_int_equal(tracing_retransmit_take(tracing, &entries.keys[0], &gone), -ENOENT);
	assert_int_equal(entries_read(tracing).count, 0);
	transfer(client, child, BULK);
	entries = entries_read(tracing);
	assert_int_equal(entries.count, 1);
	assert_int_equal(entries.values[0].before, last.total);
	assert_true(entries.total > last.total);
	tracing_free(&tracing);
}

/* Not told where it was sent, as if the kernel had left the program out. */
static void what_was_missed_is_told_when_the_connection_ends(void **state)
{
	static const struct place *const places[] = { &v4, &v6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct tracing *tracing = trace_ready(own_netns());
		auto_close int server = server_open(places[i]);
		int client = client_begin(places[i], port_of(server), false);
		auto_close int child = accept(server, NULL, NULL);
		const struct linger linger = { .l_onoff = 1 };
		struct weir_retransmit last;
		struct entries entries;
		uint64_t changes;

		deafen(child, false);
		transfer(client, child, BULK);
		entries = entries_read(tracing);
		assert_int_equal(entries.count, 1);
		assert_int_equal(tracing_retransmit_take(tracing, &entries.keys[0], &last), 0);
		changes = tracing_retransmit_sums(tracing)->changes;
		assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
				 0);
		close(client);
		assert_int_equal(tracing_retransmit_sums(tracing)->changes, changes + 1);
		assert_int_equal(tracing_retransmit_sums(tracing)->segments, last.total);
		assert_int_equal(entries_read(tracing).count, 1);
		assert_int_equal(
			tracing_retransmit_lookup(tracing, &entries.keys[0], &entries.values[0]),
			0);
		assert_int_equal(entries.values[0].total, last.total);
		assert_int_equal(entries.values[0].before, last.total);
		tracing_free(&tracing);
	}
}

static void another_namespace_is_in_no_sum(void **state)
{
	struct tracing *tracing = trace_ready(own_netns() + 1);
	auto_close int server = server_open(&v4);
	auto_close int client = client_begin(&v4, port_of(server), false);
	auto_close int child = accept(server, NULL, NULL);

	(void)state;
	deafen(child, false);
	transfer(client, child, BULK);
	assert_int_equal(tracing_retransmit_sums(tracing)->segments, 0);
	assert_true(tracing_retransmit_sums(tracing)->changes > 0);
	assert_int_equal(entries_read(tracing).count, 1);
	tracing_free(&tracing);
}

int main(void)
{
	struct tracing *tracing = NULL;
	bool has;

	if (geteuid() || unshare(CLONE_NEWNET))
		return skip_all("needs root");
	lo_up();
	if (tracing_new(&tracing, &(struct tracing_options){ 0 }))
		return 1;
	has = tracing_has(tracing, TRACING_RETRANSMITS);
	if (!has)
		printf("1..0 # SKIP %s\n", tracing_note(tracing, TRACING_RETRANSMITS));
	tracing_free(&tracing);
	if (!has)
		return 0;
	return RUN_TESTS(TEST(lossy_transfers_both_ways_are_counted),
			 TEST(a_mapped_address_is_an_ipv4_one),
			 TEST(syns_are_counted_with_what_their_socket_sends_later),
			 TEST(syn_acks_are_counted_with_what_the_accepted_socket_sends),
			 TEST(a_socket_older_than_the_programs_says_where_it_stood),
			 TEST(an_entry_that_was_taken_comes_back_with_its_total),
			 TEST(what_was_missed_is_told_when_the_connection_ends),
			 TEST(another_namespace_is_in_no_sum));
}

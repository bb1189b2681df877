// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real sockets of our own network namespace, at ports of the kernel's choice; other namespaces are
 * tests/net/test_list.sh's.
 */
#include "who/listener_walk.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_walk __attribute__((cleanup(listener_walk_free)))

static struct listener_walk *walk_here(void)
{
	struct listener_walk *walk = listener_walk_new(1);

	assert_non_null(walk);
	walk->job.run(&walk->job);
	return walk;
}

/* *port: 0, the kernel chooses. */
static int open_v4(int type, const char *text, uint16_t *port)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof(at);

	assert_int_equal(inet_pton(AF_INET, text, &at.sin_addr), 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static int open_v6(int type, const char *text, uint16_t *port)
{
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(at);

	assert_int_equal(inet_pton(AF_INET6, text, &at.sin6_addr), 1);
	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	*port = ntohs(at.sin6_port);
	return fd;
}

/* How often it was found. */
static unsigned int count_of(const struct listener_walk *walk, uint8_t proto, const char *text,
			     uint16_t port)
{
	unsigned int count = 0;
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	for (size_t i = 0; i < walk->count; i++) {
		const struct listener_found *found = &walk->found[i];

		count += found->proto == proto && found->port == port && found->family == family &&
			 !memcmp(found->addr, addr, sizeof(addr));
	}
	return count;
}

static void sockets_of_each_kind_are_found(void **state)
{
	uint16_t ports[4] = { 0 };
	auto_close __attribute__((unused)) int a = open_v4(SOCK_STREAM, "127.0.0.1", &ports[0]);
	auto_close __attribute__((unused)) int b = open_v6(SOCK_STREAM, "::", &ports[1]);
	auto_close __attribute__((unused)) int c = open_v4(SOCK_DGRAM, "0.0.0.0", &ports[2]);
	auto_close __attribute__((unused)) int d = open_v6(SOCK_DGRAM, "::1", &ports[3]);
	auto_walk struct listener_walk *walk = walk_here();

	(void)state;
	assert_int_equal(count_of(walk, IPPROTO_TCP, "127.0.0.1", ports[0]), 1);
	assert_int_equal(count_of(walk, IPPROTO_TCP, "::", ports[1]), 1);
	assert_int_equal(count_of(walk, IPPROTO_UDP, "0.0.0.0", ports[2]), 1);
	assert_int_equal(count_of(walk, IPPROTO_UDP, "::1", ports[3]), 1);
	assert_int_equal(count_of(walk, IPPROTO_UDP, "127.0.0.1", ports[0]), 0);
	assert_int_equal(walk->left_out, 0);
	assert_int_equal(walk->places_unread, 0);
}

static void one_with_a_peer_or_without_a_port_waits_for_nobody(void **state)
{
	uint16_t server = 0, client = 0, stream = 0;
	auto_close __attribute__((unused)) int a = open_v4(SOCK_DGRAM, "127.0.0.1", &server);
	auto_close int b = open_v4(SOCK_DGRAM, "127.0.0.1", &client);
	auto_close __attribute__((unused)) int unbound = socket(AF_INET, SOCK_DGRAM, 0);
	auto_close int listener = open_v4(SOCK_STREAM, "127.0.0.1", &stream);
	auto_close int connected = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons(server) };
	auto_walk struct listener_walk *walk = NULL;

	(void)state;
	assert_int_equal(connect(b, (const void *)&to, sizeof(to)), 0);
	to.sin_port = htons(stream);
	assert_int_equal(connect(connected, (const void *)&to, sizeof(to)), 0);
	walk = walk_here();
	assert_int_equal(count_of(walk, IPPROTO_UDP, "127.0.0.1", server), 1);
	assert_int_equal(count_of(walk, IPPROTO_UDP, "127.0.0.1", client), 0);
	assert_int_equal(count_of(walk, IPPROTO_TCP, "127.0.0.1", stream), 1);
	for (size_t i = 0; i < walk->count; i++)
		assert_int_not_equal(walk->found[i].port, 0);
	assert_true(listener >= 0);
}

static void sockets_that_share_an_address_are_one(void **state)
{
	uint16_t port = 0;
	auto_close __attribute__((unused)) int a = open_v4(SOCK_STREAM, "127.0.0.1", &port);
	auto_close __attribute__((unused)) int b = open_v4(SOCK_STREAM, "127.0.0.1", &port);
	auto_close __attribute__((unused)) int c = open_v4(SOCK_STREAM, "127.0.0.2", &port);
	auto_walk struct listener_walk *walk = walk_here();

	(void)state;
	assert_int_equal(count_of(walk, IPPROTO_TCP, "127.0.0.1", port), 1);
	assert_int_equal(count_of(walk, IPPROTO_TCP, "127.0.0.2", port), 1);
}

static void they_are_in_order(void **state)
{
	auto_walk struct listener_walk *walk = NULL;
	uint16_t ports[40] = { 0 };
	int fds[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = open_v4(i % 2 ? SOCK_STREAM : SOCK_DGRAM, "127.0.0.1", &ports[i]);
	walk = walk_here();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	assert_true(walk->count >= ARRAY_SIZE(fds));
	for (size_t i = 1; i < walk->count; i++) {
		const struct listener_found *a = &walk->found[i - 1], *b = &walk->found[i];

		assert_true(a->proto < b->proto || (a->proto == b->proto && a->port <= b->port));
	}
}

/* And nobody is led into a namespace that merely has the number of the process. */
static void a_namespace_that_is_gone_is_counted(void **state)
{
	auto_walk struct listener_walk *walk = listener_walk_new(3);

	(void)state;
	assert_non_null(walk);
	walk->places[1].inode = 1;
	walk->places[2].inode = 1;
	walk->places[2].pid = getpid();
	snprintf(walk->places[2].name, sizeof(walk->places[2].name), "../../proc/self/ns/net");
	walk->job.run(&walk->job);
	assert_int_equal(walk->places_unread, 2);
	for (size_t i = 0; i < walk->count; i++)
		assert_int_equal(walk->found[i].place, 0);
}

int main(void)
{
	struct listener_walk *walk = listener_walk_new(1);
	bool can_ask;

	if (!walk)
		return 1;
	walk->job.run(&walk->job);
	can_ask = !walk->places_unread;
	listener_walk_free(&walk);
	if (!can_ask)
		return skip_all("needs inet_diag for TCP and UDP");
	return RUN_TESTS(TEST(sockets_of_each_kind_are_found),
			 TEST(one_with_a_peer_or_without_a_port_waits_for_nobody),
			 TEST(sockets_that_share_an_address_are_one), TEST(they_are_in_order),
			 TEST(a_namespace_that_is_gone_is_counted));
}

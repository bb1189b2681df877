// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real UDP sockets: those that wait for anybody, those that are connected, at ports of servers and
 * of clients.
 */
#include "kernel/udp_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_sockets __attribute__((cleanup(udp_sockets_free)))
#define FIRST_LOW    20000 /* no port that the kernel gives to clients */
#define LAST_LOW     21000
#define FAR	     "192.0.2.1"

static int udp_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

/* Bound to a port of a server, which is given back. */
static int low_socket(const char *addr, uint16_t *ret_port)
{
	int fd = udp_socket(AF_INET);
	struct sockaddr_in at = { .sin_family = AF_INET };

	assert_int_equal(inet_pton(AF_INET, addr, &at.sin_addr), 1);
	for (uint16_t port = FIRST_LOW; port < LAST_LOW; port++) {
		at.sin_port = htons(port);
		if (bind(fd, (const void *)&at, sizeof(at)) == 0) {
			*ret_port = port;
			return fd;
		}
	}
	fail_msg("no port is free");
	return -1;
}

/* Of any port, one of a client. */
static int high_socket(const char *addr, uint16_t *ret_port)
{
	int fd = udp_socket(AF_INET);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	assert_int_equal(inet_pton(AF_INET, addr, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void connect_to(int fd, const char *addr, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };

	assert_int_equal(inet_pton(AF_INET, addr, &at.sin_addr), 1);
	assert_int_equal(connect(fd, (const void *)&at, sizeof(at)), 0);
}

static struct udp_sockets *look(void)
{
	struct udp_sockets *sockets = NULL;

	assert_int_equal(udp_sockets_new(&sockets), 0);
	return sockets;
}

static void set_end(struct weir_flow_key *key, bool is_local[static 2], int at, const char *text,
		    uint16_t port)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	memcpy(key->addr[at], addr, sizeof(addr));
	key->port[at] = htons(port);
	is_local[at] = strcmp(text, FAR) != 0;
}

/* "0", "1": which of both ends is the server, and how it is told; whichever is the smaller one. */
static const char *server(const struct udp_sockets *sockets, const char *addr0, uint16_t port0,
			  const char *addr1, uint16_t port1)
{
	static const char *const answers[2][2] = { { "0 listener", "0 ports" },
						   { "1 listener", "1 ports" } };
	const struct {
		const char *addr;
		uint16_t port;
	} ends[2] = { { addr0, port0 }, { addr1, port1 } };
	int server[2];
	enum weir_initiator_by by[2] = { WEIR_BY_UNKNOWN, WEIR_BY_UNKNOWN };

	for (int turned = 0; turned < 2; turned++) {
		struct weir_flow_key key = { .proto = IPPROTO_UDP };
		bool is_local[2];

		for (int at = 0; at < 2; at++)
			set_end(&key, is_local, at, ends[at ^ turned].addr, ends[at ^ turned].port);
		server[turned] = udp_sockets_server(sockets, &key, is_local, &by[turned]);
		if (server[turned] >= 0)
			server[turned] ^= turned;
	}
	assert_int_equal(server[0], server[1]);
	if (server[0] < 0)
		return "nobody";
	assert_int_equal(by[0], by[1]);
	assert_true(by[0] == WEIR_BY_LISTENER || by[0] == WEIR_BY_PORTS);
	return answers[server[0]][by[0] == WEIR_BY_PORTS];
}

static void who_waits_at_a_port_of_servers_is_one(void **state)
{
	uint16_t port, any;
	auto_close __attribute__((unused)) int fd = low_socket("127.0.0.1", &port);
	auto_close __attribute__((unused)) int wild = low_socket("0.0.0.0", &any);
	auto_sockets struct udp_sockets *sockets = look();

	(void)state;
	assert_string_equal(server(sockets, "127.0.0.1", port, FAR, 50000), "0 listener");
	assert_string_equal(server(sockets, "127.0.0.1", any, FAR, 50000), "0 listener");
	assert_string_equal(server(sockets, "127.0.0.9", any, FAR, 50000), "0 listener");
	assert_string_equal(server(sockets, "127.0.0.9", port, FAR, 50000), "nobody");
	/* Both may be one: NTP asks from its own port. */
	assert_string_equal(server(sockets, "127.0.0.1", port, FAR, 123), "nobody");
}

static void a_client_of_ours_has_a_server_at_the_lower_port(void **state)
{
	uint16_t loose_port, port;
	auto_close __attribute__((unused)) int loose = high_socket("127.0.0.1", &loose_port);
	auto_close int fd = udp_socket(AF_INET);
	struct sockaddr_in at = { 0 };
	socklen_t len = sizeof(at);
	struct udp_sockets *sockets;

	(void)state;
	connect_to(fd, "127.0.0.8", 53);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	port = ntohs(at.sin_port);
	sockets = look();
	assert_string_equal(server(sockets, "127.0.0.1", loose_port, FAR, 443), "1 ports");
	assert_string_equal(server(sockets, "127.0.0.1", loose_port, FAR, 50000), "nobody");
	/* It is connected to another one, so this is none of its talks. */
	assert_string_equal(server(sockets, "127.0.0.1", port, FAR, 53), "nobody");
	udp_sockets_free(&sockets);
}

static void on_one_host_who_is_connected_is_the_client(void **state)
{
	uint16_t waiting, calling, low;
	auto_close __attribute__((unused)) int fd = high_socket("127.0.0.1", &waiting);
	auto_close int client = high_socket("127.0.0.1", &calling);
	auto_close __attribute__((unused)) int other = low_socket("127.0.0.1", &low);
	struct udp_sockets *sockets;

	(void)state;
	connect_to(client, "127.0.0.1", waiting);
	sockets = look();
	assert_string_equal(server(sockets, "127.0.0.1", waiting, "127.0.0.1", calling),
			    "0 listener");
	/* Both wait: the ports tell. */
	assert_string_equal(server(sockets, "127.0.0.1", waiting, "127.0.0.1", low), "1 listener");
	udp_sockets_free(&sockets);
}

static void a_socket_that_is_younger_has_begun_before_our_eyes(void **state)
{
	uint16_t port, later_port;
	auto_close __attribute__((unused)) int fd = low_socket("127.0.0.1", &port);
	auto_sockets struct udp_sockets *sockets = look();
	auto_close __attribute__((unused)) int later = high_socket("127.0.0.1", &later_port);

	(void)state;
	assert_string_equal(server(sockets, "127.0.0.1", port, "127.0.0.1", later_port), "nobody");
}

static void of_others_nothing_is_known(void **state)
{
	auto_sockets struct udp_sockets *sockets = look();

	(void)state;
	assert_string_equal(server(sockets, FAR, 53, FAR, 50000), "nobody");
	assert_string_equal(server(sockets, FAR, 0, FAR, 0), "nobody");
}

static void ipv6_sockets_are_told_too(void **state)
{
	auto_close int fd = udp_socket(AF_INET6);
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	struct udp_sockets *sockets;
	uint16_t port;

	(void)state;
	for (port = FIRST_LOW; port < LAST_LOW; port++) {
		at.sin6_port = htons(port);
		if (bind(fd, (const void *)&at, sizeof(at)) == 0)
			break;
	}
	sockets = look();
	assert_string_equal(server(sockets, "127.0.0.1", port, FAR, 50000), "0 listener");
	assert_string_equal(server(sockets, "::1", port, FAR, 50000), "0 listener");
	udp_sockets_free(&sockets);
}

int main(void)
{
	return RUN_TESTS(TEST(who_waits_at_a_port_of_servers_is_one),
			 TEST(a_client_of_ours_has_a_server_at_the_lower_port),
			 TEST(on_one_host_who_is_connected_is_the_client),
			 TEST(a_socket_that_is_younger_has_begun_before_our_eyes),
			 TEST(of_others_nothing_is_known), TEST(ipv6_sockets_are_told_too));
}

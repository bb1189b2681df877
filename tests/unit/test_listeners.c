// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real listeners at ports of the kernel's choice, found again by inet_diag.
 */
#include "kernel/listeners.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/harness.h"

#define auto_listeners __attribute__((cleanup(listeners_free)))
#define SECOND	       1000000000ULL

static struct listeners *begin(void)
{
	struct listeners *listeners = NULL;

	assert_int_equal(listeners_new(&listeners), 0);
	assert_int_equal(listeners_error(listeners), 0);
	return listeners;
}

static bool has(const struct listeners *listeners, const char *text, uint16_t port)
{
	uint8_t addr[16];
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	return listeners_has(listeners, addr, port);
}

/* Listens (or is only bound) at the IPv6 address, or the IPv4 one that it maps; *port is given. */
static int open_v6(const char *text, int v6_only, bool is_listening, uint16_t *port)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(at);

	assert_int_equal(inet_pton(AF_INET6, text, &at.sin6_addr), 1);
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)), 0);
	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	if (is_listening)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	*port = ntohs(at.sin6_port);
	return fd;
}

static int open_v4(const char *text, uint16_t *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	assert_int_equal(inet_pton(AF_INET, text, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void an_address_is_listened_at_by_itself(void **state)
{
	uint16_t port4, port6;
	auto_close __attribute__((unused)) int fd4 = open_v4("127.0.0.1", &port4);
	auto_close __attribute__((unused)) int fd6 = open_v6("::1", 1, true, &port6);
	auto_listeners struct listeners *listeners = begin();

	(void)state;
	assert_true(has(listeners, "127.0.0.1", port4));
	assert_false(has(listeners, "127.0.0.2", port4));
	assert_false(has(listeners, "::1", port4));
	assert_true(has(listeners, "::1", port6));
	assert_false(has(listeners, "127.0.0.1", port6));
	assert_false(has(listeners, "2001:db8::1", port6));
	assert_false(has(listeners, "127.0.0.1", 0));
}

static void a_wildcard_is_every_address_of_its_family(void **state)
{
	uint16_t port4, port6;
	auto_close __attribute__((unused)) int fd4 = open_v4("0.0.0.0", &port4);
	auto_close __attribute__((unused)) int fd6 = open_v6("::", 1, true, &port6);
	auto_listeners struct listeners *listeners = begin();

	(void)state;
	assert_true(has(listeners, "127.0.0.1", port4));
	assert_true(has(listeners, "10.1.2.3", port4));
	assert_false(has(listeners, "::1", port4));
	assert_true(has(listeners, "::1", port6));
	assert_true(has(listeners, "2001:db8::1", port6));
	assert_false(has(listeners, "10.1.2.3", port6));
}

static void a_wildcard_of_both_families_takes_ipv4_too(void **state)
{
	uint16_t port, mapped_port, any_port;
	auto_close __attribute__((unused)) int fd = open_v6("::", 0, true, &port);
	auto_close __attribute__((unused)) int mapped =
		open_v6("::ffff:127.0.0.1", 0, true, &mapped_port);
	auto_close __attribute__((unused)) int any = open_v6("::ffff:0.0.0.0", 0, true, &any_port);
	auto_listeners struct listeners *listeners = begin();

	(void)state;
	assert_true(has(listeners, "10.1.2.3", port));
	assert_true(has(listeners, "2001:db8::1", port));
	assert_true(has(listeners, "127.0.0.1", mapped_port));
	assert_false(has(listeners, "127.0.0.2", mapped_port));
	assert_true(has(listeners, "10.1.2.3", any_port));
	assert_false(has(listeners, "2001:db8::1", any_port));
}

static void a_socket_that_is_only_bound_is_none(void **state)
{
	uint16_t port;
	auto_close __attribute__((unused)) int fd = open_v6("::1", 1, false, &port);
	auto_listeners struct listeners *listeners = begin();

	(void)state;
	assert_false(has(listeners, "::1", port));
}

static void it_is_asked_again_once_a_second(void **state)
{
	auto_listeners struct listeners *listeners = begin();
	uint64_t now = time_monotonic_ns();
	uint16_t port;
	int fd = open_v4("127.0.0.1", &port);

	(void)state;
	listeners_refresh(listeners, now);
	assert_false(has(listeners, "127.0.0.1", port));
	listeners_refresh(listeners, now + SECOND);
	assert_true(has(listeners, "127.0.0.1", port));
	close(fd);
	listeners_refresh(listeners, now + SECOND + SECOND / 2);
	assert_true(has(listeners, "127.0.0.1", port));
	listeners_refresh(listeners, now + 2 * SECOND);
	assert_false(has(listeners, "127.0.0.1", port));
}

static void many_listeners_are_all_known(void **state)
{
	auto_listeners struct listeners *listeners = NULL;
	uint16_t ports[300];
	int fds[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] =
			i % 2 ? open_v4("127.0.0.1", &ports[i]) : open_v6("::", 0, true, &ports[i]);
	listeners = begin();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		assert_true(has(listeners, "127.0.0.1", ports[i]));
		close(fds[i]);
	}
}

int main(void)
{
	struct listeners *listeners = NULL;
	int error = listeners_new(&listeners);

	if (!error)
		error = listeners_error(listeners);
	listeners_free(&listeners);
	if (error)
		return skip_all("needs inet_diag");
	return RUN_TESTS(TEST(an_address_is_listened_at_by_itself),
			 TEST(a_wildcard_is_every_address_of_its_family),
			 TEST(a_wildcard_of_both_families_takes_ipv4_too),
			 TEST(a_socket_that_is_only_bound_is_none),
			 TEST(it_is_asked_again_once_a_second), TEST(many_listeners_are_all_known));
}

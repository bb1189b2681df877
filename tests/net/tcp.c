// SPDX-License-Identifier: BSD-2-Clause
/*
 * Both ends of small TCP connections, one after another: a server that answers each request with
 * so many bytes, and a client that makes so many connections, each from the next source port, and
 * ends them by FIN or by RST; that sends so many bytes while it reads so many; or that holds one,
 * and sends a byte for each line that it is told. Or of SCTP, with one address at either end.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

static const char usage[] =
	"usage: tcp [sctp] serve ADDRESS PORT BYTES\n"
	"       tcp [sctp] connect ADDRESS PORT COUNT fin|rst|refused FIRST_PORT\n"
	"       tcp transfer ADDRESS PORT COUNT BYTES_UP BYTES_DOWN\n"
	"       tcp hold ADDRESS PORT FROM_PORT\n";
static int protocol;

static int fail(const char *what)
{
	fprintf(stderr, "tcp: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool lookup(const char *address, const char *port, struct sockaddr_storage *ret,
		   socklen_t *ret_len)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *info;

	if (getaddrinfo(address, port, &hints, &info))
		return false;
	memcpy(ret, info->ai_addr, info->ai_addrlen);
	*ret_len = info->ai_addrlen;
	freeaddrinfo(info);
	return true;
}

static void answer(int fd, size_t bytes)
{
	static char buffer[65536];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n > 4 && !memcmp(buffer, "GET ", 4))
		dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", bytes);
	memset(buffer, 'w', sizeof(buffer));
	while (n > 0 && bytes) {
		n = send(fd, buffer, bytes < sizeof(buffer) ? bytes : sizeof(buffer), MSG_NOSIGNAL);
		bytes -= n > 0 ? (size_t)n : 0;
	}
	while (n > 0)
		n = read(fd, buffer, sizeof(buffer));
}

static int serve(const struct sockaddr_storage *address, socklen_t len, size_t bytes)
{
	int listener = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, protocol), one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (const struct sockaddr *)address, len) || listen(listener, 64))
		return fail("cannot listen");
	puts("ready");
	fflush(stdout);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return fail("cannot accept");
		answer(fd, bytes);
		close(fd);
	}
}

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The address that the route to it has. */
static bool find_own(const struct sockaddr_storage *to, socklen_t len, union endpoint *ret)
{
	int fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_found =
		!connect(fd, (const struct sockaddr *)to, len) && !getsockname(fd, &ret->any, &len);

	close(fd);
	return is_found;
}

/* SCTP must be told which address: else it offers all there are, and tries them. */
static bool bind_port(int fd, const struct sockaddr_storage *to, socklen_t len, unsigned int port)
{
	union endpoint own = { .any.sa_family = to->ss_family };

	if (protocol == IPPROTO_SCTP && !find_own(to, len, &own))
		return false;
	if (own.any.sa_family == AF_INET)
		own.v4.sin_port = htons((uint16_t)port);
	else
		own.v6.sin6_port = htons((uint16_t)port);
	return !bind(fd, &own.any, len);
}

static bool exchange(int fd, bool with_rst)
{
	const struct linger linger = { .l_onoff = 1 };
	char byte = 'x';

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || read(fd, &byte, 1) != 1)
		return false;
	return !with_rst || !setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static int connect_all(const struct sockaddr_storage *address, socklen_t len, unsigned int count,
		       const char *how, unsigned int port)
{
	bool want_refused = !strcmp(how, "refused");

	for (unsigned int i = 0; i < count; i++) {
		int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
		int r;

		if (fd < 0 || !bind_port(fd, address, len, port + i))
			return fail("cannot make a socket");
		r = connect(fd, (const struct sockaddr *)address, len);
		if (want_refused ? !r || errno != ECONNREFUSED
				 : r || !exchange(fd, !strcmp(how, "rst")))
			return fail("a connection went otherwise");
		close(fd);
	}
	printf("%u\n", count);
	return 0;
}

/* As much as goes now; -1: it has ended. */
static ssize_t receive_some(int fd, char *buffer, size_t size)
{
	ssize_t n = recv(fd, buffer, size, MSG_DONTWAIT);

	if (n > 0)
		return n;
	return n < 0 && errno == EAGAIN ? 0 : -1;
}

static ssize_t send_some(int fd, const char *buffer, size_t size)
{
	ssize_t n = send(fd, buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 && errno == EAGAIN ? 0 : n;
}

/* Both ways at once. */
static bool transfer(int fd, size_t up, size_t down)
{
	static char buffer[65536];

	while (up || down) {
		struct pollfd at = { .fd = fd, .events = POLLIN };
		ssize_t received, sent = 0;

		if (up)
			at.events |= POLLOUT;
		if (poll(&at, 1, -1) < 0)
			return false;
		received = receive_some(fd, buffer, sizeof(buffer));
		if (up)
			sent = send_some(fd, buffer, up < sizeof(buffer) ? up : sizeof(buffer));
		if (received < 0 || sent < 0)
			return false;
		down -= (size_t)received < down ? (size_t)received : down;
		up -= (size_t)sent;
	}
	return true;
}

static int transfer_all(const struct sockaddr_storage *address, socklen_t len, unsigned int count,
			size_t up, size_t down)
{
	for (unsigned int i = 0; i < count; i++) {
		int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (const struct sockaddr *)address, len) || !transfer(fd, up, down))
			return fail("a connection went otherwise");
		close(fd);
	}
	printf("%u\n", count);
	return 0;
}

static int hold(const struct sockaddr_storage *address, socklen_t len, unsigned int port)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[64];

	if (fd < 0 || !bind_port(fd, address, len, port))
		return fail("cannot make a socket");
	if (connect(fd, (const struct sockaddr *)address, len))
		return fail("cannot connect");
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (send(fd, line, 1, MSG_NOSIGNAL) != 1)
			return fail("cannot send");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_storage address;
	socklen_t len;

	if (argc > 1 && !strcmp(argv[1], "sctp")) {
		protocol = IPPROTO_SCTP;
		argv++;
		argc--;
	}
	if (argc < 5 || !lookup(argv[2], argv[3], &address, &len)) {
		fputs(usage, stderr);
		return 2;
	}
	if (argc == 5 && !strcmp(argv[1], "serve"))
		return serve(&address, len, strtoul(argv[4], NULL, 10));
	if (argc == 5 && !strcmp(argv[1], "hold"))
		return hold(&address, len, (unsigned int)strtoul(argv[4], NULL, 10));
	if (argc == 7 && !strcmp(argv[1], "connect"))
		return connect_all(&address, len, (unsigned int)strtoul(argv[4], NULL, 10), argv[5],
				   (unsigned int)strtoul(argv[6], NULL, 10));
	if (argc == 7 && !strcmp(argv[1], "transfer"))
		return transfer_all(&address, len, (unsigned int)strtoul(argv[4], NULL, 10),
				    strtoul(argv[5], NULL, 10), strtoul(argv[6], NULL, 10));
	fputs(usage, stderr);
	return 2;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * UDP: an echo server, a sink, a client that makes so many exchanges, each from the next source
 * port, and a sender whose every send() may be one super-packet of many datagrams.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static const char usage[] = "usage: udp echo|sink ADDRESS PORT\n"
			    "       udp exchange ADDRESS PORT COUNT FIRST_PORT\n"
			    "       udp send ADDRESS PORT SENDS BYTES SEGMENT(0: none)\n";
static char buffer[65536];

static int fail(const char *what)
{
	fprintf(stderr, "udp: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool lookup(const char *address, const char *port, struct sockaddr_storage *ret,
		   socklen_t *ret_len)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *info;

	if (getaddrinfo(address, port, &hints, &info))
		return false;
	memcpy(ret, info->ai_addr, info->ai_addrlen);
	*ret_len = info->ai_addrlen;
	freeaddrinfo(info);
	return true;
}

static int serve(const struct sockaddr_storage *address, socklen_t len, bool want_echo)
{
	int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (const struct sockaddr *)address, len))
		return fail("cannot bind");
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from,
				     &from_len);

		if (n < 0)
			return fail("cannot receive");
		if (want_echo)
			(void)!sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&from, from_len);
	}
}

/* port 0: any */
static int connected(const struct sockaddr_storage *address, socklen_t len, unsigned int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	bool is_v4 = address->ss_family == AF_INET;
	int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		 is_v4 ? sizeof(v4) : sizeof(v6)) ||
	    connect(fd, (const struct sockaddr *)address, len))
		return -1;
	return fd;
}

static int exchange(const struct sockaddr_storage *address, socklen_t len, unsigned int count,
		    unsigned int port)
{
	for (unsigned int i = 0; i < count; i++) {
		int fd = connected(address, len, port + i);

		if (fd < 0 || send(fd, "x", 1, 0) != 1 || recv(fd, buffer, sizeof(buffer), 0) != 1)
			return fail("an exchange went otherwise");
		close(fd);
	}
	printf("%u\n", count);
	return 0;
}

static int send_all(const struct sockaddr_storage *address, socklen_t len, unsigned int sends,
		    size_t bytes, int segment)
{
	int fd = connected(address, len, 0);

	if (fd < 0 ||
	    (segment && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment))))
		return fail("cannot make a socket");
	for (unsigned int i = 0; i < sends; i++) {
		if (send(fd, buffer, bytes, 0) != (ssize_t)bytes)
			return fail("cannot send");
	}
	printf("%u\n", sends);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_storage address;
	unsigned long n[3] = { 0 };
	socklen_t len;

	if (argc < 4 || argc > 7 || !lookup(argv[2], argv[3], &address, &len)) {
		fputs(usage, stderr);
		return 2;
	}
	for (int i = 4; i < argc; i++)
		n[i - 4] = strtoul(argv[i], NULL, 10);
	if (argc == 4)
		return serve(&address, len, !strcmp(argv[1], "echo"));
	if (argc == 6 && !strcmp(argv[1], "exchange"))
		return exchange(&address, len, (unsigned int)n[0], (unsigned int)n[1]);
	if (argc == 7 && !strcmp(argv[1], "send") && n[1] <= sizeof(buffer))
		return send_all(&address, len, (unsigned int)n[0], n[1], (int)n[2]);
	fputs(usage, stderr);
	return 2;
}

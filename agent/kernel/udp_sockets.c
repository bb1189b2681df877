// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/udp_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/num.h"
#include "kernel/socket_diag.h"

#define CLIENT_PORTS	   "/proc/sys/net/ipv4/ip_local_port_range"
#define FIRST_CLIENT_USUAL 32768

struct udp_sockets {
	struct socket_told *items; /* by port */
	size_t count, room;
	uint16_t first_client; /* ports from here on the kernel gives to clients */
};

/* What is known of one end. */
struct end {
	bool is_there;	 /* a socket of this host */
	bool waits;	 /* one of them for anybody */
	bool is_talking; /* one of them is connected to the other end */
	bool is_low;	 /* its port is none of a client */
	bool is_younger; /* of this host, and was not there when we asked */
};

static void on_socket(void *ctx, const struct socket_told *told)
{
	struct udp_sockets *sockets = ctx;

	if (!told->place.port || sockets->count == UDP_SOCKETS_MAX)
		return;
	if (sockets->count == sockets->room) {
		size_t room = sockets->room ? sockets->room * 2 : 32;
		void *items = realloc(sockets->items, room * sizeof(*sockets->items));

		if (!items)
			return; /* who finds no room is not known */
		sockets->items = items;
		sockets->room = room;
	}
	sockets->items[sockets->count++] = *told;
}

static int by_port(const void *a, const void *b)
{
	const struct socket_told *left = a, *right = b;

	return (left->place.port > right->place.port) - (left->place.port < right->place.port);
}

static uint16_t first_client_port(void)
{
	auto_file FILE *file = fopen(CLIENT_PORTS, "re");
	char line[64], *rest, *first = NULL;
	uint64_t port;

	if (file && fgets(line, sizeof(line), file))
		first = strtok_r(line, " \t\n", &rest);
	if (!first || num_parse_u64(first, UINT16_MAX, &port))
		return FIRST_CLIENT_USUAL;
	return (uint16_t)port;
}

static int ask(struct udp_sockets *sockets)
{
	struct socket_diag diag;
	int r = socket_diag_open(&diag);

	/* A UDP socket is "established" when it is connected, and else "closed". */
	if (!r)
		r = socket_diag_ask(&diag, IPPROTO_UDP, 1U << TCP_ESTABLISHED | 1U << TCP_CLOSE,
				    on_socket, sockets);
	socket_diag_close(&diag);
	return r;
}

int udp_sockets_new(struct udp_sockets **ret)
{
	struct udp_sockets *sockets = calloc(1, sizeof(*sockets));
	int r;

	if (!sockets)
		return -ENOMEM;
	sockets->first_client = first_client_port();
	r = ask(sockets);
	if (r)
		log_debug("the kernel doesn't tell which UDP sockets there are: %s", strerror(-r));
	if (sockets->count)
		qsort(sockets->items, sockets->count, sizeof(*sockets->items), by_port);
	*ret = sockets;
	return 0;
}

void udp_sockets_free(struct udp_sockets **at)
{
	struct udp_sockets *sockets = TAKE_PTR(*at);

	if (!sockets)
		return;
	free(sockets->items);
	free(sockets);
}

/* The first socket at the port, or where it would be. */
static size_t find_port(const struct udp_sockets *sockets, uint16_t port)
{
	size_t low = 0, high = sockets->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sockets->items[middle].place.port < port)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void look(const struct udp_sockets *sockets, const struct weir_flow_key *key, int at,
		 bool is_local, struct end *ret)
{
	uint16_t port = ntohs(key->port[at]), peer_port = ntohs(key->port[!at]);
	uint8_t addr[16], peer[16];

	memcpy(addr, key->addr[at], sizeof(addr));
	memcpy(peer, key->addr[!at], sizeof(peer));
	*ret = (struct end){ .is_low = port < sockets->first_client };
	if (!is_local)
		return;
	for (size_t i = find_port(sockets, port);
	     i < sockets->count && sockets->items[i].place.port == port; i++) {
		const struct socket_told *item = &sockets->items[i];

		if (!socket_place_has(&item->place, addr))
			continue;
		if (item->state == TCP_CLOSE)
			ret->waits = true;
		else if (item->peer_port == peer_port && !memcmp(item->peer, peer, sizeof(peer)))
			ret->is_talking = true;
	}
	ret->is_there = ret->waits || ret->is_talking;
	ret->is_younger = !ret->is_there;
}

/* Is it the server, and how is that told? */
static bool is_server(const struct end *end, const struct end *other,
		      enum weir_initiator_by *ret_by)
{
	bool has_ports = end->is_low && !other->is_low;
	bool has_clients_ports = !end->is_low && other->is_low;

	*ret_by = WEIR_BY_LISTENER;
	if (end->waits && has_ports)
		return true;
	if (end->waits && !other->waits && other->is_talking && !has_clients_ports)
		return true;
	*ret_by = WEIR_BY_PORTS;
	return has_ports && (end->is_there || other->is_there);
}

int udp_sockets_server(const struct udp_sockets *sockets, const struct weir_flow_key *key,
		       const bool is_local[static 2], enum weir_initiator_by *ret_by)
{
	struct end ends[2];

	for (int at = 0; at < 2; at++)
		look(sockets, key, at, is_local[at], &ends[at]);
	/* Who talks by a socket that is younger than the agent has begun before its eyes. */
	if (ends[0].is_younger || ends[1].is_younger)
		return -1;
	for (int at = 0; at < 2; at++) {
		if (is_server(&ends[at], &ends[!at], ret_by))
			return at;
	}
	return -1;
}

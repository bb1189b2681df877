/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections over the router of nat_world.h, and what conntrack -L says of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "tests/unit/nat_world.h"

struct peer_case {
	const char *name;
	const char *address; /* that the client goes to */
	uint16_t port;
	bool is_translated;
	bool is_local; /* the client is on the router */
	bool is_served_here;
	const char *server; /* where there is somebody */
	uint16_t server_port;
	bool no_icmp;
};

#define NAT_PEERS 11
extern const struct peer_case nat_peers[NAT_PEERS];

struct talk {
	int client, server;
	struct nat_tuple tuple; /* the original one */
};

void talk_begin(const struct nat_world *world, const struct peer_case *row, uint8_t proto,
		struct talk *ret);
void talk_end(struct talk *talk);
/* Both ends, and both halves, are what conntrack says. */
void check_talk(struct nat_world *world, const struct peer_case *row, const struct nat_tuple *tuple,
		uint64_t began_ns);

/* So that conntrack has an entry, and we have subscribed. */
void begin_to_listen(struct nat_world *world);

socklen_t sockaddr_of(const char *text, uint16_t port, struct sockaddr_storage *ret);
uint16_t take_addr(const struct sockaddr_storage *from, uint8_t ret[static 16]);
/* In the namespace; NULL: in this process's. */
int socket_there(const struct netns *ns, int family, int type, int proto);
void tuple_of(int fd, uint8_t proto, struct nat_tuple *ret);

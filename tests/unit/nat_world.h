/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router between two namespaces on which nft translates, with the agent's question to conntrack;
 * connections over it, and what conntrack -L says of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "tests/unit/netns_world.h"
#include "who/nat.h"
#include "worker.h"

struct nat_world {
	struct loop *loop;
	struct worker *worker;
	struct nat *nat;
	struct netns client, server;
};

/* Are nft, conntrack and a kernel with both there? */
bool nat_world_is_possible(void);
/* cmocka's: a namespace of its own, and the same as a router between two. */
int nat_world_set_up(void **state);
int nat_world_set_up_router(void **state);
int nat_world_tear_down(void **state);
enum nat_found nat_world_find(struct nat_world *world, const struct nat_tuple *tuple,
			      uint64_t began_ns, bool is_knocking, struct nat_answer *ret);
enum nat_found nat_world_ask(struct nat_world *world, const struct nat_tuple *tuple,
			     uint64_t began_ns, struct nat_answer *ret);
/* That it is or is not translated. */
bool nat_world_is_translated(struct nat_world *world, const struct nat_tuple *tuple,
			     uint64_t began_ns);

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

socklen_t sockaddr_of(const char *text, uint16_t port, struct sockaddr_storage *ret);
uint16_t take_addr(const struct sockaddr_storage *from, uint8_t ret[static 16]);
/* In the namespace; NULL: in this process's. */
int socket_there(const struct netns *ns, int family, int type, int proto);
void tuple_of(int fd, uint8_t proto, struct nat_tuple *ret);

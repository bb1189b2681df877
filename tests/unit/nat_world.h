/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router between two namespaces on which nft translates, with the agent's question to conntrack.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/netns_world.h"
#include "who/nat.h"
#include "worker.h"

struct nat_world {
	struct loop *loop;
	struct worker *worker;
	struct nat *nat;
	struct netns client, server;
};

/* Why these tests can't run here; NULL if they can. */
const char *nat_world_why_not(void);
/* cmocka's: a namespace of its own, and the same as a router between two. */
int nat_world_set_up(void **state);
int nat_world_set_up_router(void **state);
int nat_world_tear_down(void **state);

#define ROUTER_TEST(name) \
	cmocka_unit_test_setup_teardown(name, nat_world_set_up_router, nat_world_tear_down)

enum nat_found nat_world_find(struct nat_world *world, const struct nat_tuple *tuple,
			      uint64_t began_ns, bool is_knocking, struct nat_answer *ret);
enum nat_found nat_world_ask(struct nat_world *world, const struct nat_tuple *tuple,
			     uint64_t began_ns, struct nat_answer *ret);
/* Runs until a question about it is answered: the first one opens the sockets. */
void nat_world_await(struct nat_world *world, const struct nat_tuple *tuple);
/* That it is or is not translated. */
bool nat_world_is_translated(struct nat_world *world, const struct nat_tuple *tuple,
			     uint64_t began_ns);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent is told of the interfaces of its namespace, against a real kernel: each test runs
 * in network namespaces of its own, changes something with ip, and runs the loop until it has been
 * told.
 */
#pragma once

#include "link/link.h"
#include "loop.h"
#include "tests/harness.h"
#include "tests/unit/netns_world.h"

#define MAX_IFACES 2048
#define MAX_ADDRS  512

/* What we were told so far. */
struct seen_iface {
	struct iface_info info; /* the last */
	unsigned int n_set, n_gone;
	bool is_there;
};

struct seen_addr {
	uint32_t ifindex;
	int family;
	uint8_t addr[16];
	unsigned int n_set, n_gone;
	bool is_there;
};

struct link_world {
	struct loop *loop;
	struct link *link;
	struct watch *deadline;
	bool in_loop, is_late;
	struct netns other;		      /* another namespace */
	struct seen_iface ifaces[MAX_IFACES]; /* by ifindex */
	struct seen_addr addrs[MAX_ADDRS];
	unsigned int n_tc_removed; /* and where the last one was */
	uint32_t tc_ifindex;
};

void link_world_open(struct link_world *world);
/* Everything that was changed before has been told when this has. */
void link_world_settle(struct link_world *world);
/* Until the next thing is told. */
void link_world_step(struct link_world *world, const char *condition);

#define WAIT_UNTIL(world, condition)                          \
	do {                                                  \
		while (!(condition))                          \
			link_world_step((world), #condition); \
	} while (0)

/* The interface that has that name now; NULL: none. */
struct seen_iface *iface_named(struct link_world *world, const char *name);
bool has_role(struct link_world *world, const char *name, enum iface_role role);
bool is_running(struct link_world *world, const char *name);
/* Of an interface that is there: what has been told of this address of it. */
const struct seen_addr *addr_of(struct link_world *world, const char *name, const char *text);

/* Why these tests can't run here; NULL if they can. */
const char *link_world_why_not(void);
/* cmocka's. */
int link_world_set_up(void **state);
int link_world_tear_down(void **state);

#define NET_TEST(name) \
	cmocka_unit_test_setup_teardown(name, link_world_set_up, link_world_tear_down)

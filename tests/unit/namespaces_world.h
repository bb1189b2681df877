/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real namespaces, made and unmade while the loop runs; interfaces come by the real link. And what is
 * asked of the table until it is so.
 */
#pragma once

#include "link/link.h"
#include "tests/unit/netns_world.h"
#include "who/namespaces.h"

#define MAX_NAMED 256

struct namespaces_world {
	struct loop *loop;
	struct worker *worker;
	struct namespaces *all;
	struct link *link;
	struct netns a, b;
	struct iface_info ifaces[MAX_NAMED]; /* by ifindex */
	uint64_t watched;		     /* inode of which these count */
	unsigned int changed, gone;
	const char *asked_text; /* see await() */
	uint64_t asked_inode;
};

/* A change in the world's namespace that is watched is counted. */
extern const struct namespaces_ops namespaces_world_ops;

void namespaces_world_open(struct namespaces_world *world);

/* Why these tests can't run here; NULL if they can. */
const char *namespaces_world_why_not(void);
/* cmocka's. */
int namespaces_world_set_up(void **state);
int namespaces_world_tear_down(void **state);

#define WORLD_TEST(name) \
	cmocka_unit_test_setup_teardown(name, namespaces_world_set_up, namespaces_world_tear_down)

/*
 * Runs until it is so of text (the name of an interface or an address) and of the namespace with this
 * inode, which are asked_text and asked_inode of the world meanwhile. inode 0: nobody's.
 */
void await(struct namespaces_world *world, bool (*is_so)(void *ctx), const char *text,
	   uint64_t inode);

bool is_iface_of(void *ctx);
bool is_addr_of(void *ctx);
bool is_addr_ambiguous(void *ctx);
bool is_inode_known(void *ctx);
bool is_inode_unknown(void *ctx);

uint32_t ifindex_of(const struct namespaces_world *world, const char *name);
uint64_t walks_of(const struct namespaces_world *world);
void run_for(const struct namespaces_world *world, uint64_t ms);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A veth pair in a namespace of the test's own, two-instruction programs to put on it, and what tc
 * says of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <linux/bpf.h>

#include "kernel/attach.h"
#include "tests/harness.h"
#include "tests/unit/netns_world.h"

/* Linux 6.6; older headers lack them. */
#define TCX_INGRESS 46
#define TCX_EGRESS  47

#define OUR_HANDLE "handle 0x77656972"

#define INGRESS "tc filter show dev v0 ingress"
#define EGRESS	"tc filter show dev v0 egress"
#define QDISCS	"tc qdisc show dev v0"

/* Programs of all kinds, ours and others', and the interface. */
struct attach_ground {
	int cls_fd, foreign_fd, late_fd, xdp_fd, foreign_xdp_fd;
	uint32_t v0;
	bool has_tcx;
};
extern struct attach_ground ground;

/* Loads them. Why these tests can't run here; NULL if they can. */
const char *attach_world_prepare(void);
/* cmocka's: v0 and v1, both up. */
int attach_world_set_up(void **state);

#define NET_TEST(name) cmocka_unit_test_setup(name, attach_world_set_up)

uint32_t id_of(int prog_fd);
/* What a command prints; until the next call. */
const char *shown(const char *command);
/* How often it prints that. */
unsigned int shows(const char *command, const char *what);

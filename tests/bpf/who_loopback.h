/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * People who talk over a loopback at whose egress the datapath is attached.
 */
#pragma once

#include "tests/bpf/who_world.h"
#include "weir/owner.h"

/* Where a person goes, or what it has from the test. */
struct place {
	int family;
	uint16_t port; /* of a server */
	int fd;
	int channel[2];
};

struct who *who_on_loopback(void);
/* Between two ports of a loopback address, and which of them is its own. */
void assert_tuple(const struct weir_tuple *tuple, int family, uint16_t own, uint16_t peer);

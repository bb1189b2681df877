/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of a session's packets, as text for somebody else to judge. Fields are separated by
 * tabs; what is not there is 0:
 *
 *   packet NUMBER outer|inner|quoted VLAN OUTER-VLAN VNI PROTOCOL SOURCE PORT DESTINATION PORT
 *   packet NUMBER REMAINDER
 *   flow PACKETS BYTES outer|inner VLAN ... PORT       of one direction, once at the end
 *   tcp RESENT ZERO-WINDOWS ESTABLISHED outer|inner VLAN ... PORT      of each direction, too
 *   remainder PACKETS BYTES REMAINDER
 */
#pragma once

#include <stdio.h>

#include "tests/diff/runner.h"

struct told {
	FILE *to;
	int result; /* a negative errno, if the maps could not be read */
	/* What the hooks saw and segmentation adds, less all flows and remainders: nothing. */
	struct weir_count left;
};

/* The next session is told of. */
void told_watch(struct told *told, struct runner *runner);

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parser is a row of small steps, each of which takes one header and says what comes next.
 * Where a header begins is kept in struct pkt, which is in map memory: read back, all ways to it
 * look alike to the verifier, and what follows is walked once.
 */
#pragma once

#include "weir/iface.h"

/*
 * What a step says: go on, the bytes read directly end here, layer 4's header does not end in the packet
 * (but perhaps in its next fragment), or (>= 0) a remainder's number.
 */
#define PARSE_OK    (-1)
#define PARSE_SHORT (-2)
#define PARSE_CUT   (-3)

#define PARSE_OFFSET_MASK 0x7fff /* of a header in a packet */

/* What was written to the packet's struct is read back from now on, not remembered. */
#define parse_forget() asm volatile("" ::: "memory")

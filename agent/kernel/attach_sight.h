/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is at a hook by now: the programs are ours, but whoever has the right may remove them, and who
 * attaches later may come first and end a packet's way before it gets to ours.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/attach.h"

#define ATTACH_NAME_SIZE 16 /* a program's, with its NUL */

/* Others in front of ours. */
struct attach_ahead {
	unsigned int count;
	enum attach_kind kind; /* of the first one, that is */
	uint32_t program;      /* its id; 0: it is no BPF program */
	char name
		[ATTACH_NAME_SIZE]; /* of the program, or what else it is: "flower"; "": not told */
};

struct attach_sight {
	bool is_there;
	struct attach_ahead ahead;
};

/*
 * Looks at one hook, of which the program is `program`. Waits for the lock of rtnetlink, which others
 * may hold for 20 ms. -errno: nothing is known, the interface may have gone.
 */
int attach_look(struct attach_sight *ret, const struct attachment *attachment, int prog_fd);

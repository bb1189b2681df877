/* SPDX-License-Identifier: BSD-2-Clause */
/* Where runtimes are looked for: a place is a row and a path. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "who/runtime.h"
#include "who/runtime_row.h"

struct place {
	const struct runtime_row *row;
	char *path; /* owned; "": nothing that could come or go */
	bool is_there;
	dev_t device; /* which one it is: a runtime that starts anew makes another */
	ino_t inode;
	struct timespec changed;
	/* How asking it goes. */
	bool needs_all; /* it is to be asked for everything */
	bool has_answered;
	bool is_useless; /* it has said that it never will */
	int error;
	unsigned int failures; /* in a row */
	uint64_t asked;
	uint64_t asked_ns; /* the last time; all_ns: for everything, with success */
	uint64_t all_ns;
	uint64_t not_before_ns;
};

/* At most max places for the options. The number, or -errno: -EINVAL, -E2BIG, -ENOMEM. */
int places_fill(struct place *places, size_t max, const struct runtime_options *options);
void places_done(struct place *places, size_t count);
/* Looks whether it is there. True: it is another one than it was, or has come. */
bool place_look(struct place *place);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kind of container runtime, or of traces that one leaves, as a row: how it is asked. What a row
 * does runs on a worker's thread and may block within the limits of who/call.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "who/call.h"
#include "who/listing.h"

/* A question. No ids: for everything that runs. Else for these, whatever they do. */
struct runtime_ask {
	const char *root; /* in front of all paths of files; "" */
	const char *path; /* of the socket or file that the runtime was found by, root included */
	struct call call;
	char (*ids)[FOUND_ID_MAX + 1];
	size_t id_count;
};

struct runtime_row {
	const char *name; /* "cri" */
	uint8_t rank;	  /* whom to believe: sockets more than files */
	bool has_socket;
	/* Adds to listing what there is. 0; -ENOSYS: this runtime will never tell; -errno. */
	int (*list)(struct runtime_ask *ask, struct listing *listing);
	/* More about those sandboxes in ids; found->id is the sandbox's. NULL: nothing more. */
	int (*details)(struct runtime_ask *ask, struct listing *listing);
};

extern const struct runtime_row runtime_cri;
extern const struct runtime_row runtime_docker;
extern const struct runtime_row runtime_podman;
extern const struct runtime_row runtime_podman_files;
extern const struct runtime_row runtime_files;

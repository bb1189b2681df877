/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes clients in, also where no file descriptor is left: one is held for that. Whoever gets it can
 * be told why he is hung up on; else he would wait in the queue, and the listener would be ready
 * for ever.
 */
#pragma once

#include <stdbool.h>

struct acceptor {
	int fd;	   /* listens; the caller's */
	int spare; /* held; -1: it was given away */
};

#define ACCEPTOR_NONE  \
	{              \
		-1, -1 \
	}

void acceptor_init(struct acceptor *acceptor, int fd);
void acceptor_done(struct acceptor *acceptor);
/* A descriptor of the caller's. *ret_is_spare: there is no other. -errno, as of accept4(). */
int acceptor_accept(struct acceptor *acceptor, bool *ret_is_spare);
/* Holds one again if it was given away and there is any. */
void acceptor_refill(struct acceptor *acceptor);

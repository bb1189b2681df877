/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the buffers of all clients, and the requests that are being answered, take together has one
 * bound. Of it each client has a share that nobody takes from it; what is left goes to those who
 * need more for a while. When that is too much the client that holds most gives up what it has
 * beyond its share.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "socket/control.h"

#define CLIENT_BUFFERS_MAX (4U << 20) /* bytes, of all clients */
#define CLIENT_SHARE	   (CLIENT_BUFFERS_MAX / CONTROL_CLIENTS_MAX)
/* A client whose request is being answered, or waits to be, is read no further than this. */
#define CLIENT_READ_AHEAD (CLIENT_SHARE / 8)

struct client_buffers {
	size_t held;	    /* by all clients: exactly what is allocated, and request_bytes */
	uint64_t cut_short; /* requests and answers that were given up */
};

/* To be called whenever something was done with the client's buffers. */
void client_buffers_count(struct client_buffers *all, struct client *client);
/* It goes, and its buffers with it. */
void client_buffers_leave(struct client_buffers *all, struct client *client);
/* How many bytes may wait for one client at present; more is not prepared for it meanwhile. */
size_t client_buffers_room(const struct client_buffers *all);
/*
 * Takes back what is beyond the bound. wake() is called of clients that are hung up on: is_closing is
 * set, and the reason waits to be sent. The only one that has more than its share may keep an answer
 * while it reads, which may be of one piece and larger than the bound, and its request.
 */
void client_buffers_squeeze(struct client_buffers *all, struct client *clients, uint64_t now_ns,
			    void (*wake)(struct client *client));

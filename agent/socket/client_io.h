/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a client, between its socket and its buffers. */
#pragma once

#include <stdbool.h>

struct client;

/* Is more of it to be read? A line may be long; behind a request that is answered little is. */
bool client_is_read(const struct client *client);
/* Reads what there is, up to a bound, and hands it to the protocol. < 0: the client has gone. */
int client_read(struct client *client);
/* Writes what the socket takes. < 0: the client has gone. */
int client_write(struct client *client);

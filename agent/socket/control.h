/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's Unix socket: listens, looks at a client's first bytes and hands it to the protocol
 * they belong to. A client has bounded buffers; one that reads slowly loses records, and is told how many,
 * and harms nobody.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct agent;
struct client;
struct control;
struct server;
struct watch;

#define CONTROL_LINE_MAX    (1U << 20) /* of a request */
#define CONTROL_CLIENTS_MAX 128
#define CONTROL_OUT_HIGH    (256U << 10) /* more never waits for a client, see struct client, room */
#define CONTROL_IDLE_NS	    2000000000ULL /* then a client makes room, if all places are taken */

enum sniff {
	SNIFF_NO,
	SNIFF_MORE,
	SNIFF_YES,
};

/* A protocol spoken on the socket. */
struct control_proto {
	const char *name;
	/* Looks at the first bytes. */
	enum sniff (*sniff)(const char *head, size_t len);
	/* Bytes have come in, or the answer that ran has ended. < 0: hang up. */
	int (*input)(struct client *client);
	/* Is there an answer to come, or a request to be read yet? */
	bool (*is_busy)(const struct client *client);
	/* There may be room for more output, or more to tell. < 0: hang up after what is queued. */
	int (*pump)(struct client *client);
	/*
	 * Takes records out of the output that waits, and counts them as lost to this client. False:
	 * there are none that may get lost. NULL: there never are.
	 */
	bool (*lose_records)(struct client *client);
	/* The agent ends: an answer that runs is ended in order. */
	void (*farewell)(struct client *client);
	/* The client has gone, or nothing more is answered to it: its state is freed. */
	void (*stop)(struct client *client);
};

struct client {
	struct client *next;
	struct control *control;
	struct agent *agent;
	struct watch *watch;
	const struct control_proto *proto; /* NULL: not told yet */
	void *state;			   /* the protocol's */
	struct buf in;
	struct buf out;
	int fd;
	uint32_t events;      /* waited for */
	uint64_t active_ns;   /* CLOCK_MONOTONIC: when it last sent or took something */
	uint64_t taken_ns;    /* likewise: when it last took something */
	size_t holds;	      /* what it takes, as counted */
	size_t request_bytes; /* of the one that is being answered: its line, its filter; or 0 */
	size_t room;	      /* output that may wait; pump() makes no more */
	bool want_pump;	      /* call pump() again as soon as the client can take more */
	bool is_closing;      /* hang up when out is empty */
	bool is_eof;	      /* it sends no more, but waits for its answers */
	bool is_amid_line;    /* it has been sent a part of a line */
	bool is_squeezed;     /* it has lost records: until it takes something there are no more */
	bool is_cut;	      /* what it asked, or was answered, was given up: it is hung up on */
};

/* Listens there. -EADDRINUSE after a message if an agent answers at that path. */
int control_new(struct control **ret, struct agent *agent, const struct server *server);
/* Begins to answer; clients that have connected since control_new() wait until then. */
int control_start(struct control *control);
/* Who waits for something is told that the agent has stopped. */
void control_free(struct control **at);
/* New records are in the log: whoever follows is served. */
void control_records(struct control *control);

/* Does a client wait for something, a follower for instance? */
bool control_is_busy(const struct control *control);
/* Has every client got all that there was for it? */
bool control_is_drained(const struct control *control);

struct control_stats {
	unsigned int clients;
	uint64_t refused; /* because all places were taken, or descriptors */
	uint64_t evicted; /* idle ones, for others */
	uint64_t cut_short;
	size_t buffers_held; /* bytes */
};
void control_get_stats(const struct control *control, struct control_stats *ret);
/* Asks for pump() from the loop; for answers that are completed by a timer. */
void client_wake(struct client *client);

const struct control_proto *control_json(void);
const struct control_proto *control_http(void);

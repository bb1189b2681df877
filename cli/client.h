/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command's end of the agent's socket: one request line up, reply lines down until the end or
 * an error. Errors have been told to the user by the time a function returns one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct client;
struct json_object;
struct server;

#define CLIENT_LINE_MAX ((size_t)1 << 20)

int client_open(struct client **ret, const struct server *server);
/* Takes over fd. The text of an address is only for messages; it is borrowed. */
int client_new(struct client **ret, int fd, const char *address);
void client_free(struct client **client);

#define auto_client __attribute__((cleanup(client_free)))

/* Waiting for the agent ends with -EPIPE when the reader of fd is gone. */
void client_watch_reader(struct client *client, int fd);

/* params: a JSON object. */
int client_request(struct client *client, const char *method, const char *params);

struct reply {
	const char *line; /* without the newline; valid until the next call */
	size_t len;
	bool is_end;
};

/*
 * The next line: 1 for data, 0 for the {"end":{...}} that closes the answer, < 0 for an error, told
 * by the agent or found here; -EPIPE, the only one without a message, is the reader's absence.
 */
int client_next(struct client *client, struct reply *ret);
/* client_next() would return at once. */
bool client_has_line(struct client *client);

/*
 * A whole call: opens, asks, hands every line, the end included, to fn as JSON, within the time
 * that the server's answer_ns gives. What fn returns below 0 ends the call and is its result.
 */
typedef int (*client_line_fn)(void *context, const struct reply *reply, struct json_object *json);
int client_call(const struct server *server, const char *method, const char *params,
		client_line_fn fn, void *context);

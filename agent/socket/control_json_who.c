// SPDX-License-Identifier: BSD-2-Clause
/* GetNodes, GetNamespaces and Endpoints: lists, in slices. */
#include "socket/control_json_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The kinds of what went wrong that a list knows. */
static void refuse_who(struct client *client, int r)
{
	struct request_error error = { .code = "INTERNAL" };

	if (r == -EAGAIN) {
		error.code = "ABORTED";
		snprintf(error.message, sizeof(error.message),
			 "the endpoints file has changed meanwhile: ask again");
	} else {
		snprintf(error.message, sizeof(error.message), "cannot list: %s", strerror(-r));
	}
	json_write_error(client, &error);
}

int json_who_start(struct client *client, struct json_client *state, enum who_kind kind)
{
	int r = reply_who_new(&state->who, client->agent, kind, json_goes_on, client);

	if (r)
		refuse_who(client, r);
	else
		state->is_busy = true;
	return 0;
}

void json_who_pump(struct client *client, struct json_client *state)
{
	int r = reply_who_write(state->who, &client->out, client->room);

	if (r > 0) {
		client->want_pump = r == REPLY_MORE;
		return;
	}
	if (r < 0)
		refuse_who(client, r);
	reply_who_free(&state->who);
	state->is_busy = false;
}

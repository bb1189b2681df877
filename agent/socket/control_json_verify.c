// SPDX-License-Identifier: BSD-2-Clause
/* Verify: all is written at once, when the counters have been compared. */
#include "socket/control_json_private.h"

#include <stdio.h>
#include <string.h>

#include "base/json_out.h"
#include "verify/verify.h"
#include "verify/verify_line.h"

static void verify_is_done(void *ctx)
{
	struct client *client = ctx;
	struct json_client *state = client->state;

	state->verify_done = true;
	client_wake(client);
}

int json_verify_start(struct client *client, struct json_client *state)
{
	struct request_error error = { .code = "INTERNAL" };
	int r;

	state->verify_done = false;
	r = verify_new(&state->verify, client->agent, state->request.for_ns, verify_is_done,
		       client);
	if (!r) {
		state->is_busy = true;
		return 0;
	}
	snprintf(error.message, sizeof(error.message), "cannot verify: %s", strerror(-r));
	json_write_error(client, &error);
	return 0;
}

static void write_end(struct client *client, const struct verify_summary *summary)
{
	struct json_out out = { .buf = &client->out };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "end");
	json_bool(&out, "ok", !summary->failed);
	json_u64_str(&out, "not_comparable", summary->not_comparable);
	json_object_end(&out);
	json_object_end(&out);
	json_end_line(client);
}

void json_verify_pump(struct client *client, struct json_client *state)
{
	struct verify_summary summary;

	if (!state->verify_done)
		return;
	verify_write(state->verify, &client->out, &summary);
	verify_free(&state->verify);
	write_end(client, &summary);
	state->is_busy = false;
}

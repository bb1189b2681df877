// SPDX-License-Identifier: BSD-2-Clause
/* GetAgentEvents and GetDebugEvents. */
#include "socket/control_json_private.h"

#include "agent.h"
#include "socket/json_lines.h"

int json_events_start(struct client *client, struct json_client *state, const char *key,
		      struct event_log *log)
{
	reply_events_begin(&state->events, client->agent, key, log, &state->request.flows.log);
	state->is_busy = true;
	return 0;
}

void json_events_pump(struct client *client, struct json_client *state)
{
	int r = reply_events_write(&state->events, &client->out, client->room,
				   &client->agent->reader_losses);

	client->want_pump = r == REPLY_MORE;
	state->is_busy = r != REPLY_DONE;
}

bool json_events_lose(struct client *client, struct json_client *state)
{
	return log_query_drop(&state->events.reader.query,
			      json_lines_drop(&client->out, state->events.reader.key));
}

void json_events_farewell(struct client *client, struct json_client *state)
{
	client->agent->reader_losses +=
		event_reader_write(&state->events.reader, &client->out, 0, true);
}

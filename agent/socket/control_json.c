// SPDX-License-Identifier: BSD-2-Clause
/*
 * JSON lines: one request object a line up, one answer object a line down, and a line with "end"
 * or "error" behind each answer. Requests of one client run one after another.
 */
#include "socket/control_json_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/json_out.h"
#include "socket/reply.h"
#include "socket/reply_aggregate.h"
#include "verify/verify.h"

static enum sniff json_sniff(const char *head, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (head[i] == '{')
			return SNIFF_YES;
		if (!memchr(" \t\r\n", head[i], 4)) /* a NUL is none of them */
			return SNIFF_NO;
	}
	return SNIFF_MORE;
}

void json_end_line(struct client *client)
{
	buf_append_char(&client->out, '\n');
}

void json_write_error(struct client *client, const struct request_error *error)
{
	struct json_out out = { .buf = &client->out };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "error");
	json_string(&out, "code", error->code);
	json_string(&out, "message", error->message);
	json_object_end(&out);
	json_object_end(&out);
	json_end_line(client);
}

static void write_end(struct client *client, const char *text)
{
	buf_append_str(&client->out, text);
	json_end_line(client);
}

void json_goes_on(void *ctx)
{
	client_wake(ctx);
}

static int start_request(struct client *client, struct json_client *state)
{
	switch (state->request.method) {
	case REQUEST_GET_FLOWS:
		return json_flows_start(client, state);
	case REQUEST_GET_AGENT_EVENTS:
		return json_events_start(client, state, "agent_event", client->agent->agent_events);
	case REQUEST_GET_DEBUG_EVENTS: /* the datapath has nothing of the kind to say */
		return json_events_start(client, state, "debug_event", NULL);
	case REQUEST_SERVER_STATUS:
		reply_status(client->agent, &client->out);
		write_end(client, "{\"end\":{}}");
		return 0;
	case REQUEST_INTERFACES:
		reply_interfaces(client->agent, &client->out);
		write_end(client, "{\"end\":{}}");
		return 0;
	case REQUEST_VERIFY:
		return json_verify_start(client, state);
	case REQUEST_GET_NODES:
		return json_who_start(client, state, WHO_NODES);
	case REQUEST_GET_NAMESPACES:
		return json_who_start(client, state, WHO_NAMESPACES);
	case REQUEST_ENDPOINTS:
		return json_who_start(client, state, state->request.kind);
	case REQUEST_METHOD_MAX:
		break;
	}
	return -EINVAL;
}

/* Of those that are not answered at once. */
static void pump_request(struct client *client, struct json_client *state)
{
	switch (state->request.method) {
	case REQUEST_GET_FLOWS:
		json_flows_pump(client, state);
		break;
	case REQUEST_GET_AGENT_EVENTS:
	case REQUEST_GET_DEBUG_EVENTS:
		json_events_pump(client, state);
		break;
	case REQUEST_VERIFY:
		json_verify_pump(client, state);
		break;
	case REQUEST_GET_NODES:
	case REQUEST_GET_NAMESPACES:
	case REQUEST_ENDPOINTS:
		json_who_pump(client, state);
		break;
	case REQUEST_SERVER_STATUS:
	case REQUEST_INTERFACES:
	case REQUEST_METHOD_MAX:
		break;
	}
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!memchr(" \t\r\n", text[i], 4))
			return false;
	}
	return true;
}

/* What is not a whole line is one if nothing more will come. */
static bool has_line(const struct client *client)
{
	const char *bytes = buf_bytes(&client->in);
	size_t len = buf_len(&client->in);

	return memchr(bytes, '\n', len) || (client->is_eof && !is_blank(bytes, len));
}

/* The next complete line, if any. A line too long is an error that ends the client: its end is unknown. */
static int next_line(struct client *client, struct json_client *state)
{
	const char *line = buf_bytes(&client->in);
	size_t len = buf_len(&client->in);
	const char *newline = len ? memchr(line, '\n', len) : NULL;
	struct request_error error;
	int r;

	if ((newline ? (size_t)(newline - line) : len) > CONTROL_LINE_MAX) {
		error.code = "RESOURCE_EXHAUSTED";
		snprintf(error.message, sizeof(error.message),
			 "a request line is longer than %u bytes", CONTROL_LINE_MAX);
		json_write_error(client, &error);
		return -EMSGSIZE;
	}
	if (!has_line(client))
		return 0;
	if (newline)
		len = (size_t)(newline - line);
	if (is_blank(line, len)) {
		buf_consume(&client->in, len + 1);
		return 1;
	}
	r = request_parse(line, len, &state->request, &error);
	buf_consume(&client->in, newline ? len + 1 : len);
	client->request_bytes = len + state->request.filter_bytes;
	if (r)
		json_write_error(client, &error);
	else
		r = start_request(client, state);
	return r && r != -EINVAL ? r : 1;
}

static int json_pump(struct client *client)
{
	struct json_client *state = client->state;
	int r = 1;

	if (!state)
		return 0;
	if (state->is_busy)
		pump_request(client, state);
	while (r > 0 && !state->is_busy && buf_len(&client->out) < client->room) {
		r = next_line(client, state);
		if (r > 0 && state->is_busy)
			client->want_pump = true;
	}
	if (!state->is_busy)
		client->request_bytes = 0;
	return r < 0 ? r : 0;
}

static bool json_is_busy(const struct client *client)
{
	const struct json_client *state = client->state;

	return state && (state->is_busy || has_line(client));
}

static int json_input(struct client *client)
{
	if (!client->state)
		client->state = calloc(1, sizeof(struct json_client));
	return client->state ? 0 : -ENOMEM;
}

static bool json_lose_records(struct client *client)
{
	struct json_client *state = client->state;

	if (!state || !state->is_busy)
		return false;
	switch ((int)state->request.method) {
	case REQUEST_GET_FLOWS:
		return json_flows_lose(client, state);
	case REQUEST_GET_AGENT_EVENTS:
	case REQUEST_GET_DEBUG_EVENTS:
		return json_events_lose(client, state);
	default:
		return false;
	}
}

static void tell_last_losses(struct client *client, struct json_client *state)
{
	switch ((int)state->request.method) {
	case REQUEST_GET_FLOWS:
		json_flows_farewell(client, state);
		return;
	case REQUEST_GET_AGENT_EVENTS:
	case REQUEST_GET_DEBUG_EVENTS:
		json_events_farewell(client, state);
		return;
	default:
		return; /* nothing gets lost */
	}
}

/* The last line, as every answer has one. */
static void json_farewell(struct client *client)
{
	static const struct request_error error = { .code = "UNAVAILABLE",
						    .message = "the agent has stopped" };
	struct json_client *state = client->state;

	if (state && state->is_busy)
		tell_last_losses(client, state);
	json_write_error(client, &error);
}

static void json_stop(struct client *client)
{
	struct json_client *state = client->state;

	if (state) {
		reply_aggregate_free(&state->table);
		request_done(&state->request);
		verify_free(&state->verify);
		reply_who_free(&state->who);
	}
	free(state);
}

const struct control_proto *control_json(void)
{
	static const struct control_proto proto = {
		.name = "json",
		.sniff = json_sniff,
		.input = json_input,
		.is_busy = json_is_busy,
		.pump = json_pump,
		.lose_records = json_lose_records,
		.farewell = json_farewell,
		.stop = json_stop,
	};

	return &proto;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * JSON lines: one request object a line up, one answer object a line down, and a line with "end"
 * or "error" behind each answer. Requests of one client run one after another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "filter/filter.h"
#include "log/flow_query.h"
#include "log/history.h"
#include "log/lost_events.h"
#include "log/record.h"
#include "socket/control.h"
#include "socket/reply.h"
#include "socket/reply_aggregate.h"
#include "socket/reply_events.h"
#include "socket/reply_who.h"
#include "socket/request.h"
#include "verify/verify.h"
#include "verify/verify_line.h"

/* What is done before others have their turn: by the clock, because filters differ. */
#define PUMP_NS	       500000ULL
#define RECORDS_A_PUMP 65536U

struct json_client {
	struct request request;
	struct verify *verify;
	struct reply_who *who;	       /* what is listed */
	struct reply_aggregate *table; /* GetFlows with aggregate_by */
	struct reply_events events;
	bool verify_done;
	bool is_busy; /* a request is being answered */
	struct lost_events lost_events;
	uint64_t lost; /* records of the answer that runs */
};

static enum sniff json_sniff(const char *head, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (head[i] == '{')
			return SNIFF_YES;
		if (!strchr(" \t\r\n", head[i]))
			return SNIFF_NO;
	}
	return SNIFF_MORE;
}

static void end_line(struct client *client)
{
	buf_append_char(&client->out, '\n');
}

static void write_error(struct client *client, const struct request_error *error)
{
	struct json_out out = { .buf = &client->out };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "error");
	json_string(&out, "code", error->code);
	json_string(&out, "message", error->message);
	json_object_end(&out);
	json_object_end(&out);
	end_line(client);
}

static void write_end_flows(struct client *client, const struct json_client *state)
{
	const struct filter *filter = state->request.flows.filter;
	uint64_t gave_up = filter ? filter_gave_up(filter) : 0;
	struct json_out out = { .buf = &client->out };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "end");
	json_u64_str(&out, "flows", state->request.flows.log.sent);
	json_u64_str(&out, "lost", state->lost);
	if (gave_up)
		json_u64_str(&out, "gave_up", gave_up);
	json_object_end(&out);
	json_object_end(&out);
	end_line(client);
}

static void write_end_verify(struct client *client, const struct verify_summary *summary)
{
	struct json_out out = { .buf = &client->out };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "end");
	json_bool(&out, "ok", !summary->failed);
	json_u64_str(&out, "not_comparable", summary->not_comparable);
	json_object_end(&out);
	json_object_end(&out);
	end_line(client);
}

static void write_end(struct client *client, const char *text)
{
	buf_append_str(&client->out, text);
	end_line(client);
}

/* What got lost since it was last told. */
static void tell_losses(struct client *client, struct json_client *state, bool is_last)
{
	uint64_t lost = lost_events_tell(&state->lost_events, client->agent,
					 &state->request.flows.log, is_last, &client->out);

	state->lost += lost;
	client->agent->reader_losses += lost;
}

/* False: the answer is complete. */
static bool pump_records(struct client *client, struct request *request, struct log_slice *slice)
{
	struct flow_query *query = &request->flows;
	const struct agent *agent = client->agent;
	const struct record_leg *legs;
	const struct record *rec;

	while (buf_len(&client->out) < CONTROL_OUT_HIGH) {
		rec = flow_query_next(query, agent->history, slice, &legs);
		if (!rec)
			break;
		record_to_json(&client->out, rec, history_seq(agent->history, rec), legs,
			       &agent->context, request->mask);
	}
	client->want_pump = flow_query_has_more(query, agent->history);
	return !query->log.is_done;
}

static bool pump_table(struct client *client, struct json_client *state, struct log_slice *slice)
{
	int r = reply_aggregate_write(state->table, &state->request.flows, slice, &client->out);

	client->want_pump = r == REPLY_MORE;
	return r != REPLY_DONE;
}

static void pump_flows(struct client *client, struct json_client *state)
{
	struct log_slice slice;
	bool has_more;

	log_slice_begin(&slice, RECORDS_A_PUMP, PUMP_NS);
	has_more = state->table ? pump_table(client, state, &slice)
				: pump_records(client, &state->request, &slice);
	tell_losses(client, state, !has_more);
	if (has_more)
		return;
	write_end_flows(client, state);
	reply_aggregate_free(&state->table);
	request_done(&state->request);
	state->is_busy = false;
}

static void goes_on(void *ctx)
{
	client_wake(ctx);
}

static void refuse_table(struct client *client, int r)
{
	struct request_error error = { .code = "INTERNAL" };

	if (r == -EBUSY) {
		error.code = "RESOURCE_EXHAUSTED";
		snprintf(error.message, sizeof(error.message),
			 "aggregate_by: %d answers are being counted already",
			 REPLY_AGGREGATES_MAX);
	} else {
		snprintf(error.message, sizeof(error.message), "cannot aggregate: %s",
			 strerror(-r));
	}
	write_error(client, &error);
}

static int start_flows(struct client *client, struct json_client *state)
{
	struct request *request = &state->request;
	int r = 0;

	if (request->aggregate)
		r = reply_aggregate_new(&state->table, client->agent, request->aggregate, goes_on,
					client);
	if (r < 0) {
		refuse_table(client, r);
		request_done(request);
		return 0;
	}
	lost_events_start(&state->lost_events, client->agent);
	state->lost = 0;
	state->is_busy = true;
	request->flows.context = &client->agent->context;
	return flow_query_start(&request->flows, client->agent->history);
}

static void pump_events(struct client *client, struct json_client *state)
{
	int r = reply_events_write(&state->events, &client->out, &client->agent->reader_losses);

	client->want_pump = r == REPLY_MORE;
	state->is_busy = r != REPLY_DONE;
}

static int start_events(struct client *client, struct json_client *state, const char *key,
			struct event_log *log)
{
	reply_events_begin(&state->events, client->agent, key, log, &state->request.flows.log);
	state->is_busy = true;
	return 0;
}

static void pump_verify(struct client *client, struct json_client *state)
{
	struct verify_summary summary;

	if (!state->verify_done)
		return;
	verify_write(state->verify, &client->out, &summary);
	verify_free(&state->verify);
	write_end_verify(client, &summary);
	state->is_busy = false;
}

static void verify_is_done(void *ctx)
{
	struct client *client = ctx;
	struct json_client *state = client->state;

	state->verify_done = true;
	client_wake(client);
}

static int start_verify(struct client *client, struct json_client *state)
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
	write_error(client, &error);
	return 0;
}

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
	write_error(client, &error);
}

static void pump_who(struct client *client, struct json_client *state)
{
	int r = reply_who_write(state->who, &client->out);

	if (r > 0) {
		client->want_pump = r == REPLY_MORE;
		return;
	}
	if (r < 0)
		refuse_who(client, r);
	reply_who_free(&state->who);
	state->is_busy = false;
}

static int start_who(struct client *client, struct json_client *state, enum who_kind kind)
{
	int r = reply_who_new(&state->who, client->agent, kind, goes_on, client);

	if (r)
		refuse_who(client, r);
	else
		state->is_busy = true;
	return 0;
}

static int start_request(struct client *client, struct json_client *state)
{
	switch (state->request.method) {
	case REQUEST_GET_FLOWS:
		return start_flows(client, state);
	case REQUEST_GET_AGENT_EVENTS:
		return start_events(client, state, "agent_event", client->agent->agent_events);
	case REQUEST_GET_DEBUG_EVENTS: /* the datapath has nothing of the kind to say */
		return start_events(client, state, "debug_event", NULL);
	case REQUEST_SERVER_STATUS:
		reply_status(client->agent, &client->out);
		write_end(client, "{\"end\":{}}");
		return 0;
	case REQUEST_INTERFACES:
		reply_interfaces(client->agent, &client->out);
		write_end(client, "{\"end\":{}}");
		return 0;
	case REQUEST_VERIFY:
		return start_verify(client, state);
	case REQUEST_GET_NODES:
		return start_who(client, state, WHO_NODES);
	case REQUEST_GET_NAMESPACES:
		return start_who(client, state, WHO_NAMESPACES);
	case REQUEST_ENDPOINTS:
		return start_who(client, state, state->request.kind);
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
		pump_flows(client, state);
		break;
	case REQUEST_GET_AGENT_EVENTS:
	case REQUEST_GET_DEBUG_EVENTS:
		pump_events(client, state);
		break;
	case REQUEST_VERIFY:
		pump_verify(client, state);
		break;
	case REQUEST_GET_NODES:
	case REQUEST_GET_NAMESPACES:
	case REQUEST_ENDPOINTS:
		pump_who(client, state);
		break;
	case REQUEST_SERVER_STATUS:
	case REQUEST_INTERFACES:
	case REQUEST_METHOD_MAX:
		break;
	}
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
		write_error(client, &error);
		return -EMSGSIZE;
	}
	if (!newline)
		return 0;
	len = (size_t)(newline - line);
	if (strspn(line, " \t\r\n") > len) { /* a blank line */
		buf_consume(&client->in, len + 1);
		return 1;
	}
	r = request_parse(line, len, &state->request, &error);
	buf_consume(&client->in, len + 1);
	if (r)
		write_error(client, &error);
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
	while (r > 0 && !state->is_busy && buf_len(&client->out) < CONTROL_OUT_HIGH) {
		r = next_line(client, state);
		if (r > 0 && state->is_busy)
			client->want_pump = true;
	}
	return r < 0 ? r : 0;
}

static bool json_is_busy(const struct client *client)
{
	const struct json_client *state = client->state;

	return state &&
	       (state->is_busy || memchr(buf_bytes(&client->in), '\n', buf_len(&client->in)));
}

static int json_input(struct client *client)
{
	if (!client->state)
		client->state = calloc(1, sizeof(struct json_client));
	return client->state ? 0 : -ENOMEM;
}

static void tell_last_losses(struct client *client, struct json_client *state)
{
	switch ((int)state->request.method) {
	case REQUEST_GET_FLOWS:
		tell_losses(client, state, true);
		return;
	case REQUEST_GET_AGENT_EVENTS:
	case REQUEST_GET_DEBUG_EVENTS:
		client->agent->reader_losses +=
			event_reader_write(&state->events.reader, &client->out, 0, true);
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
	write_error(client, &error);
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
		.farewell = json_farewell,
		.stop = json_stop,
	};

	return &proto;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * GetFlows: records, or with aggregate_by tables of them, and what got lost; in slices, until the
 * query has no more.
 */
#include "socket/control_json_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "base/json_out.h"
#include "filter/filter.h"
#include "log/flow_query.h"
#include "log/history.h"
#include "log/record.h"
#include "socket/json_lines.h"
#include "socket/reply_aggregate.h"

/* What is done before others have their turn: by the clock, because filters differ. */
#define PUMP_NS	       500000ULL
#define RECORDS_A_PUMP 65536U

static void write_end(struct client *client, const struct json_client *state)
{
	const struct filter *filter = state->request.flows.filter;
	uint64_t gave_up = filter ? filter_gave_up(filter) : 0;
	struct json_out out = { .buf = &client->out };

	json_object_begin(&out, NULL);
	json_object_begin(&out, "end");
	json_u64_str(&out, "flows", log_query_taken(&state->request.flows.log));
	json_u64_str(&out, "lost", state->lost);
	if (gave_up)
		json_u64_str(&out, "gave_up", gave_up);
	json_object_end(&out);
	json_object_end(&out);
	json_end_line(client);
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

	while (buf_len(&client->out) < client->room) {
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
	int r = reply_aggregate_write(state->table, &state->request.flows, slice, &client->out,
				      client->room);

	client->want_pump = r == REPLY_MORE;
	return r != REPLY_DONE;
}

void json_flows_pump(struct client *client, struct json_client *state)
{
	struct log_slice slice;
	bool has_more;

	log_slice_begin(&slice, RECORDS_A_PUMP, PUMP_NS);
	has_more = state->table ? pump_table(client, state, &slice)
				: pump_records(client, &state->request, &slice);
	tell_losses(client, state, !has_more);
	if (has_more)
		return;
	write_end(client, state);
	reply_aggregate_free(&state->table);
	request_done(&state->request);
	state->is_busy = false;
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
	json_write_error(client, &error);
}

int json_flows_start(struct client *client, struct json_client *state)
{
	struct request *request = &state->request;
	int r = 0;

	if (request->aggregate)
		r = reply_aggregate_new(&state->table, client->agent, request->aggregate,
					json_goes_on, client);
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

bool json_flows_lose(struct client *client, struct json_client *state)
{
	/* A table is of one piece. */
	return !state->table &&
	       log_query_drop(&state->request.flows.log, json_lines_drop(&client->out, "flow"));
}

void json_flows_farewell(struct client *client, struct json_client *state)
{
	tell_losses(client, state, true);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the JSON protocol share. Only they include this: control_json.c (lines in, and
 * which answer runs) and control_json_<x>.c, the answers that take more than one turn. Such an answer
 * is begun, which sets is_busy, or refused, and pumped until it has ended and is_busy is false.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "log/lost_events.h"
#include "socket/control.h"
#include "socket/reply_events.h"
#include "socket/reply_who.h"
#include "socket/request.h"

struct event_log;
struct reply_aggregate;
struct verify;

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

/* ---- control_json.c ---- */

void json_end_line(struct client *client);
void json_write_error(struct client *client, const struct request_error *error);
/* For answers that wait; ctx: the client. */
void json_goes_on(void *ctx);

/* ---- control_json_flows.c: GetFlows ---- */

/* 0, also if it was refused; else as flow_query_start(). */
int json_flows_start(struct client *client, struct json_client *state);
void json_flows_pump(struct client *client, struct json_client *state);
/* Records that wait in the output are lost to the client. False: there are none. */
bool json_flows_lose(struct client *client, struct json_client *state);
/* The agent stops amid the answer: tells what got lost that has not been told yet. */
void json_flows_farewell(struct client *client, struct json_client *state);

/* ---- control_json_events.c: GetAgentEvents, GetDebugEvents ---- */

/* key: of the event in its line. log: NULL, nothing is ever told there. */
int json_events_start(struct client *client, struct json_client *state, const char *key,
		      struct event_log *log);
void json_events_pump(struct client *client, struct json_client *state);
bool json_events_lose(struct client *client, struct json_client *state);
void json_events_farewell(struct client *client, struct json_client *state);

/* ---- control_json_verify.c: Verify ---- */

int json_verify_start(struct client *client, struct json_client *state);
void json_verify_pump(struct client *client, struct json_client *state);

/* ---- control_json_who.c: GetNodes, GetNamespaces, Endpoints ---- */

int json_who_start(struct client *client, struct json_client *state, enum who_kind kind);
void json_who_pump(struct client *client, struct json_client *state);

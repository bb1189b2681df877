/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request line: {"method":"...","params":{...}}, params in proto3 JSON.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "log/flow_query.h"
#include "socket/reply_who.h"

struct aggregate;
struct record_mask;

enum request_method {
	REQUEST_GET_FLOWS,
	REQUEST_GET_AGENT_EVENTS,
	REQUEST_GET_DEBUG_EVENTS,
	REQUEST_SERVER_STATUS,
	REQUEST_INTERFACES,
	REQUEST_VERIFY,
	REQUEST_GET_NODES,
	REQUEST_GET_NAMESPACES,
	REQUEST_ENDPOINTS,
	REQUEST_METHOD_MAX,
};

struct request {
	enum request_method method;
	struct flow_query flows;     /* GetFlows; its filter is the request's. Of events its log */
	size_t filter_bytes;	     /* likewise: what the filter takes */
	struct aggregate *aggregate; /* likewise: by what to count; NULL: records are told */
	struct record_mask *mask;    /* likewise: what of them is told; NULL: all */
	uint64_t for_ns;	     /* Verify */
	enum who_kind kind;	     /* Endpoints */
};

/* gRPC's code names; NULL: no error. */
struct request_error {
	const char *code;
	char message[256];
};

/* -EINVAL with *error filled; len bytes without the newline. *ret is to be given to request_done(). */
int request_parse(const char *line, size_t len, struct request *ret, struct request_error *error);
/* All zeroes, and one that was done, are fine. */
void request_done(struct request *request);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields of a flow in JSON, for filters and expressions (agent/filter/field.h). The line is gone
 * through when the first field is asked for; what a field's value is, only when it is asked.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/filter/field.h"

#include "text.h"

/* As in JSON, by field; absent ones have the length 0. */
struct flow_reader_values {
	struct text at[FIELD_MAX];
	/* Which of the messages are there. */
	bool flow, ethernet, ip, l4, tcp, udp, icmpv4, icmpv6, sctp, vrrp, igmp;
	bool source, destination, source_service, destination_service, event_type, interface;
	bool l7, dns, http, kafka, trace_context, trace_parent, ip_trace_id;
	bool extensions, value, initiator, forward, reverse, encapsulated, nat;
	bool source_owner, destination_owner, source_container, destination_container;
};

struct flow_reader {
	struct field_reader reader;
	struct text line;
	bool is_read;
	struct flow_reader_values values;
	struct buf scratch; /* of the value that was asked for last */
	uint8_t addr[16];
};

/* A GetFlowsResponse, which must outlive what is asked. */
void flow_reader_set(struct flow_reader *reader, struct text line);
void flow_reader_done(struct flow_reader *reader);

#define auto_flow_reader __attribute__((cleanup(flow_reader_done)))

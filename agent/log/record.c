// SPDX-License-Identifier: BSD-2-Clause
/*
 * A record as JSON: Hubble's GetFlowsResponse around the flow that the rows of record_rows.c write.
 */
#include "log/record.h"

#include <netinet/in.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "log/record_facts.h"
#include "log/record_mask.h"
#include "log/record_rows.h"

#include "weir/flow.h"

static const char *const event_names[] = {
	[RECORD_OPEN] = "open",
	[RECORD_ESTABLISHED] = "established",
	[RECORD_UPDATE] = "update",
	[RECORD_CLOSE] = "close",
};
_Static_assert(ARRAY_SIZE(event_names) == RECORD_EVENT_MAX, "a name for each event");

static const char *const close_reasons[] = {
	[WEIR_CLOSE_NONE] = "",
	[WEIR_CLOSE_FIN] = "fin",
	[WEIR_CLOSE_RST] = "rst",
	[WEIR_CLOSE_REFUSED] = "refused",
	[WEIR_CLOSE_TIMEOUT] = "timeout",
	[WEIR_CLOSE_REUSED] = "reused",
	[WEIR_CLOSE_RECLAIMED] = "reclaimed",
	[WEIR_CLOSE_INTERFACE_GONE] = "interface_gone",
	[WEIR_CLOSE_AGENT_STOP] = "agent_stop",
};
_Static_assert(ARRAY_SIZE(close_reasons) == WEIR_CLOSE_MAX, "a name for each reason");

_Static_assert(RECORD_EVENT_MAX <= 16 && WEIR_CLOSE_MAX <= 16 && WEIR_BY_MAX <= 16 &&
		       ROLE_MAX <= 16 && WEIR_HOOK_MAX <= 2 && WEIR_IPV6 < 8 &&
		       RECORD_LEGS_MAX <= 16 && WEIR_VLAN_STACKED < 1 << 15,
	       "struct record has bits for all of them");

const char *record_event_to_str(enum record_event event)
{
	return event < RECORD_EVENT_MAX ? event_names[event] : "unknown";
}

const char *close_reason_to_str(unsigned int reason)
{
	return reason < WEIR_CLOSE_MAX ? close_reasons[reason] : "unknown";
}

void record_put_more(struct record_leg *slot, const struct record_more *more)
{
	memset(slot, 0, sizeof(*slot));
	memcpy(slot, more, sizeof(*more));
}

void record_get_more(const struct record *rec, const struct record_leg *legs,
		     struct record_more *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (rec->has_more && rec->legs && legs)
		memcpy(ret, &legs[rec->legs - 1], sizeof(*ret));
}

bool record_has_ports_beside_l4(const struct record *rec)
{
	return rec->proto == IPPROTO_DCCP || rec->proto == IPPROTO_UDPLITE;
}

bool record_has_ports(const struct record *rec)
{
	return rec->proto == IPPROTO_TCP || rec->proto == IPPROTO_UDP ||
	       rec->proto == IPPROTO_SCTP || record_has_ports_beside_l4(rec);
}

/* Echo and timestamp have one, as the datapath takes it for the ports. */
bool record_has_icmp_id(const struct record *rec)
{
	uint8_t type = rec->icmp_type;

	if (rec->proto == IPPROTO_ICMP)
		return type == 0 || type == 8 || (type >= 13 && type <= 18);
	return rec->proto == IPPROTO_ICMPV6 && (type == 128 || type == 129);
}

static void json_flow(struct json_out *out, const struct record_telling *telling,
		      struct record_mask *mask)
{
	json_object_begin(out, "flow");
	if (mask)
		record_mask_write(mask, telling, out);
	else
		record_rows_write(telling, out);
	json_object_end(out);
}

void record_to_json(struct buf *buf, const struct record *rec, uint64_t seq,
		    const struct record_leg *legs, const struct record_context *context,
		    struct record_mask *mask)
{
	struct record_telling telling = {
		.rec = rec,
		.seq = seq,
		.legs = legs,
		.context = context,
		.sides = { record_side(rec, context, 0), record_side(rec, context, 1) },
	};
	struct json_out out = { .buf = buf };

	record_get_more(rec, legs, &telling.more);
	json_object_begin(&out, NULL);
	json_flow(&out, &telling, mask);
	json_string(&out, "node_name", context->node_name);
	json_time(&out, "time", rec->time_ns);
	json_object_end(&out);
	buf_append_char(buf, '\n');
}

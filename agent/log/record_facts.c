// SPDX-License-Identifier: BSD-2-Clause
#include "log/record_facts.h"

#include <stdio.h>

#include "base/cleanup.h"

#include "weir/flow.h"

static const char *const initiator_by[] = {
	[WEIR_BY_UNKNOWN] = "unknown", [WEIR_BY_SYN] = "syn",	  [WEIR_BY_SYNACK] = "syn_ack",
	[WEIR_BY_FIRST] = "first",     [WEIR_BY_PORTS] = "ports", [WEIR_BY_LISTENER] = "listener",
};
_Static_assert(ARRAY_SIZE(initiator_by) == WEIR_BY_MAX, "a name for each way");

struct party_side record_side(const struct record *rec, const struct record_context *context,
			      unsigned int end)
{
	unsigned int side = rec->sender ^ end;

	return (struct party_side){ .parties = context->parties,
				    .number = rec->party[side],
				    .is_local = rec->is_local >> side & 1 };
}

uint64_t record_cgroup_id(const struct party_side *source, const struct party_side *destination)
{
	uint64_t cgroup = party_cgroup_id(source);

	return cgroup ? cgroup : party_cgroup_id(destination);
}

/* RFC 9562 version 8: the agent's start and the record's number, and nothing that costs. */
void record_uuid(uint64_t seq, const struct record_context *context,
		 char text[static RECORD_UUID_SIZE])
{
	unsigned long long start = context->agent_start_ns, number = seq;

	snprintf(text, RECORD_UUID_SIZE, "%08llx-%04llx-8%03llx-8%03llx-%012llx", start >> 32,
		 start >> 16 & 0xffff, start >> 4 & 0xfff, number >> 48 & 0xfff,
		 number & 0xffffffffffffULL);
}

void record_conn_id(const struct record *rec, char text[static RECORD_CONN_ID_SIZE])
{
	snprintf(text, RECORD_CONN_ID_SIZE, "%016llx", (unsigned long long)rec->conn_id);
}

const char *record_initiator(const struct record *rec)
{
	return rec->sender ? "destination" : "source";
}

const char *record_initiator_by(const struct record *rec)
{
	return initiator_by[rec->initiator_by % WEIR_BY_MAX];
}

bool record_has_duration(const struct record *rec)
{
	return rec->event == RECORD_UPDATE || rec->event == RECORD_CLOSE;
}

uint64_t record_rtt_ns(const struct record *rec)
{
	if (!rec->rtt_server_ns || !rec->rtt_client_ns)
		return 0;
	return (uint64_t)rec->rtt_server_ns + rec->rtt_client_ns;
}

/* Without its record_more, which the log has overwritten, nobody knows them. */
bool record_retransmits(const struct record *rec, const struct record_leg *legs, unsigned int side,
			uint64_t *ret)
{
	struct record_more more;

	if (!(rec->knows_retransmits >> side & 1) || (rec->has_more && !legs))
		return false;
	record_get_more(rec, legs, &more);
	*ret = more.retransmits[side];
	return true;
}
